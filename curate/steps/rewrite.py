"""New texts from texts: paraphrases, texts of a stated length, translations and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.measures.endpoint import Endpoint
from curate.pairs.field import Fields, language_of
from curate.pairs.identity import canonical_json
from curate.steps.side import MODEL
from curate.steps.step import Ask, Objection, Outcome
from curate.steps.synthesis import Synthesis
from curate.steps.writing import Author, spent

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.measures.written import Task

TOKENS = ("prompt_tokens", "completion_tokens")
PARAPHRASE = "Say the text in other words. Keep its meaning, its names and its language."


class Rewrite(Author, Synthesis):
    """Have a model say a text anew: in other words, at a length, in a language or there and back.

    Of several children of a pair each has a seed of its own, so that a temperature above 0 makes
    them differ; with several `words`, lengths take turns. `through` a language the text is
    translated there and back, by one model or, with `back`, by two. Of translations `meaning` wants
    an encoder that reads both languages.
    """

    model_config = ConfigDict(populate_by_name=True)
    summary: ClassVar[str] = "have texts rewritten"
    leads: ClassVar[str] = "rewrite"
    examples: ClassVar[tuple[str, ...]] = (
        (
            "- synthesize: {rewrite: caption, into: caption, words: [5, 15], "
            "by: {endpoint: 'http://localhost:8000/v1', model: my-model}}"
        ),
        (
            "- synthesize: {rewrite: caption, into: caption, through: fr, "
            "by: 'hf:Helsinki-NLP/opus-mt-en-fr', back: 'hf:Helsinki-NLP/opus-mt-fr-en', "
            "accept: {meaning: {above: 0.7}}}"
        ),
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)
    made_type: ClassVar[str] = "text"
    asks: ClassVar[tuple[str, ...]] = ("meaning",)

    rewrite: str = Field(description="The text field that is rewritten.")
    prompt: str = Field(
        PARAPHRASE,
        min_length=1,
        description="What a model that reads conversations is told; the text reaches it as `text`.",
    )
    words: tuple[int, ...] = Field(
        (), description="About how many words the text is to have; several take turns."
    )
    to: str | None = Field(
        None, description="BCP 47 tag of the language that the text is translated into."
    )
    through: str | None = Field(
        None, description="BCP 47 tag of a language that the text is translated into and back from."
    )
    back: str | Endpoint | None = Field(
        None, description="The model that translates back, where it is another."
    )
    back_prefix: str = Field("", description="The `prefix` of translating back.")
    codes: dict[str, str] = Field(
        {}, description="What the model calls languages, where that is not their BCP 47 tag."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        back = "endpoint" if isinstance(self.back or self.by, Endpoint) else "encoders"
        used = {*super().extras, *self.model_extras, *({back} if self.through else ())}
        return tuple(sorted(used))

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        yield from self.check_author()
        if isinstance(self.back, str) and not MODEL.match(self.back):
            yield Objection(("back",), f"'{self.back}' names no model")
        if self.to is not None and self.through is not None:
            yield Objection(("through",), "'to' and 'through' exclude each other", "one of them")
        if (self.to or self.through) and self.words:
            yield Objection(("words",), "a translation is as long as it is")
        if self.back is not None and self.through is None:
            yield Objection(("back",), "'back' has no language to come back from", "`through`")
        if any(count < 1 for count in self.words):
            yield Objection(("words",), "a text has words", "numbers above 0")

    @property
    def turns(self) -> int:
        return max(1, len(self.words))

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        ways = [(turn, index) for turn in range(self.turns) for index in range(self.each)]
        tasks = [self._task(turn, self.seed + index, fields) for turn, index in ways]
        return [(self.measure_of(("text",), task), self.rewrite) for task in tasks]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        outcome = super().decide(table, ask)
        if outcome.added is None:
            return outcome
        told = [outcome.note, self.spent(outcome.added)]
        if self.through is not None:
            tokens = (outcome.added[f"back_{name}"] for name in TOKENS)
            told.append(spent(self.back or self.by, *tokens))
        return replace(outcome, note="; ".join(one for one in told if one))

    def make(self, parents: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        import polars as pl

        kinds = parents.with_columns(turn=pl.col("place") % self.turns)
        parts = kinds.partition_by("turn", "index", as_dict=True)
        made = [self._of(part, int(turn), int(index), ask) for (turn, index), part in parts.items()]
        return pl.concat(made)

    def _of(self, part: pl.DataFrame, turn: int, index: int, ask: Ask) -> pl.DataFrame:
        """Children of one length and one seed."""
        import polars as pl

        task = self._task(turn, self.seed + index, ask.fields)
        said = self._said(part[self.rewrite], self.by, task, ask)
        settings = {**task.params, "by": self.generator}
        if self.through is not None:
            home = self._home(task, ask.fields)
            said = self._back(said, home, ask)
            settings |= {"through": self.through, "back": _name(self.back or self.by)}
        del settings["prompt"]
        tokens = (said[name] for name in said.columns if name.endswith("_tokens"))
        return part.select("pair_id", "index", *tokens).with_columns(
            value=said["text"],
            error=said["why"],
            generator=pl.lit(self.generator),
            prompt=pl.lit(task.prompt),
            settings=pl.lit(canonical_json(settings)),
            seed=pl.lit(task.seed, pl.Int64),
        )

    def _task(self, turn: int, seed: int, fields: Fields) -> Task:
        target = self.to or self.through
        if target is not None:
            return self._translation(language_of(fields, self.rewrite), target, seed)
        length = f" Use about {self.words[turn]} words." if self.words else ""
        return self.task(self.prompt + length, names=("text",), seed=seed)

    def _home(self, there: Task, fields: Fields) -> Task:
        """What is told to whoever translates back."""
        language = language_of(fields, self.rewrite)
        task = self._translation(str(self.through), language, there.seed)
        return replace(task, prefix=self.back_prefix)

    def _translation(self, source: str | None, target: str | None, seed: int) -> Task:
        given = f" from '{source}'" if source else ""
        into = f"to '{target}'" if target else "to the language it was in before"
        prompt = f"Translate the text{given} {into} (BCP 47 tags of languages)."
        known = (source, target) if source and target else ()
        languages = tuple(self.codes.get(tag, tag) for tag in known) or None
        return self.task(prompt, names=("text",), languages=languages, seed=seed)

    def _said(self, texts: pl.Series, by: str | Endpoint, task: Task, ask: Ask) -> pl.DataFrame:
        """`text`, `why` there is none, and the tokens that it took, in the order of the texts."""
        import polars as pl

        from curate.measures.written import written

        found = ask.texts(written(("text",), by, task), texts.to_list())
        first = texts.is_first_distinct()
        tokens = (pl.when(first).then(name).alias(name) for name in TOKENS)
        return found.select(pl.coalesce("error", "unusable").alias("why"), *tokens, text="written")

    def _back(self, said: pl.DataFrame, task: Task, ask: Ask) -> pl.DataFrame:
        """The texts in their own language again."""
        import polars as pl

        rows = said.with_row_index("row")
        whole = rows.filter(pl.col("text").is_not_null())
        again = self._said(whole["text"], self.back or self.by, task, ask)
        home = again.with_columns(whole["row"]).rename({name: f"back_{name}" for name in TOKENS})
        joined = rows.drop("text").join(
            home, on="row", how="left", maintain_order="left", suffix="_back"
        )
        return joined.with_columns(why=pl.coalesce("why", "why_back"))


def _name(by: str | Endpoint) -> str:
    return by.name if isinstance(by, Endpoint) else by

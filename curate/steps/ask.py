"""Questions and answers about images, by a vision-language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.steps.labelling import reviewed
from curate.steps.step import Ask as Asking
from curate.steps.step import Objection, Outcome
from curate.steps.synthesis import typed
from curate.steps.text_label import WrittenLabel

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.written import Task

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["question", "answer"],
    "additionalProperties": False,
}


class Questions(WrittenLabel):
    """Have a model ask a question about an image, and answer it.

    Two fields are filled at once, `fill` with the question and `answer` with the answer. Many
    questions are right, so that known ones do not say how often a made one is: confidence is the
    model's own.
    """

    summary: ClassVar[str] = "have a model ask questions about images, and answer them"
    leads: ClassVar[str] = "ask"
    examples: ClassVar[tuple[str, ...]] = (
        (
            "- pseudo_label: {ask: image, about: caption, fill: question, answer: answer, "
            "by: {endpoint: 'https://api.openai.com/v1', model: gpt-4o-mini, key: OPENAI_API_KEY, "
            "structured: true}}"
        ),
    )
    source_types: ClassVar[tuple[str, ...]] = ("image",)

    ask: str = Field(description="The image field that is asked about.")
    about: str | None = Field(None, description="The text field that says what the image shows.")
    answer: str = Field(description="The text field that the answer goes into.")
    prompt: str = Field(
        "Ask one question that can be answered by looking at the image, and answer it in a few "
        'words. Reply with a JSON object: {"question": ..., "answer": ...}.',
        min_length=1,
        description="What the model is told; what the image shows reaches it as `caption`.",
    )

    @property
    def fills(self) -> tuple[str, ...]:
        return (self.fill, self.answer)

    @property
    def correctness(self) -> str:
        return "not known: many questions are right"

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        yield from typed(("answer",), self.answer, ("text",), fields)
        if self.about is not None:
            yield from typed(("about",), self.about, ("text",), fields)
        if self.answer == self.fill:
            yield Objection(("answer",), f"'{self.fill}' is filled with the question")
        for name in {self.fill, self.answer} & {self.about}:
            yield Objection(("about",), f"'{name}' cannot be filled from itself")

    def given(self, fields: Fields) -> tuple[str, ...]:
        return (self.ask,) if self.about is None else (self.ask, self.about)

    def told(self, fields: Fields) -> Task:
        names = () if self.about is None else ("caption",)
        return self.task(self.prompt, names=names, schema=SCHEMA)

    def correct(self, labels: pl.DataFrame, ask: Asking) -> pl.Series:
        import polars as pl

        return pl.repeat(None, labels.height, dtype=pl.Boolean, eager=True)

    def _asked(self, table: pl.DataFrame, ask: Asking) -> pl.DataFrame:
        """Known pairs say nothing about others; they are not paid for. Nor are those whose answer a
        person has decided.
        """
        import polars as pl

        decided = table.filter(reviewed(table, self.answer))["pair_id"]
        asked = super()._asked(table, ask)
        return asked.filter(pl.col("wanted") & ~pl.col("pair_id").is_in(decided.implode()))

    def decide(self, table: pl.DataFrame, ask: Asking) -> Outcome:
        outcome = super().decide(table, ask)
        assert outcome.changed is not None
        assert outcome.made is not None
        changed = self._parted(outcome.changed, self.fill)
        return replace(outcome, changed=changed, made=self._lines(outcome.made, table))

    def _parted(self, rows: pl.DataFrame, name: str) -> pl.DataFrame:
        """A column of objects as the columns of the two fields."""
        import polars as pl

        found = pl.col(name).str.json_path_match
        return rows.with_columns(
            found("$.question").alias(self.fill), found("$.answer").alias(self.answer)
        )

    def _lines(self, made: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
        """One line for the question and one for the answer."""
        import polars as pl

        parted = self._parted(made, "value")
        before = table.select("pair_id", before=self.answer)
        answers = parted.join(before, on="pair_id", how="left", maintain_order="left")
        lines = [
            parted.with_columns(value=self.fill),
            answers.with_columns(value=self.answer, replaced="before", field=pl.lit(self.answer)),
        ]
        return pl.concat([line.select(made.columns) for line in lines])

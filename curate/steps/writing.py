"""What all forms share that have a model write a text about a pair's contents.

The model is a reference to a folder of transformers (`hf:`, `pkg:`, `file:`) or an endpoint. What it
is told is part of every value; the contents are given to it as data, never as part of what it is
told. Confidence is the geometric mean of the probabilities of the words that it chose. An endpoint
that does not say them counts as sure, so that only the known values say how often it is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from curate.measures.endpoint import Endpoint
from curate.pairs.identity import canonical_json
from curate.steps.side import MODEL
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.measures.written import Task

SURE = 1.0
"""The confidence of a model that does not say how sure it is."""


class Author(BaseModel):
    """The settings of a step that has a model write."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    by: str | Endpoint = Field(
        description="The model: hf:owner/name, file:path or pkg:module/path, or an endpoint, as "
        "`{endpoint: https://host/v1, model: name, key: NAME_OF_A_VARIABLE}`."
    )
    tokens: int = Field(120, ge=1, description="Tokens of what is written, at most.")
    temperature: float = Field(
        0.0, ge=0, description="At 0 the likeliest word is taken, above it chance plays a part."
    )
    seed: int = Field(0, description="What chance is drawn from.")
    prefix: str = Field(
        "",
        description="What a model that is not made for conversations is given before the text, such "
        "as T5's 'translate English to German: '.",
    )

    @property
    def model_extras(self) -> tuple[str, ...]:
        """The extra that runs the model."""
        return ("endpoint",) if isinstance(self.by, Endpoint) else ("encoders",)

    @property
    def generator(self) -> str:
        """How reports name the model."""
        return self.by.name if isinstance(self.by, Endpoint) else self.by

    def check_author(self) -> Iterator[Objection]:
        """What is wrong with the model's name."""
        if isinstance(self.by, str) and not MODEL.match(self.by):
            wanted = "hf:owner/name, file:path, pkg:module/path, or {endpoint: ..., model: ...}"
            yield Objection(("by",), f"'{self.by}' names no model", wanted)

    def task(self, prompt: str, **more: object) -> Task:
        """What the model is told to write, and how it chooses."""
        from curate.measures.written import Task

        chosen = {name: getattr(self, name) for name in ("tokens", "temperature", "seed")}
        return Task(prompt, **{"prefix": self.prefix, **chosen, **more})

    def measure_of(self, kinds: tuple[str, ...], task: Task) -> Measure:
        """What the model writes about contents of these modalities."""
        from curate.measures.written import written

        return written(kinds, self.by, task)

    def replies(
        self, rows: pl.DataFrame, names: tuple[str, ...], task: Task, ask: Ask
    ) -> pl.DataFrame:
        """What is written about each row's contents: `pair_id`, `value`, `confidence`, `error`,
        `generator`, `prompt`, `settings`, `seed`, and the tokens that it took, null where the same was asked above.

        `names` are one or two fields; a pair that lacks one gets an error.
        """
        import polars as pl

        kinds = tuple(ask.fields[name].type for name in names)
        keys = rows.select("pair_id", **dict(zip(("left", "right"), _keys(names), strict=False)))
        measure = self.measure_of(kinds, task)
        whole = keys.drop_nulls()
        if len(names) == 1:
            found = ask.measure(measure, whole["left"]).rename({"key": "left"})
        else:
            found = ask.compare(measure, whole)
        on = ["left", "right"][: len(names)]
        joined = keys.join(found, on=on, how="left", maintain_order="left")
        lacking = pl.coalesce(
            pl.lit(None, pl.String),
            *(
                pl.when(pl.col(at).is_null()).then(pl.lit(f"{name} missing"))
                for at, name in zip(on, names, strict=True)
            ),
        )
        there = pl.col("written").is_not_null()
        first = pl.struct(on).is_first_distinct()
        return joined.select(
            "pair_id",
            value="written",
            confidence=pl.when(there).then(pl.col("confidence").fill_null(SURE)),
            error=pl.coalesce(lacking, "error", "unusable"),
            generator=pl.lit(self.generator),
            prompt=pl.lit(task.prompt),
            settings=_settings(joined, self, task),
            seed=pl.lit(self.seed, pl.Int64),
            prompt_tokens=pl.when(first).then("prompt_tokens"),
            completion_tokens=pl.when(first).then("completion_tokens"),
        )

    def spent(self, replies: pl.DataFrame) -> str | None:
        """What an endpoint took for these replies, whenever they were written."""
        return spent(self.by, replies["prompt_tokens"], replies["completion_tokens"])


def spent(by: str | Endpoint, prompt: pl.Series, completion: pl.Series) -> str | None:
    """What tokens came to, in a line for people; None where nobody is paid."""
    if not isinstance(by, Endpoint):
        return None
    read, said = int(prompt.sum()), int(completion.sum())
    told = f"{read:,} tokens read and {said:,} written in all"
    return told if by.price is None else f"{told}, cost {by.price.of(read, said):.4g}"


def _keys(names: tuple[str, ...]) -> list[str]:
    return [f"{name}_sha256" for name in names]


def _settings(joined: pl.DataFrame, author: Author, task: Task) -> pl.Series:
    """What else was chosen, row by row, since a server says which model it was."""
    import polars as pl

    chosen = {name: value for name, value in task.params.items() if name not in {"prompt", "seed"}}
    if isinstance(author.by, Endpoint) and author.by.request:
        chosen["request"] = author.by.request
    told = {
        served: canonical_json({**chosen, **({"served": served} if served else {})})
        for served in joined["served"].unique()
    }
    return pl.Series("settings", [told[served] for served in joined["served"]], pl.String)

"""What labels that are texts have in common: when one is correct."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.steps.labelling import Labelled, Labelling
from curate.steps.side import EMBEDDED, Side, likeness, no_encoder
from curate.steps.step import Ask, Objection
from curate.steps.writing import Author

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.measures.written import Task


class WrittenLabel(Author, Labelling):
    """Base of the steps that have a model write a text into a field."""

    fill_types: ClassVar[tuple[str, ...]] = ("text",)

    encoder: str = Field(
        EMBEDDED,
        description="What turns texts into vectors, to tell whether a label says what a person "
        "said: `embedded` for English, or a model such as hf:owner/name.",
    )
    alike: float = Field(
        0.7, gt=0, le=1, description="The cosine from which on two texts say the same."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        judging = "embedded" if self.encoder == EMBEDDED else "encoders"
        return tuple(sorted({judging, *self.model_extras}))

    @property
    def correctness(self) -> str:
        return f"its vector's cosine with that of the hidden text is at least {self.alike}"

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        yield from self.check_author()
        if unnamed := no_encoder(self.encoder):
            yield unnamed

    def given(self, fields: Fields) -> tuple[str, ...]:
        """The fields that the model is given: one, or two of which the second is a text."""
        return self.sources

    def told(self, fields: Fields) -> Task:
        """What it is told."""
        raise NotImplementedError

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        given = self.given(fields)
        if len(given) > 1:
            return []
        kinds = tuple(fields[name].type for name in given)
        return [(self.measure_of(kinds, self.told(fields)), given[0])]

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        rows = table.filter(pl.col("pair_id").is_in(asked.implode()))
        replies = self.replies(rows, self.given(ask.fields), self.told(ask.fields), ask)
        return Labelled(replies.drop("prompt_tokens", "completion_tokens"), self.spent(replies))

    def correct(self, labels: pl.DataFrame, ask: Ask) -> pl.Series:
        side = Side((self.fill,), (self.encoder,))
        return likeness(labels["value"], labels["truth"], side, ask) >= self.alike

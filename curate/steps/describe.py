"""Descriptions of films, by a vision-language model that is shown pictures of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.steps.labelling import Labelled
from curate.steps.step import Ask, Objection
from curate.steps.synthesis import typed
from curate.steps.text_label import WrittenLabel

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.written import Task


class Describe(WrittenLabel):
    """Have a model say what happens in a film, from pictures where its scenes begin.

    With `transcript` it is told what is spoken as well, in films that have one. A label is correct
    if its vector's cosine with the text that a person wrote is at least `alike`.
    """

    summary: ClassVar[str] = "have a model describe films"
    leads: ClassVar[str] = "describe"
    examples: ClassVar[tuple[str, ...]] = (
        (
            "- pseudo_label: {describe: film, transcript: said, fill: caption, "
            "by: {endpoint: 'http://localhost:8000/v1', model: my-model}}"
        ),
    )
    source_types: ClassVar[tuple[str, ...]] = ("video",)

    describe: str = Field(description="The video field that is described.")
    transcript: str | None = Field(None, description="The text field that holds what is spoken.")
    prompt: str = Field(
        "These pictures follow one another in a film. Describe in two sentences what happens.",
        min_length=1,
        description="What the model is told; what is spoken reaches it as `transcript`.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if self.transcript is not None:
            yield from typed(("transcript",), self.transcript, ("text",), fields)
            if self.transcript == self.fill:
                yield Objection(("transcript",), f"'{self.fill}' cannot be filled from itself")

    def told(self, fields: Fields) -> Task:
        return self.task(self.prompt, names=("transcript",) if self.transcript else ())

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        rows = table.filter(pl.col("pair_id").is_in(asked.implode()))
        parts = []
        heard = pl.lit(value=False)
        if self.transcript is not None:
            heard = pl.col(self.transcript).is_not_null()
            names = (self.describe, self.transcript)
            parts.append(self.replies(rows.filter(heard), names, self.told(ask.fields), ask))
        silent = self.task(self.prompt)
        parts.append(self.replies(rows.filter(~heard), (self.describe,), silent, ask))
        replies = pl.concat(parts)
        return Labelled(replies.drop("prompt_tokens", "completion_tokens"), self.spent(replies))

"""The language of a text, into a metadata field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.pairs.identity import canonical_json
from curate.steps.labelling import Labelled, Labelling
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

METHOD = "lingua"


class Language(Labelling):
    """Fill a metadata field with the language of a text, as an ISO 639-1 code.

    Confidence is the detector's own probability. Among all 75 languages that it knows it is small
    for texts of a few words, of which several may be; among those that occur it is not.
    """

    summary: ClassVar[str] = "fill a metadata field with the language of a text"
    leads: ClassVar[str] = "language"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {language: caption, fill: caption_language, among: [en, fr, de]}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)
    fill_types: ClassVar[tuple[str, ...]] = ("metadata",)

    language: str = Field(description="The text field whose language is told.")
    among: tuple[str, ...] = Field(
        (), description="The languages that occur, as ISO 639-1 codes; any if left out."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("language",)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        from curate.measures.text import text_language

        return [(text_language(self.among), self.language)]

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if len(self.among) == 1:
            yield Objection(("among",), "one language is no choice", "two languages or more")

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        from curate.measures.text import text_language

        rows = table.filter(pl.col("pair_id").is_in(asked.implode()))
        keys = rows.select("pair_id", key=f"{self.language}_sha256")
        found = ask.measure(text_language(self.among), keys["key"])
        joined = keys.join(found, on="key", how="left", maintain_order="left")
        silent = pl.when(pl.col("language").is_null()).then(pl.lit("the text has no language"))
        return Labelled(
            joined.select(
                "pair_id",
                value="language",
                confidence="language_probability",
                generator=pl.lit(METHOD),
                settings=pl.lit(canonical_json({"among": sorted(self.among)})),
                error=pl.coalesce(
                    pl.when(pl.col("key").is_null()).then(pl.lit(f"{self.language} missing")),
                    "error",
                    silent,
                ),
            )
        )

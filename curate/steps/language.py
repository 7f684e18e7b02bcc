"""The language of a text, into a metadata field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.steps.labelling import Labelled, Labelling
from curate.steps.step import Ask

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

METHOD = "lingua"


class Language(Labelling):
    """Fill a metadata field with the language of a text, as an ISO 639-1 code.

    Confidence is the detector's own probability among the 75 languages that it knows.
    """

    summary: ClassVar[str] = "fill a metadata field with the language of a text"
    leads: ClassVar[str] = "language"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {language: caption, fill: caption_language, min_confidence: 0.6}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)
    fill_types: ClassVar[tuple[str, ...]] = ("metadata",)

    language: str = Field(description="The text field whose language is told.")

    @property
    def extras(self) -> tuple[str, ...]:
        return ("language",)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        from curate.measures.text import text_language

        return [(text_language(), self.language)]

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        from curate.measures.text import text_language

        rows = table.filter(pl.col("pair_id").is_in(asked.implode()))
        keys = rows.select("pair_id", key=f"{self.language}_sha256")
        found = ask.measure(text_language(), keys["key"])
        joined = keys.join(found, on="key", how="left", maintain_order="left")
        silent = pl.when(pl.col("language").is_null()).then(pl.lit("the text has no language"))
        return Labelled(
            joined.select(
                "pair_id",
                value="language",
                confidence="language_probability",
                generator=pl.lit(METHOD),
                error=pl.coalesce(
                    pl.when(pl.col("key").is_null()).then(pl.lit(f"{self.language} missing")),
                    "error",
                    silent,
                ),
            )
        )

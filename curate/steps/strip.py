"""What files of media say of people and places beside their pixels and samples, taken out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, field_validator

from curate.pairs.field import CLOCKED, Fields
from curate.steps.shapes import one_or_many
from curate.steps.step import Ask, Objection, Outcome, Step
from curate.steps.synthesis import typed

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

STRIPPED = ("image", "audio", "video")


class Strip(Step):
    """Take EXIF with GPS, thumbnails, XMP, IPTC, comments and tags out of files, pixels and samples as they are.

    JPEG, PNG, WebP, GIF, TIFF, AVIF; WAV, FLAC, MP3; MP4, M4A, MOV. Colour profiles stay, and how a
    picture is to be turned. What a file says of how it came about stays as a mark, a C2PA manifest of
    a generated file where nothing else goes. Spans of recordings are cut anew without any of this,
    and drawings become pixels, so that neither is touched. Formats that are not known here are
    flagged.
    """

    word: ClassVar[str] = "privacy"
    leads: ClassVar[str] = "strip"
    summary: ClassVar[str] = "take out what media files say beside their content: GPS, EXIF, tags"
    examples: ClassVar[tuple[str, ...]] = (
        "- privacy: {strip: image}",
        "- privacy: {strip: [image, speech]}",
    )

    strip: tuple[str, ...] = Field(
        min_length=1, json_schema_extra=one_or_many, description="Image, audio or video fields."
    )

    @field_validator("strip", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def title(self) -> str:
        return " ".join(["privacy strip", *self.strip])

    @property
    def makes_media(self) -> bool:
        return True

    def check(self, fields: Fields) -> Iterator[Objection]:
        for place, name in enumerate(self.strip):
            yield from typed(("strip", place), name, STRIPPED, fields)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(self._measure(fields, name), name) for name in self.strip]

    def _measure(self, fields: Fields, name: str) -> Measure:
        from curate.measures.bare import bare

        return bare(fields[name].type)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        looked = [(name, self._looked(table, name, ask)) for name in self.strip]
        changed = table.select("pair_id")
        for name, seen in looked:
            files = seen.select("pair_id", pl.col("bytes").alias(f"{name}_bytes"))
            changed = changed.join(files, on="pair_id", how="left", maintain_order="left")
        touched = pl.any_horizontal(pl.col(f"{name}_bytes").is_not_null() for name in self.strip)
        return Outcome(
            _verdicts(table, looked), changed=changed.filter(touched), note=_note(looked)
        )

    def _looked(self, table: pl.DataFrame, name: str, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `bytes`, `gone`, `untouched` of the pairs that hold a whole file."""
        import polars as pl

        whole = pl.lit(value=True)
        if ask.fields[name].type in CLOCKED:
            whole = pl.col(f"{name}_start").is_null()
        rows = table.filter(whole).select("pair_id", key=f"{name}_sha256").drop_nulls("key")
        seen = ask.measure(self._measure(ask.fields, name), rows["key"])
        drawn = _drawings(seen, name, ask)
        found = rows.join(seen, on="key", maintain_order="left")
        return found.filter(~pl.col("key").is_in(drawn.implode()))


def _drawings(seen: pl.DataFrame, name: str, ask: Ask) -> pl.Series:
    """Keys of vector pictures, of which a release holds pixels."""
    import polars as pl

    from curate.measures.image import IMAGE_PROBE

    unknown = seen.filter(pl.col("untouched").is_not_null())["key"]
    if ask.fields[name].type != "image" or not unknown.len():
        return unknown.clear()
    formats = ask.measure(IMAGE_PROBE, unknown)
    return formats.filter(pl.col("format") == "SVG")["key"]


def _verdicts(table: pl.DataFrame, looked: list[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """One line a pair: `redact` where anything was taken out, `flag` where a file is not known."""
    import polars as pl

    from curate.ledger.verdict import verdicts

    told = [
        seen.select(
            "pair_id",
            redacted=pl.col("bytes").is_not_null(),
            reason=_reason(name),
            detail=pl.coalesce("error", "untouched"),
        ).drop_nulls("reason")
        for name, seen in looked
    ]
    said = (
        pl.concat(told)
        .group_by("pair_id", maintain_order=True)
        .agg(
            pl.col("reason", "detail").drop_nulls().str.join("; "),
            verdict=pl.when(pl.col("redacted").any())
            .then(pl.lit("redact"))
            .otherwise(pl.lit("flag")),
        )
    )
    pairs = table.select("pair_id")
    found = pairs.join(said, on="pair_id", how="left", maintain_order="left")
    return verdicts(found.with_columns(pl.col("detail").replace("", None)))


def _reason(name: str) -> pl.Expr:
    """What is said of one field, null where nothing is."""
    import polars as pl

    return (
        pl.when(pl.col("bytes").is_not_null())
        .then(pl.format("{} removed from {}", pl.col("gone").list.join(", "), pl.lit(name)))
        .when(pl.coalesce("error", "untouched").is_not_null())
        .then(pl.lit(f"{name} could not be stripped"))
    )


def _note(looked: list[tuple[str, pl.DataFrame]]) -> str:
    import polars as pl

    told = []
    for name, seen in looked:
        gone = seen.filter(pl.col("bytes").is_not_null())
        kinds = gone.explode("gone")["gone"].value_counts().sort("gone").iter_rows()
        of = ", ".join(f"{kind} {count:,}" for kind, count in kinds)
        told.append(f"{name}: {gone.height:,} of {seen.height:,} files{f' ({of})' if of else ''}")
    return "; ".join(told)

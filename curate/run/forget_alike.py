"""Contents that are the same in other bytes: other encodings of one picture or recording, and what a
release holds in place of a content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError
from curate.pairs.field import CLOCKED, media_fields
from curate.pairs.identity import content_hash
from curate.run.build import Options, opened
from curate.run.contents import placed
from curate.run.forget_recipes import place_of, recipe_of
from curate.run.others import cells
from curate.run.progress import Silence
from curate.steps.equality import DECODED, form

if TYPE_CHECKING:
    from curate.run.asking import Asking
    from curate.run.course import Course


def alike(
    workspace: Path, releases: Sequence[Path], files: Sequence[Path], notes: list[str]
) -> frozenset[str]:
    """Hashes of contents of the sources of these releases' recipes; `notes` says what could not be read."""
    found: set[str] = set()
    newest = {folder.parent.name: folder for folder in releases}
    for name, folder in newest.items() if files else ():
        text = (folder / "recipe.yaml").read_text()
        try:
            recipe = recipe_of(workspace, text, place_of(workspace, name))
            with opened(recipe, Options(), Silence()) as (course, asking):
                found.update(_alike(course, asking, files))
        except (CurateError, OSError) as error:
            told = error.message if isinstance(error, CurateError) else str(error)
            notes.append(
                f"other encodings of the files were not looked for in {name} "
                f"({told.splitlines()[0]})"
            )
    return frozenset(found)


def released_as(release: Path, hashes: frozenset[str]) -> frozenset[str]:
    """Keys of the contents for which a release holds bytes of these hashes: pixels of a vector
    picture, a span cut out as a file.
    """
    pairs = pl.read_parquet(release / "pairs.parquet")
    names = [
        column.removesuffix("_sha256") for column in pairs.columns if column.endswith("_sha256")
    ]
    found: set[str] = set()
    for name in names:
        ids = [pair for pair, _, _, data in cells(release, name) if content_hash(data) in hashes]
        mine = pairs.filter(pl.col("pair_id").is_in(ids))
        found.update(mine[f"{name}_sha256"].drop_nulls())
    return frozenset(found)


def _alike(course: Course, asking: Asking, files: Sequence[Path]) -> Iterator[str]:
    kinds = {course.fields[name].type for name in media_fields(course.fields)}
    for kind in sorted(kinds & set(DECODED)):
        keys = pl.Series([content_hash(path.read_bytes()) for path in files], dtype=pl.String)
        asking.contents = asking.contents.with_places(_places(kind, keys, files))
        measure, column = form(kind)
        names = [n for n in media_fields(course.fields) if course.fields[n].type == kind]
        theirs = pl.concat(
            [course.gathered.table[f"{name}_sha256"].rename("key") for name in names]
        )
        ours = asking.measure(measure, keys).drop_nulls(column)
        values = asking.measure(measure, theirs).drop_nulls(column)
        yield from values.join(ours, on=column, how="semi")["key"]


def _places(kind: str, keys: pl.Series, files: Sequence[Path]) -> pl.DataFrame:
    file = keys if kind in CLOCKED else pl.Series([None] * len(keys), dtype=pl.String)
    rows = pl.DataFrame(
        {"key": keys, "path": [str(path.absolute()) for path in files], "file_sha256": file}
    )
    return placed(rows.with_columns(modality=pl.lit(kind)))

"""What forgetting would do: who goes, which releases, and what is built in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from curate.errors import CurateError
from curate.pairs.identity import content_hash
from curate.release.compare_side import Side
from curate.release.forget import Holdings, Request, Trace, held, of_release, traced
from curate.release.forget_mention import mentions
from curate.release.publish import DRAFT
from curate.release.tombstone import FILE as TOMBSTONE
from curate.release.version import is_version, order
from curate.run.build import Options, opened
from curate.run.forget_alike import alike, released_as
from curate.run.forget_journal import Counts, Doomed, Journal, Rebuild
from curate.run.forget_recipes import next_version, place_of, recipe_of, with_version
from curate.run.progress import Silence
from curate.store.forgotten import Forgotten
from curate.store.forgotten import opened as open_marks


@dataclass(frozen=True)
class Asked:
    """What a person wants forgotten."""

    ids: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()
    media: tuple[Path, ...] = ()


def planned(workspace: Path, asked: Asked) -> Journal:
    """What forgetting would do. Nothing is changed, but that a key is made where there is none."""
    notes: list[str] = []
    forgotten, folders = open_marks(workspace), release_folders(workspace)
    releases = [of_release(folder) for folder in folders]
    request = Request(
        _still_here(asked.ids, releases, forgotten), _contents(workspace, asked, folders, notes)
    )
    trace = traced(releases, request)
    sources = [
        one
        for folder in _newest(_affected(folders, trace))
        for one in _as_read(workspace, folder, notes)
    ]
    trace = traced([*releases, *sources], request)
    return _journal(workspace, trace, _affected(folders, trace), forgotten, notes)


def _still_here(
    ids: frozenset[str], releases: Sequence[Holdings], forgotten: Forgotten
) -> frozenset[str]:
    """Without those that were forgotten before, unless they are here after all."""
    here = {name for one in releases for name in one.pairs["pair_id"]}
    return frozenset(name for name in ids if name in here or not forgotten.knows("pair", name))


def _contents(
    workspace: Path, asked: Asked, folders: Sequence[Path], notes: list[str]
) -> frozenset[str]:
    """The hashes that are asked for, and those of contents that are the same in other bytes."""
    files = frozenset(content_hash(path.read_bytes()) for path in asked.media)
    hashes = asked.hashes | files | alike(workspace, folders, asked.media, notes)
    return hashes.union(*(released_as(folder, hashes) for folder in folders if hashes))


def _affected(folders: Sequence[Path], trace: Trace) -> list[Path]:
    return [folder for folder in folders if trace.of(str(folder)) or mentions(folder, trace)]


def _newest(folders: Sequence[Path]) -> list[Path]:
    """One folder of each recipe."""
    return list({folder.parent.name: folder for folder in folders}.values())


def release_folders(workspace: Path) -> list[Path]:
    """Every release and candidate that stands; what is only staged does not."""
    homes = (workspace / "releases", workspace / ".curate" / "candidates")
    found = (path.parent for home in homes for path in sorted(home.glob("*/[!.]*/manifest.json")))
    return [folder for folder in found if not (folder / TOMBSTONE).exists()]


def _as_read(workspace: Path, release: Path, notes: list[str]) -> Iterator[Holdings]:
    """What the sources of a recipe hold now: also contents that its releases conceal."""
    name, text = release.parent.name, (release / "recipe.yaml").read_text()
    try:
        recipe = recipe_of(workspace, text, place_of(workspace, name))
        with opened(recipe, Options(), Silence(), compute=False) as (course, _):
            table = course.gathered.table
    except (CurateError, OSError) as error:
        told = error.message if isinstance(error, CurateError) else str(error)
        notes.append(f"the sources of {name} could not be read ({told.splitlines()[0]})")
        return
    part = pl.col("source").is_in(list(recipe.joined))
    status = pl.when(part).then(pl.lit("paired")).otherwise(pl.lit("kept"))
    yield held(f"sources of {name}", name, table.with_columns(status=status), recipe.fields)


def _journal(
    workspace: Path,
    trace: Trace,
    affected: Sequence[Path],
    forgotten: Forgotten,
    notes: Sequence[str],
) -> Journal:
    homes = workspace / "releases"
    releases = [folder for folder in affected if folder.is_relative_to(homes)]
    others = [folder for folder in affected if not folder.is_relative_to(homes)]
    rebuilds = list(_rebuilds(workspace, releases, trace))
    successor = {one.name: one.version for one in rebuilds if one.version != DRAFT}
    ids = set(trace.pairs["pair_id"])
    asked = trace.pairs.filter("asked")["pair_id"].n_unique()
    return Journal(
        at=now(),
        marks=sorted(
            {forgotten.mark("content", key) for key in trace.contents}
            | {forgotten.mark("pair", name) for name in trace.ids}
        ),
        derived=sorted(
            {forgotten.mark("content", key) for key in trace.made}
            | {forgotten.mark("pair", name) for name in trace.names}
        ),
        releases=[_doomed(folder, trace, successor) for folder in releases],
        folders=[str(folder.relative_to(workspace)) for folder in others],
        rebuilds=rebuilds,
        counts=Counts(
            asked=asked,
            along=len(ids) - asked,
            contents=len(trace.contents),
            made=len(trace.made),
            shared=trace.shared,
            holders=[place.removeprefix(f"{workspace}/") for place in trace.holders],
        ),
        notes=list(notes),
    )


def _doomed(folder: Path, trace: Trace, successor: dict[str, str]) -> Doomed:
    manifest = Side.of(folder).manifest
    draft = folder.name == DRAFT
    return Doomed(
        name=manifest["name"],
        version=folder.name,
        digest=manifest["digest"],
        pairs=trace.of(str(folder)),
        successor=DRAFT if draft else successor.get(manifest["name"]),
    )


def _rebuilds(workspace: Path, releases: Sequence[Path], trace: Trace) -> Iterator[Rebuild]:
    """The newest version of each recipe under its next number, and its draft."""
    for name in sorted({folder.parent.name for folder in releases}):
        mine = [folder for folder in releases if folder.parent.name == name]
        versions = [folder for folder in mine if is_version(folder.name)]
        newest = max(versions, key=lambda folder: order(folder.name), default=None)
        for folder in [newest, *(f for f in mine if f.name == DRAFT)]:
            if folder is not None and _left(folder, trace):
                yield _rebuild(workspace, folder)


def _rebuild(workspace: Path, folder: Path) -> Rebuild:
    text, side = (folder / "recipe.yaml").read_text(), Side.of(folder)
    name, version = str(side.manifest["name"]), folder.name
    if version != DRAFT:
        version = next_version(folder)
        text = with_version(workspace, text, version)
    place = place_of(workspace, name).relative_to(workspace)
    limit = side.lock.get("limit")
    return Rebuild(name=name, version=version, recipe=str(place), text=text, limit=limit)


def _left(folder: Path, trace: Trace) -> bool:
    """Whether a pair of a release stays."""
    gone = trace.pairs.filter(pl.col("place") == str(folder))
    return bool(Side.of(folder).kept.join(gone, on="pair_id", how="anti").height)


def now() -> str:
    """The moment, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

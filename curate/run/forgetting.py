"""The one exception to immutability: pairs, and everything derived of them, leave a workspace.

    forget(workspace, asked)     find, write the intent down, then finish
    finish(workspace)            what a forgetting that was killed still had to do

In this order: marks that refuse them in every later build; tombstones in the place of releases, and
nothing in that of candidates, exports, cards and reviews; the store without their values; each
recipe built anew under the next patch version; the store without what cannot be told from them; a
receipt. Personal data go before anything is built, since a build may fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.errors import CurateError, ReleaseExists
from curate.pairs.identity import content_hash
from curate.release.compare_side import Side
from curate.release.forget import Holdings, Request, Trace, held, of_release, traced
from curate.release.forget_mention import mentions
from curate.release.publish import DRAFT, read_manifest
from curate.release.tombstone import FILE as TOMBSTONE
from curate.run.build import Options, build, opened, store_folder_of
from curate.run.forget_alike import alike, released_as
from curate.run.forget_erasing import erased
from curate.run.forget_journal import (
    Counts,
    Doomed,
    Journal,
    Rebuild,
    alone,
    journal_path,
    read_journal,
)
from curate.run.forget_reach import unreached
from curate.run.forget_recipes import next_version, place_of, recipe_of, set_version, with_version
from curate.run.progress import Progress, Silence
from curate.store.forgotten import Forgotten, halves, remember
from curate.store.forgotten import opened as open_marks
from curate.store.purge import hashed_files, swept, taken_out
from curate.store.store import MeasureStore

if TYPE_CHECKING:
    from curate.run.build import Built

FORMAT = 1


@dataclass(frozen=True)
class Asked:
    """What a person wants forgotten."""

    ids: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()
    media: tuple[Path, ...] = ()


class Successor(BaseModel):
    """A release that was built without them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    digest: str


class Receipt(BaseModel):
    """What was done: `forgotten/<time>.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    begun: str
    ended: str
    counts: Counts
    releases: list[Doomed]
    """Now tombstones, but for drafts, which are built anew in their place."""
    successors: list[Successor]
    removed: dict[str, int]
    """By kind. Of one that was interrupted, what its last run removed."""
    sources: list[str]
    """Rows that the sources still hold; builds refuse them. They are yours to delete."""
    unreached: list[str]
    """Copies that this workspace knows of or can only guess at."""


def forget(workspace: Path, asked: Asked, progress: Progress | None = None) -> Receipt:
    """Forget; raises `CurateError`. A forgetting that was interrupted is finished first."""
    with alone(workspace):
        if read_journal(workspace) is not None:
            _finish(workspace, progress or Silence())
        planned(workspace, asked).write(workspace)
        return _finish(workspace, progress or Silence())


def finish(workspace: Path, progress: Progress | None = None) -> Receipt | None:
    """Do what is written down and not done; None where nothing is."""
    with alone(workspace):
        if read_journal(workspace) is None:
            return None
        return _finish(workspace, progress or Silence())


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


def _finish(workspace: Path, progress: Progress) -> Receipt:
    journal = read_journal(workspace)
    assert journal is not None
    store = MeasureStore(store_folder_of(workspace))
    with store.alone():
        forgotten = remember(workspace, open_marks(workspace), journal.marks)
        gone = forgotten.also(journal.derived)
        removed = {**erased(workspace, journal, gone), **taken_out(store, gone)}
        for one in journal.releases:
            set_version(workspace, one)
    built, errors = _rebuilt(workspace, journal, progress)
    removed |= _swept(workspace, store, built)
    if errors:
        raise _unfinished(workspace, errors)
    receipt = Receipt(
        begun=journal.at,
        ended=_now(),
        counts=journal.counts,
        releases=journal.releases,
        successors=_successors(workspace, journal),
        removed=removed,
        sources=sorted({line for one in built for line in _rows(one)}),
        unreached=[*_shared(workspace, store), *unreached(workspace, journal, gone)],
    )
    _write(workspace, receipt)
    journal_path(workspace).unlink()
    return receipt


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


def _swept(workspace: Path, store: MeasureStore, built: Sequence[Built]) -> dict[str, int]:
    """What may have been derived; in a store of several workspaces that would be theirs too."""
    if _shared(workspace, store):
        return {}
    with store.alone():
        found = swept(store, _needed(workspace, store, built))
    return {f"{kind} that may have been derived": count for kind, count in found.items()}


def _shared(workspace: Path, store: MeasureStore) -> list[str]:
    if store.root == workspace / ".curate" / "store":
        return []
    told = (
        f"the store {store.root} is not this workspace's own: what bears a forgotten hash has left "
        "it, values that were derived further may be there; remove it where nobody else needs it"
    )
    return [told]


def release_folders(workspace: Path) -> list[Path]:
    """Every release and candidate that stands."""
    homes = (workspace / "releases", workspace / ".curate" / "candidates")
    found = (path.parent for home in homes for path in sorted(home.glob("*/*/manifest.json")))
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
        at=_now(),
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
        versions = [folder for folder in mine if folder.name != DRAFT]
        newest = max(versions, key=_order, default=None)
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


def _order(folder: Path) -> tuple[list[int], bool, str]:
    numbers, _, candidate = folder.name.partition("-")
    return [int(number) for number in numbers.split(".")], not candidate, candidate


def _rebuilt(
    workspace: Path, journal: Journal, progress: Progress
) -> tuple[list[Built], list[CurateError]]:
    """Each recipe built anew; one that a person has mended and built since is taken as it is."""
    built, errors = [], []
    for one in journal.rebuilds:
        try:
            recipe = recipe_of(workspace, one.text, workspace / one.recipe)
            built.append(build(recipe, Options(limit=one.limit), progress))
        except ReleaseExists:
            continue
        except CurateError as error:
            if one.version == DRAFT or read_manifest(_final(workspace, one)) is None:
                errors.append(error)
    return built, errors


def _final(workspace: Path, one: Rebuild) -> Path:
    return workspace / "releases" / one.name / one.version


def _successors(workspace: Path, journal: Journal) -> list[Successor]:
    found = []
    for one in journal.rebuilds:
        manifest = read_manifest(_final(workspace, one))
        assert manifest is not None
        found.append(Successor(name=one.name, version=one.version, digest=manifest["digest"]))
    return found


def _needed(workspace: Path, store: MeasureStore, built: Sequence[Built]) -> set[str]:
    """Keys of all contents that anything that stays is known to hold."""
    needed = hashed_files(store)
    for folder in release_folders(workspace):
        holdings = of_release(folder)
        needed |= set(holdings.contents["key"])
    for one in built:
        for keys in one.asked.values():
            needed.update(half for key in keys for half in halves(key))
    return needed


def _rows(built: Built) -> Iterator[str]:
    rows = built.forgotten.select(pl.format("{}: {}", "source", "row"))
    yield from rows.to_series()


def _unfinished(workspace: Path, errors: Sequence[CurateError]) -> CurateError:
    told = "\n".join(error.message for error in errors)
    return CurateError(
        f"everything that was to be forgotten is removed, but not every successor could be built:\n{told}",
        "mend it (the recipes bear their new versions), build it, then run "
        f"`curate forget --workspace {workspace}` for the receipt",
    )


def _write(workspace: Path, receipt: Receipt) -> None:
    from curate.run.forget_words import text

    name = receipt.begun.replace(":", "").replace("-", "")
    folder = workspace / "forgotten"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(receipt.model_dump_json(indent=1) + "\n")
    (folder / f"{name}.txt").write_text(text(receipt))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

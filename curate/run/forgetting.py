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
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.errors import CurateError, NotFiled, ReleaseExists
from curate.release.forget import of_release
from curate.release.publish import DRAFT, read_manifest
from curate.run.build import Options, build, store_folder_of
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
from curate.run.forget_planning import Asked, now, planned, release_folders
from curate.run.forget_reach import unreached
from curate.run.forget_recipes import recipe_of, set_version
from curate.run.progress import Progress, Silence
from curate.store.forgotten import halves, remember
from curate.store.forgotten import opened as open_marks
from curate.store.purge import hashed_files, swept, taken_out
from curate.store.store import MeasureStore

if TYPE_CHECKING:
    from curate.run.build import Built

FORMAT = 1


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
        ended=now(),
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


def _rebuilt(
    workspace: Path, journal: Journal, progress: Progress
) -> tuple[list[Built], list[CurateError]]:
    """Each recipe built anew; one that a person has mended and built since is taken as it is."""
    built, errors = [], []
    for one in journal.rebuilds:
        stands = one.version != DRAFT and read_manifest(_final(workspace, one)) is not None
        try:
            recipe = recipe_of(workspace, one.text, workspace / one.recipe)
            built.append(build(recipe, Options(limit=one.limit), progress))
        except ReleaseExists:
            continue
        except CurateError as error:
            if not stands or isinstance(error, NotFiled):
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

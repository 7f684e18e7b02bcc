"""The conductor: one recipe from sources to a published release."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.engines.choice import EngineName, engine_of
from curate.engines.engine import Room
from curate.errors import BudgetSpent, ChangedContent, CurateError, DataError, StoreError
from curate.governance.energy import Energy
from curate.governance.facts import Facts
from curate.governance.gates import Held
from curate.governance.meter import Meter
from curate.ledger.verdict import LEAVES
from curate.pairs.identity import content_hash
from curate.run.asking import Asking
from curate.run.budget import Budget
from curate.run.capacity import check_disk, check_memory, demand
from curate.run.contents import Contents
from curate.run.course import Course, Stage
from curate.run.fetching import Fetching
from curate.run.gather import gather
from curate.run.machine import machine
from curate.run.outlook import RELEASE, outlook
from curate.run.pace import Pace
from curate.run.progress import Progress, Silence
from curate.run.publishing import publish
from curate.run.releasing import released
from curate.run.remembered import Remembered
from curate.run.reporting import FILE as REPORT
from curate.run.reviews import read_reviews, reviews_path
from curate.run.usage import Spent, Usage
from curate.store.depot import Depot
from curate.store.fetched import FetchedFiles
from curate.store.files import FileHashes
from curate.store.forgotten import read_forgotten
from curate.store.speeds import Speeds
from curate.store.store import MeasureStore

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe


@dataclass(frozen=True)
class Options:
    """How a build is run; nothing here changes what it makes, but `limit`."""

    workers: int | None = None
    batch_size: int | None = None
    limit: int | None = None
    """A sample of so many rows, published as the draft."""
    store: Path | None = None
    """Where the measure store lies, instead of in the workspace."""
    engine: EngineName = "local"
    address: str | None = None
    """Of the cluster that the engine runs on, if one runs already."""
    minutes: float | None = None
    """How long it may begin anything new, from its start on."""
    kwh: float | None = None
    """How much energy it may have used when it begins anything new."""
    depot: str | None = None
    """URL of a place for values on their way, where the engine's workers do not see the store."""


@dataclass(frozen=True)
class Built:
    """What a build did."""

    path: Path
    digest: str
    published: bool
    """False when this very release was there already."""
    facts: Facts
    held: list[Held]
    """The recipe's gates; not looked at again where the release was there already."""
    stages: list[Stage]
    usage: Usage
    asked: Mapping[str, pl.Series]
    """By measure, the keys of all contents that were asked about."""
    forgotten: pl.DataFrame
    """`source`, `row` of what the sources still hold and was refused, since it is forgotten."""
    energy: Energy
    seconds: float

    @property
    def report(self) -> Path:
        """To look at in a browser; releases of earlier versions of `curate` have none."""
        return self.path / REPORT

    @property
    def kept(self) -> dict[str, int]:
        """Split -> pairs."""
        return self.facts.pairs.splits.value or {}

    @property
    def left(self) -> dict[str, int]:
        """Why pairs went -> how many."""
        why: Counter[str] = Counter()
        for loss in self.facts.pairs.losses.value or ():
            why[f"{loss.name}: {loss.reason}"] += loss.pairs
        return dict(why)


def build(
    recipe: Recipe, options: Options | None = None, progress: Progress | None = None
) -> Built:
    """Measure, decide, publish. Raises `CurateError`; what was measured stays measured."""
    options, progress, start = options or Options(), progress or Silence(), time.perf_counter()
    with opened(recipe, options, progress) as (course, asking), _resumable(asking):
        course.run(asking)
        if not course.alive.len():
            raise DataError("no pair is left to release", _why_all_left(course))
        asking.budget.check()
        with asking.pace.stage(RELEASE, course.alive.len()) as stage:
            made = released(course, asking, options.limit)
            published = publish(course, asking, made, sample=options.limit is not None)
            stage.kept = stage.pairs if published.new else None
        _warn_of_room_for_nothing(recipe, asking)
    return Built(
        path=published.path,
        digest=made.content.digest,
        published=published.new,
        facts=published.facts,
        held=published.held,
        stages=course.stages,
        usage=asking.usage,
        asked=asking.seen,
        forgotten=course.gathered.forgotten,
        energy=published.energy,
        seconds=time.perf_counter() - start,
    )


@contextmanager
def _resumable(asking: Asking) -> Iterator[None]:
    """Say of a build whose budget is spent what was done, and how to go on; set aside what the store
    holds and was damaged, which the next build has again.
    """
    try:
        yield
    except BudgetSpent as spent:
        computed = asking.usage.computed
        raise BudgetSpent(
            f"{spent.message}; {computed:,} values were measured, nothing was published",
            "run the same command again: it goes on where this one stopped",
        ) from None
    except ChangedContent:
        asking.store.blobs.look_through()
        raise


@contextmanager
def opened(
    recipe: Recipe, options: Options, progress: Progress, compute: bool = True
) -> Iterator[tuple[Course, Asking]]:
    """A recipe's pairs gathered, and something to ask about them, with the store held."""
    _check(options)
    store = MeasureStore(store_folder(recipe, options))
    workers = options.workers or os.cpu_count() or 1
    chosen = engine_of(options.engine, workers, options.batch_size, options.address)
    meter = Meter(recipe.governance)
    budget = Budget(options.minutes, options.kwh, meter)
    speeds = store.speeds(machine(options.engine, workers))
    with chosen as engine, store.opened():
        known = Remembered(speeds.read(), recipe.name, content_hash(recipe.text))
        pace = Pace(known, progress)
        if compute and store.empty:
            meter.wake()
        forgotten = read_forgotten(recipe.workspace)
        hashes = FileHashes(store.files, workers, forgotten)
        files = FetchedFiles(store.fetched, store.blobs, hashes, forgotten)
        fetching = Fetching(recipe.sources, files, progress, compute)
        gathered = gather(recipe, hashes, options.limit, fetching)
        reviews = read_reviews(reviews_path(recipe.workspace, recipe.name), recipe.fields)
        course = Course(recipe, gathered, progress, reviews=reviews, meter=meter, pace=pace)
        asking = Asking(
            fields=recipe.fields,
            contents=Contents.of_table(gathered.table, recipe.fields),
            store=store,
            engine=engine,
            hashes=hashes,
            progress=progress,
            find_components=lambda: course.find_components(asking),
            workers=workers,
            batch_size=options.batch_size,
            depot=None if options.depot is None else Depot.at(options.depot),
            rooms={name: Room(said.cpus, said.gpus) for name, said in recipe.resources.items()},
            compute=compute,
            directory=recipe.directory,
            meter=meter,
            budget=budget,
            pace=pace,
            prepare=lambda: _look_ahead(course, asking),
        )
        hashing = gathered.hashing
        asking.usage.files = Spent(hashing.computed, hashing.reused, hashing.seconds)
        try:
            yield course, asking
        finally:
            if compute:
                _remember(pace, speeds)


def _look_ahead(course: Course, asking: Asking) -> None:
    """Before anything is computed: what is to come, and whether there is room for it."""
    coming = outlook(course, asking)
    asking.pace.expect(coming)
    wanted = demand(course.recipe, course.living, coming, asking.pace.forecast)
    store, workspace = asking.store.root, course.recipe.workspace
    for told in check_disk(wanted, store, workspace):
        asking.progress.warn("disk", told)
    for told in check_memory(wanted) if asking.computes_here else ():
        asking.progress.warn("memory", told)


def _remember(pace: Pace, speeds: Speeds) -> None:
    """Keep for later builds how long this one took; none fails for want of that."""
    with suppress(OSError, StoreError):
        speeds.add(pace.rows())


def _check(options: Options) -> None:
    if options.engine == "local" and (options.address or options.depot):
        said = "address" if options.address else "depot"
        raise CurateError(f"the local engine has no use for --{said}", "add --engine ray")
    if options.engine == "ray" and options.kwh is not None:
        raise CurateError(
            "--budget-kwh cannot be kept with --engine ray: what its workers use is not metered",
            "limit the build by --budget-minutes",
        )


def store_folder(recipe: Recipe, options: Options) -> Path:
    """The store's place: as told, as CURATE_STORE says, or in the workspace."""
    return options.store or store_folder_of(recipe.workspace)


def store_folder_of(workspace: Path) -> Path:
    """The store of a workspace, unless CURATE_STORE says another."""
    told = os.environ.get("CURATE_STORE")
    return Path(told) if told else workspace / ".curate" / "store"


def _warn_of_room_for_nothing(recipe: Recipe, asking: Asking) -> None:
    asked = {measure.name for measure in asking.asked.values()}
    for name in sorted(recipe.resources.keys() - asked):
        guess = f"; it asked for {', '.join(sorted(asked))}" if asked else ""
        asking.progress.warn("resources", f"the build asked for no measure '{name}'{guess}")


def _why_all_left(course: Course) -> str:
    if not course.gathered.table.height:
        return "the sources gave none: do their paths and patterns name anything?"
    lines = course.ledger.frame().filter(pl.col("verdict").is_in(LEAVES))
    why = lines.group_by("name", "reason").len().sort("len", "name", descending=[True, False])
    told = [f"{count} by '{name}' ({reason})" for name, reason, count in why.head(3).iter_rows()]
    return "they left: " + ", ".join(told)

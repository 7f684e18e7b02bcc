"""How steps get values: from the store where they are known, else from the engine, once."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.engines.engine import Batch, Engine, Item, Room, Task
from curate.engines.local import LocalEngine
from curate.errors import CurateError
from curate.fits.fit import Fit
from curate.governance.meter import Meter
from curate.measures.measure import Measure
from curate.models.reference import locate, revision, stamp
from curate.pairs.digest import table_digest
from curate.pairs.field import CLOCKED, Fields
from curate.pairs.keys import content_hashes
from curate.pairs.order import by_name
from curate.run.budget import Budget
from curate.run.contents import Contents, placed
from curate.run.keeping import StoreKeeper
from curate.run.others import Others, read_document, read_others
from curate.run.pace import Pace
from curate.run.progress import Progress, Silence
from curate.run.usage import Usage
from curate.store.depot import Depot
from curate.store.files import FileHashes
from curate.store.fragment import read_fragment, read_notes, write_fragment
from curate.store.store import MeasureStore, Shelf

_FLUSH_SECONDS = 2.0


def _nothing() -> None:
    """There is nothing to prepare."""


class NotMeasured(Exception):
    """Raised instead of computing, when only planning; says what is lacking."""


@dataclass
class Asking:
    """Implements `curate.steps.step.Ask` over a store and an engine."""

    fields: Fields
    contents: Contents
    store: MeasureStore
    engine: Engine
    hashes: FileHashes
    progress: Progress
    find_components: Callable[[], pl.DataFrame]
    workers: int
    batch_size: int | None = None
    """Contents that a worker has in hand at once; None where measures say."""
    rooms: Mapping[str, Room] = field(default_factory=dict)
    """What a worker takes up, by measure, where the recipe says."""
    depot: Depot | None = None
    """Where workers put values that do not see the store."""
    compute: bool = True
    keep_fits: bool = True
    directory: Path = field(default_factory=Path)
    """Of the recipe, which other data is found beside."""
    usage: Usage = field(default_factory=Usage)
    meter: Meter = field(default_factory=Meter)
    budget: Budget = field(default_factory=Budget)
    pace: Pace = field(default_factory=Pace.untold)
    prepare: Callable[[], None] = _nothing
    """Called once, before anything is computed."""
    revisions: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, object] = field(default_factory=dict)
    """Of models' files, from before they were hashed."""
    others_read: dict[str, Others] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    """Hashes of the texts beside the recipe that steps have read, by path."""
    asked: dict[str, Measure] = field(default_factory=dict)
    fitted: dict[str, Fit] = field(default_factory=dict)
    _seen: dict[str, pl.Series] = field(default_factory=dict)
    _fits_seen: set[Path] = field(default_factory=set)
    _worth: dict[str, float | None] = field(default_factory=dict)
    """What a known value of a shelf took, in kWh."""
    _whole_blobs: set[str] = field(default_factory=set)
    """Contents that were made and looked at in this build."""

    def aside(self, find_components: Callable[[], pl.DataFrame]) -> Asking:
        """The same values for pairs of another table, what is computed counted apart; its fits are not
        kept. What either has seen in this build neither saves anew.
        """
        return Asking(
            fields=self.fields,
            contents=self.contents,
            store=self.store,
            engine=self.engine,
            hashes=self.hashes,
            progress=Silence(),
            find_components=find_components,
            workers=self.workers,
            batch_size=self.batch_size,
            rooms=self.rooms,
            depot=self.depot,
            keep_fits=False,
            directory=self.directory,
            meter=self.meter,
            budget=self.budget,
            pace=self.pace,
            prepare=self._prepare,
            revisions=self.revisions,
            stamps=self.stamps,
            others_read=self.others_read,
            documents=self.documents,
            _seen=self._seen,
            _fits_seen=self._fits_seen,
            _whole_blobs=self._whole_blobs,
        )

    def measure(self, measures: Measure | Sequence[Measure], keys: pl.Series) -> pl.DataFrame:
        wanted = [measures] if isinstance(measures, Measure) else list(measures)
        keys = keys.drop_nulls().unique().rename("key")
        modality = wanted[0].of[0]
        values = self._values(wanted, keys, lambda lacking: self.contents.items(modality, lacking))
        for measure in wanted:
            self._place(measure, values)
        return values

    def compare(self, measure: Measure, edges: pl.DataFrame) -> pl.DataFrame:
        edges = edges.select("left", "right").unique().sort("left", "right")
        named = edges.with_columns(key=pl.col("left") + pl.col("right"))

        def couples(missing: pl.Series) -> Iterator[Item]:
            todo = named.join(missing.to_frame("key"), on="key", how="semi")
            return self.contents.couples((measure.of[0], measure.of[1]), todo)

        values = self._values([measure], named["key"], couples)
        self._place(measure, values)
        return named.join(values, on="key").drop("key")

    def texts(self, measure: Measure, texts: Sequence[str]) -> pl.DataFrame:
        contents = Contents.of_texts(texts)
        keys = contents.places["key"]
        values = self._values([measure], keys, lambda lacking: contents.items("text", lacking))
        order = pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
        self._place(measure, values)
        named = contents.places.select("text", "key").join(values, on="key")
        return order.join(named, on="text", how="left", maintain_order="left").drop("key")

    def hold(self, texts: pl.Series) -> pl.Series:
        known = Contents.of_texts(texts.drop_nulls().to_list())
        self.contents = self.contents.with_places(known.places)
        return content_hashes(texts)

    def fit(self, fit: Fit, table: pl.DataFrame) -> pl.DataFrame:
        path = self.store.fitted(fit.document(), table_digest(table))
        self.fitted[path.parent.name] = fit
        known = read_fragment(path) if path.exists() else None
        spent = self.usage.of_fit(fit.name)
        first = path not in self._fits_seen
        self._fits_seen.add(path)
        if known is not None:
            spent.reused += 1
            if first:
                self.meter.reuse(fit.name, 1, read_notes(path).get("kwh"))
            return known
        if not self.compute:
            raise NotMeasured(fit.name)
        self._begin()
        start = time.perf_counter()
        with self.pace.fitting(fit.name):
            module, _, factory = fit.compute.partition(":")
            result: pl.DataFrame = getattr(importlib.import_module(module), factory)(fit)(table)
        spent.computed += 1
        seconds = time.perf_counter() - start
        spent.seconds += seconds
        kwh = self.meter.charge({fit.name: (1, seconds)})[fit.name]
        if self.keep_fits:
            metered = {} if kwh is None else {"kwh": kwh}
            write_fragment(path.parent, result, {"seconds": seconds, **metered}).rename(path)
        return result

    def components(self) -> pl.DataFrame:
        return self.find_components()

    def others(self, path: str) -> pl.DataFrame:
        if path not in self.others_read:
            self.others_read[path] = read_others(self.directory / path, self.fields)
        found = self.others_read[path]
        self.contents = self.contents.with_places(found.places)
        return found.rows

    def document(self, path: str) -> str:
        text, self.documents[path] = read_document(self.directory / path)
        return text

    @property
    def seen(self) -> Mapping[str, pl.Series]:
        """By measure, the keys that were asked about."""
        return self._seen

    def shelf(self, measure: Measure) -> Shelf:
        """Where the measure's values stand, its models resolved to what they are today."""
        for reference in measure.models.values():
            if reference not in self.revisions:
                self.stamps[reference] = stamp(reference)
                self.revisions[reference] = revision(reference, self.hashes.of_file)
        by_role = {role: self.revisions[ref] for role, ref in measure.models.items()}
        shelf = self.store.shelf(measure, by_role)
        if self.compute and shelf.folder.name not in self.asked:
            keeper = StoreKeeper(measure, shelf, self.store.blobs, self.depot)
            keeper.collect(self.hashes.forgotten)
        self.asked[shelf.folder.name] = measure
        return shelf

    @property
    def computes_here(self) -> bool:
        """Whether models and decoded contents are held in the memory of this machine alone."""
        return isinstance(self.engine, LocalEngine)

    def decoded_at_once(self, measure: Measure) -> int:
        """Contents that are held in memory at once."""
        return self.workers * (self.batch_size or measure.chunk)

    def missing(self, measure: Measure, keys: pl.Series) -> pl.Series:
        """The keys that have no value yet."""
        known = self.shelf(measure).keys(keys)
        return keys.filter(~keys.is_in(known.implode()))

    def _place(self, measure: Measure, values: pl.DataFrame) -> None:
        """What a measure made can be measured in turn."""
        if measure.makes is None:
            return
        keys = values["made"].drop_nulls().unique()
        paths = [str(self.store.blobs.path(key)) for key in keys]
        file = keys if measure.makes in CLOCKED else pl.Series([None] * len(keys), dtype=pl.String)
        rows = pl.DataFrame({"key": keys, "path": paths, "file_sha256": file})
        places = placed(rows.with_columns(modality=pl.lit(measure.makes)))
        self.contents = self.contents.with_places(places)

    def _values(
        self,
        measures: Sequence[Measure],
        keys: pl.Series,
        items: Callable[[pl.Series], Iterable[Item]],
    ) -> pl.DataFrame:
        """One row per key, sorted: what is in the store, and what was missing there."""
        known = {measure.name: self._known(measure, keys) for measure in measures}
        missing = {name: _lacking(keys, values["key"]) for name, values in known.items()}
        fresh = self._compute(measures, missing, items)
        for measure in measures:
            self._count_reused(measure, known[measure.name]["key"], missing[measure.name])
        return _beside([_whole(known[name], fresh.get(name)) for name in known])

    def _known(self, measure: Measure, keys: pl.Series) -> pl.DataFrame:
        """Values in the store, but for those of a content that was made and is not there as it was."""
        values = self.shelf(measure).read(keys)
        if measure.makes is None or not self.compute:
            return values
        made = set(values["made"].drop_nulls()) - self._whole_blobs
        lost = [key for key in sorted(made) if not self.store.blobs.whole(key)]
        self._whole_blobs |= made.difference(lost)
        is_lost = pl.col("made").is_in(lost).fill_null(value=False)
        return values.filter(~is_lost) if lost else values

    def _compute(
        self,
        measures: Sequence[Measure],
        missing: Mapping[str, pl.Series],
        items: Callable[[pl.Series], Iterable[Item]],
    ) -> dict[str, pl.DataFrame]:
        """Compute what is missing; measure -> the values that were."""
        todo = [measure for measure in measures if missing[measure.name].len()]
        if not todo:
            return {}
        if not self.compute:
            raise NotMeasured(", ".join(measure.name for measure in todo))
        tasks = [self._task(measure, missing[measure.name]) for measure in todo]
        union = pl.concat(list(missing.values())).unique(maintain_order=True)
        return self._run(items(union), tasks)

    def _run(self, items: Iterable[Item], tasks: Sequence[Task]) -> dict[str, pl.DataFrame]:
        self._begin()
        for task in tasks:
            self.progress.measure(task.measure.name, len(task.missing))
        writer = _Writer(
            {task.measure.name: self._keeper(task.measure) for task in tasks}, self.meter
        )
        self.pace.running({t.measure.name: (self._name(t.measure), len(t.missing)) for t in tasks})
        try:
            batches = self.engine.run(items, tasks, self.budget.stop)
            for number, batch in enumerate(batches):
                if not number:  # models are loaded now, and nothing is kept yet
                    self._check_models(tasks)
                self.pace.batch(batch)
                spent = self.usage.of(batch.task.measure.name)
                spent.computed += batch.values.height
                spent.seconds += batch.seconds
                if "price" in batch.task.measure.access:
                    read, said = (
                        int(batch.values[n].sum()) for n in ("prompt_tokens", "completion_tokens")
                    )
                    spent.pay(read, said, batch.task.measure.access["price"])
                self.meter.elsewhere |= batch.kept is not None
                self.progress.advance(batch.task.measure.name, batch.values.height)
                writer.add(batch)
        finally:
            writer.flush()
            self.pace.ran()
        fresh = writer.written()
        if sum(values.height for values in fresh.values()) < sum(len(t.missing) for t in tasks):
            self.budget.check()
        return fresh

    def _begin(self) -> None:
        """Something is about to be computed."""
        self.budget.check()
        self._prepare()
        self.meter.begin()
        self.budget.check_metered()

    def _prepare(self) -> None:
        prepare, self.prepare = self.prepare, _nothing
        prepare()

    def _name(self, measure: Measure) -> str:
        """The measure's fingerprint, as its shelf is called."""
        return self.shelf(measure).folder.name

    def _task(self, measure: Measure, missing: pl.Series) -> Task:
        models = {role: locate(reference) for role, reference in measure.models.items()}
        room = self.rooms.get(measure.name, Room())
        return Task(measure, models, frozenset(missing), self._keeper(measure), room)

    def _check_models(self, tasks: Sequence[Task]) -> None:
        """What was loaded has to be what was hashed, under whose name values are kept and locked."""
        for reference in (ref for task in tasks for ref in task.measure.models.values()):
            if stamp(reference) != self.stamps[reference]:
                raise CurateError(
                    f"the model '{reference}' changed between its hash and its use; nothing is kept",
                    "build again once its files stay as they are",
                )

    def _keeper(self, measure: Measure) -> StoreKeeper:
        return StoreKeeper(measure, self.shelf(measure), self.store.blobs, self.depot)

    def _count_reused(self, measure: Measure, known: pl.Series, computed: pl.Series) -> None:
        """Count each key once a build, however often it is asked for."""
        name = self._name(measure)
        seen = self._seen.get(name, known.clear())
        others = _lacking(seen, known)
        reused = known.len() - (seen.len() - others.len())
        self.usage.of(measure.name).reused += reused
        if reused:
            self.pace.reuse(name, reused)
            self.meter.reuse(measure.name, reused, self._kwh_each(measure))
        self._seen[name] = pl.concat([others, known, computed])

    def _kwh_each(self, measure: Measure) -> float | None:
        """What a value of the measure takes, by what is noted of all that are in the store."""
        shelf = self.shelf(measure)
        if shelf.folder.name not in self._worth:
            self._worth[shelf.folder.name] = shelf.cost().kwh_each
        return self._worth[shelf.folder.name]


def _lacking(keys: pl.Series, known: pl.Series) -> pl.Series:
    """The keys that are not among the known."""
    if not known.len():
        return keys
    return keys.filter(~keys.is_in(known.implode()))


def _whole(known: pl.DataFrame, fresh: pl.DataFrame | None) -> pl.DataFrame:
    """Values from the store and values just computed, sorted by key."""
    if fresh is None:
        return known
    return by_name(pl.concat([known, fresh]), "key")


def _beside(values: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Several measures' values of the same keys; the first error stands for all."""
    whole = values[0]
    for other in values[1:]:
        if not whole["key"].equals(other["key"]):
            raise CurateError("measures of the same contents have values of other keys")
        theirs = other["error"].rename("theirs")
        whole = (
            whole.with_columns(theirs, *other.drop("key", "error"))
            .with_columns(error=pl.coalesce("error", "theirs"))
            .drop("theirs")
        )
    return whole


class _Writer:
    """Gathers batches and writes what no worker has every couple of seconds, and when told."""

    def __init__(self, keepers: Mapping[str, StoreKeeper], meter: Meter) -> None:
        self.keepers = keepers
        self.meter = meter
        self.waiting: dict[str, list[Batch]] = {name: [] for name in keepers}
        self.done: dict[str, list[pl.DataFrame]] = {name: [] for name in keepers}
        self.since = time.perf_counter()

    def add(self, batch: Batch) -> None:
        self.waiting[batch.task.measure.name].append(batch)
        if time.perf_counter() - self.since > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        waiting = {name: batches for name, batches in self.waiting.items() if batches}
        took = {name: _took(batches) for name, batches in waiting.items()}
        kwh = self.meter.charge(took)
        for name, batches in waiting.items():
            self.done[name] += [self.keepers[name].settle(b) for b in batches if b.kept]
            if fresh := [batch for batch in batches if not batch.kept]:
                self.done[name].append(self.keepers[name].keep_all(fresh, kwh[name]))
            batches.clear()
        self.since = time.perf_counter()

    def written(self) -> dict[str, pl.DataFrame]:
        """All values, as the store holds them."""
        return {name: pl.concat(frames) for name, frames in self.done.items() if frames}


def _took(batches: Sequence[Batch]) -> tuple[int, float]:
    """Values in batches, and the seconds that they took."""
    return sum(batch.values.height for batch in batches), sum(batch.seconds for batch in batches)

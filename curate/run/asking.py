"""How steps get values: from the store where they are known, else from the engine, once."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.engines.engine import Batch, Engine, Item, Task
from curate.fits.fit import Fit
from curate.measures.measure import Measure
from curate.models.reference import locate, revision
from curate.pairs.digest import table_digest
from curate.pairs.field import CLOCKED, Fields
from curate.run.contents import Contents, placed
from curate.run.gather import text_keys
from curate.run.others import Others, read_others
from curate.run.progress import Progress, Silence
from curate.run.usage import Usage
from curate.store.blobs import Blobs
from curate.store.files import FileHashes
from curate.store.fragment import read_fragment, write_fragment
from curate.store.store import MeasureStore, Shelf

_FLUSH_SECONDS = 2.0


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
    compute: bool = True
    keep_fits: bool = True
    directory: Path = field(default_factory=Path)
    """Of the recipe, which other data is found beside."""
    usage: Usage = field(default_factory=Usage)
    revisions: dict[str, str] = field(default_factory=dict)
    others_read: dict[str, Others] = field(default_factory=dict)
    asked: dict[str, Measure] = field(default_factory=dict)
    fitted: dict[str, Fit] = field(default_factory=dict)
    _seen: dict[str, pl.Series] = field(default_factory=dict)

    def aside(self, find_components: Callable[[], pl.DataFrame]) -> Asking:
        """The same values for pairs of another table, counted apart; its fits are not kept."""
        return Asking(
            fields=self.fields,
            contents=self.contents,
            store=self.store,
            engine=self.engine,
            hashes=self.hashes,
            progress=Silence(),
            find_components=find_components,
            workers=self.workers,
            keep_fits=False,
            directory=self.directory,
            revisions=self.revisions,
            others_read=self.others_read,
        )

    def measure(self, measures: Measure | Sequence[Measure], keys: pl.Series) -> pl.DataFrame:
        wanted = [measures] if isinstance(measures, Measure) else list(measures)
        keys = keys.drop_nulls().unique().sort().rename("key")
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
        return text_keys(texts)

    def fit(self, fit: Fit, table: pl.DataFrame) -> pl.DataFrame:
        path = self.store.fitted(fit.document(), table_digest(table))
        self.fitted[path.parent.name] = fit
        known = read_fragment(path) if path.exists() else None
        spent = self.usage.of_fit(fit.name)
        if known is not None:
            spent.reused += 1
            return known
        if not self.compute:
            raise NotMeasured(fit.name)
        start = time.perf_counter()
        module, _, factory = fit.compute.partition(":")
        result: pl.DataFrame = getattr(importlib.import_module(module), factory)(fit)(table)
        spent.computed += 1
        spent.seconds += time.perf_counter() - start
        if self.keep_fits:
            write_fragment(path.parent, result, {}).rename(path)
        return result

    def components(self) -> pl.DataFrame:
        return self.find_components()

    def others(self, path: str) -> pl.DataFrame:
        if path not in self.others_read:
            self.others_read[path] = read_others(self.directory / path, self.fields)
        found = self.others_read[path]
        self.contents = self.contents.with_places(found.places)
        return found.rows

    def shelf(self, measure: Measure) -> Shelf:
        """Where the measure's values stand, its models resolved to what they are today."""
        for reference in measure.models.values():
            if reference not in self.revisions:
                self.revisions[reference] = revision(reference, self.hashes.of_file)
        by_role = {role: self.revisions[ref] for role, ref in measure.models.items()}
        shelf = self.store.shelf(measure, by_role)
        self.asked[shelf.folder.name] = measure
        return shelf

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
        """One row per key; a fragment that proves damaged while it is read is computed again."""
        computed = self._fill(measures, keys, items)
        values = self._read(measures, keys, computed)
        if values is None:
            return self._values(measures, keys, items)
        for measure in measures:
            self._count_reused(measure, keys, computed[measure.name]["key"])
        return values

    def _fill(
        self,
        measures: Sequence[Measure],
        keys: pl.Series,
        items: Callable[[pl.Series], Iterable[Item]],
    ) -> dict[str, pl.DataFrame]:
        """Compute what is missing; measure -> the values that were."""
        missing = {measure.name: self.missing(measure, keys) for measure in measures}
        todo = [measure for measure in measures if missing[measure.name].len()]
        if todo and not self.compute:
            raise NotMeasured(", ".join(measure.name for measure in todo))
        tasks = [self._task(measure, missing[measure.name]) for measure in todo]
        union = pl.concat(list(missing.values())).unique(maintain_order=True)
        found = self._run(items(union), tasks) if todo else {}
        return {m.name: found.get(m.name, pl.DataFrame(schema=self.shelf(m).row)) for m in measures}

    def _run(self, items: Iterable[Item], tasks: Sequence[Task]) -> dict[str, pl.DataFrame]:
        for task in tasks:
            self.progress.measure(task.measure.name, len(task.missing))
        writer = _Writer({t.measure.name: self.shelf(t.measure) for t in tasks}, self.store.blobs)
        try:
            for batch in self.engine.run(items, tasks):
                spent = self.usage.of(batch.task.measure.name)
                spent.computed += batch.values.height
                spent.seconds += batch.seconds
                self.progress.advance(batch.task.measure.name, batch.values.height)
                writer.add(batch)
        finally:
            writer.flush()
        return writer.written()

    def _task(self, measure: Measure, missing: pl.Series) -> Task:
        models = {role: locate(reference) for role, reference in measure.models.items()}
        return Task(measure, models, frozenset(missing))

    def _read(
        self, measures: Sequence[Measure], keys: pl.Series, computed: Mapping[str, pl.DataFrame]
    ) -> pl.DataFrame | None:
        """Values just computed and values from the store, or None when they are not all there."""
        joined = keys.to_frame("key").with_columns(error=pl.lit(None, pl.String))
        for measure in measures:
            fresh = computed[measure.name]
            known = keys.filter(~keys.is_in(fresh["key"].implode())) if fresh.height else keys
            values = pl.concat([fresh, self.shelf(measure).read(known)]) if known.len() else fresh
            if values.height < keys.len():
                return None
            joined = joined.join(values, on="key", how="left", maintain_order="left", suffix="_new")
            error = pl.coalesce("error", "error_new")
            joined = joined.with_columns(error=error).drop("error_new")
        return joined

    def _count_reused(self, measure: Measure, keys: pl.Series, computed: pl.Series) -> None:
        """Count each key once a build, however often it is asked for."""
        name = self.shelf(measure).folder.name
        seen = self._seen.get(name)
        new = keys if seen is None else keys.filter(~keys.is_in(seen.implode()))
        known = new.filter(~new.is_in(computed.implode()))
        self.usage.of(measure.name).reused += known.len()
        self._seen[name] = new if seen is None else pl.concat([seen, new])


class _Writer:
    """Gathers batches and writes them every couple of seconds, and when told."""

    def __init__(self, shelves: Mapping[str, Shelf], blobs: Blobs) -> None:
        self.shelves = shelves
        self.blobs = blobs
        self.waiting: dict[str, list[Batch]] = {name: [] for name in shelves}
        self.done: dict[str, list[pl.DataFrame]] = {name: [] for name in shelves}
        self.since = time.perf_counter()

    def add(self, batch: Batch) -> None:
        self.waiting[batch.task.measure.name].append(batch)
        if time.perf_counter() - self.since > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        for name, batches in self.waiting.items():
            if batches:
                values = pl.concat([self._kept(batch) for batch in batches])
                seconds = sum(batch.seconds for batch in batches)
                self.done[name].append(self.shelves[name].write(values, seconds))
                batches.clear()
        self.since = time.perf_counter()

    def written(self) -> dict[str, pl.DataFrame]:
        """All values, as the store holds them."""
        return {name: pl.concat(frames) for name, frames in self.done.items() if frames}

    def _kept(self, batch: Batch) -> pl.DataFrame:
        """A batch's values, the contents that were made in it put aside under their hashes."""
        if batch.task.measure.makes is None:
            return batch.values
        made = [None if data is None else self.blobs.put(data)[1] for data in batch.values["bytes"]]
        return batch.values.drop("bytes").with_columns(made=pl.Series(made, dtype=pl.String))

"""The course of a recipe over its pairs: each step in turn, its verdicts entered, its pairs removed."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError, DataError
from curate.governance.meter import Meter
from curate.ledger.cluster import CLUSTER
from curate.ledger.ledger import Ledger, left
from curate.ledger.made import MADE
from curate.ledger.verdict import unreadable, verdicts
from curate.measures.measure import Measure
from curate.pairs.components import components, stars
from curate.pairs.field import CLOCKED, Fields, content_fields, media_fields
from curate.pairs.marks import is_generated
from curate.pairs.origin import DECLARED, SYNTHETIC
from curate.run.admitting import admit, change, joined
from curate.run.asking import Asking, NotMeasured
from curate.run.capacity import check_decoding
from curate.run.gather import Gathered
from curate.run.order import Action, Complete, Decode, in_order, joining
from curate.run.pace import Pace
from curate.run.progress import Progress, Silence
from curate.run.reviewing import brought_back, entered, judged, named_apart, overruled
from curate.run.reviews import Reviews
from curate.steps.step import FindsCopies, Outcome, Step

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe


@dataclass(frozen=True)
class Stage:
    """One step as it ran, or as it would."""

    step: str
    name: str
    pairs: int
    """Alive before it."""
    seconds: float
    estimated: bool = False
    """Whether an earlier stage could not be decided because its measures are not there yet."""
    needs: list[tuple[Measure, pl.Series]] = field(default_factory=list, repr=False)
    """Only planning: the measures it asks for at first, and of which contents."""
    lacking: bool = False
    """Only planning: whether it could not be decided, because values are not there yet."""
    note: str | None = None
    """What the step found over all pairs, in a line."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """The same in numbers, by name."""


@dataclass(frozen=True)
class _Look:
    """One look at the media of a field: whether they can be read so far."""

    field: str
    content: str
    """Whose key is measured: `speech`, or `speech_file` for the whole of a recording."""
    measure: Measure

    def errors(self, table: pl.DataFrame, asking: Asking) -> pl.DataFrame:
        """`pair_id`, `field`, `error` of the pairs whose medium cannot be read."""
        key = f"{self.content}_sha256"
        values = asking.measure(self.measure, table[key])
        errors = values.filter(pl.col("error").is_not_null()).select("key", "error")
        joined = table.select("pair_id", key=key).join(errors, on="key", maintain_order="left")
        return joined.select("pair_id", pl.lit(self.field).alias("field"), "error")

    def generated(self, table: pl.DataFrame, asking: Asking) -> pl.DataFrame:
        """`pair_id`, `field`, `source` of the pairs whose header says that a machine made it."""
        key = f"{self.content}_sha256"
        found = asking.measure(self.measure, table[key]).select("key", source="source_type")
        said = [source for source in found["source"].unique() if is_generated(source)]
        known = found.filter(pl.col("source").is_in(said))
        joined = table.select("pair_id", key=key).join(known, on="key", maintain_order="left")
        return joined.select("pair_id", pl.lit(self.field).alias("field"), "source")


@dataclass
class Course:
    """What runs, over what: `table` holds every pair ever seen, `alive` the ids still in, `formed`
    those that were in before the first step that decides.
    """

    recipe: Recipe
    gathered: Gathered
    progress: Progress
    ledger: Ledger = field(default_factory=Ledger)
    stages: list[Stage] = field(default_factory=list)
    estimated: bool = False
    reviews: Reviews | None = None
    """What people decided; when it is entered, `curate.run.reviewing` says."""
    meter: Meter = field(default_factory=Meter)
    pace: Pace = field(default_factory=Pace.untold)

    def __post_init__(self) -> None:
        self.table = self.gathered.table
        self.alive = self.formed = self.table["pair_id"]
        self.added: list[pl.DataFrame] = []
        self.clusters: list[pl.DataFrame] = []
        """Of each step that finds copies, columns of `CLUSTERS`."""
        self.made: list[pl.DataFrame] = []
        """Of each step that makes contents, `step`, `name` and columns of `MADE`."""
        self.publishing: list[Step] = []
        """Steps that have run and whose columns releases show."""
        self.brought_back = pl.Series("pair_id", [], pl.String)
        """Pairs that steps would drop and people keep."""
        self._components: pl.DataFrame | None = None
        self._note: str | None = None
        self._figures: Mapping[str, float] = {}

    @property
    def fields(self) -> Fields:
        return self.recipe.fields

    @property
    def living(self) -> pl.DataFrame:
        """The pairs still in, with what steps added."""
        living = self.table.join(
            self.alive.to_frame(), on="pair_id", how="semi", maintain_order="left"
        )
        for columns in self.added:
            old = living.drop(set(columns.columns) - {"pair_id"}, strict=False)
            living = old.join(columns, on="pair_id", how="left", maintain_order="left")
        return living

    @property
    def published(self) -> pl.DataFrame:
        """`pair_id` and the columns that releases show, of every pair that they know."""
        shown = {name for step in self.publishing for name in step.publishes}
        published = self.table.select("pair_id")
        for columns in self.added:
            if names := [name for name in columns.columns if name in shown]:
                known = columns.select("pair_id", *names)
                published = published.join(known, on="pair_id", how="left", maintain_order="left")
        return published

    @property
    def all_made(self) -> pl.DataFrame:
        """What machines made in all steps so far."""
        of_step = {"step": pl.String, "name": pl.String}
        return pl.concat([pl.DataFrame(schema=of_step | dict(MADE)), *self.made])

    def run(self, asking: Asking) -> None:
        """Everything, from the first verdict on what was read to the last step's."""
        joins = joining(self.recipe.steps)
        if not joins:
            self._review(asking)
        self._stage(
            "read",
            lambda: self._read(asking),
            self._planned(self._sound(), self.headers, asking),
        )
        if self.gathered.merged.height:
            self._stage("merge equal rows", lambda: self.gathered.merged)
        for action in joins:
            if isinstance(action, Complete):
                self._review(asking)
            self._act(action, asking)
        self.formed = self.alive
        self._decide(asking)
        self._conclude()

    def replayed(self, table: pl.DataFrame, asking: Asking, until: Step | None = None) -> Course:
        """The same steps, `until` one of them or all, over other pairs, formed already; leaves no
        trace but values.
        """
        other, aside = self._apart(table, asking)
        other._decide(aside, until)
        return other

    def beginning(self, table: pl.DataFrame, asking: Asking) -> Asking:
        """Something to ask about other pairs before any step has looked at them."""
        return self._apart(table, asking)[1]

    def _apart(self, table: pl.DataFrame, asking: Asking) -> tuple[Course, Asking]:
        gathered = replace(self.gathered, table=table)
        other = Course(self.recipe, gathered, Silence(), meter=self.meter)
        aside = asking.aside(lambda: other.find_components(aside))
        return other, aside

    def _decide(self, asking: Asking, until: Step | None = None) -> None:
        for action in in_order(self.recipe.steps, self.fields):
            self._act(action, asking)
            if until is not None and action is until:
                break

    def _act(self, action: Action, asking: Asking) -> None:
        asking.budget.check()
        if isinstance(action, Decode):
            needs = self._planned(self.living, self.contents, asking)
            self._stage("decode", lambda: self._decode(asking), needs)
        elif isinstance(action, Complete):
            self._stage("complete", lambda: self._complete(action))
        else:
            self._take(action, asking)

    def find_components(self, asking: Asking) -> pl.DataFrame:
        """Copies of one another among the pairs alive now, by any dedup step of the recipe, and by
        equal media; found once, when first wanted.
        """
        if self._components is None:
            living = self.living
            edges = [stars(living, f"{name}_sha256") for name in media_fields(self.fields)]
            for step in self.recipe.steps:
                if isinstance(step, FindsCopies):
                    edges.append(step.field_edges(living, asking))
            links = pl.concat(
                [pl.DataFrame(schema={"left": pl.String, "right": pl.String}), *edges]
            )
            found = components(living["pair_id"], links)
            self._components = named_apart(found, self.brought_back)
        return self._components

    def _take(self, step: Step, asking: Asking) -> None:
        def decide() -> pl.DataFrame:
            living = self.living
            unknown = [score for score in step.takes if score not in living.columns]
            if unknown:
                raise NotMeasured(unknown[0])
            outcome = step.decide(living, asking)
            if self.reviews is not None and step.judges:
                back = brought_back(outcome.verdicts, self.reviews)
                self.brought_back = pl.concat([self.brought_back, back["pair_id"]])
                outcome = overruled(outcome, back)
            return self._accept(step.title, outcome, asking)

        needs = [] if asking.compute else _keys(step.needs(self.fields), self.living)
        known = self.table["pair_id"]
        self._stage(step.title, decide, needs)
        if step.publishes:
            self.publishing.append(step)
        if (born := self._born(known)).height:
            self._review_born(born["pair_id"], asking)
            self._publish(self._born(known), asking)

    def _born(self, known: pl.Series) -> pl.DataFrame:
        """The pairs that are in and were not known."""
        return self.living.filter(~pl.col("pair_id").is_in(known.implode()))

    def _publish(self, born: pl.DataFrame, asking: Asking) -> None:
        """Steps that vouched for the pairs there were decide on those that machines have made since."""
        makers = self.all_made.group_by("pair_id").agg(
            generators=pl.col("generator").unique().sort()
        )
        born = born.join(makers, on="pair_id", how="left", maintain_order="left")
        for step in self.publishing:
            self._stage(step.title, partial(self._renew, step, born, asking))

    def _renew(self, step: Step, born: pl.DataFrame, asking: Asking) -> pl.DataFrame:
        """The columns of pairs that have some already, written anew."""
        outcome = step.decide(born, asking)
        assert outcome.columns is not None
        self._note, new = outcome.note, outcome.columns
        place = next(n for n, old in enumerate(self.added) if set(old.columns) == set(new.columns))
        old = self.added[place].join(new, on="pair_id", how="anti", maintain_order="left")
        self.added[place] = pl.concat([old, new.select(old.columns)])
        return outcome.verdicts

    def _accept(self, name: str, outcome: Outcome, asking: Asking) -> pl.DataFrame:
        """Enter what a step proposes into the table; the verdicts that this takes."""
        said, self._note, self._figures = outcome.verdicts, outcome.note, outcome.figures
        if outcome.clusters is not None:
            self.clusters.append(_of_step(outcome.clusters, self._number(), name, CLUSTER))
        if outcome.made is not None:
            made = outcome.made
            if outcome.added is not None:
                made = made.join(self.table, on="pair_id", how="anti", maintain_order="left")
            self.made.append(_of_step(made, self._number(), name, MADE))
        if outcome.columns is not None:
            self._add(name, outcome.columns)
        if outcome.changed is not None:
            self.table = change(outcome.changed, self.table, self.fields, asking.store.blobs)
        if outcome.added is not None:
            admitted = admit(outcome.added, self.table, self.fields, asking.store.blobs)
            said = pl.concat([joined(said, admitted.rows), admitted.verdicts])
            self.table = pl.concat([self.table, admitted.rows])
            self.alive = pl.concat([self.alive, admitted.accepted])
            self._inherit(admitted.rows.filter(pl.col("origin") == SYNTHETIC))
        if outcome.changed is not None or outcome.added is not None:
            asking.contents = asking.contents.with_table(self.table, self.fields)
        return said

    def _inherit(self, children: pl.DataFrame) -> None:
        """Made pairs are in the split of their first parent, under what is published of it, and copies
        of it to every fit.
        """
        parent = children.select("pair_id", parent=pl.col("parents").list.first())
        passed = {"split", *(name for step in self.publishing for name in step.publishes)}
        for place, columns in enumerate(self.added):
            if names := passed.intersection(columns.columns):
                of_parent = columns.select(*sorted(names), parent="pair_id")
                theirs = parent.join(of_parent, on="parent", maintain_order="left").drop("parent")
                self.added[place] = pl.concat([columns, theirs], how="diagonal")
        if self._components is not None:
            known = self._components.rename({"pair_id": "parent"})
            found = parent.join(known, on="parent", maintain_order="left").drop("parent")
            self._components = pl.concat([self._components, found.select("pair_id", "component")])

    def _complete(self, action: Complete) -> pl.DataFrame:
        """What no step joined to the rest of a pair is no pair."""
        if self.estimated:
            raise NotMeasured("pairs that are not formed yet")
        lacks = pl.coalesce(
            pl.lit(None, pl.String),
            *(
                pl.when(pl.col(f"{name}_sha256").is_null()).then(pl.lit(f"{name} missing"))
                for name in content_fields(self.fields)
                if not self.fields[name].optional and name not in action.filled_later
            ),
        )
        reason = self.living.select("pair_id", reason=lacks)
        dropped = pl.when(pl.col("reason").is_not_null()).then(pl.lit("drop"))
        return verdicts(reason.with_columns(verdict=dropped))

    def _add(self, name: str, columns: pl.DataFrame) -> None:
        taken = set(columns.columns) & set(self.table.columns) - {"pair_id"}
        if taken:
            raise CurateError(f"{name}: pairs have the column '{min(taken)}' already")
        self.added.append(columns)

    def _stage(
        self,
        name: str,
        decide: Callable[[], pl.DataFrame],
        needs: list[tuple[Measure, pl.Series]] | None = None,
    ) -> None:
        before, estimated, start = self.alive.len(), self.estimated, time.perf_counter()
        self.progress.step(name, before)
        lacking, self._note, self._figures = False, None, {}
        number = self._number()
        with self.meter.stage(number, name), self.pace.stage(name, before) as stage:
            try:
                said = decide()
            except NotMeasured:
                self.estimated = lacking = True
            else:
                self.enter(name, said)
                stage.kept = self.alive.len()
        seconds = time.perf_counter() - start
        self.stages.append(
            Stage(
                step=number,
                name=name,
                pairs=before,
                seconds=seconds,
                estimated=estimated,
                needs=needs or [],
                lacking=lacking,
                note=self._note,
                figures=self._figures,
            )
        )

    def enter(self, name: str, said: pl.DataFrame) -> None:
        self.ledger.add(self._number(), name, said)
        gone = left(said)["pair_id"]
        self.alive = self.alive.filter(~self.alive.is_in(gone.implode()))
        self._check_unreadable()

    def _number(self) -> str:
        return f"{len(self.stages):02d}"

    def _review(self, asking: Asking) -> None:
        """Enter what people decided; a pair that lacked only what they gave is whole."""
        reviews = self.reviews
        if reviews is None:
            return

        def decide() -> pl.DataFrame:
            said = self._enter_reviews(reviews, self.table["pair_id"], asking)
            self._note = self._lacking(reviews)
            whole = pl.all_horizontal(
                pl.lit(value=True),
                *(pl.col(f"{name}_sha256").is_not_null() for name in self._required()),
            )
            given = self.table.filter(whole & pl.col("reviewed").is_not_null())["pair_id"]
            saved = (pl.col("verdict") == "drop") & pl.col("pair_id").is_in(given.implode())
            kept = self.gathered.read.filter(saved).select("pair_id")
            read = pl.concat([self.gathered.read.filter(~saved), verdicts(kept)])
            self.gathered = replace(self.gathered, read=read)
            return said.filter(pl.col("pair_id").is_in(self.alive.implode()))

        self._stage("review", decide)

    def _review_born(self, born: pl.Series, asking: Asking) -> None:
        """Enter what people decided of pairs that a machine has just made."""
        reviews = self.reviews
        if reviews is not None and reviews.of(born):
            self._stage("review", lambda: self._enter_reviews(reviews, born, asking))

    def _enter_reviews(self, reviews: Reviews, among: pl.Series, asking: Asking) -> pl.DataFrame:
        found = entered(reviews, self.table, self.fields, asking.store.blobs, among)
        self.table = found.table
        asking.contents = asking.contents.with_table(self.table, self.fields)
        return found.verdicts

    def _conclude(self) -> None:
        """Pairs that people want to go have gone through every step by now."""
        reviews = self.reviews
        if reviews is None:
            return
        said = judged(reviews, self.table["pair_id"], self.alive)
        if said.height:
            self._stage("review", lambda: said)

    def _lacking(self, reviews: Reviews) -> str | None:
        """How many of the pairs that people looked at are not there; some may yet be made."""
        made = any(step.word == "synthesize" for step in self.recipe.steps)
        lacking = 0 if made else reviews.pairs - len(reviews.of(self.table["pair_id"]))
        return f"reviewed, but not here: {lacking}" if lacking else None

    def _required(self) -> list[str]:
        """Contents that every pair must have as it is read."""
        filled = {name for step in self.recipe.steps for name in step.fills}
        needed = (name for name in content_fields(self.fields) if name not in filled)
        return [name for name in needed if not self.fields[name].optional]

    def _read(self, asking: Asking) -> pl.DataFrame:
        """Verdicts of reading, and of every header that cannot be understood."""
        refused = self.gathered.forgotten.height
        if refused:
            self._note = f"{refused} {'row' if refused == 1 else 'rows'} refused: forgotten"
            self._figures = {"refused, forgotten": refused}
        sound, headers = self._sound(), self._headers()
        broken = left(self._unreadable(sound, headers, asking))
        said = self.gathered.read.join(broken, on="pair_id", how="anti")
        if headers:
            said = self._declare(said, [look.generated(sound, asking) for look in headers])
        return pl.concat([said, broken])

    def _declare(self, said: pl.DataFrame, generated: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Pairs of which a file says that it was generated are not collected as others are."""
        first = pl.concat(generated).unique("pair_id", keep="first", maintain_order=True)
        of = pl.col("pair_id").is_in(first["pair_id"].implode())
        origin = pl.when(of).then(pl.lit(DECLARED)).otherwise("origin")
        self.table = self.table.with_columns(origin=origin)
        reason = pl.format("{} says it was generated", "field")
        told = first.select("pair_id", reason=reason, detail="source")
        return said.update(told, on="pair_id", how="left")

    def _decode(self, asking: Asking) -> pl.DataFrame:
        living = self.living
        for header, content in zip(self._headers(), self._contents(), strict=True):
            if (
                asking.compute
                and asking.computes_here
                and self.fields[content.field].type in ("image", "audio")
            ):
                key, file = (f"{look.content}_sha256" for look in (content, header))
                contents = living.select(key=key, file=file)
                for told in check_decoding(content.measure, header.measure, contents, asking):
                    self.progress.warn("memory", told)
        return self._unreadable(self.living, self._contents(), asking)

    def _headers(self) -> list[_Look]:
        """What reads the header of every medium, of a recording that of its file: whether a span
        lies within is decided later, since steps may move it.
        """
        return [
            _Look(name, f"{name}_file" if self.fields[name].type in CLOCKED else name, probe)
            for name in media_fields(self.fields)
            for probe in [measure_of(self.fields[name].type, "PROBE")]
        ]

    @property
    def headers(self) -> list[tuple[Measure, str]]:
        """What reading asks for, each with its content."""
        return [(look.measure, look.content) for look in self._headers()]

    @property
    def contents(self) -> list[tuple[Measure, str]]:
        """What decoding asks for, each with its content."""
        return [(look.measure, look.content) for look in self._contents()]

    def _contents(self) -> list[_Look]:
        """What decodes every medium whole."""
        return [
            _Look(name, name, measure_of(self.fields[name].type, "DECODE"))
            for name in media_fields(self.fields)
        ]

    def _planned(
        self, table: pl.DataFrame, needs: list[tuple[Measure, str]], asking: Asking
    ) -> list[tuple[Measure, pl.Series]]:
        """What every medium will be asked for; only looked up when planning."""
        return [] if asking.compute else _keys(needs, table)

    def _sound(self) -> pl.DataFrame:
        """The pairs that nothing is wrong with so far."""
        sound = self.gathered.read.filter(pl.col("verdict") == "keep").select("pair_id")
        return self.table.join(sound, on="pair_id", how="semi", maintain_order="left")

    def _unreadable(
        self, table: pl.DataFrame, looks: Sequence[_Look], asking: Asking
    ) -> pl.DataFrame:
        """A verdict per pair: readable in every medium, or the first that is not."""
        errors = [look.errors(table, asking) for look in looks]
        empty = pl.DataFrame(schema={"pair_id": pl.String, "field": pl.String, "error": pl.String})
        first = pl.concat([empty, *errors]).unique("pair_id", keep="first", maintain_order=True)
        known = table.select("pair_id").join(first, on="pair_id", how="left", maintain_order="left")
        return verdicts(unreadable(known))

    def _check_unreadable(self) -> None:
        """Stop when too much of a source could not be read or was refused."""
        lines = self.ledger.lines("unreadable", "refused")
        rows_of = self.table.select("pair_id", "source", "row", "occurrences")
        bad = lines.join(rows_of, on="pair_id")
        for source in self.recipe.sources:
            found = bad.filter(pl.col("source") == source.name)
            rows = self.gathered.rows.get(str(source.name), 0)
            if found["occurrences"].sum() > source.max_unreadable * rows:
                raise _too_many(str(source.name), found, rows, source.max_unreadable)


def _of_step(
    rows: pl.DataFrame, step: str, name: str, columns: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    return rows.select(pl.lit(step).alias("step"), pl.lit(name).alias("name"), *columns)


def _keys(needs: list[tuple[Measure, str]], table: pl.DataFrame) -> list[tuple[Measure, pl.Series]]:
    return [(measure, table[f"{name}_sha256"].drop_nulls().unique()) for measure, name in needs]


def _too_many(name: str, found: pl.DataFrame, rows: int, limit: float) -> DataError:
    shown = [
        f"  {row}: {detail}" for row, detail in found.select("row", "detail").head(5).iter_rows()
    ]
    more = [f"  and {found.height - 5} more"] if found.height > 5 else []
    count = found["occurrences"].sum()
    head = (
        f"{count} of {rows} rows of source '{name}' cannot be read or were refused "
        f"({count / rows:.1%}; max_unreadable is {limit:.1%})"
    )
    return DataError(
        "\n".join([head, *shown, *more]), f"mend them, or raise max_unreadable of '{name}'"
    )


def measure_of(modality: str, what: str) -> Measure:
    """A measure that every kind of media has, by its name: `curate.measures.audio:AUDIO_PROBE`."""
    module = importlib.import_module(f"curate.measures.{modality}")
    found: Measure = getattr(module, f"{modality.upper()}_{what}")
    return found

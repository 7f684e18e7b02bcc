"""What a build would do: the same course, asked not to compute.

As long as everything a step needs is measured, its decision is made for good and the next step's
numbers are exact. After the first step that lacks values all pairs are taken to stay, and what
follows is marked estimated.

A step that could be decided takes as long again as it just did. What others take is foretold by earlier
builds on this kind of machine (`curate.run.forecast`), for as many pairs as those had left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from curate.governance.energy import COUNTRY_NOT_STATED, grams, kwh_in_words
from curate.governance.grid import Grid, grid_of
from curate.measures.measure import Measure
from curate.recipe import Recipe
from curate.release.publish import DRAFT
from curate.run.amounts import bytes_in_words, time_in_words
from curate.run.asking import Asking
from curate.run.build import Options, opened
from curate.run.capacity import Demand, Free, demand
from curate.run.course import Course, Stage
from curate.run.forecast import Coming, Work, lacking_share
from curate.run.forecast import Need as Counted
from curate.run.outlook import Counting, closing, outlook, stages
from curate.run.progress import Silence


@dataclass(frozen=True)
class Need:
    """What one measure has and lacks at one step."""

    measure: str
    known: int
    missing: int
    seconds: float | None
    """Expected for the missing values on this machine; None where it never ran here."""
    kwh: float | None
    """Expected for the missing values; None where none was ever metered."""


@dataclass(frozen=True)
class PlannedStep:
    """One step as it would run."""

    name: str
    pairs: int
    """Alive before it; at most so many when estimated."""
    estimated: bool
    needs: list[Need]
    seconds: float
    """Expected of all whose pace is known: what it needs and asks for besides, fits, deciding."""
    unknown: list[str]
    """What of it never ran on this machine: measures, or the step itself."""

    @property
    def kwh(self) -> float | None:
        """Expected for what it lacks; None while any of it was never metered."""
        return _all_or_none([need.kwh for need in self.needs if need.missing])


@dataclass(frozen=True)
class Plan:
    """What a build would do."""

    rows: int
    steps: list[PlannedStep]
    grid: Grid | None
    """Of the country that the recipe states."""
    unfetched: int
    """Files behind URLs that a build would fetch first; nothing here speaks of their rows."""
    closing: list[PlannedStep]
    """Evaluations and the making of the release; none where it is there already."""
    gathering: float
    """Seconds that the sources take to be read, files hashed already."""
    demand: Demand
    free: Free

    @property
    def missing(self) -> int:
        return sum(need.missing for step in self.steps for need in step.needs)

    @property
    def at_least(self) -> float:
        """Seconds expected in all, but for what never ran on this machine."""
        return self.gathering + sum(step.seconds for step in [*self.steps, *self.closing])

    @property
    def unknown(self) -> list[str]:
        """What is needed and never ran on this machine."""
        return list(
            dict.fromkeys(name for step in [*self.steps, *self.closing] for name in step.unknown)
        )

    @property
    def seconds(self) -> float | None:
        """Expected in all; None while anything that is needed never ran on this machine."""
        return None if self.unknown else self.at_least

    @property
    def kwh(self) -> float | None:
        """Expected for all values; None while a measure that is needed was never metered."""
        return _all_or_none([step.kwh for step in self.steps])

    @property
    def g_co2e(self) -> float | None:
        """Expected in all; None also where no country is stated."""
        return grams(self.kwh, self.grid)

    @property
    def cost(self) -> str:
        """Time and energy, in words."""
        about = time_in_words(self.at_least)
        if self.unknown:
            return f"at least {about} on this machine; not measured here yet: {', '.join(self.unknown)}"
        return f"about {about} on this machine, {self._energy}"

    @property
    def room(self) -> tuple[str, str]:
        """Disk and memory, in words."""
        size, free, most = self.demand, self.free, "" if self.demand.known else "at most "
        values, release, models = map(bytes_in_words, (size.store, size.release, size.models))
        store, workspace = bytes_in_words(free.store), bytes_in_words(free.workspace)
        memory = "" if free.memory is None else f"; {bytes_in_words(free.memory)} free"
        return (
            f"disk: {most}{values} of values ({store} free), {most}{release} of release ({workspace} free)",
            f"memory: {models} of models{memory}",
        )

    @property
    def _energy(self) -> str:
        if self.kwh is None:
            return "with energy that is not known yet"
        carbon = self.g_co2e
        said = COUNTRY_NOT_STATED if carbon is None else f"{carbon:.2g} g CO2e"
        return f"{kwh_in_words(self.kwh)}, {said}"


def _all_or_none(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def plan(recipe: Recipe, options: Options | None = None) -> Plan:
    """Look, and compute nothing but file hashes."""
    options = options or Options()
    with opened(recipe, options, Silence(), compute=False) as (course, asking):
        course.run(asking)
        planning = _Planning(course, asking)
        steps = [planning.step(stage, needs) for stage, needs in planning.counted]
        stands = not course.estimated and _stands(recipe, options)
        country = recipe.governance.country
        return Plan(
            rows=sum(course.gathered.rows.values()),
            steps=steps,
            closing=[] if stands else planning.closing(recipe),
            grid=None if country is None else grid_of(country),
            gathering=asking.pace.gathering - asking.usage.files.seconds,
            unfetched=course.gathered.unfetched,
            demand=_demand(course, asking, stands=stands),
            free=Free.at(asking.store.root, recipe.workspace),
        )


def _stands(recipe: Recipe, options: Options) -> bool:
    """Whether the last build of this version was of this very recipe."""
    version = DRAFT if options.limit is not None else recipe.version
    known = recipe.workspace / "releases" / recipe.name / version / "recipe.yaml"
    return known.exists() and known.read_text() == recipe.text


def _demand(course: Course, asking: Asking, *, stands: bool) -> Demand:
    if stands:
        return Demand(store=0, release=0, models=0, known=True)
    coming = outlook(course, asking)
    return demand(course.recipe, course.living, coming, asking.pace.forecast)


class _Planning:
    """Goes through a course's stages in order, as its build would."""

    def __init__(self, course: Course, asking: Asking) -> None:
        self.asking, self.pairs = asking, course.alive.len()
        self.lasting = {title for title, _, lasts in stages(course) if lasts}
        counting = Counting(asking)
        self.counted = [
            (stage, [(m, counting.need(m, keys, lacking=stage.lacking)) for m, keys in stage.needs])
            for stage in course.stages
        ]
        share = lacking_share([need for _, needs in self.counted for _, need in needs])
        self.forecast = replace(asking.pace.forecast, share=share)
        self.loaded: set[str] = set()
        self.stays = 1.0
        """The share of pairs that should be left, where this course cannot tell."""

    def step(self, stage: Stage, needs: Sequence[tuple[Measure, Counted]]) -> PlannedStep:
        decided = not (stage.estimated or stage.lacking)
        works = [] if decided else self._works(stage, [need for _, need in needs])
        expected = {work.task: work.expected for work in works if work.named}
        return PlannedStep(
            name=stage.name,
            pairs=stage.pairs,
            estimated=stage.estimated,
            needs=[self._need(m, need, expected.get(need.fingerprint, 0.0)) for m, need in needs],
            seconds=stage.seconds if decided else sum(work.expected or 0.0 for work in works),
            unknown=[work.name for work in works if work.expected is None],
        )

    def closing(self, recipe: Recipe) -> list[PlannedStep]:
        """Evaluations, and making the release."""
        named = closing(recipe)
        self.lasting |= {title for title, _, lasts in named if lasts}
        return [
            self.step(Stage("", each.title, self.pairs, 0.0, estimated=True), []) for each in named
        ]

    def _works(self, stage: Stage, needs: Sequence[Counted]) -> list[Work]:
        coming = Coming(stage.name, stage.pairs, needs, stage.name in self.lasting)
        works = self.forecast.works(coming, stage.pairs * self.stays, self.loaded)
        self.stays *= self.forecast.stays(stage.name)
        return works

    def _need(self, measure: Measure, need: Counted, seconds: float | None) -> Need:
        each = self.asking.shelf(measure).cost().kwh_each
        kwh = None if each is None else each * need.missing
        return Need(measure.name, need.known, need.missing, seconds, kwh)

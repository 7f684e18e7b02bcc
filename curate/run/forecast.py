"""What a stage that is yet to come should take, by what this kind of machine is known to take.

It is put together of single works: values to compute, fits to make, and deciding. What its step says that it
needs is counted; what it asks for besides, such as the verification of couples that it found, is taken
to be as much for each pair as it was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from curate.run.remembered import Habit, Remembered, Speed

Kind: TypeAlias = Literal["measure", "fit", "deciding"]


@dataclass(frozen=True)
class Need:
    """What a stage says that it needs of one measure."""

    fingerprint: str
    name: str
    known: int
    missing: int
    size: float = 0.0
    """Bytes of a value in the store."""
    models: Sequence[str] = ()
    """References of what has to be loaded for the missing."""


@dataclass(frozen=True)
class Coming:
    """A stage that has not begun."""

    title: str
    pairs: int
    """At most so many, which its needs are counted for."""
    needs: Sequence[Need]
    lasts: bool = False
    """Whether it takes its time even where it needs nothing: it learns, or evaluates."""


@dataclass
class Work:
    """One thing that a stage takes time for: what is due, what is done, and the seconds it took."""

    kind: Kind
    task: str
    """A measure's fingerprint or a fit's name."""
    name: str
    """For people."""
    due: float
    """Values; one where nothing is counted."""
    speed: Speed | None
    """None where it never ran here."""
    named: bool = False
    """Whether what is due was counted."""
    asked: int = 0
    done: int = 0
    loading: float = 0.0
    seconds: float = 0.0

    @property
    def expected(self) -> float | None:
        """Seconds for all that is due."""
        return None if self.speed is None else self.speed.of(self.due)


@dataclass(frozen=True)
class Forecast:
    """Of stages to come, one after the other."""

    remembered: Remembered
    share: float = 1.0
    """Of all values that are needed, those that are not there: taken for what no need says."""

    def stays(self, title: str) -> float:
        """The share of pairs that should be left after a stage."""
        habit = self.remembered.habits.get(title)
        return 1.0 if habit is None else habit.stays

    def works(self, coming: Coming, pairs: float, loaded: set[str]) -> list[Work]:
        """What a stage should do with so many pairs; models are loaded once."""
        habit = self.remembered.habits.get(coming.title)
        found = list(self._named(coming, pairs / coming.pairs if coming.pairs else 0.0))
        if habit is not None:
            found += self._besides(habit, coming, pairs)
        elif coming.lasts:
            found.append(Work("deciding", "", coming.title, 1, None))
        return [self._once(work, loaded) for work in found]

    def _named(self, coming: Coming, share: float) -> Iterator[Work]:
        for need in coming.needs:
            if need.missing:
                yield self._measure(need.fingerprint, need.missing * share, named=True)

    def _besides(self, habit: Habit, coming: Coming, pairs: float) -> Iterator[Work]:
        """What no need says: of what is known of the rest, as much is known of these."""
        share = lacking_share(coming.needs, self.share)
        named = {need.name for need in coming.needs}
        for task, each in habit.asked.items():
            if name_of(task) not in named and share:
                yield self._measure(task, each * pairs * share)
        for fit, seconds in habit.fits.items():
            yield Work("fit", fit, fit, 1, Speed(0.0, seconds * pairs))
        yield Work("deciding", "", coming.title, 1, Speed(0.0, habit.deciding.of(pairs)))

    def _measure(self, task: str, due: float, *, named: bool = False) -> Work:
        return Work("measure", task, name_of(task), due, self.remembered.speeds.get(task), named)

    def _once(self, work: Work, loaded: set[str]) -> Work:
        if work.task in loaded and work.speed is not None:
            work.speed = Speed(0.0, work.speed.each)
        loaded.add(work.task)
        return work


def lacking_share(needs: Sequence[Need], otherwise: float = 1.0) -> float:
    """Of the values that are needed, those that are not there."""
    wanted = sum(need.known + need.missing for need in needs)
    return sum(need.missing for need in needs) / wanted if wanted else otherwise


def name_of(fingerprint: str) -> str:
    """The measure's name, as the store's folders have it."""
    return fingerprint.rpartition("-")[0]

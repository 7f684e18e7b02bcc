"""Who is next: candidates in order, until goals are met, and never past a cap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import polars as pl

Counts: TypeAlias = "Mapping[str, int]"

UNKNOWN = "unknown"
"""The value, to a cap, of pairs that have none; no goal counts them."""


@dataclass(frozen=True)
class Cap:
    """How many more of each value of a field may be taken; `by` is None for all pairs together,
    which count as `UNKNOWN`.
    """

    by: str | None
    left: Counts


@dataclass(frozen=True)
class Goal:
    """How many pairs of each value of a field there should be, and how many there are."""

    by: str
    wanted: Counts
    there: Counts


@dataclass(frozen=True)
class Plan:
    """Candidates in order: `pair_id` of the parent, `index` among its children, `place` in all,
    and, as text, the fields of goals and caps under `by <name>`.
    """

    candidates: pl.DataFrame
    goals: tuple[Goal, ...] = ()
    caps: tuple[Cap, ...] = ()

    def next(self, rounds: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """What to make after these rounds, of which each child has a `parent`, `index`, `verdict`.

        It is as much as goals and caps leave room for if all of it is taken.
        """
        rest = self.candidates.join(_seen(rounds), on=["pair_id", "index"], how="anti")
        taken = self._taken(rounds)
        chosen = self._chosen(self._ordered(rest, taken), taken)
        return chosen.select("pair_id", "index", "place")

    def short(self, rounds: Sequence[pl.DataFrame]) -> str | None:
        """Which goals were not met, in words for people."""
        taken = self._taken(rounds)
        lacking = [
            f"{goal.by} {value} lacks {missing}"
            for goal in self.goals
            for value in sorted(goal.wanted)
            if (missing := goal.wanted[value] - goal.there.get(value, 0) - taken[goal.by][value])
            > 0
        ]
        return ", ".join(lacking) or None

    def _taken(self, rounds: Sequence[pl.DataFrame]) -> dict[str | None, Counter[str]]:
        """By field, how many of each value were taken so far."""
        import polars as pl

        new = _seen(rounds).filter(pl.col("verdict") == "add")
        known = self.candidates.join(new, on=["pair_id", "index"], how="semi")
        names = {goal.by for goal in self.goals} | {cap.by for cap in self.caps}
        return {name: Counter(_values(known, name)) for name in names}

    def _ordered(self, rest: pl.DataFrame, taken: Mapping[str | None, Counts]) -> pl.DataFrame:
        """Those that a goal needs, first what is furthest from its goal."""
        import polars as pl

        if not self.goals:
            return rest.sort("place")
        levels = []
        for number, goal in enumerate(self.goals):
            known = [
                (value, goal.there.get(value, 0) + taken[goal.by].get(value, 0), wanted)
                for value, wanted in goal.wanted.items()
            ]
            schema = {f"by {goal.by}": pl.String, "there": pl.Int64, "wanted": pl.Int64}
            counts = pl.DataFrame(known, schema=schema, orient="row")
            turn = pl.col("place").rank("ordinal").over(f"by {goal.by}")
            level = ((pl.col("there") + turn) / pl.col("wanted")).alias(f"level {number}")
            rest = rest.join(counts, on=f"by {goal.by}", how="left").with_columns(level)
            rest = rest.drop("there", "wanted")
            levels.append(f"level {number}")
        needed = rest.with_columns(level=pl.min_horizontal(levels)).filter(pl.col("level") <= 1)
        return needed.sort("level", "place")

    def _chosen(self, ordered: pl.DataFrame, taken: Mapping[str | None, Counts]) -> pl.DataFrame:
        """One after the other, as long as a goal needs it and every cap has room."""
        if not self.goals and not self.caps:
            return ordered
        used = {name: Counter(counts) for name, counts in taken.items()}
        rows = zip(*(_values(ordered, name) for name in used), strict=True)
        chosen = []
        for place, values in enumerate(rows):
            of = dict(zip(used, values, strict=True))
            if self._needs(of, used) and self._allows(of, used):
                chosen.append(place)
                for name, value in of.items():
                    used[name][value] += 1
        return ordered[chosen]

    def _needs(self, of: Mapping[str | None, str], used: Mapping[str | None, Counter[str]]) -> bool:
        return not self.goals or any(
            goal.there.get(of[goal.by], 0) + used[goal.by][of[goal.by]]
            < goal.wanted.get(of[goal.by], 0)
            for goal in self.goals
        )

    def _allows(
        self, of: Mapping[str | None, str], used: Mapping[str | None, Counter[str]]
    ) -> bool:
        return all(used[cap.by][of[cap.by]] < cap.left.get(of[cap.by], 0) for cap in self.caps)


def _values(frame: pl.DataFrame, name: str | None) -> list[str]:
    if name is None:
        return [UNKNOWN] * frame.height
    return frame[f"by {name}"].fill_null(UNKNOWN).to_list()


def _seen(rounds: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """`pair_id` of the parent, `index` and `verdict` of all that was made."""
    import polars as pl

    schema = {"pair_id": pl.String, "index": pl.Int64, "verdict": pl.String}
    rows = [made.select(pair_id="parent", index="index", verdict="verdict") for made in rounds]
    return pl.concat([pl.DataFrame(schema=schema), *(part.cast(schema) for part in rows)])  # type: ignore[arg-type]

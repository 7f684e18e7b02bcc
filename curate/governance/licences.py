"""Under which terms a release stands, from the licences of its kept pairs.

A release is a collection: each pair stays under its own licence, and who uses all of it keeps to all
of their terms. Of a choice (`OR`) that counts which asks least; the terms are those of the table in
`curate.pairs.terms`, which knows the common families and says where it knows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from curate.pairs.origin import SYNTHETIC
from curate.pairs.terms import TERMS, chosen, conflict, terms_of

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Binding:
    """A term that binds who uses the whole release, and which pairs bring it in."""

    term: str
    licences: tuple[str, ...]
    pairs: int


@dataclass(frozen=True)
class Conflict:
    """Licences that cannot be fulfilled together."""

    licences: tuple[str, ...]
    why: str
    pairs: int
    examples: tuple[str, ...] = ()
    """A few pairs' ids."""

    @property
    def words(self) -> str:
        return f"{' and '.join(self.licences)} ({self.pairs} pairs): {self.why}"


@dataclass(frozen=True)
class Licensing:
    """What the kept pairs' licences say together."""

    counts: dict[str, int] = field(default_factory=dict)
    """SPDX expression -> kept pairs, most first."""
    unknown: int = 0
    """Kept pairs without a known licence."""
    binding: tuple[Binding, ...] = ()
    untold: tuple[str, ...] = ()
    """Licences of which the table does not know the terms."""
    conflicts: tuple[Conflict, ...] = ()

    @property
    def terms(self) -> list[str]:
        """Names of the terms that bind the release as a whole, and `unknown` where some are not known."""
        return [each.term for each in self.binding] + ["unknown"] * bool(
            self.unknown or self.untold
        )


def licences(pairs: pl.DataFrame) -> Licensing:
    """From the table `pairs.parquet`; without its column `license` nothing is known of any pair."""
    import polars as pl

    kept = pairs.filter(pl.col("status") == "kept")
    if "license" not in kept.columns:
        return Licensing(unknown=kept.height)
    known = kept.drop_nulls("license").select("pair_id", "origin", "license").sort("pair_id")
    found = known.group_by("license").agg(pairs=pl.len())
    counts = dict(found.sort(["pairs", "license"], descending=[True, False]).iter_rows())
    single = {one for expression in counts for one in chosen(expression)}
    return Licensing(
        counts=counts,
        unknown=kept.height - known.height,
        binding=tuple(_binding(counts)),
        untold=tuple(sorted(one for one in single if terms_of(one) is None)),
        conflicts=(*_within(known), *_made(known), *_across(counts)),
    )


def _binding(counts: dict[str, int]) -> list[Binding]:
    found = []
    for term in TERMS:
        asking = [each for each in counts if _asks(each, term)]
        if asking:
            names = {
                one for each in asking for one in chosen(each) if term in (terms_of(one) or ())
            }
            found.append(Binding(term, tuple(sorted(names)), sum(counts[each] for each in asking)))
    return found


def _asks(expression: str, term: str) -> bool:
    return any(term in (terms_of(one) or ()) for one in chosen(expression))


def _within(known: pl.DataFrame) -> list[Conflict]:
    """Pairs whose parts stand under licences that cannot be combined."""
    found = []
    for (expression,), rows in known.group_by(["license"], maintain_order=True):
        for first, second in combinations(chosen(str(expression)), 2):
            why = conflict(first, second)
            if why is not None:
                found.append(_of(rows, (first, second), f"in one pair, {why}"))
    return sorted(found, key=lambda each: each.licences)


def _made(known: pl.DataFrame) -> list[Conflict]:
    """Synthetic pairs made of what allows no changed copies."""
    import polars as pl

    made = known.filter(pl.col("origin") == SYNTHETIC)
    found = []
    for (expression,), rows in made.group_by(["license"], maintain_order=True):
        for one in chosen(str(expression)):
            if "no-derivatives" in (terms_of(one) or ()):
                found.append(_of(rows, (one,), "allows no changed copies, and these are some"))
    return sorted(found, key=lambda each: each.licences)


def _across(counts: dict[str, int]) -> list[Conflict]:
    """Licences whose pairs may stand side by side, but not be combined in one work."""
    single: dict[str, int] = {}
    for expression, count in counts.items():
        for one in chosen(expression):
            single[one] = single.get(one, 0) + count
    found = []
    for first, second in combinations(sorted(single), 2):
        why = conflict(first, second)
        if why is not None:
            message = f"side by side only, never combined in one work: {why}"
            found.append(Conflict((first, second), message, single[first] + single[second]))
    return found


def _of(rows: pl.DataFrame, names: tuple[str, ...], why: str) -> Conflict:
    return Conflict(names, why, rows.height, tuple(rows["pair_id"].head(3)))

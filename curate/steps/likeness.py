"""What finds look-alikes of one kind of content: cheap proposals first, then one careful look.

Everything here speaks of contents by their keys, never of pairs. A kind proposes couples that are
worth a look and looks at couples; which of the alike goes is decided in `copies`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
COUPLES: dict[str, Any] = {"left": pl.String, "right": pl.String}
ALIKE: dict[str, Any] = {**COUPLES, "likeness": pl.Float64, "detail": pl.String}
FEW = 8
"""With how many of the most preferred each member of a crowded bucket is proposed."""
CROWDED = 20
"""Members of a bucket above which not all are proposed with all."""


class Kind(Protocol):
    """How contents of one modality are found alike."""

    @property
    def word(self) -> str:
        """What the evidence calls it."""

    @property
    def threshold(self) -> float:
        """The least likeness of what counts as alike."""

    def measures(self) -> tuple[Measure, ...]:
        """What is asked of every content at first; for planning."""

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        """`left`, `right`: couples worth a look, each once.

        `keys` are distinct and in order of preference. Time and memory grow with their number, not
        with its square: of a crowded bucket every member is proposed with the `FEW` most preferred.
        What cannot be measured is proposed with nothing.
        """

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`left`, `right`, `likeness` (above 0, 1 is equal), `detail`: those that are alike."""


@runtime_checkable
class Folds(Protocol):
    """A kind that knows forms in which contents are equal, so that one of them stands for all."""

    def fold(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        """`key`, `form` of every key; null where a content has none and stands for itself."""


def folded(kind: Kind, keys: pl.Series, ask: Ask) -> pl.Series:
    """For each key, in order of preference, the first key whose content is equal in form."""
    return first_equal(keys, kind.fold(keys, ask)) if isinstance(kind, Folds) else keys


def first_equal(keys: pl.Series, forms: pl.DataFrame) -> pl.Series:
    """For each key the first of the same form; `forms` are `key`, `form`, null for a form of its own."""
    named = keys.to_frame("key").join(forms, on="key", how="left", maintain_order="left")
    own = pl.when(pl.col("form").is_null()).then("key")
    first = own.otherwise(pl.col("key").first().over("form"))
    return named.select(first.alias(keys.name)).to_series()


def crowd(members: pl.DataFrame) -> pl.DataFrame:
    """Couples of members that share a bucket, each once, `left` before `right`.

    Takes `bucket` and `member`, a rank in the order of preference. All with all where a bucket holds
    at most `CROWDED`, else every member with the `FEW` most preferred: linear in members.
    """
    bucket, member = _in_order(members["bucket"].to_numpy(), members["member"].to_numpy())
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    size = np.diff(starts, append=len(bucket))
    start, big = np.repeat(starts, size), np.repeat(size > CROWDED, size)
    left, right = [start[:0]], [start[:0]]
    for group, steps, hub in ((~big, range(1, CROWDED), False), (big, range(FEW), True)):
        rest = np.flatnonzero(group)
        for step in steps:
            rest = rest[rest >= start[rest] + step]
            left.append(start[rest] + step if hub else rest - step)
            right.append(rest)
    ends = {"left": np.concatenate(left), "right": np.concatenate(right)}
    couples = pl.DataFrame({side: member[places] for side, places in ends.items()})
    return couples.filter(pl.col("left") < pl.col("right")).unique()


def distinct(numbers: Array) -> Array:
    """Each once, the least first; `np.unique` would hash them, which takes several times as long."""
    ordered: Array = np.sort(numbers)
    first: Array = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return first


def _in_order(bucket: Array, member: Array) -> tuple[Array, Array]:
    """Buckets by number, and in each its members from the most preferred on."""
    order = np.argsort(bucket)
    number = np.cumsum(np.diff(bucket[order], prepend=bucket[order][:1]) != 0)
    span = int(member.max(initial=0)) + 1
    bucket, member = np.divmod(np.sort(number * span + member[order].astype(np.int64)), span)
    return bucket, member

"""Who repeats whom: of nodes in order of preference, each stays unless it is alike to one that stays.

A node is one distinct content, or one distinct tuple of contents where several fields must all be
alike. Likeness is never passed along a chain: a node goes only for one that stays and is alike to
it in every field.

Work is done in rounds. A kind proposes every couple of a small bucket, and of a crowded one every
member with the few most preferred; those alike to one that stays go, and the rest are proposed
again, led by others. After `ROUNDS` rounds it ends, so that every member of a crowded bucket is
held against `ROUNDS` times `FEW` others of it at most: what is alike to none of those may stay
unseen, and is told (`Search.open`). The cost grows with the number of nodes, whatever their likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from curate.pairs.components import components
from curate.steps.likeness import CROWDED, FEW, Kind, crowd

if TYPE_CHECKING:
    from curate.steps.step import Ask

ROUNDS = 16
_AFFORDED = 64
"""Couples per node that a field may propose in a crowded block."""
_ENDS: dict[str, Any] = {"left": pl.Int64, "right": pl.Int64}
EDGES: dict[str, Any] = {**_ENDS, "likeness": pl.Float64, "detail": pl.String}
Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


@dataclass(frozen=True)
class Compared:
    """One field that is compared: the column of content keys, and what finds them alike."""

    name: str
    kind: Kind

    @property
    def column(self) -> str:
        return f"{self.name}_sha256"


@dataclass(frozen=True, eq=False)
class Search:
    """What was found, and what was not looked for to the end."""

    edges: pl.DataFrame
    """`left`, `right` (places of nodes, the preferred first), `likeness`, `detail`."""
    open: Array
    """Places of nodes that stay, though couples of theirs that were proposed were never looked at."""


def alike(nodes: pl.DataFrame, fields: Sequence[Compared], ask: Ask) -> Search:
    """Which nodes are alike.

    `nodes` are distinct in the fields' columns and in order of preference; the likeness is that of
    the least alike field.
    """
    propose = _propose_one if len(fields) == 1 else _propose_all
    return rounds(
        nodes.height,
        lambda order: propose(nodes[order], fields, ask),
        lambda couples: verified(nodes, couples, fields, ask),
    )


def alike_across(
    theirs: pl.DataFrame, ours: pl.DataFrame, fields: Sequence[Compared], ask: Ask
) -> Search:
    """Which of theirs (`left`) and ours (`right`) are alike in every field, or equal; each is a place
    of its own table, of distinct rows. Among themselves neither are looked at.
    """
    columns = [field.column for field in fields]
    listed = ours.select(columns).with_row_index("place").cast({"place": pl.Int64})
    new = listed.join(theirs, on=columns, how="anti", maintain_order="left")
    nodes = pl.concat([theirs.select(columns), new.select(columns)])
    find = _propose_one if len(fields) == 1 else _propose_all

    def propose(order: Array) -> pl.DataFrame:
        couples = find(nodes[order], fields, ask)
        mine = [order[couples[side]] >= theirs.height for side in ("left", "right")]
        return couples.filter(pl.Series(mine[0] != mine[1]))

    found = rounds(nodes.height, propose, lambda couples: verified(nodes, couples, fields, ask))
    places = new["place"]
    edges = found.edges.with_columns(right=places.gather(found.edges["right"] - theirs.height))
    known = theirs.select(columns).with_row_index("left").cast({"left": pl.Int64})
    equal = listed.rename({"place": "right"}).join(known, on=columns)
    names = ", ".join(f"equal {field.name}" for field in fields)
    same = equal.select("left", "right", likeness=pl.lit(1.0), detail=pl.lit(names))
    unseen = found.open[found.open >= theirs.height] - theirs.height
    return Search(pl.concat([edges, same]), places.gather(unseen).to_numpy())


def leaders(edges: pl.DataFrame, count: int) -> Array:
    """Of each node in order of preference, whether it goes: it is alike to one that stays."""
    gone = bytearray(count)
    ordered = edges.select("left", "right").sort("right", "left")
    for left, right in ordered.iter_rows():
        if not gone[left]:
            gone[right] = 1
    return np.frombuffer(gone, np.uint8).astype(bool)


def named(edges: pl.DataFrame, count: int) -> pl.DataFrame:
    """The edge of every node that goes to the one that stays it is most alike to, the preferred of
    equals.
    """
    gone = leaders(edges, count)
    found = edges.filter(pl.Series(~gone[edges["left"]] & gone[edges["right"]]))
    ordered = found.sort("right", "likeness", "left", descending=[False, True, False])
    return ordered.unique("right", keep="first", maintain_order=True)


def rounds(
    count: int,
    propose: Callable[[Array], pl.DataFrame],
    verify: Callable[[pl.DataFrame], pl.DataFrame],
    going: Callable[[pl.DataFrame, int], Array] = leaders,
) -> Search:
    """All edges that were found; `propose` takes the places of nodes, those to lead first, and
    `going` tells by the edges found so far which nodes go.
    """
    edges, looked = pl.DataFrame(schema=EDGES), pl.DataFrame(schema=_ENDS)
    rest, led = np.arange(count), np.zeros(count, np.int64)

    def offered() -> pl.DataFrame:
        order = rest[np.argsort(led[rest], kind="stable")]
        return _placed(propose(order), order)

    for turn in range(1, ROUNDS + 1):
        couples = offered()
        new = couples.join(looked, on=["left", "right"], how="anti") if turn > 1 else couples
        edges = pl.concat([edges, verify(new)])
        degree = np.bincount(couples.to_numpy().ravel(), minlength=count)
        leading = (degree >= CROWDED) & (led == 0)
        led[leading] = turn
        rest = np.flatnonzero((degree >= FEW) & ~going(edges, count))
        if not (leading.any() and len(rest) > 1):
            return Search(edges, rest[:0])
        looked = pl.concat([looked, new])
    left = offered().join(looked, on=["left", "right"], how="anti")
    return Search(edges, np.unique(left.to_numpy()))


def _placed(couples: pl.DataFrame, order: Array) -> pl.DataFrame:
    """Couples of places in an order as couples of nodes, the preferred first."""
    left, right = order[couples["left"]], order[couples["right"]]
    ends = {"left": np.minimum(left, right), "right": np.maximum(left, right)}
    return pl.DataFrame(ends, schema=_ENDS).unique()


def _propose_one(nodes: pl.DataFrame, fields: Sequence[Compared], ask: Ask) -> pl.DataFrame:
    (field,) = fields
    keys = nodes[field.column]
    return numbered(field.kind.propose(keys, ask), keys)


def numbered(couples: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """Couples of keys as couples of their places."""
    place = keys.to_frame("key").with_row_index("place").cast({"place": pl.Int64})
    for side in ("left", "right"):
        named = place.rename({"key": side, "place": f"{side}_place"})
        couples = couples.join(named, on=side)
    return couples.select(left="left_place", right="right_place")


def _propose_all(nodes: pl.DataFrame, fields: Sequence[Compared], ask: Ask) -> pl.DataFrame:
    """Nodes can be alike only within a block: where they hang together in every field. A picture
    with a million captions is a million blocks, but for captions that are alike.
    """
    found = {field.column: _couples(nodes, field, ask) for field in fields}
    labels = [_labels(nodes[column], couples) for column, couples in found.items()]
    blocks = pl.DataFrame(labels).with_columns(nodes.select(list(found)))
    names = [label.name for label in labels]
    members = blocks.with_columns(
        bucket=pl.struct(names).rank("dense"), member=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    big = members.filter(pl.len().over("bucket") > CROWDED)
    offered = [_expand(big, column, couples) for column, couples in found.items()]
    return pl.concat([crowd(members.select("bucket", "member")), _cheapest(big, offered)]).unique()


def _couples(nodes: pl.DataFrame, field: Compared, ask: Ask) -> pl.DataFrame:
    return field.kind.propose(nodes[field.column].unique(maintain_order=True), ask)


def _labels(keys: pl.Series, couples: pl.DataFrame) -> pl.Series:
    """Of each key, the name of all that hang together with it."""
    group = components(keys, couples).rename({"pair_id": "key"})
    joined = keys.to_frame("key").join(group, on="key", how="left", maintain_order="left")
    return joined["component"].rename(f"{keys.name} component")


def _expand(members: pl.DataFrame, column: str, couples: pl.DataFrame) -> pl.LazyFrame:
    """`bucket`, `left`, `right`: members whose contents in one field are equal or proposed."""
    keys = members[column].unique()
    both = pl.concat([couples.select("left", "right"), pl.DataFrame({"left": keys, "right": keys})])
    holders = members.lazy().select("bucket", "member", key=column)
    ends = both.lazy().join(holders, left_on="left", right_on="key")
    ends = ends.join(holders, left_on=["right", "bucket"], right_on=["key", "bucket"])
    ends = ends.filter(pl.col("member") != pl.col("member_right"))
    return ends.select("bucket", left="member", right="member_right")


def _cheapest(members: pl.DataFrame, offered: Sequence[pl.LazyFrame]) -> pl.DataFrame:
    """Of each crowded block the couples of the field that offers fewest, unless it is too many."""
    sizes = members.group_by("bucket").len("size")
    counts = [couples.group_by("bucket").len(f"n{n}") for n, couples in enumerate(offered)]
    counted = reduce(
        lambda one, other: one.join(other, on="bucket", how="left"), counts, sizes.lazy()
    ).collect()
    each = [pl.col(f"n{n}").fill_null(0) for n in range(len(offered))]
    best = counted.with_columns(least=pl.min_horizontal(each)).filter(
        pl.col("least") <= _AFFORDED * pl.col("size")
    )
    chosen = best.with_columns(field=pl.concat_list(each).list.arg_min())
    found = [
        couples.join(chosen.lazy().filter(pl.col("field") == n), on="bucket", how="semi")
        for n, couples in enumerate(offered)
    ]
    ends = pl.concat(found).select(
        left=pl.min_horizontal("left", "right"), right=pl.max_horizontal("left", "right")
    )
    return ends.collect()


def verified(
    nodes: pl.DataFrame, couples: pl.DataFrame, fields: Sequence[Compared], ask: Ask
) -> pl.DataFrame:
    """The couples that are alike in every field, one field after the other."""
    edges = couples.with_columns(likeness=pl.lit(1.0), detail=pl.lit(None, pl.String))
    for field in fields:
        edges = _look(nodes[field.column], edges, field, ask)
    return edges.cast(pl.Schema(EDGES))


def _look(keys: pl.Series, edges: pl.DataFrame, field: Compared, ask: Ask) -> pl.DataFrame:
    ends = edges.with_columns(l=keys.gather(edges["left"]), r=keys.gather(edges["right"]))
    ends = ends.with_columns(one=pl.min_horizontal("l", "r"), other=pl.max_horizontal("l", "r"))
    differ = ends.filter(pl.col("one") != pl.col("other"))
    found = field.kind.verify(differ.select(left="one", right="other").unique(), ask)
    found = found.select(one="left", other="right", said="likeness", words="detail")
    equal = ends.filter(pl.col("one") == pl.col("other")).with_columns(
        said=pl.lit(1.0), words=pl.lit(f"equal {field.name}")
    )
    seen = pl.concat([differ.join(found, on=["one", "other"]), equal], how="diagonal")
    return seen.select(
        "left",
        "right",
        likeness=pl.min_horizontal("likeness", "said"),
        detail=pl.concat_str("detail", "words", separator=", ", ignore_nulls=True),
    )

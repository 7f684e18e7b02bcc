"""Which member of each cluster stays, so that the shares of the audit's groups move least.

Clusters are taken one after another. Of the members alike to all others of their cluster, and to
nothing else that stays, that one stays whose groups are furthest below their share of all pairs; of
equals the preferred. What is not in a cluster stays anyway and counts from the start.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import polars as pl

from curate.steps.copies import named

Groups: TypeAlias = tuple[object, ...]
"""Of one pair, the value of every group field."""


def chosen(members: pl.DataFrame, edges: pl.DataFrame, groups: Sequence[str]) -> list[str]:
    """The pairs that stay of every cluster.

    `members` are `pair_id`, `place` of its node (null where it has none) and the group fields, in
    order of preference; `edges` join places of nodes, as `curate.steps.copies.alike` gives them.
    """
    pairs: dict[int, list[tuple[str, Groups]]] = defaultdict(list)
    for pair_id, place, *values in members.select("pair_id", "place", *groups).iter_rows():
        pairs[-1 if place is None else place].append((pair_id, tuple(values)))
    alone: list[Groups] = [values for _, values in pairs.pop(-1, [])]
    shares = _Shares([tuple(row) for row in members.select(groups).iter_rows()])
    clusters = list(_clusters(edges, pairs))
    alone += [
        pairs[leader][0][1] for leader, rest in clusters if len(pairs[leader]) + len(rest) == 1
    ]
    for own in alone:
        shares.add(own)
    return list(_choose(clusters, pairs, _Staying(edges, clusters), shares))


def _choose(
    clusters: Sequence[tuple[int, list[int]]],
    pairs: Mapping[int, list[tuple[str, Groups]]],
    staying: _Staying,
    shares: _Shares,
) -> Iterator[str]:
    for leader, rest in clusters:
        able = [leader, *(node for node in rest if staying.may_lead(node, leader, rest))]
        offered = [(node, pair, values) for node in able for pair, values in pairs[node]]
        if len(offered) > 1:
            node, pair, values = max(offered, key=lambda each: shares.lack(each[2]))
            staying.replace(leader, node)
            shares.add(values)
            yield pair
        elif rest:
            shares.add(offered[0][2])


def _clusters(
    edges: pl.DataFrame, pairs: Mapping[int, list[tuple[str, Groups]]]
) -> Iterator[tuple[int, list[int]]]:
    """Every node that stays, in order, and those that go for it."""
    went = dict(named(edges, max(pairs, default=-1) + 1).select("right", "left").iter_rows())
    rest: dict[int, list[int]] = defaultdict(list)
    for node, leader in sorted(went.items()):
        rest[leader].append(node)
    for node in sorted(pairs):
        if node not in went:
            yield node, rest[node]


@dataclass
class _Staying:
    """Which nodes stay so far, and who is alike to whom."""

    edges: pl.DataFrame
    clusters: Sequence[tuple[int, list[int]]]
    alike: dict[int, set[int]] = field(init=False)
    nodes: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = {leader for leader, _ in self.clusters}
        self.alike = defaultdict(set)
        for left, right in self.edges.select("left", "right").iter_rows():
            self.alike[left].add(right)
            self.alike[right].add(left)

    def may_lead(self, node: int, leader: int, rest: Sequence[int]) -> bool:
        near = self.alike[node]
        return near >= {leader, *rest} - {node} and not (near & self.nodes) - {leader}

    def replace(self, leader: int, node: int) -> None:
        self.nodes.discard(leader)
        self.nodes.add(node)


class _Shares:
    """How many of each group stay so far, beside their share of all pairs."""

    def __init__(self, everyone: Sequence[Groups]) -> None:
        self.wanted = [Counter(values) for values in zip(*everyone, strict=True)]
        self.total = len(everyone)
        self.kept: list[Counter[object]] = [Counter() for _ in self.wanted]
        self.count = 0

    def add(self, groups: Groups) -> None:
        self.count += 1
        for kept, value in zip(self.kept, groups, strict=True):
            kept[value] += 1

    def lack(self, groups: Groups) -> float:
        """How far the groups are below their shares, in pairs."""
        told = zip(self.wanted, self.kept, groups, strict=True)
        return sum(
            wanted[value] * (self.count + 1) / self.total - kept[value]
            for wanted, kept, value in told
        )

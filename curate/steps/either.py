"""Who repeats whom where one field is enough: a pair goes when any content of it is equal or alike to
one of a pair that stays.

Pairs are taken in order of preference. One that stays claims its contents and all that are alike to
them, so that no two that stay have a claimed content in common, and each content is claimed once: the
cost grows with contents and edges, however many pairs hold the same content.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.steps.copies import EDGES, Array, Compared, Search, numbered, rounds, verified

if TYPE_CHECKING:
    from curate.steps.step import Ask


@dataclass(frozen=True, eq=False)
class Holdings:
    """Which pair holds which contents; both are known by their places in order of preference."""

    pairs: pl.Series
    """Ids, in order of preference."""
    contents: pl.DataFrame
    """`column`, `key` of all distinct contents, in the order of their first holders."""
    held: Array
    """(pairs, columns) places of contents, -1 where a pair has none."""

    @classmethod
    def of(cls, ordered: pl.DataFrame, columns: Sequence[str]) -> Holdings:
        long = ordered.select(columns).with_row_index("pair")
        long = long.unpivot(columns, index="pair", variable_name="column", value_name="key")
        long = long.sort("pair", maintain_order=True)
        contents = long.drop_nulls("key").unique(
            ["column", "key"], keep="first", maintain_order=True
        )
        contents = contents.select("column", "key").with_row_index("content")
        named = long.join(contents, on=["column", "key"], how="left", maintain_order="left")
        held = named["content"].cast(pl.Int64).fill_null(-1).to_numpy()
        return cls(ordered["pair_id"], contents.drop("content"), held.reshape(-1, len(columns)))

    def staying(self, edges: pl.DataFrame) -> Array:
        """Of each pair, whether it stays."""
        alike = _neighbours(edges)
        claimed = bytearray(self.contents.height + 1)
        stays = np.zeros(len(self.held), bool)
        for place, own in enumerate(self.held.tolist()):
            if any(claimed[content] for content in own):
                continue
            stays[place] = True
            for content in own:
                for near in (content, *alike.get(content, ())):
                    claimed[near] = near >= 0
        return stays

    def owners(self, stays: Array) -> Array:
        """The place of the pair that stays and holds each content, -1 where none does."""
        owners = np.full(self.contents.height, -1)
        for held in self.held.T:
            mine = stays & (held >= 0)
            owners[held[mine]] = np.flatnonzero(mine)
        return owners


def repeated(
    ordered: pl.DataFrame, columns: Sequence[str], fields: Sequence[Compared], ask: Ask
) -> tuple[pl.DataFrame, pl.Series]:
    """`pair_id`, `related_id`, `score`, `detail`, `threshold` of every pair that goes; and the ids of
    those that stay without having been held against all that was proposed.

    `columns` are compared: those of `fields` by likeness too, and only equal ones without fields.
    """
    holdings = Holdings.of(ordered, columns)
    found = _found(holdings, fields, ask)
    stays = holdings.staying(found.edges)
    said = _most_alike(holdings, _claims(holdings, found.edges, stays), stays)
    least = {field.column: field.kind.threshold for field in fields}
    unseen = stays & np.isin(holdings.held, found.open).any(1)
    gone = said.select(
        pair_id=holdings.pairs.gather(said["pair"]),
        related_id=holdings.pairs.gather(said["by"]),
        score="likeness",
        detail="detail",
        threshold=pl.col("column").replace_strict(least, default=None, return_dtype=pl.Float64),
    )
    return gone, holdings.pairs.filter(unseen)


def _found(holdings: Holdings, fields: Sequence[Compared], ask: Ask) -> Search:
    """Contents that are alike, each field's among themselves; those lead that a pair which stays
    holds.
    """
    contents = holdings.contents
    if not fields:
        return Search(pl.DataFrame(schema=EDGES), np.zeros(0, np.int64))

    def propose(order: Array) -> pl.DataFrame:
        return pl.concat([_proposed(contents[order], field, ask) for field in fields])

    def verify(couples: pl.DataFrame) -> pl.DataFrame:
        column = contents["column"].gather(couples["left"])
        return pl.concat(
            [_looked(contents, couples.filter(column == f.column), f, ask) for f in fields]
        )

    def going(edges: pl.DataFrame, count: int) -> Array:
        return holdings.owners(holdings.staying(edges)) < 0

    return rounds(contents.height, propose, verify, going)


def _proposed(contents: pl.DataFrame, field: Compared, ask: Ask) -> pl.DataFrame:
    places = (contents["column"] == field.column).arg_true().cast(pl.Int64)
    keys = contents["key"].gather(places)
    found = numbered(field.kind.propose(keys, ask), keys)
    return found.select(
        left=places.gather(found["left"]).rename("left"),
        right=places.gather(found["right"]).rename("right"),
    )


def _looked(
    contents: pl.DataFrame, couples: pl.DataFrame, field: Compared, ask: Ask
) -> pl.DataFrame:
    return verified(contents.rename({"key": field.column}), couples, [field], ask)


def _neighbours(edges: pl.DataFrame) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for left, right in edges.select("left", "right").iter_rows():
        found[left].append(right)
        found[right].append(left)
    return found


def _claims(holdings: Holdings, edges: pl.DataFrame, stays: Array) -> pl.DataFrame:
    """`content`, `by` (the pair that claims it), `column`, `likeness`, `detail`."""
    owners = pl.Series("by", holdings.owners(stays))
    back = edges.rename({"left": "right", "right": "left"}).select(edges.columns)
    near = pl.concat([edges, back])
    alike = near.select("likeness", "detail", content="right", by=owners.gather(near["left"]))
    equal = pl.DataFrame({"by": owners}).with_columns(
        likeness=pl.lit(1.0), detail=pl.lit("equal"), content=pl.int_range(pl.len())
    )
    found = pl.concat([alike, equal.select(alike.columns)]).filter(pl.col("by") >= 0)
    column = holdings.contents["column"].gather(found["content"])
    named = pl.col("column").str.strip_suffix("_sha256") + ": " + pl.col("detail")
    return found.with_columns(column=column).with_columns(detail=named)


def _most_alike(holdings: Holdings, claims: pl.DataFrame, stays: Array) -> pl.DataFrame:
    """Of each pair that goes its claim by the pair most alike that comes before it: of equals the
    preferred one.
    """
    going = np.flatnonzero(~stays)
    held = holdings.held[going]
    lost = pl.DataFrame(
        {"pair": np.repeat(going, held.shape[1]), "content": held.ravel()},
        schema={"pair": pl.Int64, "content": pl.Int64},
    )
    found = lost.join(claims, on="content").filter(pl.col("by") < pl.col("pair"))
    ordered = found.sort("pair", "likeness", "by", "column", descending=[False, True, False, False])
    return ordered.unique("pair", keep="first", maintain_order=True)

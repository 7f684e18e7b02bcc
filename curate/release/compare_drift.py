"""How differently scores, numbers, groups and embeddings are distributed in two releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.evaluation.drift import FEWEST, Drift, binned, edges, mmd, psi
from curate.evaluation.interval import share_interval
from curate.pairs.field import MEDIA
from curate.release.comparison import Drifted, Share

if TYPE_CHECKING:
    from curate.release.compare_side import Side, Space

LEVEL = 0.05
_UNKNOWN = "unknown"
_MOST_GROUPS = 50
_FEW = f"fewer than {FEWEST} in one of them"


def drift(a: Side, b: Side, spaces: Sequence[Space]) -> list[Drifted]:
    """Of every score that both ledgers give, of numbers, of groups, and of embeddings."""
    found = [*_scores(a, b), *_numbers(a, b)]
    found += [_of_groups(name, a, b) for name in group_columns(a, b)]
    return _judged([*found, *map(_of_space, spaces)])


def _judged(found: list[Drifted]) -> list[Drifted]:
    """Each with whether it lies beyond chance, given how many were looked at (Holm's steps down)."""
    tested = sorted((one.p, at) for at, one in enumerate(found) if one.p is not None)
    beyond: dict[int, bool] = {}
    for rank, (p, at) in enumerate(tested):
        beyond[at] = p <= LEVEL / (len(tested) - rank) and all(beyond.values())
    return [
        one.model_copy(update={"beyond_chance": beyond.get(at)}) for at, one in enumerate(found)
    ]


def group_columns(a: Side, b: Side) -> list[str]:
    """Metadata that the recipe calls groups, and where pairs are from."""
    named = [n for n, f in b.fields.items() if f.get("group") and n in a.fields]
    return ["source", "origin", *named]


def shares(a: Side, b: Side) -> list[Share]:
    """Of every group of every such column, the largest first."""
    return [share for name in group_columns(a, b) for share in _shares(name, a, b)]


def _scores(a: Side, b: Side) -> Iterator[Drifted]:
    """A step that scores only what it drops says nothing of the distribution."""
    then, now = _scored(a), _scored(b)
    for name in sorted(set(then["name"]) & set(now["name"])):
        one, other = (frame.filter(pl.col("name") == name) for frame in (then, now))
        yield _of_numbers(name, "score", one, other)


def _scored(side: Side) -> pl.DataFrame:
    """`name`, `pair_id`, `value` of the steps that score pairs which they keep."""
    lines = side.decisions.select("name", "pair_id", "verdict", value="score").drop_nulls("value")
    keeping = lines.filter(pl.col("verdict") == "keep")["name"].unique()
    found = lines.filter(pl.col("name").is_in(keeping.implode()) & pl.col("value").is_finite())
    return found.unique(["name", "pair_id"], keep="first", maintain_order=True)


def _numbers(a: Side, b: Side) -> Iterator[Drifted]:
    """Metadata that are numbers, and how long texts are, among the pairs kept."""
    for name, field in b.fields.items():
        if (
            name not in a.fields
            or field["type"] in MEDIA
            or a.fields[name]["type"] != field["type"]
        ):
            continue
        value = pl.col(name).str.len_chars() if field["type"] == "text" else pl.col(name)
        numeric = all(s.kept.schema[name].is_numeric() for s in (a, b))
        if field["type"] != "text" and not numeric:
            continue
        title = f"characters of {name}" if field["type"] == "text" else name
        one, other = (
            s.kept.select("pair_id", value=value.cast(pl.Float64)).drop_nulls() for s in (a, b)
        )
        if one.height and other.height:
            yield _of_numbers(title, "number", one, other)


def _of_numbers(title: str, kind: str, one: pl.DataFrame, other: pl.DataFrame) -> Drifted:
    """Of `pair_id`, `value` then and now."""
    told = {
        "of": title,
        "kind": kind,
        "statistic": "psi",
        "n_then": one.height,
        "n_now": other.height,
        "median_then": one["value"].median(),
        "median_now": other["value"].median(),
    }
    if min(one.height, other.height) < FEWEST:
        return _untold(told)
    same = one.join(other, on=["pair_id", "value"], how="semi").height
    first, second = one["value"].to_numpy(), other["value"].to_numpy()
    borders = edges(first)
    return _told(told, psi(binned(first, borders), binned(second, borders), same))


def _of_groups(name: str, a: Side, b: Side) -> Drifted:
    one, other = (_grouped(side, name) for side in (a, b))
    told = {
        "of": name,
        "kind": "group",
        "statistic": "psi",
        "n_then": one.height,
        "n_now": other.height,
    }
    if min(one.height, other.height) < FEWEST:
        return _untold(told)
    counts = _counts(one, other)
    same = one.join(other, on=["pair_id", "group"], how="semi").height
    return _told(told, psi(counts["then"].to_numpy(), counts["now"].to_numpy(), same))


def _grouped(side: Side, name: str) -> pl.DataFrame:
    group = pl.col(name).cast(pl.String).fill_null(_UNKNOWN)
    return side.kept.select("pair_id", group=group)


def _counts(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """`group`, `then`, `now`; the largest first."""
    counted = [
        frame.group_by("group").agg(pl.len().cast(pl.Int64).alias(time))
        for frame, time in ((one, "then"), (other, "now"))
    ]
    both = counted[0].join(counted[1], on="group", how="full", coalesce=True)
    known = both.with_columns(pl.col("then", "now").fill_null(0))
    return known.sort(pl.col("then") + pl.col("now"), "group", descending=[True, False])


def _shares(name: str, a: Side, b: Side) -> Iterator[Share]:
    one, other = (_grouped(side, name) for side in (a, b))
    for group, then, now in _counts(one, other).head(_MOST_GROUPS).iter_rows():
        before, after = (share_interval(k, f.height) for k, f in ((then, one), (now, other)))
        low, high = _newcombe(before, after)
        yield Share(
            of=name,
            group=group,
            then={**before, "pairs": then},
            now={**after, "pairs": now},
            change=round(after["value"] - before["value"], 4),
            low=low,
            high=high,
        )


def _newcombe(one: dict[str, float | int], other: dict[str, float | int]) -> tuple[float, float]:
    """The interval of a difference of shares (Newcombe, 1998, method 10)."""
    change = other["value"] - one["value"]
    down = ((other["value"] - other["low"]) ** 2 + (one["high"] - one["value"]) ** 2) ** 0.5
    up = ((other["high"] - other["value"]) ** 2 + (one["value"] - one["low"]) ** 2) ** 0.5
    return round(change - down, 4), round(change + up, 4)


def _of_space(space: Space) -> Drifted:
    n, m = int(space.in_a.sum()), int(space.in_b.sum())
    told = {"of": space.of, "kind": "embedding", "statistic": "mmd", "n_then": n, "n_now": m}
    if min(n, m) < FEWEST:
        return _untold(told)
    return _told(told, mmd(space.vectors, space.in_a, space.in_b))


def _told(told: dict[str, Any], found: Drift) -> Drifted:
    return Drifted.model_validate({**told, "value": _digits(found.value), "p": _digits(found.p)})


def _untold(told: dict[str, Any]) -> Drifted:
    return Drifted.model_validate({**told, "value": None, "p": None, "note": _FEW})


def _digits(value: float) -> float:
    return float(f"{value:.4g}")

"""How people's decisions enter a build, so that they change the pairs they speak of and no others.

Values and origins are entered before any step looks, of pairs that machines make when they are made.
A person's `keep` outweighs steps that judge (`Step.judges`): they decide as ever, and the ledger says
who overruled them. A person's `drop` is entered last of all: the pair goes through every step,
stands for its copies and holds its place in a quota, so that nothing comes in instead of it. It
teaches no fit and becomes no parent meanwhile (`steps/learning.py`).

What cannot be helped: scores and labels that a fit gives to other pairs may move when a pair no longer
teaches it, or teaches it once it is kept; a pair that was kept against a step competes with others in
the steps that follow, as any pair does; and one that is a copy of pairs in two splits draws them into
one. A child that a judge rejected was never in, and is not brought back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import polars as pl

from curate.ledger.cluster import DROPPED
from curate.ledger.verdict import VERDICT, verdicts
from curate.pairs.field import Fields
from curate.pairs.origin import COLLECTED, DECLARED, SYNTHETIC
from curate.run.admitting import change
from curate.run.reviews import (
    Correction,
    Judgement,
    Opinion,
    Reviews,
    Synthetic,
    WrongLabel,
    wrong,
)
from curate.steps.step import Outcome
from curate.store.blobs import Blobs

Valued: TypeAlias = Correction | WrongLabel
"""What people say of a field."""

_DECIDED = {"keep": "keep", "drop": "drop", "unsafe": "drop"}
_WORDS = {"keep": "kept by", "drop": "dropped by", "unsafe": "unsafe, said"}


@dataclass(frozen=True)
class Entered:
    """A table after its reviews, and what the ledger says of them."""

    table: pl.DataFrame
    verdicts: pl.DataFrame


def entered(
    reviews: Reviews, table: pl.DataFrame, fields: Fields, blobs: Blobs, among: pl.Series
) -> Entered:
    """The table as people want it, of the pairs `among`. Its column `reviewed` names the fields that
    they decided, `decided` says what they want to become of a pair.
    """
    known = set(among)
    counting = [one for (pair_id, _), one in reviews.counting.items() if pair_id in known]
    given = [(o.line, o.said) for o in counting if isinstance(o.said, Correction | WrongLabel)]
    made = [one.said for one in counting if isinstance(one.said, Synthetic)]
    judgements = [one.said for one in counting if isinstance(one.said, Judgement)]
    said = [
        *_values_told([value for _, value in given], table),
        *_origins_told(made, table),
        *(_told(one, "keep") for one in judgements if one.action == "keep"),
    ]
    for name in sorted({value.field for _, value in given}):
        of_field = [one for one in given if one[1].field == name]
        table = change(_rows(reviews, of_field, name, table), table, fields, blobs)
        table = _emptied(table, name, [value for _, value in of_field])
    table = _with_reviewed(_with_origin(table, made), [value for _, value in given])
    decided = {one.pair_id: _DECIDED[one.action] for one in judgements}
    return Entered(_joined(table, "decided", decided, pl.String()), _frame(said))


def judged(reviews: Reviews, among: pl.Series, alive: pl.Series) -> pl.DataFrame:
    """Verdicts on what people want to go, of the pairs `among`; what has left is only flagged."""
    known, here = set(among), set(alive)
    gone = [
        _told(one.said, "drop" if one.said.pair_id in here else "flag")
        for one in reviews.counting.values()
        if one.said.action in ("drop", "unsafe") and one.said.pair_id in known
    ]
    return _frame(gone)


def brought_back(verdicts: pl.DataFrame, reviews: Reviews) -> pl.DataFrame:
    """`pair_id`, `by`: what a judging step would drop and a person keeps."""
    keeps = [one.said for one in reviews.counting.values() if one.said.action == "keep"]
    people = pl.DataFrame(
        {"pair_id": [one.pair_id for one in keeps], "by": [one.by for one in keeps]},
        schema={"pair_id": pl.String, "by": pl.String},
    )
    dropped = verdicts.filter(pl.col("verdict") == "drop")
    return people.join(dropped, on="pair_id", how="semi")


def overruled(outcome: Outcome, back: pl.DataFrame) -> Outcome:
    """What a judging step says, but for the pairs brought back: they are no copies either."""
    known = outcome.verdicts.join(back, on="pair_id", how="left", maintain_order="left")
    against = pl.col("by").is_not_null()
    reason = pl.format("kept by {}, against: {}", "by", pl.col("reason").fill_null("dropped"))
    said = known.with_columns(
        verdict=pl.when(against).then(pl.lit("keep")).otherwise("verdict"),
        reason=pl.when(against).then(reason).otherwise("reason"),
    )
    clusters = _without(outcome.clusters, back["pair_id"])
    return replace(outcome, verdicts=said.drop("by"), clusters=clusters)


def named_apart(components: pl.DataFrame, back: pl.Series) -> pl.DataFrame:
    """Components that are called as they would be without the pairs brought back, so that those join
    the split of what they are copies of, and not the other way round.
    """
    others = pl.col("pair_id").filter(~pl.col("pair_id").is_in(back.implode()))
    return components.with_columns(
        component=pl.coalesce(others.min().over("component"), "component")
    )


def _without(clusters: pl.DataFrame | None, stay: pl.Series) -> pl.DataFrame | None:
    """Clusters of those that go all the same."""
    if clusters is None:
        return None
    staying = (pl.col("role") == DROPPED) & pl.col("pair_id").is_in(stay.implode())
    rest = clusters.filter(~staying)
    return rest.filter((pl.col("role") == DROPPED).any().over("cluster"))


def _rows(
    reviews: Reviews, of: Sequence[tuple[int, Valued]], name: str, table: pl.DataFrame
) -> pl.DataFrame:
    """`pair_id` and the values that a field gets."""
    kind = table.schema[name]
    rows = [
        (one.pair_id, _typed(reviews, line, one, kind))
        for line, one in of
        if isinstance(one, Correction)
    ]
    return pl.DataFrame(rows, schema={"pair_id": pl.String, name: kind}, orient="row")


def _typed(reviews: Reviews, line: int, said: Correction, kind: pl.DataType) -> Any:
    """The value, if the field can hold it: a text where it holds texts, and so on."""
    name, types = _kind(kind)
    if type(said.value) not in types or not holds(kind, said.value):
        what = f"'{said.field}' holds {name}, not {said.value!r}"
        raise wrong(reviews.path, line, what)
    return said.value


def _emptied(table: pl.DataFrame, name: str, of: Sequence[Valued]) -> pl.DataFrame:
    wrongs = [one.pair_id for one in of if isinstance(one, WrongLabel)]
    columns = [n for n in (name, f"{name}_sha256") if n in table.columns]
    keeps = pl.when(~pl.col("pair_id").is_in(wrongs))
    return table.with_columns(keeps.then(n).alias(n) for n in columns)


def _with_origin(table: pl.DataFrame, made: Sequence[Opinion]) -> pl.DataFrame:
    """What a machine made in the build says so already."""
    here = pl.col("pair_id").is_in([one.pair_id for one in made])
    said = here & (pl.col("origin") != SYNTHETIC)
    return table.with_columns(origin=pl.when(said).then(pl.lit(DECLARED)).otherwise("origin"))


def _with_reviewed(table: pl.DataFrame, given: Sequence[Valued]) -> pl.DataFrame:
    names: dict[str, list[str]] = {}
    for pair_id, name in sorted((one.pair_id, one.field) for one in given):
        names.setdefault(pair_id, []).append(name)
    return _joined(table, "reviewed", names, pl.List(pl.String))


def _joined(
    table: pl.DataFrame, name: str, values: dict[str, Any], kind: pl.DataType
) -> pl.DataFrame:
    """A column of what is known of some pairs, beside what it said of others before."""
    new = pl.DataFrame(
        {"pair_id": list(values), "new": list(values.values())},
        schema={"pair_id": pl.String, "new": kind},
    )
    old = [pl.lit(None, kind).alias(name)] if name not in table.columns else []
    known = table.with_columns(old).join(new, on="pair_id", how="left", maintain_order="left")
    return known.with_columns(pl.coalesce("new", name).alias(name)).drop("new")


def _values_told(given: Sequence[Valued], table: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """A line for every value, with the one that it takes the place of."""
    for name in sorted({one.field for one in given}):
        olds = dict(table.select("pair_id", name).iter_rows())
        for one in (one for one in given if one.field == name):
            old = olds[one.pair_id]
            yield _corrected(one, old) if isinstance(one, Correction) else _called_wrong(one, old)


def _corrected(one: Correction, old: Any) -> dict[str, Any]:
    same = old == one.value
    detail = f"{one.field}: {_quoted(one.value)}"
    return {
        "pair_id": one.pair_id,
        "verdict": "keep" if same else "change",
        "reason": f"{'confirmed' if same else 'corrected'} by {one.by}",
        "detail": detail + ("" if same else f" in place of {_quoted(old)}") + f", {one.at}",
    }


def _called_wrong(one: WrongLabel, old: Any) -> dict[str, Any]:
    """A label that a machine would give is not there yet, and will not be."""
    return {
        "pair_id": one.pair_id,
        "verdict": "flag" if old is None else "change",
        "reason": f"called wrong by {one.by}",
        "detail": f"{one.field}: nothing in place of {_quoted(old)}, {one.at}",
    }


def _origins_told(made: Sequence[Opinion], table: pl.DataFrame) -> Iterator[dict[str, Any]]:
    olds = dict(table.select("pair_id", "origin").iter_rows())
    for one in made:
        yield {
            "pair_id": one.pair_id,
            "verdict": "change" if olds[one.pair_id] == COLLECTED else "keep",
            "reason": f"synthetic, said {one.by}",
            "detail": f"origin was '{olds[one.pair_id]}', {one.at}",
        }


def _told(one: Opinion, verdict: str) -> dict[str, Any]:
    words = f"{_WORDS[one.action]} {one.by}"
    return {"pair_id": one.pair_id, "verdict": verdict, "reason": words, "detail": one.at}


def _frame(said: Sequence[dict[str, Any]]) -> pl.DataFrame:
    named = ("pair_id", "verdict", "reason", "detail")
    return verdicts(pl.DataFrame(said, schema={name: VERDICT[name] for name in named}))


def _kind(kind: pl.DataType) -> tuple[str, tuple[type, ...]]:
    """What a column holds, in words, and as JSON gives it."""
    if kind == pl.String:
        return "texts", (str,)
    if kind == pl.Boolean:
        return "true or false", (bool,)
    return ("whole numbers", (int,)) if kind.is_integer() else ("numbers", (int, float))


def holds(kind: pl.DataType, value: Any) -> bool:
    """Whether a value is not too large for its column."""
    try:
        pl.Series([value], dtype=kind)
    except (OverflowError, TypeError, pl.exceptions.PolarsError):
        return False
    return True


def _quoted(value: Any) -> str:
    return "nothing" if value is None else f"'{value}'" if isinstance(value, str) else f"{value}"

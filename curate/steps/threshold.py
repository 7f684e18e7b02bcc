"""Where a score parts the pairs that stay from those that go, shared by the steps that score.

    said = judge(table, scored, drop, ask)      one verdict per pair of `table`, in its order

`scored` holds `pair_id`, `score` (Float64, null when unknown) and, of these, what is known:

    note, error, detail     text: why there is no score, why a side cannot be read, the evidence
    group                   text: what the mismatched partners were drawn within
    mismatched              List(Float64): scores of deliberately mismatched partners
    cluster                 text: pairs that are not independent, for the interval

A pair with an error is unreadable, one without a score not assessed; both say why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields, metadata_fields
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

SMALLEST_GROUP = 50
"""Scored pairs of a group below which its quantile is that of all pairs."""
_WAYS = ("below", "below_quantile", "expected_mismatch_share")


class Drop(BaseModel):
    """Which pairs go: below a score, a share of all, or until few mismatched ones are left.

    Of the pairs that would go, `review` keeps back the best: the next to be kept, up to this share
    of all pairs with a score. They stay, with the verdict `review`, for someone to look at; what
    is said of the mismatched among the kept is said without them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    below: float | None = Field(None, description="Drop pairs with a score below this.")
    below_quantile: float | None = Field(
        None, ge=0, lt=1, description="Drop this share of the pairs, those with the lowest scores."
    )
    per: str | None = Field(
        None,
        description="A metadata field: `below_quantile` is taken within each of its values; values "
        f"of fewer than {SMALLEST_GROUP} pairs go by all pairs, and unknown is a value.",
    )
    expected_mismatch_share: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Keep the most pairs of which at most this share is expected to be mismatched, "
        "as estimated from the scores of pairs put together wrongly on purpose.",
    )
    review: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Up to this share of all pairs, the best of those that would be dropped, is "
        "left in for review.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong, with paths that begin at `drop`."""
        ways = [way for way in _WAYS if getattr(self, way) is not None]
        if len(ways) > 1:
            yield Objection(
                ("drop",), f"'{ways[0]}' and '{ways[1]}' exclude each other", "one of them"
            )
        if not ways:
            yield Objection(("drop",), "'drop' does not say which pairs go", " or ".join(_WAYS))
        if self.per is not None:
            yield from self._check_per(self.per, fields)

    def _check_per(self, per: str, fields: Fields) -> Iterator[Objection]:
        known = tuple(metadata_fields(fields))
        if per not in known:
            yield Objection(("drop", "per"), f"'{per}' is no metadata field", candidates=known)
        if self.below_quantile is None:
            yield Objection(("drop", "per"), "'per' goes with 'below_quantile'", "below_quantile")


def judge(table: pl.DataFrame, scored: pl.DataFrame, drop: Drop | None, ask: Ask) -> pl.DataFrame:
    """A complete frame of verdicts; without `drop` every pair with a score is kept.

    `threshold` is the lowest score that is kept, review aside, and is null where none is; with
    `expected_mismatch_share` it is that of the pair's group, and `detail` ends with the estimate.
    """
    import polars as pl

    from curate.ledger.verdict import verdicts

    known = _known(table, scored, drop)
    sound = known.filter(pl.col("score").is_not_null() & pl.col("error").is_null())
    placed = _placed(sound, drop, ask) if drop else sound.select("pair_id", place=pl.lit("keep"))
    said = known.join(placed, on="pair_id", how="left", maintain_order="left")
    return verdicts(_complete(said, _PLACED).select("pair_id", **_words()))


class Found(NamedTuple):
    """The estimate that verdicts rest on."""

    note: str | None
    figures: dict[str, float]


def found(said: pl.DataFrame, drop: Drop | None) -> Found:
    """How many pairs are mismatched, beside the bound and what it leaves."""
    import polars as pl

    if drop is None or drop.expected_mismatch_share is None:
        return Found(None, {})
    estimates = said["detail"].str.extract(f"({_OF_KEPT} .*|{_NOTHING}; .*)$").drop_nulls()
    scored = said.filter(pl.col("verdict").is_in(["keep", "drop", "review"]))
    if estimates.is_empty() or scored.is_empty():
        return Found("how many pairs are mismatched could not be estimated", {})
    kept = scored.filter(pl.col("verdict") == "keep").height / scored.height
    note = f"keeps {kept:.1%}; {estimates[0]}; bound {drop.expected_mismatch_share:.1%}"
    told = {
        "expected_mismatch_share": re.search(f"{_OF_KEPT} ([0-9.]+)%", estimates[0]),
        "mismatched_in_all": re.search(f"{_IN_ALL} ([0-9.]+)%", estimates[0]),
    }
    return Found(note, {name: float(m[1]) / 100 for name, m in told.items() if m})


_OF_KEPT = "expected mismatch share"
_NOTHING = "nothing is kept"
_IN_ALL = "mismatched in all"
_KNOWN = ("score", "note", "error", "detail", "group", "cluster", "mismatched")
_PLACED = ("place", "threshold", "why", "estimate")


def _known(table: pl.DataFrame, scored: pl.DataFrame, drop: Drop | None) -> pl.DataFrame:
    """One row per pair of the table with all that is known, and its value of `per`."""
    import polars as pl

    per = pl.col(drop.per).cast(pl.String) if drop and drop.per else pl.lit(None, pl.String)
    pairs = table.select("pair_id", per=per.fill_null("unknown"))
    whole = _complete(scored, _KNOWN).select("pair_id", *_KNOWN)
    known = pairs.join(whole, on="pair_id", how="left", maintain_order="left")
    return known.with_columns(pl.col("score").fill_nan(None))


def _complete(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """With null where a column is absent."""
    import polars as pl

    kinds: dict[str, pl.DataType | type[pl.DataType]] = {
        "score": pl.Float64,
        "threshold": pl.Float64,
        "mismatched": pl.List(pl.Float64),
    }
    absent = [name for name in names if name not in frame.columns]
    return frame.with_columns(pl.lit(None, kinds.get(n, pl.String)).alias(n) for n in absent)


def _words() -> dict[str, pl.Expr]:
    """What the ledger says of each place."""
    import polars as pl

    broken, place = pl.col("error").is_not_null(), pl.col("place")
    evidence = pl.concat_str("detail", "estimate", separator="; ", ignore_nulls=True)
    said = {"drop": "score below threshold", "review": "score near threshold", "keep": None}
    unknown = pl.coalesce("note", "why", pl.lit("a side is missing"))
    reason = pl.when(place.is_null()).then(unknown).otherwise(place.replace(said))
    return {
        "verdict": pl.when(broken)
        .then(pl.lit("unreadable"))
        .otherwise(place.fill_null("not_assessed")),
        "reason": pl.when(broken).then(pl.lit("unreadable")).otherwise(reason),
        "score": pl.col("score"),
        "threshold": pl.col("threshold"),
        "detail": pl.coalesce("error", evidence.replace("", None)),
    }


def _placed(sound: pl.DataFrame, drop: Drop, ask: Ask) -> pl.DataFrame:
    """`pair_id`, `place` (keep, review, drop, null when it cannot be told) and what it rests on."""
    import polars as pl

    if drop.expected_mismatch_share is not None:
        parted = _by_mismatch(sound, drop.expected_mismatch_share, ask)
    else:
        parted = _by_score(sound, drop)
    pools = ("pool", "stays")
    rank = pl.col("worth").rank("max", descending=True).over(pools)
    most = drop.review * pl.len().over("pool") + 1e-9
    near = pl.when(rank <= most).then(pl.lit("review")).otherwise(pl.lit("drop"))
    place = pl.when("stays").then(pl.lit("keep")).when(~pl.col("stays")).then(near)
    return parted.with_columns(place=place).drop("worth", "pool", "stays")


def _by_score(sound: pl.DataFrame, drop: Drop) -> pl.DataFrame:
    """`worth`, `pool` (among which review is shared out), `stays`, `threshold`."""
    import polars as pl

    large = pl.len().over("per") >= SMALLEST_GROUP
    pool = pl.when(large).then("per") if drop.per else pl.lit(None, pl.String)
    threshold = pl.lit(drop.below, pl.Float64)
    if drop.below_quantile is not None:
        lowest = pl.col("score").quantile(drop.below_quantile, "lower")
        threshold = pl.when(pl.col("pool").is_null()).then(lowest).otherwise(lowest.over("pool"))
    pooled = sound.with_columns(pool=pool).with_columns(threshold=threshold)
    stays = pl.col("score") >= pl.col("threshold")
    return pooled.select("pair_id", "pool", "threshold", worth="score", stays=stays)


def _by_mismatch(sound: pl.DataFrame, bound: float, ask: Ask) -> pl.DataFrame:
    """The same, with the `estimate` in words, or `why` there is none."""
    import polars as pl

    from curate.fits.mismatch import MISMATCH

    columns = ("pair_id", "score", "group", "cluster", "mismatched")
    found = ask.fit(MISMATCH, sound.select(columns).sort("pair_id"))
    found = sound.select("pair_id", "score", "group").join(
        found, on="pair_id", maintain_order="left"
    )
    stays = pl.col("mismatch_share") <= bound
    return found.select(
        "pair_id",
        pool=pl.lit(None, pl.String),
        threshold=pl.col("score").filter(stays).min().over("group"),
        worth=-pl.col("p_value"),
        stays=stays,
        why="note",
        estimate=pl.lit(_estimate(found, bound), pl.String),
    )


def _estimate(found: pl.DataFrame, bound: float) -> str | None:
    """How many are mismatched, of what is kept and of all, with its 95 % interval."""
    told = found.drop_nulls("pi0")
    if told.is_empty():
        return None
    whole, low, high = told.select("pi0", "pi0_low", "pi0_high").row(0)
    kept = [share for share in told["mismatch_share"] if share <= bound]
    part = f"{_OF_KEPT} {max(kept):.1%} of what is kept" if kept else _NOTHING
    return f"{part}; {_IN_ALL} {whole:.1%} [{low:.1%}, {high:.1%}]"

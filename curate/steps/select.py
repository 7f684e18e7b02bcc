"""Keep so many pairs: the best by a score, or a fair draw, overall, per group or by source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields, metadata_fields
from curate.steps.property import Property, find, names
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class Select(Step):
    """Keep so many of the pairs.

    How many: a `size`, a `share`, or a `quota` for every group of `per`. Which: the highest `by` a
    score or property, or a draw that depends only on each pair and the seed. With `per`, a size or
    share is stratified: every group keeps its share of the whole. With `weights`, sources are
    mixed in these proportions, as many as the scarcest allows.
    """

    word: ClassVar[str] = "select"
    summary: ClassVar[str] = "keep so many pairs: the best, a draw, a quota, a mixture"
    examples: ClassVar[tuple[str, ...]] = (
        "- select: {size: 10000, by: align}",
        "- select: {share: 0.5}",
        "- select: {size: 2000, per: [category]}",
        "- select: {quota: 100, per: [category], by: image.min_side}",
        "- select: {size: 5000, weights: {photos: 0.7, drawings: 0.3}}",
    )

    size: int | None = Field(None, ge=1, description="How many pairs to keep in all.")
    share: float | None = Field(None, gt=0, le=1, description="Which share of the pairs to keep.")
    quota: int | None = Field(None, ge=1, description="How many pairs every group keeps at most.")
    by: str | None = Field(
        None, description="Keep the highest by `align` or a property such as `image.min_side`."
    )
    per: list[str] = Field([], description="Metadata fields whose values make the groups.")
    weights: dict[str, float] = Field(
        {}, description="Source name -> its part in the mixture; sources not named get none."
    )
    seed: int = Field(0, description="Another number is another draw.")

    @property
    def title(self) -> str:
        amount = next(k for k in ("size", "share", "quota") if getattr(self, k) is not None)
        return " ".join([self.word, amount, *(["by", self.by] if self.by else []), *self.per])

    @property
    def judges(self) -> bool:
        return True

    def check(self, fields: Fields) -> Iterator[Objection]:
        amounts = [k for k in ("size", "share", "quota") if getattr(self, k) is not None]
        if len(amounts) != 1:
            yield Objection((), "select needs one of 'size', 'share' and 'quota'", "exactly one")
        if self.quota is not None and not self.per:
            yield Objection(("quota",), "a quota needs groups", "per: [a metadata field]")
        if self.by is not None:
            yield from self._check_by(self.by, fields)
        known = tuple(metadata_fields(fields))
        for index, name in enumerate(self.per):
            if name not in known:
                yield Objection(("per", index), f"'{name}' is no metadata field", candidates=known)
        if self.weights and (self.per or self.quota is not None):
            yield Objection(
                ("weights",), "weights mix sources, and 'per' makes groups", "one of them"
            )
        for name, weight in self.weights.items():
            if weight < 0:
                yield Objection(("weights", name), "a weight cannot be negative", "0 or more")

    @property
    def takes(self) -> tuple[str, ...]:
        """What is no `field.property` is a score."""
        return (self.by,) if self.by is not None and "." not in self.by else ()

    def _check_by(self, by: str, fields: Fields) -> Iterator[Objection]:
        if self.takes:
            return
        found = find(by, fields)
        if isinstance(found, Objection):
            yield Objection(("by",), found.message, candidates=names(fields))
        elif found.bare in ("is", "regex"):
            yield Objection(("by",), f"'{by}' is not a number", candidates=names(fields))

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        found = find(self.by, fields) if self.by and not self.takes else None
        if not isinstance(found, Property) or self.by is None:
            return []
        return [(found.measure(), self.by.partition(".")[0])]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        ranked = self._ranked(table, ask)
        out = ~pl.col("rank").lt(pl.col("limit"))
        reason = "not among the best" if self.by else "not drawn"
        said = ranked.select(
            "pair_id",
            verdict=pl.when(out).then(pl.lit("drop")),
            reason=pl.when(out).then(pl.lit(reason)),
            score="score" if self.by else pl.lit(None, pl.Float64),
            threshold=pl.col("cut") if self.by else pl.lit(None, pl.Float64),
            detail=pl.when(out & pl.lit(bool(self._groups))).then("group"),
        )
        order = table.select("pair_id")
        return Outcome(verdicts(order.join(said, on="pair_id", how="left", maintain_order="left")))

    @property
    def _groups(self) -> list[str]:
        return ["source"] if self.weights else self.per

    def _ranked(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """Every pair with its `rank` in its `group`, how many of the group stay (`limit`), and the
        `cut`: the lowest score that stays.
        """
        import polars as pl

        from curate.pairs.draw import uniform

        group = (
            pl.concat_str(
                [pl.col(n).cast(pl.String).fill_null("unknown") for n in self._groups],
                separator=" / ",
            )
            if self._groups
            else pl.lit("")
        )
        frame = table.select(
            "pair_id",
            group=group,
            score=self._scores(table, ask),
            draw=uniform(table["pair_id"], self.seed, "select"),
        )
        frame = frame.sort(
            "group",
            "score",
            "draw",
            "pair_id",
            descending=[False, True, False, False],
            nulls_last=True,
        )
        frame = frame.with_columns(rank=pl.int_range(pl.len()).over("group"))
        frame = frame.join(self._limits(frame), on="group")
        kept = pl.col("score").filter(pl.col("rank") < pl.col("limit"))
        return frame.with_columns(cut=kept.min().over("group"))

    def _scores(self, table: pl.DataFrame, ask: Ask) -> pl.Series:
        """What pairs are ordered by; null for all when drawn."""
        import polars as pl

        if self.by is None:
            return pl.Series("score", [None] * table.height, pl.Float64)
        if self.takes:
            return table[self.by].cast(pl.Float64).rename("score")
        found = find(self.by, ask.fields)
        assert isinstance(found, Property)
        key = f"{self.by.partition('.')[0]}_sha256"
        values = ask.measure(found.measure(), table[key])
        keys = table.select(key=key)
        joined = keys.join(values, on="key", how="left", maintain_order="left")
        return joined.select(score=found.value().cast(pl.Float64)).to_series()

    def _limits(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`group`, `limit`."""
        import polars as pl

        sizes = frame.group_by("group").agg(have=pl.len().cast(pl.Int64)).sort("group")
        if self.quota is not None:
            return sizes.select("group", limit=pl.lit(self.quota))
        wanted = self.size if self.size is not None else round((self.share or 0) * frame.height)
        have = dict(sizes.iter_rows())
        parts = self.weights or {name: float(count) for name, count in have.items()}
        total = min(wanted, largest_mixture(have, parts))
        limits = apportion(total, {group: parts.get(group, 0.0) for group in have})
        return pl.DataFrame(
            {"group": list(limits), "limit": list(limits.values())},
            {"group": pl.String, "limit": pl.Int64},
        )


def largest_mixture(have: dict[str, int], parts: dict[str, float]) -> int:
    """How many there can be before one of the parts runs out."""
    whole = sum(parts.values())
    bounds = [have.get(name, 0) * whole / part for name, part in parts.items() if part > 0]
    return int(min(bounds, default=0) + 1e-9)


def apportion(total: int, parts: dict[str, float]) -> dict[str, int]:
    """Whole numbers in the proportions of `parts` that add up to `total` (largest remainder)."""
    whole = sum(parts.values())
    if whole <= 0:
        return dict.fromkeys(parts, 0)
    exact = {name: total * part / whole for name, part in parts.items()}
    seats = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(parts, key=lambda name: (seats[name] - exact[name], name))
    for name in by_remainder[: total - sum(seats.values())]:
        seats[name] += 1
    return seats

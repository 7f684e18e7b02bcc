"""Of which pairs new ones are made, in what order, and when there are enough."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.pairs.field import Fields, group_fields, metadata_fields
from curate.pairs.origin import DECLARED, SYNTHETIC
from curate.steps.learning import learned
from curate.steps.quota import UNKNOWN, Cap, Goal, Plan
from curate.steps.step import Objection

if TYPE_CHECKING:
    import polars as pl


class Balance(BaseModel):
    """Make what is underrepresented: until every value of a field has its share, held against the
    value that has most of it. Of that one nothing is made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    by: str = Field(description="A metadata field.")
    until: Literal["equal"] | dict[str, float] = Field(
        "equal",
        description="`equal`, or the share that each value should have; of values that are not "
        "named nothing is made, and they do not count.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Balance:
        if isinstance(self.until, dict):
            shares = list(self.until.values())
            if min(shares, default=0) <= 0 or abs(sum(shares) - 1) > 1e-6:
                raise ValueError("until: shares must be above zero and sum to 1")
        return self

    @property
    def field(self) -> str:
        return self.by

    def goal(self, counts: Mapping[str, int]) -> Goal:
        """How many pairs each value should have, of those it has."""
        shares = dict.fromkeys(counts, 1.0) if self.until == "equal" else self.until
        most = max((counts.get(value, 0) / share for value, share in shares.items()), default=0)
        wanted = {value: int(share * most + 1e-9) for value, share in shares.items()}
        return Goal(self.by, wanted, counts)


class Rare(BaseModel):
    """Make what is rare: until no value of a field is rarer than that, rarest first."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rare: str = Field(description="A metadata field.")
    below: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="The share of pairs below which a value is rare; by default half of what each "
        "would have if all had as many.",
    )

    @property
    def field(self) -> str:
        return self.rare

    def goal(self, counts: Mapping[str, int]) -> Goal:
        """How many pairs each rare value should have, of those it has; at most as many as any has.

        What is made of some values makes the others rarer, so that these may become rare too.
        """
        below = self.below or 0.5 / max(1, len(counts))
        most = max(counts.values(), default=0)
        rare: set[str] = set()
        wanted = below * sum(counts.values())
        while found := {v for v, count in counts.items() if count < wanted - 1e-9} - rare:
            rare |= found
            others = sum(count for value, count in counts.items() if value not in rare)
            room = 1 - below * len(rare)
            wanted = min(most, below * others / room) if room > 0 else most
        goal = min(most, math.ceil(wanted - 1e-9))
        return Goal(self.rare, dict.fromkeys(sorted(rare), goal), counts)


class Targets(BaseModel):
    """Of which pairs, and how many at most.

    Only pairs that fits may learn from become parents, so that nothing made is in a test split;
    `balance` and `fill` count what is in the training split, or all where there is none. Parents
    take turns in an order drawn from their ids. What is rejected is made up for by other children,
    until the targets are met or parents run out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    at_most: float | None = Field(
        None, gt=0, lt=1, description="The share of all pairs that may be synthetic at most."
    )
    at_most_per: dict[str, float] = Field(
        {},
        description="By metadata field: the share of the pairs of each of its values that may be "
        "synthetic at most; unknown is a value.",
    )
    balance: Balance | None = Field(
        None, description="Make only of values that are underrepresented."
    )
    fill: Literal["rare"] | Rare | None = Field(
        None,
        description="Make only of values that are rare: of one metadata field, or with `rare` of "
        "any field that is a `group`.",
    )

    @model_validator(mode="after")
    def _one_goal(self) -> Targets:
        if self.balance and self.fill:
            raise ValueError("balance and fill are two ways to say what is made: name one")
        wrong = [name for name, share in self.at_most_per.items() if not 0 < share < 1]
        if wrong:
            raise ValueError(f"at_most_per: {wrong[0]}: a share lies between 0 and 1")
        return self

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong, with paths that begin at `targets`."""
        for path, name in self._named():
            known = tuple(metadata_fields(fields))
            if name not in known:
                message = f"'{name}' is no metadata field"
                yield Objection(("targets", *path), message, candidates=known)
        if self.fill == "rare" and not group_fields(fields):
            message = "no field is a group of which values could be rare"
            yield Objection(("targets", "fill"), message, "{rare: <metadata field>}")

    def _named(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if self.balance:
            yield ("balance", "by"), self.balance.by
        if isinstance(self.fill, Rare):
            yield ("fill", "rare"), self.fill.rare
        yield from ((("at_most_per", name), name) for name in self.at_most_per)

    def plan(self, table: pl.DataFrame, source: str, fields: Fields, each: int, seed: int) -> Plan:
        """What to make of these pairs, `each` of one at most, of those that hold a `source`."""
        import polars as pl

        trained = table.filter(pl.col("split") == "train") if _is_split(table) else table
        goals = (rule.goal(_counts(trained, rule.field)) for rule in self._rules(fields))
        return Plan(
            self._candidates(table, source, fields, each, seed), tuple(goals), self._caps(table)
        )

    def _rules(self, fields: Fields) -> list[Balance | Rare]:
        if self.balance:
            return [self.balance]
        if self.fill == "rare":
            return [Rare(rare=name) for name in group_fields(fields)]
        return [self.fill] if self.fill else []

    def _candidates(
        self, table: pl.DataFrame, source: str, fields: Fields, each: int, seed: int
    ) -> pl.DataFrame:
        import polars as pl

        from curate.pairs.draw import uniform

        named = {name for _, name in self._named()} | {r.field for r in self._rules(fields)}
        parents = table.filter(learned(table) & pl.col(f"{source}_sha256").is_not_null())
        drawn = uniform(parents["pair_id"], seed, "synthesize")
        known = parents.select(
            "pair_id",
            uniform=drawn,
            index=pl.lit(list(range(each)), pl.List(pl.Int64)),
            **{f"by {name}": pl.col(name).cast(pl.String) for name in sorted(named)},
        )
        every = known.explode("index").sort("index", "uniform", "pair_id").drop("uniform")
        return every.with_row_index("place")

    def _caps(self, table: pl.DataFrame) -> tuple[Cap, ...]:
        caps = [] if self.at_most is None else [_cap(table, None, self.at_most)]
        return (*caps, *(_cap(table, name, share) for name, share in self.at_most_per.items()))


def _is_split(table: pl.DataFrame) -> bool:
    return "split" in table.columns and bool((table["split"] == "train").any())


def _counts(table: pl.DataFrame, name: str) -> dict[str, int]:
    """How many pairs have each value; those that have none do not count."""
    import polars as pl

    values = table.select(value=pl.col(name).cast(pl.String)).drop_nulls()
    return dict(values.group_by("value").len().iter_rows())


def _cap(table: pl.DataFrame, name: str | None, share: float) -> Cap:
    """Room for so many that their share of what there will be is no higher."""
    import polars as pl

    value = pl.lit(None, pl.String) if name is None else pl.col(name).cast(pl.String)
    made = pl.col("origin").is_in([DECLARED, SYNTHETIC])
    counts = (
        table.select(value=value.fill_null(UNKNOWN), made=made)
        .group_by("value")
        .agg(made=pl.col("made").sum(), others=(~pl.col("made")).sum())
    )
    exact = Fraction(str(share))
    room = {
        value: math.floor(exact / (1 - exact) * others) - made
        for value, made, others in counts.iter_rows()
    }
    return Cap(name, room)

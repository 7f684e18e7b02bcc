"""What a recipe says under `governance: audit`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from curate.pairs.field import Fields, group_fields, metadata_fields
from curate.steps.step import Objection

LabelOrigin: TypeAlias = Literal["self-reported", "annotated", "lexicon", "inferred"]
ONE = 0.001
"""How far shares that should be one together may be off it."""


def _shares(shares: dict[str, float]) -> dict[str, float]:
    if any(not 0 <= share <= 1 for share in shares.values()):
        raise ValueError("shares lie between 0 and 1")
    if abs(sum(shares.values()) - 1) > ONE:
        raise ValueError(f"shares must be 1 together, these are {sum(shares.values()):g}")
    return shares


class AuditSettings(BaseModel):
    """How groups are compared, and when a difference between them is flagged.

    A group is flagged when its difference from the rest is both large and significant. Large means
    one of two things, since either alone is blind: where nearly all is kept a ratio hides that one
    group loses 15 % and another 2 %; where little is kept a difference hides that one group is kept
    half as often. 0.8 is the four-fifths rule of the US Uniform Guidelines (29 CFR 1607.4 D), used
    both ways.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    smallest_group: int = Field(100, ge=1, description="Smaller groups are shown and not judged.")
    hidden_below: int = Field(
        10, ge=0, description="Of groups smaller than this no figures are shown."
    )
    ratio: float = Field(
        0.8,
        gt=0,
        le=1,
        description="A group is far from the rest if one of the two is kept less than this times as "
        "often as the other.",
    )
    difference: float = Field(
        0.05,
        ge=0,
        le=1,
        description="A group is far from the rest, too, if the shares kept of both lie further apart.",
    )
    significance: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="The chance of flagging any group although none is treated differently.",
    )
    cluster_by: str | None = Field(
        None,
        description="A metadata field whose equal values belong together (a speaker, a document): "
        "intervals and tests go by these instead of by pairs.",
    )
    reference: dict[str, Annotated[dict[str, float], AfterValidator(_shares)]] = Field(
        {},
        description="By group field, the share that each group should have: {gender: {woman: 0.5, "
        "man: 0.5}}.",
    )
    origins: dict[str, LabelOrigin] = Field(
        {},
        description="By group field, who said which group a pair is of: self-reported, annotated, "
        "lexicon or inferred.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong with these settings for a recipe's fields."""
        groups = group_fields(fields)
        for key in ("reference", "origins"):
            for name in sorted(set(getattr(self, key)) - set(groups)):
                yield Objection((key, name), f"'{name}' is no group field", _one_of(groups))
        if self.cluster_by is not None and self.cluster_by not in metadata_fields(fields):
            what = f"'{self.cluster_by}' is no metadata field"
            yield Objection(("cluster_by",), what, _one_of(metadata_fields(fields)))


def _one_of(names: list[str]) -> str:
    return f"one of {', '.join(names)}" if names else "mark a metadata field with `group: true`"

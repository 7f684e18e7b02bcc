"""What is asked of everything that is made before it is trusted, one kind of evidence at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.heard import Heard
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.synthesis import Synthesis


class Judge(Protocol):
    """One kind of evidence; a frozen pydantic model of its settings, one file each."""

    judges: ClassVar[tuple[str, ...]]
    """The modalities of what it can be asked about."""

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong with the settings, with paths below the judge's key."""

    def judge(
        self,
        children: pl.DataFrame,
        step: Synthesis,
        taken: pl.DataFrame,
        table: pl.DataFrame,
        ask: Ask,
    ) -> pl.DataFrame:
        """`pair_id` of every child, and of what is known `reason` (null where nothing is wrong),
        `score`, `threshold`, `detail`, `related_id`. `taken` are the children of earlier rounds that
        were taken, `table` the pairs that stood before.
        """


class Accept(BaseModel):
    """What a child must pass, in this order; the first reason against it is the ledger's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heard: Heard | None = Field(
        None, description="Speech: a recogniser must hear what it was made of."
    )

    def check(self, fields: Fields, made_type: str) -> Iterator[Objection]:
        """What is wrong, with paths that begin at `accept`."""
        for name, judge in self._judges():
            if made_type not in judge.judges:
                message = f"'{name}' judges {' and '.join(judge.judges)}, and {made_type} is made"
                yield Objection(("accept", name), message)
            for objection in judge.check(fields):
                yield Objection(
                    ("accept", name, *objection.path),
                    objection.message,
                    objection.expected,
                    objection.candidates,
                )

    def judged(
        self,
        children: pl.DataFrame,
        step: Synthesis,
        taken: pl.DataFrame,
        table: pl.DataFrame,
        ask: Ask,
    ) -> pl.DataFrame:
        """Children with `verdict` (`add` or `reject`) and what the ledger says of it."""
        import polars as pl

        said = children.select(
            "pair_id",
            reason=pl.when(pl.col("error").is_not_null()).then(pl.lit("could not be made")),
            detail="error",
        )
        said = _complete(said)
        for _, judge in self._judges():
            left = said.filter(pl.col("reason").is_null()).select("pair_id")
            asked = children.join(left, on="pair_id", how="semi", maintain_order="left")
            if asked.height:
                found = _complete(judge.judge(asked, step, taken, table, ask))
                said = said.update(found, on="pair_id", how="left")
        rejected = pl.col("reason").is_not_null()
        verdict = pl.when(rejected).then(pl.lit("reject")).otherwise(pl.lit("add"))
        return children.join(
            said.with_columns(verdict=verdict), on="pair_id", how="left", maintain_order="left"
        )

    def _judges(self) -> list[tuple[str, Judge]]:
        asked = ((name, getattr(self, name)) for name in type(self).model_fields)
        return [(name, judge) for name, judge in asked if judge is not None]


def _complete(found: pl.DataFrame) -> pl.DataFrame:
    from curate.ledger.verdict import verdicts

    return verdicts(found).drop("verdict")

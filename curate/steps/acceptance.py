"""What is asked of everything that is made before it is trusted, one kind of evidence at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.aligned import Aligned
from curate.steps.heard import Heard
from curate.steps.meaning import Meaning
from curate.steps.safe import Safe
from curate.steps.step import Ask, Objection
from curate.steps.unlike import Collapsed, Memorised

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.synthesis import Synthesis
    from curate.steps.trial import Trial


class Judge(Protocol):
    """One kind of evidence; a frozen pydantic model of its settings, one file each."""

    judges: ClassVar[tuple[str, ...]]
    """The modalities of what it can be asked about."""
    extras: ClassVar[tuple[str, ...]]
    """Extras of `curate` that it needs."""

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong with the settings, with paths below the judge's key."""

    def judge(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        """`pair_id` of every child, and of what is known `reason` (null where nothing is wrong),
        `score`, `threshold`, `detail`, `related_id`.
        """


class Accept(BaseModel):
    """What a child must pass, in this order; the first reason against it is the ledger's.

    Each step asks what is sensible of the things it makes; `false` asks it not to, and settings in
    place of `true` say how.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    heard: Heard | bool | None = Field(
        None, description="Speech: a recogniser must hear what it was made of."
    )
    aligned: Aligned | bool | None = Field(
        None, description="Pictures: they must match their text as collected pairs do."
    )
    safe: Safe | bool | None = Field(None, description="Pictures and films: nothing pornographic.")
    memorised: Memorised | bool | None = Field(
        None, description="It may be no near-duplicate of anything collected."
    )
    collapsed: Collapsed | bool | None = Field(
        None, description="It may be no near-duplicate of anything made before it."
    )
    meaning: Meaning | bool | None = Field(
        None, description="Texts: they must say what they were made of, in other words."
    )

    def check(self, fields: Fields, step: Synthesis) -> Iterator[Objection]:
        """What is wrong, with paths that begin at `accept`."""
        for name, judge in self._judges(step):
            if step.made_type not in judge.judges:
                message = (
                    f"'{name}' judges {' and '.join(judge.judges)}, and {step.made_type} is made"
                )
                yield Objection(("accept", name), message)
            for found in judge.check(fields):
                path = ("accept", name, *found.path)
                yield Objection(path, found.message, found.expected, found.candidates)

    def extras(self, step: Synthesis) -> set[str]:
        """Extras of `curate` that the judges need."""
        return {extra for _, judge in self._judges(step) for extra in judge.extras}

    def judged(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        """Children with `verdict` (`add` or `reject`) and what the ledger says of it: the words of the
        judge that rejected, or of the last that gave a score.
        """
        import polars as pl

        said = trial.children.select(
            "pair_id",
            reason=pl.when(pl.col("error").is_not_null()).then(pl.lit("could not be made")),
            detail="error",
        )
        said = _complete(said)
        for _, judge in self._judges(trial.step):
            left = said.filter(pl.col("reason").is_null()).select("pair_id")
            asked = trial.children.join(left, on="pair_id", how="semi", maintain_order="left")
            if asked.height:
                found = _complete(judge.judge(replace(trial, children=asked), ask))
                told = found.filter(pl.any_horizontal(pl.col("reason", "score").is_not_null()))
                said = pl.concat([said.join(told, on="pair_id", how="anti"), told])
        rejected = pl.col("reason").is_not_null()
        verdict = pl.when(rejected).then(pl.lit("reject")).otherwise(pl.lit("add"))
        return trial.children.join(
            said.with_columns(verdict=verdict), on="pair_id", how="left", maintain_order="left"
        )

    def _judges(self, step: Synthesis) -> list[tuple[str, Judge]]:
        found: list[tuple[str, Judge]] = []
        for name, kind in JUDGES.items():
            told = getattr(self, name)
            wanted = name in step.asks if told is None else told
            if wanted is not False:
                found.append((name, kind() if wanted is True else wanted))
        return found


JUDGES: dict[str, type[Judge]] = {
    "heard": Heard,
    "aligned": Aligned,
    "safe": Safe,
    "memorised": Memorised,
    "collapsed": Collapsed,
    "meaning": Meaning,
}
"""By the key in `accept`, in the order in which they are asked."""


def _complete(found: pl.DataFrame) -> pl.DataFrame:
    from curate.ledger.verdict import verdicts

    return verdicts(found).drop("verdict")

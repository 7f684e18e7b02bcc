"""Whether spans stand where they are spoken: per recording, by the clock of all its cues together.

A clock is believed when its chance, its margin and its error are within the bounds below; of cues that belong
to another recording, one in a thousand gets so far (`tests/steps/test_pair_time.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate.fits.clock import clock
from curate.ledger.verdict import verdicts
from curate.measures.activity import FRAMES_A_SECOND, STEPS_A_DECIBEL, sound_activity
from curate.pairs.span import DECIMALS
from curate.steps.step import Outcome

if TYPE_CHECKING:
    from curate.steps.step import Ask

CHANCE = 0.001
"""How seldom cues of another recording may fit as well, for a clock to be believed."""
MARGIN = 0.1
"""Least margin of a clock that is believed."""
ERROR = 0.25
"""Largest standard error of a clock that is believed, in seconds, anywhere in the recording."""
CLOCK = clock(rate=FRAMES_A_SECOND, steps_a_decibel=STEPS_A_DECIBEL)


_CLOCKED = ("unknown", "right", "outside", "wrong")


@dataclass(frozen=True)
class Cues:
    """Spans of the field `sound`, with what is said there in the field `text`."""

    sound: str
    text: str
    tolerance: float
    """Seconds by which a recording's cues may be off."""
    repair: bool
    """Move the spans of clocks that are off; else they are dropped."""

    def judge(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        cues = self._cues(table)
        heard = self._heard(cues, ask)
        found = ask.fit(CLOCK, _by_file(cues, heard))
        said = cues.join(heard.select("file", "error", "seconds"), on="file", how="left")
        said = said.join(found, on="file", how="left", maintain_order="left")
        said = said.with_columns(_placed()).with_columns(_off())
        said = said.with_columns(self._case(), estimate=_estimate(said))
        return Outcome(verdicts(said.select(self._verdict())), changed=self._changed(said))

    def _cues(self, table: pl.DataFrame) -> pl.DataFrame:
        """`pair_id`, `file`, `start`, `end` of every pair; `said` where it is a cue."""
        named = {"file": "file_sha256", "start": "start", "end": "end"}
        columns = {new: f"{self.sound}_{old}" for new, old in named.items()}
        whole = pl.all_horizontal(pl.col(*columns.values(), self.text).is_not_null())
        return table.select("pair_id", is_cue=whole, **columns)

    def _heard(self, cues: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        files = cues.filter("is_cue")["file"]
        measure = sound_activity(ask.fields[self.sound].type)
        return ask.measure(measure, files).rename({"key": "file"})

    def _case(self) -> pl.Expr:
        """What is true of a pair, in one word."""
        known = (
            (pl.col("chance") <= CHANCE)
            & (pl.col("margin") >= MARGIN)
            & (pl.col("time_error") <= ERROR)
        )
        outside = (pl.col("new_start") < -self.tolerance) | (
            pl.col("new_end") > pl.col("seconds") + self.tolerance
        )
        return (
            pl.when(~pl.col("is_cue"))
            .then(pl.lit("no cue"))
            .when(pl.col("error").is_not_null())
            .then(pl.lit("unreadable"))
            .when(~known.fill_null(False))
            .then(pl.lit("unknown"))
            .when(pl.col("off") <= self.tolerance)
            .then(pl.lit("right"))
            .when(pl.lit(self.repair) & outside)
            .then(pl.lit("outside"))
            .otherwise(pl.lit("wrong"))
            .alias("case")
        )

    def _verdict(self) -> list[pl.Expr]:
        """The ledger's columns; the score is how far off the clock is, or how likely chance is."""
        case, clocked = pl.col("case"), pl.col("case").is_in(_CLOCKED)
        verdict, reason = zip(*self._words.values(), strict=True)
        unknown, broken = case == "unknown", pl.lit(f"{self.sound}: ") + pl.col("error")
        bound = pl.when(unknown).then(pl.lit(CHANCE)).otherwise(pl.lit(self.tolerance))
        cases = list(self._words)
        return [
            pl.col("pair_id"),
            case.replace_strict(cases, verdict, return_dtype=pl.String).alias("verdict"),
            case.replace_strict(cases, reason, return_dtype=pl.String).alias("reason"),
            pl.when(unknown).then("chance").when(clocked).then("off").alias("score"),
            pl.when(clocked).then(bound).alias("threshold"),
            pl.when(case != "no cue").then(pl.coalesce(broken, "note", "estimate")).alias("detail"),
        ]

    @property
    def _words(self) -> dict[str, tuple[str, str | None]]:
        """Verdict and reason of each case."""
        return {
            "no cue": ("not_assessed", "no span with words"),
            "unreadable": ("unreadable", f"{self.sound} unreadable"),
            "unknown": ("drop", "clock not known"),
            "right": ("keep", None),
            "outside": ("drop", "span leaves the recording"),
            "wrong": ("change", "clock repaired") if self.repair else ("drop", "clock is off"),
        }

    def _changed(self, said: pl.DataFrame) -> pl.DataFrame | None:
        moved = said.filter(pl.col("case") == "wrong")
        if not self.repair or moved.is_empty():
            return None
        start = pl.col("new_start").clip(lower_bound=0)
        end = pl.min_horizontal("new_end", "seconds")
        return moved.select(
            "pair_id",
            pl.col("file").alias(f"{self.sound}_file_sha256"),
            start.round(DECIMALS).alias(f"{self.sound}_start"),
            end.round(DECIMALS).alias(f"{self.sound}_end"),
        )


def _by_file(cues: pl.DataFrame, heard: pl.DataFrame) -> pl.DataFrame:
    """What the fit sees: one row per readable file, its cues in order, each once."""
    spans = cues.filter("is_cue").select("file", "start", "end").unique()
    spans = spans.sort("file", "start", "end").group_by("file", maintain_order=True).all()
    sound = heard.filter(pl.col("error").is_null()).select("file", "levels")
    return spans.join(sound, on="file", maintain_order="left")


def _placed() -> list[pl.Expr]:
    """Where the clock puts a span."""
    return [
        (pl.col("offset") + (1 + pl.col("drift")) * pl.col(end)).alias(f"new_{end}")
        for end in ("start", "end")
    ]


def _off() -> pl.Expr:
    """By how much the worst cue of the same recording is off."""
    by_end = [(pl.col(f"new_{end}") - pl.col(end)).abs() for end in ("start", "end")]
    return pl.max_horizontal(by_end).max().over("file").alias("off")


def _estimate(said: pl.DataFrame) -> pl.Series:
    """Clocks in words: `offset +0.70 s, drift +0.50 %, correlation 0.83, error 0.03 s`."""
    rows = said.select("offset", "drift", "correlation", "time_error").iter_rows()
    words = [None if row[0] is None else _words(*row) for row in rows]
    return pl.Series(words, dtype=pl.String)


def _words(offset: float, drift: float, correlation: float, error: float) -> str:
    clock = f"offset {offset:+.2f} s, drift {100 * drift:+.2f} %"
    return f"{clock}, correlation {correlation:.2f}, error {error:.2f} s"

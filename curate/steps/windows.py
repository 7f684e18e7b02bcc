"""Recordings of one scene, cut into windows of the one that keeps time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate.ledger.verdict import verdicts
from curate.measures.windows import window_grid, window_join
from curate.pairs.field import Fields
from curate.steps.lines import lines_of, with_texts
from curate.steps.step import Outcome

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

_KEY = ["pair_id", "number"]
_MEASURED = ("start", "end", "coverage", "distance", "bytes")
_OF_FIELD = ("", "_sha256", "_file_sha256", "_start", "_end")


@dataclass(frozen=True)
class Windows:
    """How to cut; `others` go with `clock`, and all times are in seconds."""

    clock: str
    others: tuple[str, ...]
    window: float
    step: float
    tolerance: float
    coverage: float
    nearest: bool
    texts: tuple[str, ...] = ()
    """Fields of pairs that are spans of the clock, joined to the windows that they overlap."""

    def grid(self, modality: str) -> Measure:
        """The measure that says where the windows of a recording lie."""
        return window_grid(modality, self.window, self.step)

    def cut(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        """A pair per window that every stream covers; each pair of whole recordings is used up."""
        lines = lines_of(table, self.clock, self.texts)
        outcome = self._cut(table.join(lines, on="pair_id", how="anti"), ask)
        if lines.is_empty() or outcome.added is None:
            return outcome
        added, said = with_texts(outcome.added, lines, self.clock, self.texts)
        both = pl.concat([outcome.verdicts, verdicts(said)])
        order = table.select("pair_id")
        return Outcome(order.join(both, on="pair_id", maintain_order="left"), added=added)

    def _cut(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        keys = table.select("pair_id", left=f"{self.clock}_sha256")
        grids = ask.measure(self.grid(ask.fields[self.clock].type), keys["left"])
        found = keys.join(grids.rename({"key": "left"}), on="left", maintain_order="left")
        windows, errors = _by_window(found, self.clock), [_errors(found, self.clock)]
        for name in self.others:
            found = self._laid_over(table, name, ask)
            laid = _by_window(found, name)
            windows = windows.join(laid, on=_KEY, how="left", maintain_order="left")
            errors.append(_errors(found, name))
        broken = pl.concat(errors).unique("pair_id", keep="first", maintain_order=True)
        sound = windows.join(broken, on="pair_id", how="anti", maintain_order="left")
        sound = sound.with_columns(self._lacking())
        said = verdicts(self._said(keys, sound, broken))
        return Outcome(said, added=self._pairs(table, sound, ask.fields))

    def _laid_over(self, table: pl.DataFrame, name: str, ask: Ask) -> pl.DataFrame:
        """Of each pair that has the stream: `error` and what is measured of it, as lists."""
        sides = {"left": f"{self.clock}_sha256", "right": f"{name}_sha256"}
        keys = table.select("pair_id", **sides).drop_nulls()
        clock, kind = ask.fields[self.clock].type, ask.fields[name].type
        nearest = name in self._sampled(ask.fields)
        join = window_join(clock, kind, self.window, self.step, self.tolerance, nearest=nearest)
        return keys.join(ask.compare(join, keys), on=["left", "right"], maintain_order="left")

    def _sampled(self, fields: Fields) -> list[str]:
        """The streams whose content becomes samples at the clock's ticks."""
        return [name for name in self.others if self.nearest and fields[name].type == "sensor"]

    def _lacking(self) -> pl.Expr:
        """The first stream that covers too little of a window; a pair may be without a stream."""
        too_few = [
            pl.when(pl.col(f"{name}_coverage") < self.coverage).then(pl.lit(name))
            for name in self.others
        ]
        return pl.coalesce(*too_few, pl.lit(None, pl.String)).alias("lacking")

    def _said(
        self, keys: pl.DataFrame, windows: pl.DataFrame, broken: pl.DataFrame
    ) -> pl.DataFrame:
        """Whole recordings live on in their windows; those that give none are out."""
        counts = _counts(windows)
        said = keys.join(counts, on="pair_id", how="left", maintain_order="left")
        said = said.join(broken, on="pair_id", how="left", maintain_order="left")
        cases = [
            (pl.col("left").is_null(), "not_assessed", pl.lit(f"no {self.clock} to keep time")),
            (pl.col("error").is_not_null(), "unreadable", pl.col("field") + " unreadable"),
            (pl.col("made").is_null(), "drop", pl.lit("shorter than a window")),
            (pl.col("made") == 0, "drop", pl.lit("no window with enough samples")),
            (pl.lit(True), "paired", pl.lit("cut in windows")),
        ]
        verdict = [pl.when(case).then(pl.lit(word)) for case, word, _ in cases]
        reason = [pl.when(case).then(why) for case, _, why in cases]
        error = pl.col("field") + ": " + pl.col("error")
        return said.select(
            "pair_id",
            verdict=pl.coalesce(verdict),
            reason=pl.coalesce(reason),
            threshold=pl.when(pl.col("made").is_not_null()).then(pl.lit(self.coverage)),
            detail=pl.coalesce(error, "detail"),
        )

    def _pairs(self, table: pl.DataFrame, windows: pl.DataFrame, fields: Fields) -> pl.DataFrame:
        """One row per window that is made, its fields written as in `Outcome.added`."""
        made = windows.filter(pl.col("lacking").is_null())
        sampled = self._sampled(fields)
        spans = [name for name in (self.clock, *self.others) if name not in sampled]
        files = [f"{name}_file_sha256" for name in spans]
        carried = _carried(table, [name for name in fields if name not in (*spans, *sampled)])
        made = made.join(
            table.select("pair_id", *files, *carried), on="pair_id", maintain_order="left"
        )
        ends = [f"{name}_{end}" for name in spans for end in ("start", "end")]
        coverage = [pl.col(f"{name}_coverage") for name in self.others]
        said = {
            "parents": pl.concat_list("pair_id"),
            "reason": pl.lit("window"),
            "score": pl.min_horizontal(pl.lit(1.0), *coverage),
            "detail": _distances(self.others),
        }
        given = [*carried, *files, *ends, *(f"{name}_bytes" for name in sampled)]
        return made.select(*(value.alias(name) for name, value in said.items()), *given)


def _carried(table: pl.DataFrame, names: list[str]) -> list[str]:
    """The columns of fields that every window of a pair has in common."""
    columns = [name + end for name in names for end in _OF_FIELD]
    return [name for name in columns if name in table.columns]


def _by_window(found: pl.DataFrame, name: str) -> pl.DataFrame:
    """`pair_id`, `number` and, named after the field, what is measured: a row per window."""
    lists = [column for column in _MEASURED if column in found.columns]
    some = found.filter(pl.col("error").is_null(), pl.col("start").list.len() > 0)
    rows = some.select("pair_id", *lists).explode(lists)
    rows = rows.rename({column: f"{name}_{column}" for column in lists})
    return rows.with_columns(number=pl.int_range(pl.len()).over("pair_id"))


def _errors(found: pl.DataFrame, name: str) -> pl.DataFrame:
    return found.drop_nulls("error").select("pair_id", "error", field=pl.lit(name))


def _counts(windows: pl.DataFrame) -> pl.DataFrame:
    """`pair_id`, `made`, and in words: `windows made: 12; left out: accel 3, gyro 1`."""
    lost = windows.drop_nulls("lacking").group_by("pair_id", "lacking").len().sort("lacking")
    words = pl.format("{} {}", "lacking", "len")
    lost = lost.group_by("pair_id").agg(lost=words.str.join(", "))
    made = windows.group_by("pair_id").agg(made=pl.col("lacking").is_null().sum())
    both = made.join(lost, on="pair_id", how="left")
    left_out = pl.format("; left out: {}", "lost").fill_null("")
    detail = pl.format("windows made: {}{}", "made", left_out)
    return both.select("pair_id", "made", detail=detail)


def _distances(names: tuple[str, ...]) -> pl.Expr:
    """`accel within 0.012 s, gyro within 0.009 s`."""
    words = [
        pl.format(name + " within {} s", pl.col(f"{name}_distance").round(3)) for name in names
    ]
    said = pl.concat_str(words, separator=", ", ignore_nulls=True) if words else pl.lit("")
    return said.replace("", None)

"""How the clock of cues runs against the clock of a recording: an offset and a drift.

    time in the recording = offset + (1 + drift) * time written in the cue

The cues are drawn as a signal, one inside a cue and zero between them, and laid over what is heard
in the recording at every offset and drift within reach (cross-correlation, by FFT, ten frames a
second); the best place is then refined to fractions of a frame on the full signals, along the
shifts of the first and the last cue. How sure that is, two numbers say: the `margin`, by how much
the best correlation stands above the best one of any clock that nowhere comes within a second of
it, and the standard errors, from leaving out each twelfth of the recording in turn (jackknife).
Cues of another recording, music and a rhythm all have a small margin: they fit as well elsewhere.

`estimate` takes any two signals, of motion as well as of sound.

In:   file, start, end (lists of seconds, one per cue), levels (bytes, `curate.measures.activity`)
Out:  file, cues, offset, drift (a share), correlation (-1 to 1), margin (0 to 1),
      offset_error, drift_error (standard errors), time_error (the largest of any time in the
      recording, seconds), note (why there is no estimate)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.fits.fit import Fit

Signal: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

FEWEST = 5
"""Cues below which any clock fits some of what is heard."""
COARSE = 10
"""Frames a second of the search."""
SLIP = 0.5
"""Seconds by which neighbouring drifts of the search differ at the end of a recording."""
APART = 1.0
"""Seconds by which another clock differs from the best one at every time."""
REFINE = (0.1, 0.04, 0.02)
"""Seconds between neighbours of the finer and finer grids, seven wide in both shifts."""
BLOCKS = 12
RANGE = 40.0
"""Decibels below the loudest that count as nothing heard, however quiet the pauses are."""

RESULT: dict[str, type[pl.DataType]] = {
    "file": pl.String,
    "cues": pl.Int64,
    "offset": pl.Float64,
    "drift": pl.Float64,
    "correlation": pl.Float64,
    "margin": pl.Float64,
    "offset_error": pl.Float64,
    "drift_error": pl.Float64,
    "time_error": pl.Float64,
    "note": pl.String,
}


@dataclass(frozen=True)
class Clock:
    """An estimate; its fields are those of the result."""

    offset: float
    drift: float
    correlation: float
    margin: float
    offset_error: float
    drift_error: float
    time_error: float


@dataclass(frozen=True)
class Reach:
    """Where to search: offsets up to so many seconds, drifts up to so large a share, either way."""

    offset: float
    drift: float


def clock(*, rate: int, steps_a_decibel: int, offset: float = 30.0, drift: float = 0.05) -> Fit:
    """The declaration: frames a second and units of `levels`, and how far to search.

    A drift of 5 % takes in films shown at 25 pictures a second instead of 24 or 23.976.
    """
    return Fit(
        name="clock",
        version=1,
        compute="curate.fits.clock:factory",
        params={"rate": rate, "steps": steps_a_decibel, "offset": offset, "drift": drift},
        libraries=("numpy", "scipy"),
    )


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Files side by side, each on one thread."""
    reach = Reach(fit.params["offset"], fit.params["drift"])

    def compute(table: pl.DataFrame) -> pl.DataFrame:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows = pool.map(one, table.iter_rows(named=True))
            return pl.DataFrame(list(rows), schema=RESULT)

    def one(row: dict[str, Any]) -> dict[str, Any]:
        known = {"file": row["file"], "cues": len(row["start"])}
        if len(row["start"]) < FEWEST:
            return {**known, "note": f"fewer than {FEWEST} cues"}
        rate = fit.params["rate"]
        heard = activity(np.frombuffer(row["levels"], np.uint8) / fit.params["steps"])
        drawn = draw(np.array(row["start"]), np.array(row["end"]), len(heard), rate)
        found = estimate(drawn, heard, rate, reach)
        return {**known, "note": "nothing to compare"} if found is None else known | _row(found)

    return compute


def _row(found: Clock) -> dict[str, float]:
    """Rounded: what lies beyond differs between builds of the Fourier transform."""
    return {
        name: round(value, 7 if name.startswith("drift") else 4)
        for name, value in vars(found).items()
    }


def activity(decibels: Signal) -> Signal:
    """From 0, the level of the pauses, to 1, that of speech; both taken from the recording."""
    low, top = np.percentile(decibels, (10, 99)) if len(decibels) else (0.0, 0.0)
    low = max(low, top - RANGE)
    return np.asarray(np.clip((decibels - low) / max(top - low, 1.0) * 2 - 0.5, 0, 1))


def draw(start: Signal, end: Signal, frames: int, rate: int) -> Signal:
    """The share of each frame, `rate` a second, that lies inside a cue; at least `frames` long."""
    length = max(frames, int(np.ceil(end.max() * rate)))
    edges = np.concatenate([start, end]) * rate
    signs = np.repeat([1.0, -1.0], len(start))
    inside = np.clip(edges, 0, length - 1e-9)
    at = inside.astype(int)
    slope = np.zeros(length + 1)
    np.add.at(slope, at, signs * (1 - (inside - at)))
    np.add.at(slope, at + 1, signs * (inside - at))
    return np.asarray(np.clip(np.cumsum(slope)[:length], 0, 1))


def estimate(cues: Signal, heard: Signal, rate: int, reach: Reach) -> Clock | None:
    """The clock that lays `cues` best over `heard`, two signals of `rate` frames a second.

    None when either never changes.
    """
    if not len(heard) or np.ptp(heard) == 0 or np.ptp(cues) == 0:
        return None
    cues, heard = cues - cues.mean(), heard - heard.mean()
    search = _Search.over(_thin(cues, rate), _thin(heard, rate), reach)
    offset, drift, margin = search.best()
    return _Fine(cues, heard, rate).refine(offset, drift, margin)


def _thin(signal: Signal, rate: int) -> Signal:
    """Means of `rate / COARSE` frames; the rest at the end is padded with nothing."""
    step = rate // COARSE
    padded = np.pad(signal, (0, -len(signal) % step))
    return np.asarray(padded.reshape(-1, step).mean(axis=1))


def warp(signal: Signal, frames: int, offset: float, drift: float) -> Signal:
    """The signal on the other clock, `offset` in frames; zero where there is none."""
    at = (np.arange(frames) + 0.5 - offset) / (1 + drift) - 0.5
    return np.interp(at, np.arange(len(signal)), signal, left=0.0, right=0.0)


@dataclass(frozen=True)
class _Search:
    """Correlations over a grid of drifts (rows) and offsets (columns, seconds)."""

    drifts: Signal
    offsets: Signal
    correlation: Signal
    seconds: float
    """How long the recording is."""

    @classmethod
    def over(cls, cues: Signal, heard: Signal, reach: Reach) -> _Search:
        from scipy.fft import irfft, next_fast_len, rfft

        seconds = len(heard) / COARSE
        most = int(np.ceil(reach.drift * seconds / SLIP))
        drifts = np.arange(-most, most + 1) * (reach.drift / max(most, 1))
        longest = int(np.ceil(len(cues) * (1 + reach.drift)))
        lags = np.arange(-int(reach.offset * COARSE), int(reach.offset * COARSE) + 1)
        size = next_fast_len(max(longest, len(heard)) + int(lags[-1]) + 1, real=True)
        spectrum = rfft(heard, size)
        rows = np.empty((len(drifts), len(lags)), np.float32)
        for row, drift in enumerate(drifts):
            drawn = warp(cues, longest, 0.0, drift)
            power = np.sqrt((drawn @ drawn) * (heard @ heard))
            rows[row] = irfft(spectrum * rfft(drawn, size).conj(), size)[lags] / power
        return cls(drifts, lags / COARSE, rows, seconds)

    def best(self) -> tuple[float, float, float]:
        """Offset, drift, and the margin over every clock that keeps apart from it."""
        row, column = np.unravel_index(np.argmax(self.correlation), self.correlation.shape)
        offset, drift = float(self.offsets[column]), float(self.drifts[row])
        first = self.offsets[None, :] - offset
        last = first + (self.drifts[:, None] - drift) * self.seconds
        apart = (np.minimum(first, last) > APART) | (np.maximum(first, last) < -APART)
        highest = float(self.correlation[row, column])
        second = float(self.correlation[apart].max(initial=0.0))
        return offset, drift, max(0.0, 1 - second / highest) if highest > 0 else 0.0


@dataclass(frozen=True)
class _Fine:
    """The neighbourhood of an estimate on the full signals."""

    cues: Signal
    heard: Signal
    rate: int

    def refine(self, offset: float, drift: float, margin: float) -> Clock:
        """The summit of the correlation, and how far it moves without a part of the recording.

        Shifts are those at the first and the last instant: unlike offset and drift, they vary on
        one scale and hardly depend on one another.
        """
        seconds = len(self.heard) / self.rate
        ends = np.array([offset, offset + drift * seconds])
        for step in REFINE:
            blocks = self._blocks(ends, step)
            ends = ends + step * _summit(blocks.sum(axis=0))
        drift = float((ends[1] - ends[0]) / seconds)
        moved = np.array([_summit(blocks.sum(axis=0) - block) for block in blocks]) * REFINE[-1]
        first, last, apart = _jackknife(np.column_stack([moved, moved @ [-1, 1]]))
        correlation = self._correlation(ends)
        at_start, between = float(ends[0]), apart / seconds
        return Clock(at_start, drift, correlation, margin, first, between, max(first, last))

    def _blocks(self, ends: Signal, step: float) -> Signal:
        """(block, 49): products of both signals, summed over each block, for shifts around."""
        bounds = np.linspace(0, len(self.heard), BLOCKS + 1).astype(int)[:-1]
        products = [self.heard * self._laid(ends + step * shift) for shift in _shifts()]
        return np.array([np.add.reduceat(product, bounds) for product in products]).T

    def _laid(self, ends: Signal) -> Signal:
        drift = (ends[1] - ends[0]) * self.rate / len(self.heard)
        return warp(self.cues, len(self.heard), ends[0] * self.rate, drift)

    def _correlation(self, ends: Signal) -> float:
        drawn = self._laid(ends)
        return float(drawn @ self.heard / np.sqrt((drawn @ drawn) * (self.heard @ self.heard)))


def _jackknife(left_out: Signal) -> list[float]:
    """Standard errors, by column, from estimates that each leave out one of the blocks."""
    spread = left_out - left_out.mean(axis=0)
    errors = np.sqrt((len(spread) - 1) / len(spread) * np.square(spread).sum(axis=0))
    return [float(error) for error in errors]


@cache
def _shifts() -> Signal:
    """(49, 2): a grid of whole steps, three either way."""
    steps = np.arange(-3.0, 4.0)
    return np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)


@cache
def _paraboloid() -> Signal:
    """Least squares: from 49 values to the coefficients 1, x, y, xx, xy, yy."""
    x, y = _shifts().T
    return np.linalg.pinv(np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1))


def _summit(values: Signal) -> Signal:
    """Where the paraboloid through 49 values is highest, in steps; on the grid if it has no top."""
    _, x, y, xx, xy, yy = _paraboloid() @ values
    if xx < 0 and 4 * xx * yy - xy * xy > 0:
        top = np.linalg.solve([[2 * xx, xy], [xy, 2 * yy]], [-x, -y])
        if np.abs(top).max() <= 3:
            return np.asarray(top)
    return np.asarray(_shifts()[np.argmax(values)])

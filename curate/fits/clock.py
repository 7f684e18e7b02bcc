"""How the clock of cues runs against the clock of a recording: an offset and a drift.

    time in the recording = offset + (1 + drift) * time written in the cue

The cues are drawn as a signal, one inside a cue and zero between them, and laid over what is heard
in the recording at every offset and drift within reach (cross-correlation, by FFT, ten frames a
second); the best place is then refined to fractions of a frame on the full signals, along the
shifts of the first and the last instant.

Some clock always fits best, so that its correlation is held against those of others: twenty times
the cues and their pauses are shuffled and laid over the same recording, and `chance` is how often
cues of another recording would fit as well (a Gumbel distribution, by moments). It is high for
music, and for so few cues that they fit anywhere. The `margin`, by how much the best correlation is
above that of any clock that nowhere comes within a second of it, is low for a rhythm, which fits at
every beat. Standard errors come from leaving out each twelfth of the recording in turn (jackknife).

`estimate` takes any two signals, of motion as well as of sound.

In:   file, start, end (lists of seconds, one per cue), levels (bytes, `curate.measures.activity`)
Out:  file, cues, offset, drift (a share), correlation (-1 to 1), chance, margin (0 to 1),
      offset_error, drift_error (standard errors), time_error (the largest of any time in the
      recording, seconds), note (why there is no estimate)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.pairs.draw import uniform

Signal: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Rows: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

FEWEST = 5
"""Cues below which any clock fits some of what is heard."""
COARSE = 10
"""Frames a second of the search."""
SLIP = 0.5
"""Seconds by which neighbouring drifts of the search differ at the end of a recording."""
APART = 1.0
"""Seconds by which another clock differs from the best one at every time."""
OTHERS = 20
"""Shuffles that a correlation is held against."""
EVEN = 0.001
"""Scale of correlations below which shuffles are all alike."""
PIECES = 24
"""Of a signal that is no cues, put in another order."""
REFINE = (0.1, 0.04, 0.02)
"""Seconds between neighbours of the finer and finer grids, seven wide in both shifts."""
BLOCKS = 12
"""Parts of the recording that are left out in turn."""
RANGE = 40.0
"""Decibels below the loudest that count as nothing heard, however quiet the pauses are."""

RESULT: dict[str, type[pl.DataType]] = {
    "file": pl.String,
    "cues": pl.Int64,
    "offset": pl.Float64,
    "drift": pl.Float64,
    "correlation": pl.Float64,
    "chance": pl.Float64,
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
    chance: float
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
        start, end = np.array(row["start"]), np.array(row["end"])
        others = (draw(*cues, len(heard), rate) for cues in shuffled(start, end))
        found = estimate(draw(start, end, len(heard), rate), heard, rate, reach, others)
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


def estimate(
    cues: Signal, heard: Signal, rate: int, reach: Reach, others: Iterable[Signal]
) -> Clock | None:
    """The clock that lays `cues` best over `heard`, two signals of `rate` frames a second.

    The rate is a multiple of `COARSE`. `others` are signals like `cues` that belong to something else (`rearranged`, if nothing better
    is known); what fits no better than those has a high `chance`. None when one never changes.
    """
    if not len(heard) or np.ptp(heard) == 0 or np.ptp(cues) == 0:
        return None
    cues, heard = cues - cues.mean(), heard - heard.mean()
    search, coarse = _Search.within(reach, _thin(heard, rate)), _thin(cues, rate)
    found = search.correlations(coarse)
    thinned = (_thin(other - other.mean(), rate) for other in others)
    chance = search.chance(thinned, float(found.max()))
    offset, drift, margin = search.best(found)
    return _Fine(cues, heard, rate).refine(offset, drift, (chance, margin))


def _thin(signal: Signal, rate: int) -> Signal:
    """Means of `rate / COARSE` frames; the rest at the end is padded with nothing."""
    step = rate // COARSE
    padded = np.pad(signal, (0, -len(signal) % step))
    return np.asarray(padded.reshape(-1, step).mean(axis=1))


def warp(signal: Signal, frames: int, offset: float, drift: float) -> Signal:
    """The signal on the other clock, `offset` in frames; zero where there is none."""
    at = (np.arange(frames) + 0.5 - offset) / (1 + drift) - 0.5
    return np.asarray(np.interp(at, np.arange(len(signal)), signal, left=0.0, right=0.0))


@dataclass(frozen=True)
class _Search:
    """A grid of clocks: drifts, and offsets in frames, laid over `COARSE` frames a second."""

    heard: Signal
    drifts: Signal
    offsets: Rows

    @classmethod
    def within(cls, reach: Reach, heard: Signal) -> _Search:
        most = int(np.ceil(reach.drift * len(heard) / COARSE / SLIP))
        furthest = int(reach.offset * COARSE)
        drifts = np.linspace(-reach.drift, reach.drift, 2 * most + 1) if most else np.zeros(1)
        return cls(heard, drifts, np.arange(-furthest, furthest + 1))

    def correlations(self, cues: Signal) -> Signal:
        """(drifts, offsets)"""
        from scipy.fft import irfft, next_fast_len, rfft

        longest = int(np.ceil(len(cues) * (1 + self.drifts[-1])))
        size = next_fast_len(max(longest, len(self.heard)) + int(self.offsets[-1]) + 1, real=True)
        spectrum, power = rfft(self.heard, size), self.heard @ self.heard
        found = np.empty((len(self.drifts), len(self.offsets)))
        for row, drift in enumerate(self.drifts):
            drawn = warp(cues, longest, 0.0, drift)
            products = irfft(spectrum * rfft(drawn, size).conj(), size)[self.offsets]
            found[row] = products / np.sqrt((drawn @ drawn) * power)
        return found

    def best(self, found: Signal) -> tuple[float, float, float]:
        """Offset in seconds and drift of the highest, and its margin."""
        row, column = np.unravel_index(np.argmax(found), found.shape)
        first = (self.offsets - self.offsets[column])[None, :] / COARSE
        slip = (self.drifts - self.drifts[row])[:, None] * len(self.heard) / COARSE
        apart = (np.abs(first) > APART) & (np.abs(first + slip) > APART)
        second = found[apart & (first * (first + slip) > 0)].max(initial=0.0)
        margin = 1 - float(second / max(found[row, column], 1e-9))
        return float(self.offsets[column]) / COARSE, float(self.drifts[row]), max(0.0, margin)

    def chance(self, others: Iterable[Signal], correlation: float) -> float:
        """How often others fit as well, by the extreme value distribution of those tried."""
        tried = [self.correlations(other).max() for other in others]
        scale = float(np.std(tried, ddof=1)) * np.sqrt(6) / np.pi
        above = (correlation - float(np.mean(tried))) / max(scale, EVEN) + np.euler_gamma
        return float(-np.expm1(-np.exp(-above)))


def shuffled(start: Signal, end: Signal) -> Iterator[tuple[Signal, Signal]]:
    """Cues that another recording might have: as many, as long, and with the same pauses."""
    start, end = _apart(start, end)
    pauses, lengths = start - np.concatenate([[0.0], end[:-1]]), end - start
    for order, other in zip(
        _orders(len(start), "pauses"), _orders(len(start), "cues"), strict=True
    ):
        last = np.cumsum(pauses[order] + lengths[other])
        yield last - lengths[other], last


def _apart(start: Signal, end: Signal) -> tuple[Signal, Signal]:
    """Cues in order, those that overlap as one."""
    order = np.argsort(start)
    start, reached = start[order], np.maximum.accumulate(end[order])
    first = np.concatenate([[True], start[1:] > reached[:-1]])
    return start[first], reached[np.append(np.flatnonzero(first)[1:] - 1, len(start) - 1)]


def rearranged(signal: Signal) -> Iterator[Signal]:
    """What another movement might be like: the same pieces, backwards and in another order."""
    pieces = [piece[::-1] for piece in np.array_split(signal, PIECES)]
    for order in _orders(PIECES, "pieces"):
        yield np.concatenate([pieces[at] for at in order])


def _orders(count: int, purpose: str) -> list[Rows]:
    """`OTHERS` orders of so many things, by hashes."""
    names = pl.Series([f"{order} {thing}" for order in range(OTHERS) for thing in range(count)])
    draws = uniform(names, 0, f"clock {purpose}").to_numpy().reshape(OTHERS, count)
    return list(np.argsort(draws, axis=1))


@dataclass(frozen=True)
class _Fine:
    """The neighbourhood of an estimate on the full signals."""

    cues: Signal
    heard: Signal
    rate: int

    def refine(self, offset: float, drift: float, sure: tuple[float, float]) -> Clock:
        """The summit of the correlation, and how far it moves without a part of the recording.

        Shifts are those at the first and the last instant: unlike offset and drift, they vary on
        one scale and hardly depend on one another.
        """
        seconds = len(self.heard) / self.rate
        ends = np.array([offset, offset + drift * seconds])
        for step in REFINE:
            blocks = self._blocks(ends, step)
            ends = ends + step * _summit(_matched(blocks))
        drift = float((ends[1] - ends[0]) / seconds)
        left_out = [np.delete(blocks, at, axis=1) for at in range(BLOCKS)]
        moved = REFINE[-1] * np.array([_summit(_matched(others)) for others in left_out])
        first, last, apart = _jackknife(np.column_stack([moved, moved @ [-1, 1]]))
        correlation = self._correlation(ends)
        at_start, between = float(ends[0]), apart / seconds
        return Clock(at_start, drift, correlation, *sure, first, between, max(first, last))

    def _blocks(self, ends: Signal, step: float) -> Signal:
        """(2, block, 49): products of both signals and squares of the cues', summed over each
        block, for the shifts around.
        """
        bounds = np.linspace(0, len(self.heard), BLOCKS + 1).astype(int)[:-1]
        sums = []
        for shift in _shifts():
            laid = self._laid(ends + step * shift)
            sums.append([np.add.reduceat(laid * by, bounds) for by in (self.heard, laid)])
        return np.moveaxis(np.array(sums), 0, 2)

    def _laid(self, ends: Signal) -> Signal:
        drift = (ends[1] - ends[0]) * self.rate / len(self.heard)
        return warp(self.cues, len(self.heard), ends[0] * self.rate, drift)

    def _correlation(self, ends: Signal) -> float:
        drawn = self._laid(ends)
        return float(drawn @ self.heard / np.sqrt((drawn @ drawn) * (self.heard @ self.heard)))


def _matched(blocks: Signal) -> Signal:
    """Correlations, but for a factor, of 49 shifts; what a shift pushes out does not count."""
    products, squares = blocks.sum(axis=1)
    return np.asarray(products / np.sqrt(np.maximum(squares, 1e-12)))


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

"""Time and memory of finding copies among made-up signatures, ten thousand to ten million.

    python benchmarks/clustering.py [text|image|identical|strangers ...] [count ...]

`identical` are texts of one signature, all copies of one; `strangers` share their first band, in one
bucket, and are alike to nothing.

Nothing is decoded: what is timed starts with signatures and ends with who goes for whom. One in ten
is a near copy of an earlier one. Signatures are made when they are asked for, each from its number, so
that they need no memory of their own; a look compares signatures. Every count runs in a process of its
own, whose most memory is told; slopes are those of the logarithms of processor time: 1 is linear.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from workspace import show

from curate.measures.measure import Measure
from curate.measures.text_duplicate import PERMUTATIONS
from curate.steps.copies import Compared, alike, named
from curate.steps.like_image import Images
from curate.steps.like_text import Texts
from curate.steps.likeness import ALIKE
from curate.steps.sketches import NUMBERS

COUNTS = (10_000, 100_000, 1_000_000, 10_000_000)
_ODD = 0x9E3779B97F4A7C15
_BACK = np.uint64(pow(_ODD, -1, 1 << 64))
_AT_ONCE = 16_384


def keys(count: int) -> pl.Series:
    """Of contents 0 to `count`, hexadecimal and in no order, as hashes are."""
    mixed = (np.arange(count, dtype=np.uint64) * np.uint64(_ODD)).byteswap().tobytes()
    raw = pa.FixedSizeBinaryArray.from_buffers(pa.binary(8), count, [None, pa.py_buffer(mixed)])
    series = pl.Series("key", raw.cast(pa.binary())).bin.encode("hex")
    return (series + "0" * 48).rename("it_sha256")


def numbers(names: pl.Series) -> np.ndarray:
    """Which contents these are the keys of."""
    raw = b"".join(names.str.slice(0, 16).str.decode("hex"))
    return np.frombuffer(raw, ">u8").astype(np.uint64) * _BACK


def mixed(values: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def originals(places: np.ndarray) -> np.ndarray:
    """What each is a copy of: one in ten of an earlier one that is none, the others of themselves."""
    chance = _chance(places)
    earlier = (chance >> np.uint64(8)) % np.maximum(places, np.uint64(1))
    copies = (chance % np.uint64(10) == 0) & (_chance(earlier) % np.uint64(10) > 0)
    return np.where(copies, earlier, places)


def _chance(places: np.ndarray) -> np.ndarray:
    return mixed(places + np.uint64(1 << 40))


def drawn(places: np.ndarray, width: int, salt: int) -> np.ndarray:
    """One number of 64 bits for each place and column."""
    columns = np.arange(width, dtype=np.uint64) + np.uint64(salt << 32)
    return mixed(mixed(places)[:, None] + columns)


def signatures(places: np.ndarray) -> np.ndarray:
    """MinHash signatures; of a copy nine in ten numbers are those of what it copies."""
    own, of = drawn(places, PERMUTATIONS, 1), drawn(originals(places), PERMUTATIONS, 2)
    copied = (own % np.uint64(10) > 0) | (originals(places) == places)[:, None]
    return np.where(copied, of, own).astype(np.uint32)


def sketches(places: np.ndarray, name: str = "whole") -> np.ndarray:
    """Sketches of pictures; those of a copy differ by a few levels."""
    width, salt = NUMBERS[name], 10 + 2 * list(NUMBERS).index(name)
    of = drawn(originals(places), width, salt).astype(np.int8).astype(np.int16)
    grain = (drawn(places, width, salt + 1) % np.uint64(9)).astype(np.int16) - 4
    return (of + grain).clip(-128, 127).astype(np.int8)


def identical(places: np.ndarray) -> np.ndarray:
    return signatures(np.zeros_like(places))


def strangers(places: np.ndarray) -> np.ndarray:
    """Signatures of nothing in common but the first 8 numbers, which are every text's."""
    found = drawn(places, PERMUTATIONS, 5).astype(np.uint32)
    found[:, :8] = 1
    return found


def sliced(made: Any, places: np.ndarray) -> np.ndarray:
    parts = [made(places[start : start + _AT_ONCE]) for start in range(0, len(places), _AT_ONCE)]
    return np.concatenate(parts) if parts else made(places)


def rows(values: np.ndarray) -> pl.Series:
    """int8 (n, width) as bytes."""
    return pl.Series([row.tobytes() for row in values], dtype=pl.Binary)


@dataclass
class Made:
    """Answers with signatures made up from the keys."""

    texts: Callable[[np.ndarray], np.ndarray]
    fields: dict[str, Any] = field(default_factory=dict)

    def measure(self, measures: Measure | Sequence[Measure], names: pl.Series) -> pl.DataFrame:
        wanted = [measures] if isinstance(measures, Measure) else list(measures)
        frame = names.unique().sort().to_frame("key").rename({"key": "key"})
        places = numbers(frame["key"])
        for measure in wanted:
            if measure.name == "text.minhash":
                frame = frame.with_columns(signature=pl.Series(sliced(self.texts, places)))
            elif measure.name == "image.sketch":
                kinds = {
                    name: rows(sliced(partial(sketches, name=name), places)) for name in NUMBERS
                }
                frame = frame.with_columns(flat=pl.lit(False), **kinds)
        return frame.with_columns(error=pl.lit(None, pl.String))


def said(couples: pl.DataFrame, likeness: np.ndarray, least: float) -> pl.DataFrame:
    told = couples.with_columns(
        likeness=pl.Series(likeness, dtype=pl.Float64), detail=pl.lit("made up")
    )
    return told.filter(pl.col("likeness") >= least).cast(pl.Schema(ALIKE))


class MadeTexts(Texts):
    """Looks at signatures: the share of numbers that are equal."""

    def __init__(self, made: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__(0.8, 5, "character")
        object.__setattr__(self, "made", made)

    def verify(self, couples: pl.DataFrame, ask: Any) -> pl.DataFrame:
        parts = [pl.DataFrame(schema=ALIKE)]
        for part in couples.iter_slices(_AT_ONCE):
            left, right = (self.made(numbers(part[side])) for side in ("left", "right"))
            parts.append(said(part, (left == right).mean(1), self.threshold))
        return pl.concat(parts)


class MadeImages(Images):
    """Looks at sketches: the angle between them."""

    def verify(self, couples: pl.DataFrame, ask: Any) -> pl.DataFrame:
        parts = [pl.DataFrame(schema=ALIKE)]
        for part in couples.iter_slices(_AT_ONCE):
            left, right = (sketches(numbers(part[s])).astype(float) for s in ("left", "right"))
            length = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
            parts.append(said(part, (left * right).sum(1) / length, self.threshold))
        return pl.concat(parts)


TEXTS = {"text": signatures, "identical": identical, "strangers": strangers}
KINDS: dict[str, Any] = {word: MadeTexts(made) for word, made in TEXTS.items()}
KINDS["image"] = MadeImages(0.95)


def clustered(kind: str, count: int) -> dict[str, float]:
    nodes = keys(count).to_frame()
    start, before = time.perf_counter(), time.process_time()
    ask: Any = Made(TEXTS.get(kind, signatures))
    found = alike(nodes, [Compared("it", KINDS[kind])], ask)
    gone = named(found.edges, count).height
    spent = time.perf_counter() - start, time.process_time() - before
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": spent[0],
        "processor": spent[1],
        "memory": most,
        "found": gone / max(copies(kind, count), 1),
        "open": len(found.open),
    }


def copies(kind: str, count: int) -> int:
    """How many there are to be found."""
    if kind not in ("text", "image"):
        return count - 1 if kind == "identical" else 0
    parts = (
        np.arange(start, min(start + _AT_ONCE, count), dtype=np.uint64)
        for start in range(0, count, _AT_ONCE)
    )
    return sum(int((originals(part) != part).sum()) for part in parts)


def main() -> None:
    kinds = [word for word in sys.argv[1:] if word in KINDS] or list(KINDS)
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(COUNTS)
    if "--one" in sys.argv:
        print(json.dumps(clustered(kinds[0], counts[0])))
        return
    for kind in kinds:
        rows = [measured(kind, count) for count in counts]
        show(
            [kind, "seconds", "processor", "MB", "copies found", "left open"],
            [row for row, _ in rows],
        )
        used = [busy for _, busy in rows]
        if len(counts) > 1:
            slope = math.log(used[-1] / used[0]) / math.log(counts[-1] / counts[0])
            print(f"Slope of processor time: {slope:.2f}\n", flush=True)


def measured(kind: str, count: int) -> tuple[tuple[str, ...], float]:
    command = [sys.executable, __file__, "--one", kind, str(count)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    cells = [f"{told['seconds']:.1f}", f"{told['processor']:.1f}", f"{told['memory']:,.0f}"]
    return (f"{count:,}", *cells, f"{told['found']:.1%}", f"{told['open']:,}"), told["processor"]


if __name__ == "__main__":
    main()

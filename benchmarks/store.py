"""The measure store beside bare Parquet: a million vectors written, read by key, and put together.

    python benchmarks/store.py [values]

Values are unit vectors of 384 numbers, as an encoder of sentences makes them, which nothing compresses.
They are written as a build writes them, a fragment every couple of seconds, and read before and after
fragments are put together; bare is one file of the same rows in the same codec, synced as well. Each is
read from a warm cache. Then how far `float16` would change what is decided: couples of OpenMoji's captions
on either side of a cosine, by vectors of either width.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from workspace import show

from curate.measures.embedding import embed_texts, text_embedding
from curate.models.reference import locate
from curate.pairs.identity import content_hash
from curate.store.store import Shelf

WIDTH, FRAGMENT = 384, 20_000
ROW = {"embedding": pl.Array(pl.Float32, WIDTH)}


def vectors(count: int) -> pl.DataFrame:
    """Keys as hashes of contents are, in no order."""
    chance = np.random.default_rng(0)
    rows = chance.standard_normal((count, WIDTH), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    keys = [content_hash(str(number)) for number in range(count)]
    return pl.DataFrame(
        {"key": keys, "error": [None] * count, "embedding": rows},
        schema={"key": pl.String, "error": pl.String, **ROW},
    )


def timed(function: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds of the clock and of processors, and what came of it."""
    start, busy = time.perf_counter(), time.process_time()
    result = function()
    return time.perf_counter() - start, time.process_time() - busy, result


def bare_write(path: Path, frame: pl.DataFrame) -> None:
    with path.open("wb") as file:
        pq.write_table(frame.to_arrow(), file, compression="zstd", use_dictionary=False)
        file.flush()
        os.fsync(file.fileno())


def bare_read(path: Path, keys: pl.Series | None) -> pl.DataFrame:
    rows = pl.scan_parquet(path)
    return (rows if keys is None else rows.filter(pl.col("key").is_in(keys.implode()))).collect()


def compared(count: int) -> list[tuple[str, ...]]:
    frame = vectors(count)
    some = frame["key"].sample(10_000, seed=1)
    few = frame["key"].sample(100, seed=2)
    with TemporaryDirectory(prefix="curate-bench-") as folder:
        shelf, bare = Shelf(Path(folder, "values"), ROW), Path(folder, "bare.parquet")
        lines = [
            _line(
                "write", timed(lambda: _write(shelf, frame)), timed(lambda: bare_write(bare, frame))
            )
        ]
        for state in ("", ", put together"):
            if state:
                lines.append(_line("put together", timed(shelf.compact), None))
            for name, keys in (("all", shelf.keys()), ("10,000 by key", some), ("100 by key", few)):
                ours = timed(lambda k=keys: shelf.read(k).height)
                assert ours[2] == len(keys)
                theirs = timed(
                    lambda k=keys, n=name: bare_read(bare, None if n == "all" else k).height
                )
                lines.append(_line(f"read {name}{state}", ours, theirs))
        size = sum(path.stat().st_size for path in shelf.fragments())
        lines.append(
            (
                "bytes a value",
                f"{size / count:,.0f}",
                "",
                f"{bare.stat().st_size / count:,.0f}",
                "",
                "",
            )
        )
    return lines


def _write(shelf: Shelf, frame: pl.DataFrame) -> None:
    for start in range(0, frame.height, FRAGMENT):
        shelf.write(frame[start : start + FRAGMENT], seconds=0.0)


def _line(
    what: str, ours: tuple[float, float, Any], bare: tuple[float, float, Any] | None
) -> tuple[str, ...]:
    mine = (what, f"{ours[0]:.2f}", f"{ours[1]:.2f}")
    if bare is None:
        return (*mine, "", "", "")
    return (*mine, f"{bare[0]:.2f}", f"{bare[1]:.2f}", f"{ours[1] / bare[1]:.2f}")


def decisions() -> list[tuple[str, ...]]:
    """Couples of captions on the other side of a cosine when their vectors are rounded."""
    from curate.sources.openmoji import TEXTS, _drawings

    texts = sorted({text for code in _drawings() if (text := TEXTS["caption"](code))})
    measure = text_embedding()
    models = {role: locate(reference) for role, reference in measure.models.items()}
    whole = np.stack(embed_texts(measure, models)(texts)["embedding"].to_numpy())
    half = whole.astype(np.float16).astype(np.float32)
    above = [np.triu(each @ each.T, 1) for each in (whole, half)]
    return [
        (
            f"{bound}",
            f"{(above[0] >= bound).sum():,}",
            f"{((above[0] >= bound) != (above[1] >= bound)).sum():,}",
        )
        for bound in (0.7, 0.8, 0.9, 0.95)
    ]


if __name__ == "__main__":
    count = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    header = [
        f"{count:,} values",
        "seconds",
        "processor",
        "bare",
        "bare, processor",
        "processor, ratio",
    ]
    show(header, compared(count))
    show(["cosine", "couples above", "decided otherwise in float16"], decisions())

"""Time and memory from ten thousand to a million texts, and what one per cent more rows cost.

    python benchmarks/scale.py [rows ...]

Rows of 40 words are made up, one in ten a near copy. Each build filters, finds equal and nearly
equal texts, and releases them; then one per cent is added and it is built again. Slopes are those of
the logarithms: 1 is linear.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from workspace import CURATE, environment, show

_RECIPE = """\
name: scale
version: draft
fields:
  text: {type: text}
sources:
  - parquet: {path: rows.parquet, text: text}
steps:
  - filter: {text.words: {min: 1}}
  - dedup: {exact: text}
  - dedup: {near: text, minhash: {threshold: 0.7, ngram: 2, unit: word}}
release: {media: reference}
"""
_WORDS, _AT_ONCE = 40, 10_000


def rows(count: int, seed: int) -> pl.DataFrame:
    """Texts, made in blocks; copies stand in the block of what they copy."""
    chance = np.random.default_rng(7)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(chance.choice(letters, size)) for size in chance.integers(3, 10, 30_000)]
    blocks = [
        _block(min(_AT_ONCE, count - start), [seed, start]) for start in range(0, count, _AT_ONCE)
    ]
    texts = [" ".join(words[n] for n in row) for block in blocks for row in block.tolist()]
    return pl.DataFrame({"text": texts})


def _block(count: int, seed: list[int]) -> np.ndarray:
    chance = np.random.default_rng(seed)
    found = (chance.pareto(1.0, (count, _WORDS)) * 200).astype(int) % 30_000
    copies = np.flatnonzero(chance.random(count) < 0.1)
    found[copies] = found[chance.integers(0, count, len(copies))]
    found[copies, chance.integers(0, _WORDS, len(copies))] = chance.integers(0, 30_000, len(copies))
    return found


def built(recipe: Path) -> tuple[float, float, float]:
    """Seconds on the clock, of processors, and the most memory in MB that builds so far took."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [CURATE, "build", str(recipe), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    json.loads(done.stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used, after.ru_maxrss / 1024


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    table, used = [], []
    for size in sizes:
        with TemporaryDirectory(prefix="curate-bench-") as place:
            folder = Path(place, "work")
            folder.mkdir()
            recipe = folder / "scale.yaml"
            recipe.write_text(_RECIPE)
            first = rows(size, 0)
            first.write_parquet(folder / "rows.parquet")
            wall, busy, memory = built(recipe)
            pl.concat([first, rows(size // 100, 1)]).write_parquet(folder / "rows.parquet")
            again, busy_again, _ = built(recipe)
        used.append(busy)
        cells = [f"{wall:.1f}", f"{busy:.1f}", f"{memory:,.0f}", f"{again / wall:.0%}"]
        table.append((f"{size:,}", *cells, f"{busy_again / busy:.0%}"))
    show(["rows", "seconds", "processor", "MB", "1 % more, time", "1 % more, processor"], table)
    if len(sizes) > 1:
        slope = math.log(used[-1] / used[0]) / math.log(sizes[-1] / sizes[0])
        print(f"Slope of processor time: {slope:.2f}, on {os.cpu_count()} processors.")


if __name__ == "__main__":
    main()

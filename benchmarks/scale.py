"""Time, memory and disk from ten thousand to a million rows, and what one per cent more cost.

    python benchmarks/scale.py texts|pairs [rows ...]

Rows of 40 words, drawn from those of Python's own sources, are made up, one in ten a near copy. Texts are filtered, freed of equal and nearly
equal ones, and released. Pairs have a small picture each besides, noise in one of 32 sizes, whose
header and pixels are measured; a tenth of what is left is embedded and freed of what means the
same. Then one per cent is added and it is built again. Slopes are those of the logarithms: 1 is
linear.
"""

from __future__ import annotations

import ast
import io
import json
import math
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from PIL import Image
from workspace import CURATE, environment, show

_TEXTS = """\
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
_PAIRS = """\
name: scale
version: draft
fields:
  image: {type: image}
  text: {type: text}
sources:
  - parquet: {path: rows.parquet, image: image, text: text}
steps:
  - filter: {text.words: {min: 1}}
  - filter: {image.min_side: {min: 16}}
  - dedup: {exact: pair}
  - dedup: {near: text, minhash: {threshold: 0.7, ngram: 2, unit: word}}
  - split: {train: 0.9, test: 0.1}
  - select: {share: 0.1}
  - dedup: {semantic: text, encoder: embedded, likeness: 0.95}
release: {media: reference}
"""
_WORDS, _AT_ONCE = 40, 10_000


def rows(count: int, seed: int) -> pl.DataFrame:
    """Texts, made in blocks; copies stand in the block of what they copy."""
    words = vocabulary()
    blocks = [
        _block(min(_AT_ONCE, count - start), [seed, start], len(words))
        for start in range(0, count, _AT_ONCE)
    ]
    texts = [" ".join(words[n] for n in row) for block in blocks for row in block.tolist()]
    return pl.DataFrame({"text": texts})


@cache
def vocabulary() -> list[str]:
    """Words, the most frequent first."""
    count = Counter[str]()
    for path in sorted(Path(ast.__file__).parent.glob("*.py")):
        count.update(re.findall(r"[a-z]{2,}", path.read_text("utf-8", "ignore").lower()))
    return [word for word, _ in count.most_common()]


def _block(count: int, seed: list[int], words: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    found = (chance.pareto(1.0, (count, _WORDS)) * 200).astype(int) % words
    copies = np.flatnonzero(chance.random(count) < 0.1)
    found[copies] = found[chance.integers(0, count, len(copies))]
    found[copies, chance.integers(0, _WORDS, len(copies))] = chance.integers(0, words, len(copies))
    return found


def pairs(count: int, seed: int) -> pl.DataFrame:
    """The same texts, each with a picture of its own."""
    images = pl.Series("image", [_picture(seed, number) for number in range(count)], pl.Binary)
    return rows(count, seed).with_columns(images)


def _picture(seed: int, number: int) -> bytes:
    chance, file = np.random.default_rng([seed, number]), io.BytesIO()
    side = 16 + number % 32
    pixels = chance.integers(0, 256, (side // 4, side // 4, 3), np.uint8)
    Image.fromarray(pixels).resize((side, side)).save(file, "JPEG", quality=80)
    return file.getvalue()


KINDS = {"texts": (_TEXTS, rows), "pairs": (_PAIRS, pairs)}


def built(recipe: Path) -> tuple[float, float, float]:
    """Seconds on the clock, of processors, and the most memory in MB that builds so far took."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [CURATE, "build", str(recipe), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    json.loads(done.stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used, after.ru_maxrss / 1024


def held(folder: Path) -> int:
    """Bytes of the store, releases and all else that builds left."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(kind: str = "texts", *counts: str) -> None:
    (text, made), sizes = (
        KINDS[kind],
        [int(count) for count in counts] or [10_000, 100_000, 1_000_000],
    )
    table, used = [], []
    for size in sizes:
        with TemporaryDirectory(prefix="curate-bench-") as place:
            folder = Path(place, "work")
            folder.mkdir()
            recipe, source = folder / "scale.yaml", folder / "rows.parquet"
            recipe.write_text(text)
            made(size, 0).write_parquet(source)
            wall, busy, memory = built(recipe)
            disk = held(folder) - source.stat().st_size
            pl.concat([pl.read_parquet(source), made(size // 100, 1)]).write_parquet(source)
            again, busy_again, _ = built(recipe)
        used.append(busy)
        cells = [f"{wall:.1f}", f"{busy:.1f}", f"{memory:,.0f}", f"{disk / size:,.0f}"]
        table.append((f"{size:,}", *cells, f"{again / wall:.0%}", f"{busy_again / busy:.0%}"))
    more = ("1 % more, time", "1 % more, processor")
    show([kind, "seconds", "processor", "MB", "bytes of disk each", *more], table)
    for (less, more_), (few, many) in zip(pairwise(used), pairwise(sizes), strict=True):
        slope = math.log(more_ / less) / math.log(many / few)
        print(f"Slope of processor time from {few:,} to {many:,}: {slope:.2f}.")


if __name__ == "__main__":
    main(*sys.argv[1:])

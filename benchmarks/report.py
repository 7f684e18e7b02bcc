"""What a report takes: seconds of a build, and bytes, by the size of the release.

    python benchmarks/report.py [pairs ...]

Pairs are made up: texts of 40 words, one in ten a near copy, and pictures of 32 by 32 pixels in one
of 50 groups. They are filtered, and freed of equal and nearly equal texts; the audit compares groups.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from PIL import Image
from scale import rows
from workspace import show

from curate.recipe import read_recipe
from curate.run import publishing
from curate.run.build import build

_RECIPE = """\
name: made-up
version: 1.0.0
fields:
  image: {type: image}
  text: {type: text}
  kind: {type: metadata, group: true}
sources:
  - parquet: {path: ../rows.parquet, image: image, text: text, kind: kind}
steps:
  - filter: {text.characters: {min: 200}}
  - dedup: {exact: pair}
  - dedup: {near: text, minhash: {threshold: 0.7, ngram: 2, unit: word}}
  - split: {train: 0.9, test: 0.1}
"""


def measured(pairs: int) -> tuple[float, float, int]:
    """Seconds of a build, of these for the report, and the report's bytes."""
    spent, write = [], publishing.write_report

    def timed(*given: Any) -> None:
        start = time.perf_counter()
        write(*given)
        spent.append(time.perf_counter() - start)

    publishing.write_report = timed
    with TemporaryDirectory() as folder:
        recipe = Path(folder) / "recipes" / "made-up.yaml"
        recipe.parent.mkdir()
        recipe.write_text(_RECIPE)
        kinds = pl.Series("kind", [f"kind {n % 50}" for n in range(pairs)])
        images = pl.Series("image", [_picture(n) for n in range(pairs)], pl.Binary)
        rows(pairs, 1).with_columns(images, kinds).write_parquet(Path(folder) / "rows.parquet")
        built = build(read_recipe(recipe))
        size = (built.path / "report.html").stat().st_size
    publishing.write_report = write
    return built.seconds, spent[0], size


def _picture(number: int) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


if __name__ == "__main__":
    lines = []
    for count in [int(given) for given in sys.argv[1:]] or [4_000, 100_000]:
        whole, report, size = measured(count)
        told = f"{whole:.1f}", f"{report:.1f}", f"{report / whole:.1%}", f"{size / 1e6:.1f}"
        lines.append((f"{count:,}", *told))
    show(("pairs", "build s", "report s", "of the build", "report MB"), lines)

"""How well the embedded encoder tells matched from mismatched pairs, out of fold.

    python benchmarks/alignment.py

Builds recipes/stamps.yaml as far as `align`, then scores every image with every distinct caption
by the head of its own fold: no image meets a head that has seen it, its copies or its caption.
Prints AUC (every own caption against every caption of others) and recall@k, where the right answer
is the pair's own caption among all distinct ones, or any image of the caption among all images.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from curate.fits.folds import Rows, each_fold
from curate.fits.head import HEAD, Head, Sides
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.align import Align

RECIPE = Path(__file__).parents[1] / "recipes" / "stamps.yaml"


def main() -> None:
    table = pairs()
    captions = table["said"].unique(maintain_order=True)
    first = table.unique("said", keep="first", maintain_order=True)["right"].to_numpy()
    own = table.select(pl.col("said").replace_strict(captions, range(captions.len()))).to_series()
    scores = grid(table, first.astype(np.float64))
    print(f"{table.height} pairs, {captions.len()} distinct captions\n")
    print("| scored by | AUC | image to text R@1/5/10 | text to image R@1/5/10 |")
    print("|---|---|---|---|")
    for name, values in scores.items():
        print(f"| {name} | {row(values, own.to_numpy())} |")


def pairs() -> pl.DataFrame:
    """What `align` learns from and scores, with the captions as folds compare them."""
    recipe = read_recipe(RECIPE)
    align = next(step for step in recipe.steps if isinstance(step, Align))
    with (
        tempfile.TemporaryDirectory() as store,
        opened(recipe, Options(store=Path(store)), Silence()) as (course, asking),
    ):
        course.run(asking)
        course.alive = course.ledger.frame().filter(pl.col("name") == align.title)["pair_id"]
        table = course.living
        vectors = align.vectors(table, asking).drop_nulls(["left", "right"])
    said = pl.col("caption").str.to_lowercase().str.strip_chars(" .!?")
    return vectors.join(table.select("pair_id", said=said), on="pair_id").sort("pair_id")


def grid(table: pl.DataFrame, captions: np.ndarray) -> dict[str, np.ndarray]:
    """Every image against every caption, by the fold that has seen neither."""
    sides, scores = Sides.of(table), np.zeros((3, table.height, len(captions)))

    def tell(known: Rows, rows: Rows) -> None:
        head, lefts = Head.learn(sides.only(known)), sides.left.only(rows)
        for grid_, some in zip(scores, (head.zero_shot, head.learned, head), strict=True):
            grid_[rows] = some.matrix(lefts, captions)

    each_fold(table, HEAD.params["folds"], tell)
    return dict(zip(("zero shot", "head", "both (the score)"), scores, strict=True))


def row(scores: np.ndarray, own: np.ndarray) -> str:
    matched = scores[np.arange(len(own)), own]
    mine = own[:, None] == np.arange(scores.shape[1])[None]
    others = np.sort(scores[~mine])
    auc = np.searchsorted(others, matched).mean() / len(others)
    to_text = (scores > matched[:, None]).sum(axis=1)
    best = np.where(mine, scores, -np.inf).max(axis=0)
    to_image = (scores > best[None]).sum(axis=0)
    return f"{auc:.3f} | {recall(to_text)} | {recall(to_image)}"


def recall(rank: np.ndarray) -> str:
    return " / ".join(f"{(rank < k).mean():.2f}" for k in (1, 5, 10))


if __name__ == "__main__":
    main()

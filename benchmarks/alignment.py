"""How well the embedded encoder tells matched from mismatched pairs, out of fold.

    python benchmarks/alignment.py

Builds recipes/stamps.yaml and recipes/openmoji.yaml as far as `align` and scores their pairs, each
by a head that has seen neither it nor its copies nor its caption. Prints

- AUC: pairs against the same images with four captions of other groups, drawn by hash
- recall@k: whether a pair's own caption, or an image of it, is among the k best of all distinct ones
- on the stamps, how many planted errors are found: 40 pairs exchange captions that are unlike,
  everything is learned anew, and the lowest scores are taken as far as 90 % of them are planted;
  mean and standard deviation of 50 plantings
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from curate.fits import head, ranks
from curate.pairs.components import components, stars
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.score import Score

RECIPES = Path(__file__).parents[1] / "recipes"
PLANTINGS, SWAPS, UNLIKE, PRECISION = 50, 20, 0.3, 0.9


def main() -> None:
    stamps = pairs(RECIPES / "stamps.yaml")
    print("| pairs | distinct captions | scored by | AUC | image to text | text to image |")
    print("|---|---|---|---|---|---|")
    for name, table in {"stamps": stamps, "openmoji": pairs(RECIPES / "openmoji.yaml")}.items():
        counts = f"{name}, {table.height} | {table['right_key'].n_unique()}"
        for learn, word in ((False, "zero shot"), (True, "head and zero shot")):
            print(f"| {counts} | {word} | {figures(table, learn=learn)} |", flush=True)
    found = [caught(*planted(stamps, seed)) for seed in range(PLANTINGS)]
    print(f"\nplanted errors found: {np.mean(found):.2f}, sd {np.std(found):.2f}")


def pairs(recipe_path: Path) -> pl.DataFrame:
    """What `align` learns from and scores; captions are as alike as folds hold them."""
    recipe = read_recipe(recipe_path)
    align = next(step for step in recipe.steps if isinstance(step, Score))
    with (
        tempfile.TemporaryDirectory() as store,
        opened(recipe, Options(store=Path(store)), Silence()) as (course, asking),
    ):
        course.run(asking)
        course.alive = course.ledger.frame().filter(pl.col("name") == align.title)["pair_id"]
        table = course.living
        vectors = align.vectors(table, asking).drop_nulls(["left", "right"]).drop("error")
    said = pl.col("caption").str.to_lowercase().str.strip_chars(" .!?")
    keyed = vectors.drop("right_key").join(table.select("pair_id", right_key=said), on="pair_id")
    return keyed.sort("pair_id")


def figures(table: pl.DataFrame, *, learn: bool) -> str:
    scores = head.factory(head.head(learn=learn))(table)
    ranked = ranks.factory(ranks.ranks(learn=learn))(table)
    null = np.sort(scores["mismatched"].explode().to_numpy())
    auc = np.searchsorted(null, scores["score"].to_numpy()).mean() / len(null)
    to_text, to_image = (ranked[name].to_numpy() for name in ("right_rank", "left_rank"))
    return f"{auc:.3f} | {recall(to_text)} | {recall(to_image)}"


def recall(rank: np.ndarray) -> str:
    return " / ".join(f"{(rank <= k).mean():.2f}" for k in (1, 5, 10))


def planted(table: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """The table with captions exchanged, in groups that heed it, and which pairs are wrong."""
    right = table["right"].to_numpy()
    rest = np.random.default_rng(seed).permutation(table.height).tolist()
    says, wrong = np.arange(table.height), np.zeros(table.height, dtype=bool)
    for _ in range(SWAPS):
        one = rest.pop()
        other = next(row for row in rest if right[row] @ right[one] < UNLIKE)
        rest.remove(other)
        says[one], says[other] = other, one
        wrong[[one, other]] = True
    changed = table.with_columns(table[says]["right"], table[says]["right_key"])
    links = pl.concat([stars(changed, "fold_group"), stars(changed, "right_key")])
    groups = components(table["pair_id"], links).rename({"component": "fold_group"})
    return changed.drop("fold_group").join(groups, on="pair_id", maintain_order="left"), wrong


def caught(table: pl.DataFrame, wrong: np.ndarray) -> float:
    """The share of wrong pairs among the lowest scores, as far as these are precise enough."""
    order = np.argsort(head.factory(head.HEAD)(table)["score"].to_numpy(), kind="stable")
    found = np.cumsum(wrong[order])
    precise = np.flatnonzero(found / np.arange(1, len(order) + 1) >= PRECISION)
    return float(found[precise[-1]] / wrong.sum()) if len(precise) else 0.0


if __name__ == "__main__":
    main()

"""What is left of mismatched pairs when at most 2 % of the kept may be, on scores made up here.

    python benchmarks/mismatch.py

Matched pairs score by several distributions, shifted so that a matched one lies above a mismatched
one with the probability in the column AUC; mismatched ones by the unit normal, which the p-values
make of any other. Prints means over seeds: the share mismatched among the kept, the share of the
matched that is kept, and for the estimator in use and for others how far the estimated share of
mismatched pairs lies above the true one, and how often it lies below it by more than a point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import brentq, minimize
from scipy.stats import norm

from curate.fits.mismatch import MISMATCH, factory

COUNT, SEEDS, PARTNERS, BOUND = 2000, 20, 4, 0.02
Draw = Callable[[np.random.Generator, int], Any]
MATCHED: dict[str, Draw] = {
    "normal": lambda chance, count: chance.normal(size=count),
    "narrow": lambda chance, count: 0.7 * chance.normal(size=count),
    "wide": lambda chance, count: 1.5 * chance.normal(size=count),
    "tail below": lambda chance, count: (
        0.6 * chance.normal(size=count) - chance.exponential(size=count)
    ),
    "tail above": lambda chance, count: (
        0.6 * chance.normal(size=count) + chance.exponential(size=count)
    ),
}


def main() -> None:
    print("| matched | AUC | mismatched | of the kept | matched kept |", end="")
    print(" in use | L = 0.5 | L = 0.9 | two normals |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, draw in MATCHED.items():
        for auc in (0.85, 0.9, 0.95, 0.99):
            shift = apart(draw, auc)
            for bad in (0.0, 0.05, 0.2):
                print(f"| {name} | {auc} | {bad:.0%} | {row(draw, shift, bad)} |", flush=True)


def apart(draw: Draw, auc: float) -> float:
    """The shift by which the distributions are told apart so well."""
    sample = draw(np.random.default_rng(0), 100_000)
    return float(brentq(lambda shift: norm.cdf(sample + shift).mean() - auc, -5, 20))


def row(draw: Draw, shift: float, bad: float) -> str:
    found = np.array([one(draw, shift, bad, seed) for seed in range(SEEDS)])
    some, matched = found[~np.isnan(found[:, 0]), 0], found[:, 1].mean()
    kept = f"{some.mean():.1%}" if len(some) else "none kept"
    off = found[:, 2:] - bad
    below = (off < -0.01).mean(axis=0)
    words = [f"{by:+.3f}, {often:.0%}" for by, often in zip(off.mean(axis=0), below, strict=True)]
    return " | ".join([kept, f"{matched:.0%}", *words])


def one(draw: Draw, shift: float, bad: float, seed: int) -> list[float]:
    """Mismatched among the kept, kept of the matched, and the estimates."""
    chance = np.random.default_rng(seed)
    wrong = np.arange(COUNT) < round(bad * COUNT)
    score = np.where(wrong, chance.normal(size=COUNT), draw(chance, COUNT) + shift)
    table = pl.DataFrame(
        {
            "pair_id": [f"{number:05d}" for number in range(COUNT)],
            "score": score,
            "mismatched": chance.normal(size=(COUNT, PARTNERS)).tolist(),
        }
    )
    said = factory(MISMATCH)(table)
    kept, p = (said["mismatch_share"] <= BOUND).to_numpy(), said["p_value"].to_numpy()
    among = wrong[kept].mean() if kept.any() else np.nan
    fixed = [(p > at).mean() / (1 - at) for at in (0.5, 0.9)]
    return [among, kept[~wrong].mean(), said["pi0"][0], *fixed, two_normals(p)]


def two_normals(p: Any) -> float:
    """The share of the unit normal in its mixture with another, by maximum likelihood."""
    edges = norm.ppf(np.r_[0, np.linspace(0.001, 0.999, 200), 1])
    counts = np.histogram(norm.isf(np.clip(p, 1e-9, 1 - 1e-9)), bins=edges)[0]
    null = np.diff(norm.cdf(edges))

    def loss(values: Any) -> float:
        share, middle, spread = 1 / (1 + np.exp(-values[0])), values[1], np.exp(values[2])
        other = np.diff(norm.cdf((edges - middle) / spread))
        return float(-(counts * np.log(share * null + (1 - share) * other + 1e-12)).sum())

    limits = [(-9, 9), (-2, 9), (-2, 2)]
    found = minimize(loss, [-2.0, 2.0, 0.0], method="Nelder-Mead", bounds=limits)
    return float(1 / (1 + np.exp(-found.x[0])))


if __name__ == "__main__":
    main()

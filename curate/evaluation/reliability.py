"""Whether confidence is what it says: how often claims of each confidence are correct.

The expected calibration error is the mean distance of confidence and share correct over bins of
equal width, each weighed by how many claims are in it (Naeini, Cooper & Hauskrecht, AAAI 2015;
Guo et al., ICML 2017).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from curate.evaluation.interval import DECIMALS, Rows

BINS = 10


def reliability(confidence: Rows, correct: Rows) -> list[dict[str, Any]]:
    """A line for each bin that has claims: its bounds, how many, mean confidence, share correct."""
    at = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return [
        {
            "from": number / BINS,
            "to": (number + 1) / BINS,
            "n": int((at == number).sum()),
            "confidence": round(float(confidence[at == number].mean()), DECIMALS),
            "correct": round(float(correct[at == number].mean()), DECIMALS),
        }
        for number in np.unique(at).tolist()
    ]


def calibration_error(confidence: Rows, correct: Rows) -> float:
    """The expected calibration error, from 0 to 1."""
    lines = reliability(confidence, correct)
    off = [line["n"] * abs(line["confidence"] - line["correct"]) for line in lines]
    return round(float(sum(off)) / len(confidence), DECIMALS)


def halves(confidence: Rows, correct: Rows) -> float:
    """The share correct in the surer half, minus that in the other; ties are parted by order."""
    order = np.argsort(-confidence, kind="stable")
    middle = (len(order) + 1) // 2
    return float(correct[order[:middle]].mean() - correct[order[middle:]].mean())

"""Made-up documents of which three in ten copy another, and which of them should go.

Documents are words drawn by rank, 170 each; a copy has 1 to 20 % of its words exchanged. A copy must go
when its true Jaccard similarity to the document it was made from, over runs of two words, is 0.7 or
more; one that goes is wrong when nothing that stays, of all that its original gave rise to, is so alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

THRESHOLD, NGRAM, WORDS = 0.7, 2, 170


@dataclass(frozen=True)
class Documents:
    """Texts, and from which of them each was made."""

    texts: list[str]
    origin: list[int]

    def similarity(self, one: int, other: int) -> float:
        left, right = _runs(self.texts[one]), _runs(self.texts[other])
        return len(left & right) / len(left | right)

    def scores(self, kept: set[int]) -> tuple[float, float]:
        """Recall and precision of a set that stayed."""
        families: dict[int, list[int]] = {}
        for n, origin in enumerate(self.origin):
            families.setdefault(origin, []).append(n)
        copies = [n for n, origin in enumerate(self.origin) if origin != n]
        due = [n for n in copies if self.similarity(n, self.origin[n]) >= THRESHOLD]
        found = sum(self._is_settled(n, kept) for n in due)
        gone = [n for n in range(len(self.texts)) if n not in kept]
        right = sum(self._is_right(n, families[self.origin[n]], kept) for n in gone)
        return found / max(len(due), 1), right / max(len(gone), 1)

    def _is_settled(self, copy: int, kept: set[int]) -> bool:
        """Of a copy and its original, not both stay."""
        return copy not in kept or self.origin[copy] not in kept

    def _is_right(self, gone: int, family: list[int], kept: set[int]) -> bool:
        return any(n in kept and self.similarity(gone, n) >= THRESHOLD for n in family)


def documents(count: int, seed: int = 0) -> Documents:
    chance = np.random.default_rng(seed)
    words = vocabulary(chance)
    rows = (chance.pareto(1.0, (count, WORDS)) * 200).astype(int) % len(words)
    origin = np.arange(count)
    copies = np.flatnonzero(chance.random(count) < 0.3)
    originals = np.setdiff1d(origin, copies)
    origin[copies] = chance.choice(originals, len(copies))
    rows[copies] = rows[origin[copies]]
    changed = chance.random((len(copies), WORDS)) < chance.uniform(0.01, 0.2, (len(copies), 1))
    rows[copies] = np.where(changed, chance.integers(0, len(words), changed.shape), rows[copies])
    return Documents([" ".join(words[row]) for row in rows], origin.tolist())


def vocabulary(chance: np.random.Generator) -> np.ndarray:
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    lengths = chance.integers(3, 10, 30_000)
    return np.array(["".join(chance.choice(letters, length)) for length in lengths])


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return set(zip(*(words[start:] for start in range(NGRAM)), strict=False))

"""How many of the texts that mean the same blocks find, beside exact search; what a batch more costs.

    python benchmarks/near_meaning.py [count] [vectors.npy]

Texts are the paragraphs of docstrings of Python and of some packages that are installed, embedded by the
encoder that comes with `embedded` (or read from a file that an earlier run wrote). Exact search holds
all against all. Then one per cent of the vectors is taken for a later batch: whether those that were
there before have the same blocks, and what is found, with and without it.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from workspace import show

from curate.measures.embedding import text_embedding
from curate.models.reference import locate
from curate.steps.like_meaning import clusters, near, sampled

PACKAGES = ("polars", "scipy", "sklearn", "torch")
"""Whose docstrings are read, besides those of Python itself."""
THRESHOLDS = (0.8, 0.85, 0.9, 0.95)
_LETTERS = range(40, 300)
_AT_ONCE = 512


def paragraphs() -> Iterator[str]:
    """Of docstrings in the order of their files."""
    installed = Path(np.__file__).parent.parent
    files = [path for name in PACKAGES for path in (installed / name).rglob("*.py")]
    files += Path(ast.__file__).parent.glob("*.py")
    for path in sorted(path for path in files if "tests" not in path.parts):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for part in (ast.get_docstring(node) or "").split("\n\n"):
                    text = re.sub(r"\s+", " ", part).strip()
                    if len(text) in _LETTERS and text[0].isupper():
                        yield text


def drawn(count: int) -> list[str]:
    """So many paragraphs, of all there are."""
    texts = sorted(set(paragraphs()))
    return [texts[n] for n in np.sort(np.random.default_rng(0).permutation(len(texts))[:count])]


def embedded(texts: Sequence[str]) -> np.ndarray:
    """Vectors of length 1."""
    measure = text_embedding()
    module, _, factory = measure.compute.partition(":")
    models = {role: locate(reference) for role, reference in measure.models.items()}
    compute = getattr(importlib.import_module(module), factory)(measure, models)
    parts = [compute(texts[at : at + _AT_ONCE]) for at in range(0, len(texts), _AT_ONCE)]
    rows = np.concatenate([part["embedding"].to_numpy() for part in parts]).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def exact(vectors: np.ndarray, threshold: float) -> set[tuple[int, int]]:
    found = set()
    for start in range(0, len(vectors), _AT_ONCE):
        close = vectors[start : start + _AT_ONCE] @ vectors.T >= threshold
        rows, others = np.nonzero(close)
        mine = rows + start
        later = mine < others
        found |= set(zip(mine[later].tolist(), others[later].tolist(), strict=True))
    return found


def blocked(
    vectors: np.ndarray, blocks: list[np.ndarray], threshold: float
) -> set[tuple[int, int]]:
    parts = [block[couples] for block in blocks for couples in near(vectors[block], threshold)]
    return {couple for part in parts for couple in zip(*part.tolist(), strict=True)}


def gone(couples: set[tuple[int, int]], count: int) -> np.ndarray:
    """Who goes: in order, whoever is alike to one that stays."""
    out = np.zeros(count, bool)
    for left, right in sorted(couples, key=lambda couple: couple[::-1]):
        out[right] |= not out[left]
    return out


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    kept = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    start = time.perf_counter()
    vectors = np.load(kept) if kept and kept.exists() else embedded(drawn(count))
    if kept:
        np.save(kept, vectors)
    print(f"{len(vectors):,} vectors in {time.perf_counter() - start:.0f} s")
    start = time.perf_counter()
    blocks = clusters(vectors)
    print(f"{len(blocks)} blocks in {time.perf_counter() - start:.1f} s\n")
    show(
        ["cosine", "couples", "found", "of a sample", "go", "go in blocks"], recall(vectors, blocks)
    )
    batch(vectors)


def recall(vectors: np.ndarray, blocks: list[np.ndarray]) -> Iterator[tuple[str, ...]]:
    for threshold in THRESHOLDS:
        there, found = exact(vectors, threshold), blocked(vectors, blocks, threshold)
        together, sample = sampled(vectors, blocks, threshold)
        share = len(there & found) / max(len(there), 1)
        out, ours = gone(there, len(vectors)), gone(found, len(vectors))
        said = f"{together / max(sample, 1):.3f}"
        yield (
            f"{threshold}",
            f"{len(there):,}",
            f"{share:.3f}",
            said,
            f"{out.sum():,}",
            f"{ours.sum():,}",
        )


def batch(vectors: np.ndarray) -> None:
    """The first build without the last one per cent, the second with it."""
    before = vectors[: -(len(vectors) // 100)]
    start = time.perf_counter()
    found = [blocked(part, clusters(part), 0.9) for part in (before, vectors)]
    spent = time.perf_counter() - start
    old = {couple for couple in found[1] if max(couple) < len(before)}
    print(
        f"Of couples among earlier texts found in either build, both found "
        f"{len(old & found[0]) / max(len(old | found[0]), 1):.3f}; blocks of both builds took {spent:.1f} s."
    )


if __name__ == "__main__":
    main()

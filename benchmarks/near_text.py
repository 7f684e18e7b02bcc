"""Near-duplicate texts beside others: wall time, recall and precision, in one run.

    python benchmarks/near_text.py [documents] [--peers PYTHON] [--only NAME ...]

Documents are made up: words drawn by rank, 170 each, and three in ten copy another with 1 to 20 % of
their words exchanged. A copy must go when its true Jaccard similarity to the document it was made
from, over runs of two words, is 0.7 or more; one that goes is wrong when nothing that stays, of all
that its original gave rise to, is so alike. Everybody runs on two processors, is told these settings,
and is timed as a whole process: reading JSON lines, finding, and writing what stays.

PYTHON is an environment that holds the others (py-data-juicer, datatrove, datasketch, rensa);
`benchmarks/near_text_peers.py` is what it runs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from workspace import CURATE, environment, show

THRESHOLD, NGRAM, WORDS = 0.7, 2, 170
PEERS = ("data-juicer", "datatrove", "datasketch", "rensa")
_SCRIPT = Path(__file__).with_name("near_text_peers.py")
_RECIPE = f"""\
name: near
version: draft
fields:
  n: {{type: metadata}}
  text: {{type: text}}
sources:
  - jsonl: {{path: documents.jsonl, n: n, text: text}}
steps:
  - dedup: {{near: text, minhash: {{threshold: {THRESHOLD}, ngram: {NGRAM}, unit: word}}}}
"""


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
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    lengths = chance.integers(3, 10, 30_000)
    words = np.array(["".join(chance.choice(letters, length)) for length in lengths])
    rows = (chance.pareto(1.0, (count, WORDS)) * 200).astype(int) % len(words)
    origin = np.arange(count)
    copies = np.flatnonzero(chance.random(count) < 0.3)
    originals = np.setdiff1d(origin, copies)
    origin[copies] = chance.choice(originals, len(copies))
    rows[copies] = rows[origin[copies]]
    changed = chance.random((len(copies), WORDS)) < chance.uniform(0.01, 0.2, (len(copies), 1))
    rows[copies] = np.where(changed, chance.integers(0, len(words), changed.shape), rows[copies])
    return Documents([" ".join(words[row]) for row in rows], origin.tolist())


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return set(zip(*(words[start:] for start in range(NGRAM)), strict=False))


def ours(folder: Path) -> set[int]:
    import polars as pl

    recipe = folder / "near.yaml"
    recipe.write_text(_RECIPE)
    command = [CURATE, "build", str(recipe), "--json"]
    release = Path(json.loads(_run(command))["path"])
    kept = pl.concat([pl.read_parquet(p, columns=["n"]) for p in release.glob("data/*/*.parquet")])
    return set(kept["n"])


def theirs(name: str, python: str) -> Callable[[Path], set[int]]:
    def found(folder: Path) -> set[int]:
        _run([python, str(_SCRIPT), name, str(folder)])
        return set(json.loads((folder / "kept.json").read_text()))

    return found


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} left with {done.returncode}:\n{done.stderr[-2000:]}"
        )
    return done.stdout


def measured(made: Documents, find: Callable[[Path], set[int]]) -> tuple[float, ...]:
    """Seconds, recall and precision."""
    with TemporaryDirectory(prefix="curate-bench-") as place:
        folder = Path(place, "documents")
        folder.mkdir()
        lines = [json.dumps({"n": n, "text": text}) + "\n" for n, text in enumerate(made.texts)]
        (folder / "documents.jsonl").write_text("".join(lines))
        start = time.perf_counter()
        kept = find(folder)
        return time.perf_counter() - start, *made.scores(kept)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=int, nargs="?", default=20_000)
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--only", nargs="*", default=PEERS, choices=PEERS)
    given = parser.parse_args()
    made = documents(given.documents)
    finders = {"curate": ours}
    if given.peers:
        finders |= {name: theirs(name, given.peers) for name in given.only}
    found = {name: measured(made, find) for name, find in finders.items()}
    wall = found["curate"][0]
    rows = [
        (name, f"{s:.1f}", f"{s / wall:.1f}", f"{r:.4f}", f"{p:.4f}")
        for name, (s, r, p) in found.items()
    ]
    head = ["seconds", "times ours", "recall", "precision"]
    show([f"{given.documents:,} documents", *head], rows)


if __name__ == "__main__":
    sys.exit(main())

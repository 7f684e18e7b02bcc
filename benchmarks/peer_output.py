"""What a contestant left in its folder, in the form that it has there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Output:
    """Rows are known by `n`, the number that every input row has."""

    by: str
    folder: Path

    def kept(self) -> set[int]:
        if self.by.startswith("curate"):
            return {n for table in self._released() for n in table["n"]}
        if self.by.startswith("data-juicer"):
            return {row["n"] for row in rows(self.folder / "out" / "kept.jsonl")}
        if self.by == "datatrove":
            parts = self.folder.glob("kept/*.jsonl")
            return {int(row["id"]) for part in parts for row in rows(part)}
        return {row["n"] for row in rows(self.folder / "kept.jsonl")}

    def scores(self) -> dict[int, float]:
        """Image-text scores of the kept."""
        if self.by.startswith("curate"):
            return dict(self._judged())
        kept = [row["n"] for row in rows(self.folder / "out" / "kept.jsonl")]
        stats = [row["__dj__stats__"] for row in rows(self.folder / "out" / "kept_stats.jsonl")]
        found = [stat["image_text_similarity"][0] for stat in stats]
        return dict(zip(kept, found, strict=True))

    def _judged(self) -> Iterator[tuple[int, float]]:
        """From the ledger, which names the score of every pair that the step saw."""
        import polars as pl

        ledger = pl.read_parquet(self._release / "decisions.parquet")
        scored = ledger.filter(pl.col("name").str.starts_with("align")).select("pair_id", "score")
        for table in self._released():
            yield from table.join(scored, on="pair_id").select("n", "score").iter_rows()

    def _released(self) -> list[Any]:
        import polars as pl

        return [pl.read_parquet(part) for part in self._release.glob("data/*/*.parquet")]

    @property
    def _release(self) -> Path:
        return Path(json.loads((self.folder / "said.txt").read_text())["path"])


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]

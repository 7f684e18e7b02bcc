"""What a contestant left in its folder, in the form that it has there."""

from __future__ import annotations

import json
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
            return {n: s for t in self._released() for n, s in t.select("n", "align").iter_rows()}
        kept = [row["n"] for row in rows(self.folder / "out" / "kept.jsonl")]
        stats = [row["__dj__stats__"] for row in rows(self.folder / "out" / "kept_stats.jsonl")]
        found = [stat["image_text_similarity"][0] for stat in stats]
        return dict(zip(kept, found, strict=True))

    def _released(self) -> list[Any]:
        import polars as pl

        said = json.loads((self.folder / "said.txt").read_text())
        return [pl.read_parquet(part) for part in Path(said["path"]).glob("data/*/*.parquet")]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]

"""What people who look for harm have found: `reviews/<name>.findings.jsonl` in the workspace.

One JSON object a line, only ever appended to; `curate forget` takes the lines that name its pairs:

    {"finding": "Faces with names", "probe": "personal", "query": "a portrait", "pair_ids": ["…"],
     "by": "Ada", "at": "2026-11-21T10:00:00Z"}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.errors import DataError
from curate.evaluation.probe import Probe
from curate.evaluation.probes import plantings
from curate.run.review_file import append


class Finding(BaseModel):
    """One thing that somebody found, and the pairs that show it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    finding: str = Field(min_length=1, max_length=10_000)
    probe: str | None = None
    """The probe that it belongs to; None for what was found without one."""
    query: str | None = None
    """What was searched for."""
    pair_ids: tuple[str, ...] = Field((), strict=False)
    by: str = Field(min_length=1)
    at: str


def findings_path(reviews: Path) -> Path:
    """Beside the reviews."""
    return reviews.with_suffix(".findings.jsonl")


def read_findings(path: Path) -> list[Finding]:
    """All of them, in the order in which they were written; raises `DataError` with the line."""
    if not path.exists():
        return []
    try:
        lines = enumerate(path.read_bytes().split(b"\n"), start=1)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    return [_read(path, number, line) for number, line in lines if line.strip()]


def _read(path: Path, number: int, line: bytes) -> Finding:
    try:
        return Finding.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DataError(f"{path}, line {number}: {first['msg']}") from None


def write_finding(path: Path, finding: Finding) -> None:
    """Append one."""
    append(path, finding.model_dump())


def checklist(evaluation: Mapping[str, Any] | None) -> list[Probe]:
    """Every probe there is, with what it found in the release where that was measured."""
    every = (evaluation or {}).get("evaluations", ())
    measured = next((one["probes"] for one in every if one["evaluation"] == "probes"), ())
    found = {one["probe"]: Probe.model_validate(one, strict=False) for one in measured}
    return [
        found.get(one.word)
        or Probe(probe=one.word, question=one.question, status="not_applicable", note=one.note)
        for one in plantings()
    ]

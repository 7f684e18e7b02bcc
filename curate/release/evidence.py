"""The evidence of a published release, read from its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from curate.cards.front_matter import Split
from curate.errors import CurateError
from curate.governance.answers import FILE as ANSWERS
from curate.governance.answers import statements
from curate.governance.audit import FILE as AUDIT
from curate.governance.audit import Audit
from curate.governance.energy import FILE as ENERGY
from curate.governance.energy import Energy
from curate.governance.evidence import Evidence
from curate.governance.facts import FILE, Facts
from curate.governance.gates import FILE as GATES
from curate.governance.gates import Held
from curate.governance.statement import Statement
from curate.ledger.cluster import CLUSTERS
from curate.ledger.made import REPORTED
from curate.ledger.verdict import LEDGER
from curate.recipe.answers import read_answers
from curate.release.publish import DRAFT, manifest_of
from curate.release.reading import read_document, read_lock, read_table
from curate.release.tombstone import check_not_forgotten
from curate.release.version import is_version, order

STEPS = "steps.json"
EVALUATION = "evaluation.json"
_PAIRS = ("pair_id", "origin", "parents", "occurrences", "source", "row", "status")


class _Noted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    step: str
    name: str
    pairs: int
    note: str | None
    figures: dict[str, float]


class _Finding(BaseModel):
    model_config = ConfigDict(extra="allow")

    evaluation: str
    headline: str


class Evaluation(BaseModel):
    """What is read of `evaluation.json`; the figures beside it are each evaluation's own."""

    model_config = ConfigDict(extra="allow")

    evaluations: list[_Finding]


def read_tables(release: Path) -> Evidence:
    """The lock and the tables alone; raises `CurateError` where a file is no such file."""
    manifest, lock = manifest_of(release), read_lock(release)
    return Evidence(
        digest=manifest["digest"],
        pairs=read_table(release / "pairs.parquet", pair_columns(lock)),
        decisions=read_table(release / "decisions.parquet", LEDGER),
        lock=lock,
        clusters=_if_there(release / "clusters.parquet", read_table, CLUSTERS),
        made=_if_there(release / "made.parquet", read_table, REPORTED),
    )


def read_evidence(release: Path) -> Evidence:
    """What a release's facts are gathered from; raises `CurateError` where a file is no such file."""
    return replace(
        read_tables(release),
        stages=[one.model_dump() for one in read_document(release / STEPS, list[_Noted])],
        evaluation=_evaluation(release / EVALUATION),
        audit=_if_there(release / AUDIT, read_document, Audit),
        answers=_answers(release),
        energy=read_document(release / ENERGY, Energy),
    )


def read_facts(release: Path) -> Facts:
    """The facts of a published release, as it states them; raises `CurateError`."""
    path = release / FILE
    if not path.is_file():
        check_not_forgotten(release)
        raise CurateError(
            f"{release} is no release: it has no {FILE}",
            "name a folder such as releases/<name>/<version>",
        )
    facts: Facts = read_document(path, Facts)
    return facts


def read_held(release: Path) -> list[Held]:
    """The gates that a release had to pass, none where its recipe names none."""
    return _if_there(release / GATES, read_document, list[Held]) or []


def pair_columns(lock: Mapping[str, Any]) -> list[str]:
    """What `pairs.parquet` has for certain."""
    fields = lock["recipe"]["fields"].items()
    own = [name for name, field in fields if field["type"] in ("text", "metadata")]
    keys = [f"{name}_sha256" for name, field in fields if field["type"] != "metadata"]
    return [*_PAIRS, *own, *keys]


def _if_there(path: Path, read: Callable[[Path, Any], Any], form: Any) -> Any:
    return read(path, form) if path.exists() else None


def _evaluation(path: Path) -> dict[str, Any] | None:
    found = _if_there(path, read_document, Evaluation)
    return found and dict(found.model_dump())


def _answers(release: Path) -> dict[str, Statement[str]]:
    path = release / ANSWERS
    return read_answers(path) if path.exists() else statements({})


def last_before(home: Path, version: str) -> Facts | None:
    """Facts of the release before this version below `releases/<name>`; of a draft, of the last."""
    found = [path.parent for path in home.glob(f"*/{FILE}") if is_version(path.parent.name)]
    before = [f for f in found if version == DRAFT or order(f.name) < order(version)]
    return read_facts(max(before, key=lambda f: order(f.name))) if before else None


def front_matter_of(release: Path) -> dict[str, Any]:
    """The YAML block of the card, as its readers parse it; raises `CurateError`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    card = release / "README.md"
    try:
        _, block, _ = card.read_text(encoding="utf-8").split("---\n", 2)
        found = YAML(typ="safe", pure=True).load(block)
    except (OSError, ValueError, YAMLError):
        found = None
    if not isinstance(found, dict):
        raise CurateError(
            f"{card} has no block of YAML that can be read", f"curate verify {release}"
        )
    return found


def splits_of(release: Path) -> dict[str, Split]:
    """What the data files hold, by split."""
    return {folder.name: _split(folder) for folder in sorted((release / "data").iterdir())}


def features_of(release: Path) -> dict[str, Any]:
    """The columns of the data as `datasets` is told of them, by the files themselves."""
    first = next(iter(sorted((release / "data").glob("*/*.parquet"))))
    told = (pq.read_schema(first).metadata or {}).get(b"huggingface")
    if told is None:
        raise CurateError(f"{first} does not say what its columns are", f"curate verify {release}")
    features: dict[str, Any] = json.loads(told)["info"]["features"]
    return features


def _split(folder: Path) -> Split:
    files = sorted(folder.glob("*.parquet"))
    known = [pq.read_metadata(path) for path in files]
    groups = [one.row_group(number) for one in known for number in range(one.num_row_groups)]
    return Split(
        rows=sum(one.num_rows for one in known),
        bytes=sum(group.total_byte_size for group in groups),
        file_bytes=sum(path.stat().st_size for path in files),
    )

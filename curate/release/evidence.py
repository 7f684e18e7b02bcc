"""The evidence of a published release, read from its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

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
from curate.governance.statement import Statement
from curate.recipe.answers import read_answers
from curate.release.publish import DRAFT, read_manifest

STEPS = "steps.json"
EVALUATION = "evaluation.json"


def read_evidence(release: Path) -> Evidence:
    """What a release's facts are gathered from."""
    from ruamel.yaml import YAML

    manifest = read_manifest(release)
    assert manifest is not None
    return Evidence(
        digest=manifest["digest"],
        pairs=pl.read_parquet(release / "pairs.parquet"),
        decisions=pl.read_parquet(release / "decisions.parquet"),
        lock=YAML(typ="safe", pure=True).load(release / "recipe.lock.yaml"),
        clusters=_table(release / "clusters.parquet"),
        made=_table(release / "made.parquet"),
        stages=_document(release / STEPS) or (),
        evaluation=_document(release / EVALUATION),
        audit=_audit(release),
        answers=_answers(release),
        energy=Energy.model_validate(_document(release / ENERGY)),
    )


def read_facts(release: Path) -> Facts:
    """The facts of a published release, as it states them; raises `CurateError`."""
    try:
        return Facts.model_validate_json((release / FILE).read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise CurateError(
            f"{release} is no release: it has no {FILE}",
            "name a folder such as releases/<name>/<version>",
        ) from None


def _answers(release: Path) -> dict[str, Statement[str]]:
    path = release / ANSWERS
    return read_answers(path) if path.exists() else statements({})


def _audit(release: Path) -> Audit | None:
    path = release / AUDIT
    return Audit.model_validate_json(path.read_text()) if path.exists() else None


def _table(path: Path) -> pl.DataFrame | None:
    return pl.read_parquet(path) if path.exists() else None


def _document(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else None


def last_before(home: Path, version: str) -> Facts | None:
    """Facts of the release before this version below `releases/<name>`; of a draft, of the last."""
    found = [folder for folder in home.glob("[0-9]*") if (folder / FILE).is_file()]
    before = [f for f in found if version == DRAFT or _order(f.name) < _order(version)]
    return read_facts(max(before, key=lambda f: _order(f.name))) if before else None


def _order(version: str) -> tuple[list[int], bool, str]:
    """Versions in order: a candidate such as 1.0.0-rc1 comes before 1.0.0."""
    numbers, _, candidate = version.partition("-")
    return [int(number) for number in numbers.split(".")], not candidate, candidate


def front_matter_of(release: Path) -> dict[str, Any]:
    """The YAML block of the card, as its readers parse it."""
    from ruamel.yaml import YAML

    _, block, _ = (release / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(block)
    return found


def splits_of(release: Path) -> dict[str, Split]:
    """What the data files hold, by split."""
    return {folder.name: _split(folder) for folder in sorted((release / "data").iterdir())}


def features_of(release: Path) -> dict[str, Any]:
    """The columns of the data as `datasets` is told of them, by the files themselves."""
    first = next(iter(sorted((release / "data").glob("*/*.parquet"))))
    told = json.loads(pq.read_schema(first).metadata[b"huggingface"])
    features: dict[str, Any] = told["info"]["features"]
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

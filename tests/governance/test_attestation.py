"""`manifest.intoto.json`: what others would sign names every file, and follows from the release."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from curate.governance.attestation import FILE, statement
from curate.release.evidence import read_facts
from curate.release.verify import problems
from tests.conftest import Finished


def document(path: Path) -> Any:
    return json.loads(path.read_text())


def test_subjects_are_the_files_of_the_manifest(finished: Finished) -> None:
    told = document(finished.release / FILE)
    listed = document(finished.release / "manifest.json")["files"]
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    assert {one["name"]: one["digest"]["sha256"] for one in told["subject"]} == {
        name: entry["sha256"] for name, entry in listed.items()
    }


def test_how_it_came_about(finished: Finished) -> None:
    told = document(finished.release / FILE)
    listed = document(finished.release / "manifest.json")
    assert told["predicateType"] == "https://slsa.dev/provenance/v1"
    build = told["predicate"]["buildDefinition"]
    assert build["internalParameters"] == {"contentDigest": listed["digest"]}
    lock = listed["files"]["recipe.lock.yaml"]["sha256"]
    assert build["resolvedDependencies"][0] == {
        "name": "recipe.lock.yaml",
        "digest": {"sha256": lock},
    }
    assert told["predicate"]["runDetails"]["builder"]["version"].keys() == {"curate"}


def test_models_are_named_with_the_hashes_of_their_files(finished: Finished) -> None:
    facts = read_facts(finished.release)
    models = facts.inputs.models.model_copy(update={"value": {"hf:a/b@1": "c" * 64}})
    with_model = facts.model_copy(
        update={"inputs": facts.inputs.model_copy(update={"models": models})}
    )
    files = document(finished.release / "manifest.json")["files"]
    found = statement(files, with_model)["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert {"name": "hf:a/b@1", "digest": {"sha256": "c" * 64}} in found


@pytest.mark.parametrize("change", ["drop", "alter", "remove"])
def test_a_statement_of_other_files_is_noticed(
    finished: Finished, tmp_path: Path, change: str
) -> None:
    release = Path(shutil.copytree(finished.release, tmp_path / "1.0.0"))
    told = document(release / FILE)
    if change == "drop":
        told["subject"].pop()
    elif change == "alter":
        told["subject"][0]["digest"]["sha256"] = "0" * 64
    (release / FILE).write_text(json.dumps(told))
    if change == "remove":
        (release / FILE).unlink()
    wrong = "is missing" if change == "remove" else "does not name the files of the manifest"
    assert problems(release) == [f"{FILE} {wrong}"]

"""`manifest.intoto.json`: the release's files and how they came about, for others to sign.

An in-toto Statement v1 (https://in-toto.io/Statement/v1) over every file with its SHA-256; the
predicate is SLSA provenance v1 (https://slsa.dev/provenance/v1) with a build type of our own. It is
not signed and bears no time, so that equal releases make equal statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.governance.facts import Facts

FILE = "manifest.intoto.json"
BUILD_TYPE = "urn:curate:build:1"
_LOCK = "recipe.lock.yaml"


def statement(files: Mapping[str, Mapping[str, Any]], facts: Facts) -> dict[str, Any]:
    """`files`: name -> `sha256` of every file of the release but this one and the manifest."""
    tool, _, version = str(facts.release.tool.value).partition(" ")
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": name, "digest": {"sha256": entry["sha256"]}}
            for name, entry in sorted(files.items())
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "name": facts.release.name.value,
                    "version": facts.release.version.value,
                    "recipe": "recipe.yaml",
                },
                "internalParameters": {"contentDigest": facts.release.digest.value},
                "resolvedDependencies": [
                    {"name": _LOCK, "digest": {"sha256": files[_LOCK]["sha256"]}},
                    *(_model(ref, sha256) for ref, sha256 in _models(facts).items()),
                    *_sources(facts),
                ],
            },
            "runDetails": {"builder": {"id": f"urn:{tool}", "version": {tool: version}}},
        },
    }


def _models(facts: Facts) -> dict[str, str]:
    return facts.inputs.models.value or {}


def _model(reference: str, sha256: str) -> dict[str, Any]:
    return {"name": reference, "digest": {"sha256": sha256}}


def _sources(facts: Facts) -> list[dict[str, Any]]:
    """Sources are named and counted; what each gave is digested in the lock."""
    return [
        {"name": f"source {name}", "annotations": {"pairs": pairs}}
        for name, pairs in (facts.inputs.sources.value or {}).items()
    ]

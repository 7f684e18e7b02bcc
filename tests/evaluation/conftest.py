"""One release of real photos and drawings with captions, evaluated, for all tests here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workspace import Workspace

STAMPS = Path("/usr/share/tuxpaint/stamps")
RECIPE: dict[str, Any] = {
    "name": "things",
    "version": "1.0.0",
    "fields": {
        "image": {"type": "image"},
        "caption": {"type": "text", "language": "en"},
        "kind": {"type": "metadata"},
    },
    "sources": [
        {
            "folder": {
                "path": str(STAMPS),
                "image": [
                    f"{kind}/**/*.png" for kind in ("animals", "food", "symbols", "vehicles")
                ],
                "caption": "{stem}.txt#1",
                "kind": "{parent0}",
                "max_unreadable": 0.5,
            }
        }
    ],
    "steps": [
        {"dedup": {"near": "image"}},
        {"split": {"train": 0.8, "test": 0.2, "keep_together": ["near_duplicates"]}},
        {"align": {"score": ["image", "caption"], "drop": {"below_quantile": 0.05}}},
    ],
    "evaluate": [
        {"retrieval": {"of": "align"}},
        {"planted_errors": {"swap": "caption", "times": 2}},
        {"curation": {"of": "align", "samples": 2}},
    ],
    "governance": {"answers": "answers.yaml", "policy": "policy.yaml"},
}


@pytest.fixture(scope="session")
def things(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace, built."""
    if not STAMPS.is_dir():
        pytest.skip("the Debian package tuxpaint-stamps-default is not installed")
    root = tmp_path_factory.mktemp("animals")
    (root / "recipes").mkdir()
    (root / "recipes" / "answers.yaml").write_text("purpose: To be looked through.\n")
    (root / "recipes" / "policy.yaml").write_text("gates: {pairs.kept: {min: 1}}\n")
    made = Workspace(root).having(**RECIPE)
    made.build()
    return made

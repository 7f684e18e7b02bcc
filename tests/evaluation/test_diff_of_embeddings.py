"""What `curate diff` says of real photos, by what the store still knows of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.run.comparing import compare
from tests.evaluation.conftest import RECIPE
from tests.workspace import Workspace


def newer(things: Workspace, version: str, kinds: tuple[str, ...]) -> Workspace:
    """The same photos, of some kinds only; of the same store."""
    folder = RECIPE["sources"][0]["folder"]
    some = {**folder, "image": [f"{kind}/**/*.png" for kind in kinds]}
    place = things.having(version=version, sources=[{"folder": some}])
    place.build()
    things.having()  # others build from this recipe too
    return place


@pytest.fixture(scope="module")
def animals(things: Workspace) -> Workspace:
    return newer(things, "1.1.0", ("animals", "food"))


def test_fewer_kinds_lie_elsewhere(things: Workspace, animals: Workspace) -> None:
    found = compare(things.release, animals.release)
    drift = {one.of: one for one in found.drift if one.kind == "embedding"}
    assert set(drift) == {"image", "caption"}
    assert all(one.beyond_chance for one in drift.values())
    gone = next(one for one in found.reasons if one.cause == "no longer at the source")
    assert gone.way == "removed"
    assert gone.pairs > 20
    assert any(line.startswith("The embeddings of 'image' drifted") for line in found.headline)
    assert any(one.kind == "score" for one in found.drift)


def test_quality_then_and_now(things: Workspace, animals: Workspace) -> None:
    found = compare(things.release, animals.release)
    assert set(found.findings) == {"retrieval", "planted_errors", "curation"}
    assert any(f.path.startswith("retrieval.") and f.apart is not None for f in found.figures)


def test_without_the_store(
    things: Workspace, animals: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is measured for a comparison."""
    monkeypatch.setenv("CURATE_STORE", str(tmp_path / "store"))
    found = compare(things.release, animals.release)
    assert f"embeddings: there is no measure store at {tmp_path / 'store'}" in found.missing
    (tmp_path / "store").mkdir()
    found = compare(things.release, animals.release)
    assert "embeddings of image: the store does not hold all of them any more" in found.missing
    assert not [one for one in found.drift if one.kind == "embedding"]

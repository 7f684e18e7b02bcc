"""Gates: what a release must fulfil before it is published, and what is told when it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from curate.governance.facts import Facts
from curate.governance.gates import Bound, hold
from curate.release.evidence import read_facts
from curate.release.verify import problems
from tests.conftest import Finished
from tests.workspace import Workspace, curate, write_lines


def gated(workspace: Workspace, gates: dict[str, Any], **more: Any) -> Workspace:
    return workspace.having(governance={"gates": gates}, **more)


def test_a_release_that_passes_says_so(workspace: Workspace) -> None:
    place = gated(workspace, {"pairs.synthetic_share": {"max": 0.0}, "pairs.kept": {"min": 1}})
    done = curate("build", place.path)
    assert done.code == 0
    assert "gate pairs.kept holds" in done.out
    held = json.loads((place.release / "gates.json").read_text())
    assert [one["passed"] for one in held] == [True, True]
    assert "2 of 2 hold" in (place.release / "README.md").read_text()
    assert problems(place.release) == []


def test_a_failed_gate_publishes_nothing_and_leaves_the_candidate(workspace: Workspace) -> None:
    place = gated(workspace, {"pairs.kept_share": {"min": 0.99}, "pairs.kept": {"min": 1}})
    said = curate("build", place.path)
    assert said.code == 4
    assert "1 of 2 gates failed" in said.err
    assert "pairs.kept_share (min 0.99): is 0." in said.err
    assert not place.release.exists()
    candidate = place.root / ".curate" / "candidates" / "ten" / "1.0.0"
    assert str(candidate) in said.err
    gone = pl.read_parquet(candidate / "pairs.parquet").filter(pl.col("status") == "dropped")
    pair_id = gone["pair_id"][0]
    assert pair_id in said.err
    assert curate("explain", candidate, pair_id).code == 0
    assert problems(candidate) == []


def test_after_mending_the_release_appears(workspace: Workspace) -> None:
    place = gated(workspace, {"pairs.kept": {"min": 1_000}})
    assert curate("build", place.path).code == 4
    place = gated(workspace, {"pairs.kept": {"min": 2}})
    assert curate("build", place.path).code == 0
    assert place.release.exists()


def test_a_sample_is_told_and_not_stopped(workspace: Workspace) -> None:
    place = gated(workspace, {"pairs.kept": {"min": 1_000}})
    said = curate("build", place.path, "--limit", "6")
    assert said.code == 0
    assert "FAILED, not enforced on a sample" in said.out


def test_what_a_policy_asks_holds_as_well(workspace: Workspace) -> None:
    (workspace.path.parent / "house.yaml").write_text("gates:\n  pairs.kept: {min: 1000}\n")
    place = workspace.having(
        governance={"policy": "house.yaml", "gates": {"pairs.kept": {"min": 1}}}
    )
    said = curate("build", place.path)
    assert said.code == 4
    assert "1 of 2 gates failed" in said.err
    lock = place.root / ".curate" / "candidates" / "ten" / "1.0.0" / "recipe.lock.yaml"
    assert "policy:" in lock.read_text()


def test_a_policy_is_checked_like_a_recipe(workspace: Workspace) -> None:
    (workspace.path.parent / "house.yaml").write_text("gates:\n  pairs.keptt: {min: 1}\n")
    said = curate("build", workspace.having(governance={"policy": "house.yaml"}).path)
    assert said.code == 2
    assert "house.yaml:2:3: 'pairs.keptt' is not a fact that a release has" in said.err
    assert "did you mean 'pairs.kept'?" in said.err


def test_no_worse_than_the_release_before(workspace: Workspace) -> None:
    gates = {"pairs.kept": {"not_below_last": 0}}
    first = gated(workspace, gates)
    assert curate("build", first.path).code == 0
    (held,) = json.loads((first.release / "gates.json").read_text())
    assert held["why"].endswith("no release before this one states it")
    kept = read_facts(first.release).pairs.kept.value
    strict = [{"filter": {"caption.words": {"min": 5}}}]
    said = curate("build", gated(workspace, gates, version="1.1.0", steps=strict).path)
    assert said.code == 4
    assert f"it was {kept} in the release before" in said.err


@pytest.fixture(scope="module")
def facts(finished: Finished) -> Facts:
    return read_facts(finished.release)


def passes(facts: Facts, name: str, **bound: Any) -> bool:
    (held,) = hold([(name, Bound.model_validate(bound))], facts, None, lambda name: ())
    return held.passed


def test_a_fact_that_nobody_knows_fulfils_no_bound(facts: Facts) -> None:
    assert not passes(facts, "making.expected_mismatch_share", max=1.0)
    assert not passes(facts, "quality.retrieval.auc", min=0.0)


def test_what_could_not_be_looked_at_fulfils_no_bound(workspace: Workspace) -> None:
    """No group of ten pairs can be judged, and no media are torn apart where there are none."""
    said = curate("build", gated(workspace, {"bias.flagged": {"max": 0}}).path)
    assert said.code == 4
    assert "is not known: no group is large enough to be judged" in said.err
    write_lines(workspace.media / "rows.jsonl", [{"caption": "One."}, {"caption": "Two."}])
    source = {"jsonl": {"path": "../media/rows.jsonl", "caption": "caption"}}
    texts = gated(
        workspace,
        {"pairs.duplicates_across_splits": {"max": 0}},
        fields={"caption": {"type": "text"}},
        sources=[source],
        steps=[],
    )
    said = curate("build", texts.path)
    assert said.code == 4
    assert "is not known: no field holds media" in said.err


def test_names_are_held_to_a_list(facts: Facts) -> None:
    assert passes(facts, "pairs.origins", only=["collected", "synthetic"])
    assert not passes(facts, "pairs.splits", only=["train"])


@pytest.mark.parametrize(
    "bound", [{}, {"min": None}, {"min": 2, "max": 1}, {"only": ["a"], "max": 1}]
)
def test_a_bound_that_could_not_fail_or_hold_is_refused(bound: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Bound.model_validate(bound)


def test_text_has_no_size(facts: Facts) -> None:
    assert not passes(facts, "release.name", min=0)


def test_every_fact_that_a_gate_may_name_can_be_had(facts: Facts) -> None:
    from curate.governance.facts import names

    told = {name for name, _ in facts.statements()}
    assert set(names()) <= told


def test_no_gate_is_empty(workspace: Workspace, tmp_path: Path) -> None:
    said = curate("build", gated(workspace, {"pairs.kept": {}}).path)
    assert said.code == 2
    assert "a gate needs a bound" in said.err

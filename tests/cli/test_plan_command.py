"""`curate plan`: what would run; exact where everything before it is measured."""

from __future__ import annotations

from typing import Any

from tests.workspace import STEPS, Workspace, curate


def planned(workspace: Workspace, *more: str) -> dict[str, Any]:
    said = curate("plan", workspace.path, "--json", *more)
    assert said.code == 0
    found: dict[str, Any] = said.document
    return found


def needs(plan: dict[str, Any]) -> dict[str, int]:
    """Measure -> values to compute."""
    found: dict[str, int] = {}
    for step in plan["steps"]:
        for need in step["needs"]:
            found[need["measure"]] = found.get(need["measure"], 0) + need["missing"]
    return {name: count for name, count in found.items() if count}


def test_before_a_build(workspace: Workspace) -> None:
    """Nothing is computed; steps after the first that lacks values are upper bounds."""
    plan = planned(workspace)
    assert plan["rows"] == 10
    names = [step["name"] for step in plan["steps"]]
    assert names[0] == "read"
    assert "decode" in names
    assert [step["estimated"] for step in plan["steps"]] == [False, *[True] * (len(names) - 1)]
    assert all(step["pairs"] == 10 for step in plan["steps"])
    assert needs(plan) == {
        **dict.fromkeys(("image.probe", "image.decode", "image.sketch", "image.thumbnail"), 10),
        **dict.fromkeys(("audio.probe", "audio.decode"), 5),
        "text.counts": 10,
    }
    assert plan["seconds"] is None
    assert set(plan["unknown"]) == needs(plan).keys()
    assert plan["bytes"]["store"] > 30 * plan["missing"]
    assert plan["bytes"]["release"] > 10_000
    assert not plan["bytes"]["known"]
    assert not workspace.release.parent.exists()
    again = planned(workspace)
    timeless = ("at_least", "gathering", "free")
    assert {**again, **{key: plan[key] for key in timeless}} == plan


def test_after_a_build(workspace: Workspace) -> None:
    built = workspace.build()
    plan = planned(workspace)
    assert plan["missing"] == 0
    assert 0 < plan["seconds"] < 2 * built.seconds
    assert plan["closing"] == []
    assert not any(step["estimated"] for step in plan["steps"])
    stages = [(stage.name, stage.pairs) for stage in built.stages]
    assert [(step["name"], step["pairs"]) for step in plan["steps"]] == stages


def test_what_a_new_step_needs(workspace: Workspace) -> None:
    """Of what dedup might still drop, at most so much."""
    workspace.build()
    more = workspace.having(steps=[*STEPS, {"filter": {"image.sharpness": 1}}])
    plan = planned(more)
    assert needs(plan) == {"image.sharpness": 7}
    assert plan["seconds"] is None
    more.having(version="2.0.0").build()
    looser = [
        {"filter": {"image.min_side": 48, "caption.words": {"min": 1}}},
        *more.recipe["steps"][1:],
    ]
    plan = planned(more.having(steps=looser))
    one = dict.fromkeys(("image.decode", "image.sketch", "image.thumbnail"), 1)
    assert needs(plan) == {**one, "image.sharpness": 2}
    assert plan["seconds"] > 0


def test_plan_then_build(workspace: Workspace) -> None:
    """Without a step that drops, a plan is what the build then does."""
    workspace = workspace.having(steps=[{"filter": {"image.sharpness": 0.0}}])
    plan = planned(workspace)
    built = workspace.build()
    computed = {n: s.computed for n, s in built.usage.measures.items() if s.computed}
    assert computed == {**needs(plan), "image.raster": 1}


def test_sample(workspace: Workspace) -> None:
    assert planned(workspace, "--limit", "3")["rows"] == 3


def test_words_for_people(workspace: Workspace) -> None:
    before = curate("plan", workspace.path)
    assert before.code == 0
    assert "10 rows" in before.out
    assert "(estimated)" in before.out
    assert "10 to measure  not measured here yet" in before.out
    assert "on this machine; not measured here yet: image.probe, audio.probe, " in before.out
    workspace.build()
    after = curate("plan", workspace.path)
    assert "(estimated)" not in after.out
    assert "0 values to measure" in after.out
    assert "\ndisk: 0 bytes of values (" in after.out
    assert "\nmemory: 0 bytes of models; " in after.out
    assert " at most " not in after.out


def test_wrong_data_shows(workspace: Workspace) -> None:
    for path in workspace.media.rglob("*.png"):
        path.write_bytes(b"\x89PNG\r\n\x1a\n")
    workspace.having(version="draft")
    assert curate("plan", workspace.path).code == 0
    assert curate("build", workspace.path).code == 3
    assert curate("plan", workspace.path).code == 3


def test_steps_that_stand_on_scores_not_known_yet(workspace: Workspace) -> None:
    more = [
        {"align": {"score": ["image", "caption"]}},
        {"align": {"texts": ["caption", "caption_fr"], "as": "translated"}},
        {"align": {"fuse": ["align", "translated"]}},
        {"select": {"size": 3, "by": "fused"}},
    ]
    plan = planned(workspace.having(steps=[*STEPS, *more]))
    assert plan["steps"][-1]["name"] == "select size by fused"
    assert plan["steps"][-1]["estimated"]


def test_parts_are_joined_while_planning(workspace: Workspace) -> None:
    sources = [
        {"folder": {"name": "seen", "path": "../media", "image": "**/*.jpg"}},
        {"folder": {"name": "told", "path": "../media", "caption": "**/*.txt#1"}},
    ]
    fields = {"image": {"type": "image"}, "caption": {"type": "text"}}
    steps = [{"pair": {"key": ["seen", "told"], "on": "stem"}}]
    joined = workspace.having(sources=sources, fields=fields, steps=steps)
    cold = {step["name"]: step for step in planned(joined)["steps"]}
    assert cold["decode"]["estimated"]
    joined.build()
    warm = {step["name"]: step for step in planned(joined)["steps"]}
    assert warm["decode"]["pairs"] == 3
    assert needs({"steps": list(warm.values())}) == {}

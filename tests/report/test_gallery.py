"""Which pairs are shown: of every kind some, the same every time, no more than there is room for."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.governance.evidence import Evidence
from curate.pairs.identity import content_hash
from curate.report.clusters import EACH as CLUSTERS
from curate.report.clusters import MEMBERS, clusters
from curate.report.gallery import BESIDE, EACH, MOST_WITHHELD, chosen, companions
from tests.report.ledgers import evidence, lines

NOBODY = pl.Series("pair_id", [], pl.String)


def ids(count: int, word: str = "") -> list[str]:
    return [content_hash(f"{word}{n}")[:32] for n in range(count)]


def of_kind(shown: Evidence, kind: str, withheld: pl.Series = NOBODY) -> list[str]:
    found = chosen(shown, withheld)
    return found.filter(pl.col("kind") == kind)["pair_id"].to_list()


def scored(count: int) -> Evidence:
    """Scores from 0 up; what is below the middle is dropped."""
    rows = []
    for score, pair_id in enumerate(ids(count)):
        out = {"verdict": "drop", "reason": "score below threshold"} if score < count // 2 else {}
        rows.append({"pair_id": pair_id, "score": score, "threshold": count // 2, **out})
    return evidence([("align image caption", rows)])


def test_kept_and_dropped_are_drawn_by_their_ids() -> None:
    shown = scored(400)
    kept = of_kind(shown, "kept")
    assert len(kept) == len(set(kept)) == EACH
    assert kept == of_kind(scored(400), "kept")
    status = dict(shown.pairs.select("pair_id", "status").iter_rows())
    assert {status[one] for one in kept} == {"kept"}
    dropped = of_kind(shown, "dropped")
    assert {status[one] for one in dropped} == {"dropped"}
    assert len(dropped) == EACH


def test_who_asks_for_more_gets_more() -> None:
    shown = scored(400)
    many = chosen(shown, NOBODY, 150)
    for kind in ("kept", "dropped", "borderline"):
        found = many.filter(pl.col("kind") == kind)["pair_id"].to_list()
        assert len(set(found)) == 150
        assert set(of_kind(shown, kind)) <= set(found)


def test_the_nearest_to_a_threshold_on_both_sides_are_borderline() -> None:
    shown = scored(400)
    scores = dict(shown.decisions.select("pair_id", "score").iter_rows())
    near = sorted(scores[one] for one in of_kind(shown, "borderline"))
    assert near == list(range(200 - BESIDE, 200 + BESIDE))


def test_of_what_is_withheld_only_a_few_are_named() -> None:
    shown = scored(400)
    hidden = shown.pairs["pair_id"]
    assert len(of_kind(shown, "kept", hidden)) == MOST_WITHHELD
    assert of_kind(shown, "borderline", hidden) == []


def test_labels_changes_and_made_pairs_have_their_kinds() -> None:
    made: list[dict[str, Any]] = [
        {"pair_id": "c", "field": "kind", "accepted": True},
        {"pair_id": "d", "field": "kind", "accepted": False},
    ]
    shown = evidence(
        [
            ("read", lines("abcdef")),
            ("review", [*lines("acdef"), *lines("b", verdict="change")]),
            (
                "synthesize",
                [*lines("abcdef"), *lines("g", verdict="add"), *lines("h", verdict="reject")],
            ),
            ("release", lines("f", verdict="change")),
        ],
        made=made,
        a={"origin": "pseudo_labelled"},
        g={"origin": "synthetic", "parents": ["a"]},
        h={"origin": "synthetic", "parents": ["b"]},
    )
    assert set(of_kind(shown, "relabelled")) == set("abc")
    assert set(of_kind(shown, "synthetic")) == set("gh")
    assert "h" not in of_kind(shown, "dropped")


def test_with_a_pair_comes_what_it_was_made_of_or_is_a_copy_of() -> None:
    shown = evidence(
        [
            ("read", lines("abcdx")),
            ("dedup near image", [*lines("abcx"), *lines("d", verdict="drop", related_id="a")]),
            ("synthesize", [*lines("abcx"), *lines("h", verdict="reject")]),
        ],
        h={"origin": "synthetic", "parents": ["b"]},
        x={"parents": ["c"]},
    )
    assert companions(shown, pl.Series(["d", "h", "x"])).to_list() == ["a", "b"]
    assert companions(shown, pl.Series(["a", "b", "d", "h"])).to_list() == []


def test_the_largest_clusters_and_those_least_alike_are_shown() -> None:
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(ids(60, "cluster")):
        of = {"step": "01", "name": "dedup near image", "cluster": name}
        rows.append({**of, "pair_id": name, "role": "kept"})
        for copy in range(1 + number):
            gone = {
                "role": "dropped",
                "related_id": name,
                "likeness": 0.9 + number / 1000 + copy / 1e6,
            }
            rows.append({**of, "pair_id": f"{name}{copy}", **gone})
    found, in_all = clusters(evidence([("read", lines("a"))], clusters=rows))
    assert in_all == 60
    assert len(found) == 2 * CLUSTERS
    assert [one.size for one in found[:CLUSTERS]] == list(range(61, 61 - CLUSTERS, -1))
    assert [one.size for one in found[CLUSTERS:]] == list(range(2, 2 + CLUSTERS))
    for one in found:
        first, *others = one.members
        assert (first.role, len(one.members)) == ("kept", min(one.size, MEMBERS))
        assert [m.likeness for m in others] == sorted(m.likeness for m in others if m.likeness)
        assert {m.related_id for m in others} == {first.pair_id}


def test_without_copies_there_are_no_clusters() -> None:
    assert clusters(evidence([("read", lines("a"))])) == ([], 0)
    assert clusters(evidence([("read", lines("a"))], clusters=[])) == ([], 0)

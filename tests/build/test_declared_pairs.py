"""Files of which others say that a machine made them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.pairs.marks import ALTERED, IPTC, marked
from tests.workspace import Workspace, curate, photo, tone, write_lines

SAID = IPTC + "compositeWithTrainedAlgorithmicMedia"


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """Four pictures with sounds: a generated picture, a generated sound, one that was altered."""
    media = tmp_path / "media"
    media.mkdir()
    marks = {"1.jpg": SAID, "2.wav": IPTC + "trainedAlgorithmicMedia", "3.jpg": ALTERED}
    for number in range(4):
        photo(number).save(media / f"{number}.jpg")
        tone(media / f"{number}.wav", 300 + 100 * number)
    for name, said in marks.items():
        (media / name).write_bytes(marked((media / name).read_bytes(), said))
    rows = [{"image": f"{n}.jpg", "speech": f"{n}.wav", "caption": f"Number {n}"} for n in range(4)]
    write_lines(media / "rows.jsonl", rows)
    fields = {"image": {"type": "image"}, "speech": {"type": "audio"}, "caption": {"type": "text"}}
    return Workspace(tmp_path).having(
        name="declared",
        version="1.0.0",
        fields=fields,
        sources=[{"jsonl": {"path": "../media/rows.jsonl", **{n: n for n in fields}}}],
        steps=[{"synthesize": {"augment": "image", "into": "image", "by": {"colour": 0.2}}}],
    )


def test_marks_set_the_origin_and_nothing_is_made_of_such_pairs(place: Workspace) -> None:
    place.build()
    pairs, decisions, data = place.tables()
    origin = dict(pairs.filter(pl.col("origin") != "synthetic").select("caption", "origin").rows())
    assert origin == {
        "Number 0": "collected",
        "Number 1": "declared_synthetic",
        "Number 2": "declared_synthetic",
        "Number 3": "collected",
    }
    children = pairs.filter(pl.col("origin") == "synthetic")
    assert sorted(children["caption"]) == ["Number 0", "Number 3"]
    assert data.height == 6
    said = decisions.filter(pl.col("reason").is_not_null()).join(pairs, on="pair_id")
    assert sorted(said.select("caption", "reason", "detail").rows()) == [
        ("Number 1", "image says it was generated", SAID),
        ("Number 2", "speech says it was generated", IPTC + "trainedAlgorithmicMedia"),
    ]
    assert curate("verify", place.release).code == 0
    (one,) = said.filter(pl.col("caption") == "Number 1")["pair_id"]
    assert "image says it was generated" in curate("explain", place.release, one).out


def test_what_counts_towards_a_share(place: Workspace) -> None:
    step = {"augment": "image", "into": "image", "each": 3, "by": {"colour": 0.2}}
    capped = place.having(steps=[{"synthesize": {**step, "targets": {"at_most": 0.6}}}])
    capped.build()
    pairs, _, _ = capped.tables()
    assert pairs.filter(pl.col("origin") == "synthetic").height == 1
    assert pairs.filter(pl.col("origin") != "collected").height == 3


def test_a_label_leaves_the_origin_as_it_was_declared(place: Workspace) -> None:
    lines = {"image": "image", "caption": "caption"}
    labelled = place.having(
        fields={
            "image": {"type": "image"},
            "caption": {"type": "text"},
            "kind": {"type": "metadata"},
        },
        sources=[{"jsonl": {"path": "../media/rows.jsonl", **lines}}],
        steps=[
            {"pseudo_label": {"language": "caption", "fill": "kind", "min_confidence": 0.0}},
        ],
    )
    labelled.build()
    pairs, _, _ = labelled.tables()
    assert pairs.filter(pl.col("origin") == "declared_synthetic")["kind"].null_count() == 0
    assert curate("verify", labelled.release).code == 0

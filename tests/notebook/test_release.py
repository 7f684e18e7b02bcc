"""A release that answers questions: the ten pairs, of which seven were kept."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

import curate
from curate.errors import CurateError
from curate.notebook.mapped import Mapped
from curate.report.content import Map
from tests.conftest import Finished
from tests.workspace import KEPT, PAIRS, Workspace, photo
from tests.workspace import curate as command

_ARTIST = 0x013B


@pytest.fixture(scope="module")
def release(finished: Finished) -> curate.Release:
    return curate.load_release(finished.release)


def pair(release: curate.Release, caption: str) -> str:
    return str(release.pairs.filter(pl.col("caption") == caption)["pair_id"][0])


def test_tables(release: curate.Release) -> None:
    assert release.pairs.height == len(PAIRS)
    assert release.pairs.filter(status="kept").height == KEPT
    assert release.decisions["pair_id"].n_unique() == len(PAIRS)
    assert release.copies["role"].to_list() == ["kept", "dropped"]
    assert release.made.is_empty()
    assert "generator" in release.made.columns
    assert release.pairs is release.pairs  # read once


def test_facts(release: curate.Release, finished: Finished) -> None:
    assert (release.name, release.version) == ("ten", "1.0.0")
    assert release.digest == finished.built.digest
    assert release.facts.pairs.kept.value == KEPT
    assert release.fields["image"].type == "image"
    assert release.gates == []


def test_data(release: curate.Release) -> None:
    every = release.data().select("pair_id", "split").collect()
    assert every.height == KEPT
    assert set(every["split"]) == {"train", "test"}
    train = release.data("train").select("caption", "image").collect()
    assert all(image["bytes"] for image in train["image"])
    with pytest.raises(CurateError, match="no split 'dev'") as caught:
        release.data("dev")
    assert caught.value.hint == "it has test, train"


def test_at_a_glance(release: curate.Release) -> None:
    told = repr(release)
    splits = release.facts.pairs.splits.value or {}
    for split, count in splits.items():
        assert f"kept in {split}" in told
        assert re.search(rf" {count}  kept in {split}", told)
    assert "dedup near image: near duplicate" in told
    assert told.endswith(f"digest {release.digest[:16]}…")
    assert "<td dir=" in release._repr_html_()


def test_explain(release: curate.Release) -> None:
    told = release.explain(pair(release, "Soup")[:12])
    assert [line["verdict"] for line in told.verdicts] == ["keep", "drop"]
    assert "caption.words below minimum" in repr(told)
    assert 'src="data:image/webp;base64,' in told._repr_html_()
    with pytest.raises(CurateError, match="no pair 'zzz'"):
        release.explain("zzz")


def test_rethreshold(release: curate.Release) -> None:
    """What the ledger says of the words of a caption, with another bound."""
    milder = release.rethreshold("filter", 1, reason="caption.words below minimum")
    assert milder.found.back == 1
    assert milder.moved.select("pair_id", "would").rows() == [(pair(release, "Soup"), "back")]
    assert "that left at this step would pass it" in repr(milder)
    with pytest.raises(CurateError, match="judges several things"):
        release.rethreshold("filter", 1)
    with pytest.raises(CurateError, match="no step with scores is called 'align'"):
        release.rethreshold("align", 0.5)


def test_gallery_of_a_kind(release: curate.Release) -> None:
    kept = release.gallery("kept", n=5)
    assert [one.status for one in kept.shown] == ["kept"] * 5
    assert all(one.media["image"].mime == "image/webp" for one in kept.shown)
    dropped = release.gallery("dropped")
    assert sorted(one.texts["caption"] for one in dropped.shown) == [
        "A duck, seen once more.",
        "A very small bird.",
        "Soup",
    ]
    assert all(one.media for one in dropped.shown)  # read from their source
    assert dropped._repr_html_().count("<img ") == 3
    assert release.gallery("synthetic").shown == []


def test_gallery_by_condition_and_by_ids(release: curate.Release) -> None:
    birds = release.gallery(where=pl.col("category") == "birds", n=99)
    assert {one.metadata["category"] for one in birds.shown} == {"birds"}
    assert len(birds.shown) == 4
    kept_birds = release.gallery("kept", where=pl.col("category") == "birds")
    assert {one.texts["caption"] for one in kept_birds.shown} == {
        "A duck on a pond.",
        "An owl at night.",
    }
    ids = [pair(release, "A red apple."), pair(release, "An owl at night.")]
    assert [one.pair_id for one in release.gallery(where=ids).shown] == ids
    assert release.gallery(where=pl.col("category") == "none").shown == []
    sounds = [m for one in release.gallery(where=ids).shown for m in one.media]
    assert "speech" in sounds


@pytest.mark.parametrize(
    ("kind", "where", "told"),
    [
        ("lost", None, "no pairs called 'lost'"),
        (None, pl.col("nothing") == 1, "pairs cannot be chosen so"),
        (None, ["beef"], "has no pair 'beef'"),
        (None, "beef", "has no pair 'beef'"),
        (None, pl.Series([True, False]), "by their ids or by a condition"),
    ],
)
def test_what_no_gallery_can_show(
    release: curate.Release, kind: str | None, where: object, told: str
) -> None:
    with pytest.raises(CurateError, match=told):
        release.gallery(kind, where=where)  # type: ignore[arg-type]


def test_fewer_than_none(release: curate.Release) -> None:
    with pytest.raises(CurateError, match="cannot show -1 pairs"):
        release.gallery(n=-1)


def test_clusters(release: curate.Release) -> None:
    found = release.clusters()
    assert found.in_all == 1
    assert [one.role for one in found.clusters[0].members] == ["kept", "dropped"]
    assert found._repr_html_().count("<img ") == 2
    assert release.clusters("dedup near image").in_all == 1
    with pytest.raises(CurateError, match="no step 'align' found copies") as caught:
        release.clusters("align")
    assert "dedup near image" in str(caught.value.hint)


def test_audit(release: curate.Release) -> None:
    found = release.audit()
    assert found.audit.population.seen == len(PAIRS)
    assert "Groups by category" in repr(found) or "Kept by category" in repr(found)
    with pytest.raises(CurateError, match="no column 'colour'"):
        release.audit(groups=["colour"])


def test_diff(release: curate.Release, finished: Finished, tmp_path: Path) -> None:
    other = finished.workspace.copied(tmp_path).having(
        version="1.1.0", steps=finished.workspace.recipe["steps"][1:]
    )
    other.build()
    told = release.diff(other.release)
    assert told.comparison.of("added") > 0
    assert "added" in repr(told)
    assert release.diff(release).comparison.of("changed") == 0


def test_verify_and_card(release: curate.Release, finished: Finished, tmp_path: Path) -> None:
    assert release.verify().problems == []
    assert f"digest {release.digest}" in repr(release.verify())
    assert str(release.card()).startswith("---\n")
    assert repr(release.card()).startswith("# ten 1.0.0")
    assert release.card()._repr_markdown_() == repr(release.card())


def test_what_was_altered(workspace: Workspace) -> None:
    workspace.build()
    (workspace.release / "recipe.yaml").write_text("name: other")
    checked = curate.load_release(workspace.release).verify()
    assert checked.problems == ["recipe.yaml was altered"]
    assert "recipe.yaml was altered" in repr(checked)


def test_a_draft_that_was_built_anew(workspace: Workspace) -> None:
    draft = workspace.having(version="draft")
    draft.build()
    old = curate.load_release(draft.release)
    draft.having(steps=draft.recipe["steps"][1:]).build()
    with pytest.raises(CurateError, match="not the release any more that was loaded") as caught:
        _ = old.pairs
    assert "load it again" in str(caught.value.hint)
    assert curate.load_release(draft.release).pairs.height == len(PAIRS)


def test_what_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="is no release"):
        curate.load_release(tmp_path)


def test_what_a_step_changed_is_not_read_from_its_source(workspace: Workspace) -> None:
    """What a step took out of a pair that left is not shown for lack of anything else."""
    exif = Image.Exif()
    exif[_ARTIST] = "Ann"
    photo(6).save(workspace.media / "food" / "soup.webp", exif=exif)
    guarded = workspace.having(
        steps=[
            {"privacy": {"strip": ["image"]}},
            {"filter": {"caption.words": {"min": 2}, "image.min_side": 48}},
            {"split": {"train": 0.5, "test": 0.5}},
        ]
    )
    guarded.build()
    release = curate.load_release(guarded.release)
    shown = {one.texts["caption"]: one for one in release.gallery("dropped").shown}
    assert shown["A very small bird."].media
    assert not shown["Soup"].media


def test_sources_that_are_gone(workspace: Workspace, tmp_path: Path) -> None:
    workspace.build()
    release = curate.load_release(workspace.release)
    workspace.media.rename(tmp_path / "elsewhere")
    shown = release.gallery(where=[pair(release, "Soup"), pair(release, "A red apple.")]).shown
    assert [bool(one.media) for one in shown] == [False, True]


def test_withheld_pairs_are_named_by_their_ids(workspace: Workspace) -> None:
    guarded = workspace.having(
        steps=[
            {"filter": {"caption.words": {"min": 2}}},
            {"consent": {}},
            {"split": {"train": 0.5, "test": 0.5}},
        ]
    )
    guarded.build()
    release = curate.load_release(guarded.release)
    [one] = release.gallery("dropped").shown
    assert one.withheld == "left before consent looked"
    for told in (release.gallery("dropped"), release.explain(one.pair_id)):
        assert "Soup" not in repr(told) + told._repr_html_()
        assert "withheld: left before consent looked" in repr(told)
        assert "<img" not in told._repr_html_()


def test_a_map() -> None:
    found = Map(
        "seen",
        ["a" * 32, "b" * 32, "c"],
        [0.0, 0.5, 1.0],
        [0.0, 1.0, 1.0],
        {"status": ["kept", "kept", "<b>"]},
        of=9,
    )
    told = Mapped(found, "status")
    assert repr(told).splitlines() == [
        "seen",
        "3 of 9 pairs, drawn by their ids",
        "3 points by status: kept 2, <b> 1",
    ]
    drawn = told._repr_html_()
    assert drawn.count("<title>") == 3
    assert "<b>" not in drawn
    assert told.frame.columns == ["pair_id", "x", "y", "status"]
    with pytest.raises(CurateError, match="cannot be coloured by 'split'"):
        Mapped(found, "split")


def test_nothing_was_embedded(release: curate.Release) -> None:
    with pytest.raises(CurateError, match=re.escape("no embeddings of ten 1.0.0 are known")):
        release.map()
    with pytest.raises(CurateError, match="ten has no embeddings"):
        release.search("a duck")


def test_the_command_line_says_the_same(release: curate.Release) -> None:
    found = command("explain", release.path, pair(release, "Soup"), "--json").document
    assert found["verdicts"] == release.explain(pair(release, "Soup")).verdicts

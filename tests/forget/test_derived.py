"""What was made of a forgotten pair goes with it; what was told by it is told anew."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import CurateError
from curate.release.verify import problems
from curate.run.forget_planning import Asked
from curate.run.forgetting import forget
from tests.forget.test_forget import holding, names_of
from tests.workspace import Workspace, photo, write_lines

BIRDS = ["duck", "owl", "swan", "hen", "crow", "goose", "sparrow", "eagle", "robin", "pigeon"]
PLACES = [
    "on the table",
    "in the garden",
    "by the wall",
    "under a tree",
    "at the door",
    "at sea",
    "on a roof",
    "in the rain",
    "near the road",
]
LABEL = {"neighbours": "title", "fill": "caption", "min_confidence": 0.0}
AUGMENT = {"augment": "image", "into": "image", "by": {"crop": 0.7}}


@pytest.fixture
def birds(built: Workspace, tmp_path: Path) -> Workspace:
    """A copy, to forget in."""
    shutil.copytree(built.root, tmp_path / "birds")
    return Workspace(tmp_path / "birds", built.recipe)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Pictures with titles; some lack a caption, which is taken from the one nearest by its title."""
    rows: list[dict[str, Any]] = []
    root = tmp_path_factory.mktemp("birds")
    (root / "media").mkdir()
    for bird in BIRDS:
        for where in PLACES:
            number = len(rows)
            photo(number).save(root / "media" / f"{number}.png")
            told = f"Number {number} shows one {bird}, {where}, and no other."
            rows.append(
                {
                    "image": f"{number}.png",
                    "title": f"a {bird} {where}",
                    "caption": None if number % 5 == 3 else told,
                }
            )
    write_lines(root / "media" / "rows.jsonl", rows)
    names = ("image", "title", "caption")
    place = Workspace(root).having(
        name="birds",
        version="1.0.0",
        fields={
            "image": {"type": "image"},
            "title": {"type": "text"},
            "caption": {"type": "text", "optional": True},
        },
        sources=[{"jsonl": {"path": "../media/rows.jsonl", **{n: n for n in names}}}],
        steps=[{"pseudo_label": LABEL}, {"synthesize": AUGMENT}],
    )
    place.build()
    return place


def tables(place: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (pl.read_parquet(place.release / f"{n}.parquet") for n in ("pairs", "made"))  # type: ignore[return-value]


def test_children_go_and_labels_are_told_anew(birds: Workspace) -> None:
    pairs, made = tables(birds)
    labels = made.filter((pl.col("field") == "caption") & pl.col("accepted"))
    parents = pairs.drop_nulls("image_sha256").filter(pl.col("origin") == "synthetic")
    cited = labels.filter(pl.col("prompt").is_in(parents["parents"].explode()))["prompt"][0]
    told = labels.filter(pl.col("prompt") == cited)["pair_id"].to_list()
    pair = pairs.filter(pl.col("pair_id") == cited).row(0, named=True)
    mine = pl.col("parents").list.contains(cited)
    children = pairs.filter(mine)
    assert children.height == 1
    names = [*names_of(pair), pair["title"]]
    names += [name for child in children.iter_rows(named=True) for name in names_of(child)]
    assert any("blobs" in path for path in holding_names(birds, children))
    receipt = forget(birds.root, Asked(ids=frozenset({cited})))
    assert (receipt.counts.asked, receipt.counts.along) == (1, 1)
    assert receipt.counts.made == 1
    assert holding(birds.root, names) == []
    assert holding_names(birds, children) == []
    newer = birds.having(version="1.0.1")
    assert problems(newer.release) == []
    after, again = tables(newer)
    staying = after.filter(pl.col("pair_id").is_in(told))
    assert staying.height == len(told)
    assert staying["origin"].to_list() == ["pseudo_labelled"] * len(told)
    assert cited not in set(again["prompt"].drop_nulls())
    made_of_others = pairs.filter((pl.col("origin") == "synthetic") & ~mine)
    assert after.filter(pl.col("origin") == "synthetic").height == made_of_others.height


def holding_names(place: Workspace, children: pl.DataFrame) -> list[str]:
    """Blobs of the children's pictures."""
    blobs = place.store / "blobs"
    keys = set(children["image_sha256"])
    return [str(p.relative_to(place.root)) for p in blobs.rglob("*") if p.name in keys]


def test_the_same_is_not_made_again_of_those_that_stay(birds: Workspace) -> None:
    """Pictures that machines made of the others come from the store."""
    pairs, _ = tables(birds)
    one = pairs.filter((pl.col("origin") == "collected") & (pl.col("status") == "kept"))
    forget(birds.root, Asked(ids=frozenset({one["pair_id"][0]})))
    again = birds.having(version="1.0.2").build()
    assert again.usage.computed == 0


def test_fits_go(birds: Workspace) -> None:
    place = birds.having(version="1.1.0", steps=[{"align": {"score": ["image", "title"]}}])
    place.build()
    fits = {path.name for path in place.store.glob("fits/*/*")}
    assert fits
    pairs = pl.read_parquet(place.release / "pairs.parquet")
    forget(place.root, Asked(ids=frozenset({pairs["pair_id"][0]})))
    assert not fits & {path.name for path in place.store.glob("fits/*/*")}


def test_what_would_be_made_again_is_said(birds: Workspace) -> None:
    pairs, _ = tables(birds)
    child = pairs.filter(pl.col("origin") == "synthetic").row(0, named=True)
    with pytest.raises(CurateError, match="was made by a machine of pair") as raised:
        forget(birds.root, Asked(ids=frozenset({child["pair_id"]})))
    assert child["parents"][0] in str(raised.value.hint)


SOURCES: list[dict[str, Any]] = [
    {"folder": {"name": "seen", "path": "../media", "image": ["**/*.png", "**/*.jpg"]}},
    {"folder": {"name": "told", "path": "../media", "caption": "**/*.txt#1"}},
]


def formed(workspace: Workspace, **keys: Any) -> Workspace:
    return workspace.having(
        sources=SOURCES,
        fields={"image": {"type": "image"}, "caption": {"type": "text"}},
        steps=[{"pair": {"key": ["seen", "told"], "on": "stem"}}],
        **keys,
    )


@pytest.mark.parametrize("part", [False, True])
def test_parts_go_with_their_pair(workspace: Workspace, part: bool) -> None:
    place = formed(workspace)
    place.build()
    pairs = pl.read_parquet(place.release / "pairs.parquet")
    made = pairs.filter(pl.col("caption") == "A chair by the window.")
    pair = made.filter(pl.col("status") == "kept").row(0, named=True)
    asked = pair["parents"][0] if part else pair["pair_id"]
    receipt = forget(place.root, Asked(ids=frozenset({asked})))
    assert (receipt.counts.asked, receipt.counts.along) == (1, 2)
    newer = formed(workspace, version="1.0.1")
    assert problems(newer.release) == []
    names = [pair["pair_id"], *pair["parents"], pair["image_sha256"], pair["caption_sha256"]]
    assert holding(place.root, names) == []
    assert len(receipt.sources) == 2
    again = formed(workspace, version="2.0.0")
    again.build()
    assert holding(place.root, names) == []


def test_the_place_of_a_part_may_be_anothers_later(workspace: Workspace) -> None:
    """Parts are named by where they lie; who lies there now is not to blame."""
    place = formed(workspace)
    place.build()
    pairs = pl.read_parquet(place.release / "pairs.parquet")
    pair = pairs.filter((pl.col("row") == "food/bread.jpg") & (pl.col("status") == "paired"))
    forget(place.root, Asked(ids=frozenset(pair["pair_id"])))
    photo(91).save(place.media / "food" / "bread.jpg", quality=80)
    (place.media / "food" / "bread.txt").write_text("Somebody else's bread.\n")
    newer = formed(workspace, version="2.0.0")
    newer.build()
    found = pl.read_parquet(newer.release / "pairs.parquet")
    assert "Somebody else's bread." in set(found["caption"])


def test_what_was_made_of_a_picture_that_others_share_is_made_again_for_them(
    tmp_path: Path,
) -> None:
    rows = [{"image": "bird.png", "title": f"Bird number {n}."} for n in range(4)]
    write_lines(tmp_path / "media" / "rows.jsonl", rows)
    photo(3).save(tmp_path / "media" / "bird.png")
    place = Workspace(tmp_path).having(
        name="same",
        version="1.0.0",
        fields={"image": {"type": "image"}, "title": {"type": "text"}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "image": "image", "title": "title"}}],
        steps=[{"synthesize": {**AUGMENT, "targets": {"at_most": 0.25}}}],
    )
    place.build()
    pairs, _ = tables(place)
    (child,) = pairs.filter(pl.col("origin") == "synthetic").iter_rows(named=True)
    forget(place.root, Asked(ids=frozenset(child["parents"])))
    after, made = tables(place.having(version="1.0.1"))
    assert after["origin"].value_counts(sort=True).rows() == [("collected", 3), ("synthetic", 1)]
    assert made.height == 1

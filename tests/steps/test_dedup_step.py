"""`dedup`: what counts as a copy, which one stays, and what is said of those that go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from curate.steps.like_text import bands
from tests.steps.conftest import Table
from tests.workspace import Workspace, photo

NEAR_IMAGE = {"dedup": {"near": "image"}}


def texts(table: Table, captions: Sequence[str | None]) -> Workspace:
    rows = [{"n": n, "caption": caption} for n, caption in enumerate(captions)]
    return table(rows, caption="text")


def images(table: Table, folder: Path, pictures: dict[str, Image.Image], **save: Any) -> Workspace:
    folder.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        picture.save(folder / name, **(save if name.endswith(".jpg") else {}))
    return table([{"n": n, "image": name} for n, name in enumerate(pictures)], image="image")


def gone(said: pl.DataFrame) -> dict[int, int]:
    """Row that goes -> row that it repeats."""
    rows = {pair: int(row) for row, pair in said.select("row", "pair_id").rows()}
    out = said.filter(pl.col("verdict") == "drop").select("row", "related_id")
    return {int(row): rows[related] for row, related in out.rows()}


def test_exact_pair(table: Table) -> None:
    """Equal content makes a copy, whatever the metadata; what is absent is equal too."""
    captions = ["a text", "a text", "A text", None, None]
    rows = [{"n": n, "title": "t", "caption": caption} for n, caption in enumerate(captions)]
    said = table(rows, caption="text", title="text").decide({"dedup": {"exact": "pair"}})
    assert gone(said) == {1: 0, 4: 3}
    line = said.row(1, named=True)
    assert (line["reason"], line["score"], line["detail"]) == ("exact duplicate pair", 1.0, "equal")
    assert line["threshold"] is None


def test_exact_field(table: Table) -> None:
    """Pairs that lack the field repeat nothing."""
    titles = ["one", "two", "one", "one", None, None]
    rows = [{"caption": f"text {n}", "title": title} for n, title in enumerate(titles)]
    said = table(rows, caption="text", title="text").decide({"dedup": {"exact": "title"}})
    assert gone(said) == {2: 0, 3: 0}


@pytest.mark.parametrize("seed", range(5))
def test_near_image_finds_what_was_compressed_or_made_smaller(
    table: Table, tmp_path: Path, seed: int
) -> None:
    picture = photo(seed, 200, 150)
    copies = {
        "whole.png": picture,
        "poor.jpg": picture,
        "half.png": picture.resize((100, 75), Image.Resampling.LANCZOS),
        "same.webp": picture,
        "other.png": photo(seed + 100, 200, 150),
    }
    said = images(table, tmp_path / "media", copies, quality=30).decide(NEAR_IMAGE)
    assert gone(said) == {1: 0, 2: 0, 3: 0}
    out = said.filter(pl.col("verdict") == "drop")
    assert set(out["reason"]) == {"near duplicate"}
    assert set(out["threshold"]) == {0.945}
    assert out["score"].is_between(0.945, 1).all()


def test_near_image_leaves_what_differs(table: Table, tmp_path: Path) -> None:
    """Other photographs; one with something else in a corner; one cut to another shape."""
    marked = photo(1, 200, 150)
    marked.paste((255, 255, 255), (10, 10, 50, 50))
    pictures = {f"{n}.png": photo(n, 200, 150) for n in range(20)}
    pictures |= {"marked.png": marked, "cut.png": photo(2, 200, 150).crop((0, 0, 100, 150))}
    assert gone(images(table, tmp_path / "media", pictures).decide(NEAR_IMAGE)) == {}


def test_likeness_says_how_alike(table: Table, tmp_path: Path) -> None:
    copies = {"a.png": photo(1, 200, 150), "a.jpg": photo(1, 200, 150)}
    workspace = images(table, tmp_path / "media", copies, quality=10)
    score = workspace.decide(NEAR_IMAGE)["score"].drop_nulls()[0]
    for likeness, found in ((score - 0.001, {1: 0}), (score, {1: 0}), (score + 0.001, {})):
        step = {"dedup": {"near": "image", "likeness": likeness}}
        assert gone(workspace.decide(step)) == found


@pytest.mark.parametrize(
    ("captions", "found"),
    [
        (["The quick brown fox jumps.", "the QUICK brown fox jumps!"], {1: 0}),
        (["The quick brown fox jumps over it", "The quick brown fox jumps over its"], {1: 0}),
        (["The quick brown fox jumps over it", "A slow green frog sits below that"], {}),
        (["ab", "AB", "abc"], {1: 0}),
        (["Ångström", "Ångström"], {1: 0}),
        (["!!!", "???", "!!!"], {2: 0}),
        (["क", "का"], {}),
        (["", " "], {}),
        ([None, None], {}),
    ],
)
def test_near_text(table: Table, captions: list[str | None], found: dict[int, int]) -> None:
    assert gone(texts(table, captions).decide({"dedup": {"near": "caption"}})) == found


def words(*names: str) -> dict[str, Any]:
    """Shingles of one word, so that similarity can be counted on fingers."""
    minhash = {"ngram": 1, "unit": "word", "threshold": 0.8}
    return {"dedup": {"near": list(names), "minhash": minhash}}


CHAIN = ["a b c d e f g h i j", "a b c d e f g h i x", "a b c d e f g h x y"]
"""Each is 9 of 11 like the next; the ends are 8 of 12 like one another."""


def test_likeness_is_not_passed_along_a_chain(table: Table) -> None:
    said = texts(table, CHAIN).decide(words("caption"))
    assert gone(said) == {1: 0}
    assert said["score"].to_list() == [None, pytest.approx(9 / 11), None]


def test_the_first_read_stays(table: Table) -> None:
    """From the middle of the chain both ends are near."""
    assert gone(texts(table, [CHAIN[1], CHAIN[0], CHAIN[2]]).decide(words("caption"))) == {
        1: 0,
        2: 0,
    }


def test_the_most_alike_is_named(table: Table) -> None:
    captions = ["a b c d e f g h i j", "a b c d e f g h k l", "a b c d e f g h i k"]
    said = texts(table, captions).decide(words("caption"))
    assert gone(said) in ({2: 0}, {2: 1})
    wide = texts(table, [*captions[:2], "a b c d e f g h i j k"]).decide(words("caption"))
    assert gone(wide) == {2: 0}
    assert wide["score"][2] == pytest.approx(10 / 11)


def test_all_fields_must_be_alike(table: Table) -> None:
    near, far = CHAIN[1], "z z z"
    pairs = [(CHAIN[0], CHAIN[0]), (near, far), (far, near), (near, near)]
    rows = [{"n": n, "one": one, "two": two} for n, (one, two) in enumerate(pairs)]
    workspace = table(rows, one="text", two="text")
    assert gone(workspace.decide(words("one", "two"))) == {3: 0}
    assert gone(workspace.decide(words("one"))) == {1: 0, 3: 0}


def test_equal_in_one_field_and_near_in_the_other(table: Table) -> None:
    rows = [{"one": "the same", "two": CHAIN[n]} for n in range(3)]
    said = table(rows, one="text", two="text").decide(words("one", "two"))
    assert gone(said) == {1: 0}


def test_keep_largest(table: Table, tmp_path: Path) -> None:
    """The largest of the image that is compared, not of the recipe's first."""
    folder = tmp_path / "media"
    folder.mkdir()
    sides = {"first": (300, 100, 100), "image": (80, 160, 120)}
    for name, widths in sides.items():
        for number, width in enumerate(widths):
            seed = 5 if name == "image" else number
            photo(seed, 160, 160).resize((width, width)).save(folder / f"{name}{number}.png")
    rows = [{"first": f"first{n}.png", "image": f"image{n}.png"} for n in range(3)]
    workspace = table(rows, first="image", image="image")
    assert gone(workspace.decide(NEAR_IMAGE)) == {1: 0, 2: 0}
    largest = {"dedup": {"near": "image", "keep": "largest"}}
    assert gone(workspace.decide(largest)) == {0: 1, 2: 1}


def test_thousands_of_look_alikes_are_not_all_compared(table: Table) -> None:
    """One bucket of spellings of one text: work grows with its size, not with its square."""
    marks = ("", "!", "?", ".", ";", ",", ":", "-")
    spellings = ["Hello{} dear{} wide{} world{}".format(*m) for m in product(marks, repeat=4)]
    start = time.perf_counter()
    workspace = texts(table, spellings)
    said = workspace.decide({"dedup": {"near": "caption"}})
    assert len(spellings) == 4096
    assert gone(said) == dict.fromkeys(range(1, 4096), 0)
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95])
def test_bands_miss_one_in_a_thousand_at_most(threshold: float) -> None:
    count, rows = bands(threshold)
    assert (1 - threshold**rows) ** count <= 0.001
    assert count * rows <= 128

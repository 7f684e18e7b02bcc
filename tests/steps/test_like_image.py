"""Which pictures are alike: what copies go through, and what must be told apart."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from curate.measures.image_duplicate import (
    IMAGE_SKETCH,
    IMAGE_THUMBNAIL,
    IMAGE_WINDOWS,
    sketch,
    thumbnail,
    windows,
)
from curate.measures.measure import Measure
from curate.steps.forest import near
from curate.steps.like_image import Images
from curate.steps.look import looks
from curate.steps.orientation import Orientation, orientations
from curate.steps.pictures import Pictures
from tests.workspace import photo

CODE = {
    IMAGE_SKETCH.name: sketch,
    IMAGE_THUMBNAIL.name: thumbnail,
    IMAGE_WINDOWS.name: windows,
}
TONES = ("#fadcbc", "#debb90", "#c19a65", "#a57939", "#6a462f")


@dataclass
class Asked:
    """Measures files that are held in memory."""

    files: Mapping[str, bytes]

    def measure(self, measures: Measure | list[Measure], keys: pl.Series) -> pl.DataFrame:
        keys = keys.unique().sort()
        frame = pl.DataFrame({"key": keys})
        files = [self.files[key] for key in keys]
        for each in [measures] if isinstance(measures, Measure) else measures:
            values = CODE[each.name](each, {})(files)
            frame = frame.hstack(values.drop(set(frame.columns) & set(values.columns)))
        return frame


def saved(picture: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, **({"format": "PNG"} | options))
    return out.getvalue()


def alike(*files: bytes, variants: tuple[str, ...] = ()) -> dict[tuple[int, int], str]:
    """Couples found among files -> the evidence."""
    ask: Any = Asked({f"{n:04}": data for n, data in enumerate(files)})
    kind = Images(0.945, variants)
    couples = kind.propose(pl.Series(list(ask.files)), ask)
    found = kind.verify(couples, ask)
    rows = found.select("left", "right", "detail").iter_rows()
    return {(int(left), int(right)): detail for left, right, detail in rows}


def drawing(colour: str = "#92d3f5", mouth: int = 1) -> Image.Image:
    """A face with black outlines on white, symmetric, as clip art is."""
    picture = Image.new("RGB", (240, 240), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((50, 30, 190, 210), colour, "black", 5)
    for x in (95, 145):
        draw.ellipse((x - 6, 90, x + 6, 102), "black")
    box = (90, 120, 150, 180) if mouth > 0 else (90, 155, 150, 215)
    draw.arc(box, *((20, 160) if mouth > 0 else (200, 340)), fill="black", width=6)
    return picture


def runner(waist: int) -> Image.Image:
    """A figure whose back and belly are drawn by the same lines, but for so many pixels."""
    picture = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((105, 20, 150, 65), "#debb90", "black", 8)
    legs = [(90, 150), (80, 240), (105, 240), (128, 180), (150, 240), (175, 240), (165, 150)]
    body = [(100, 75), (155, 75), (165 - waist, 115), *reversed(legs), (90 + waist, 115)]
    draw.polygon(body, "#debb90", "black", 8)
    return picture


def clock(hour: int) -> Image.Image:
    picture = Image.new("RGB", (240, 240), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((20, 20, 220, 220), "white", "black", 8)
    angle = hour / 6 * np.pi
    end = (120 + 60 * np.sin(angle), 120 - 60 * np.cos(angle))
    draw.line((120, 120, *end), "black", 8)
    draw.line((120, 120, 120, 40), "black", 6)
    return picture


def clubs(count: int) -> Image.Image:
    picture = Image.new("RGB", (200, 280), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((2, 2, 197, 277), outline="black", width=3)
    places = [(60, y) for y in (60, 140, 220)] + [(140, y) for y in (60, 140, 220)]
    for x, y in [*places, (100, 100), (100, 180)][:count]:
        draw.ellipse((x - 14, y - 14, x + 14, y + 14), "black")
    return picture


def arrow(colour: str) -> Image.Image:
    picture = Image.new("RGB", (200, 200), "white")
    shape = [(20, 80), (110, 80), (110, 40), (180, 100), (110, 160), (110, 120), (20, 120)]
    ImageDraw.Draw(picture).polygon(shape, colour)
    return picture


def gamma(picture: Image.Image, exponent: float) -> Image.Image:
    return picture.point([round(255 * (level / 255) ** exponent) for level in range(256)] * 3)


def half(picture: Image.Image, share: float) -> Image.Image:
    size = [round(side * share) for side in picture.size]
    return picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG 30": lambda p: saved(p, format="JPEG", quality=30),
    "JPEG 90": lambda p: saved(p, format="JPEG", quality=90),
    "a quarter": lambda p: saved(half(p, 0.25)),
    "double": lambda p: saved(half(p, 2)),
    "cut": lambda p: saved(p.crop((4, 7, round(0.97 * p.width), round(0.98 * p.height)))),
    "black border": lambda p: saved(ImageOps.expand(p, 4, "black")),
    "red border": lambda p: saved(ImageOps.expand(p, 3, "red")),
    "darker": lambda p: saved(gamma(p, 1.25)),
    "lighter": lambda p: saved(gamma(p, 0.8)),
}
SUBJECTS = {
    "runner": runner(0),
    "drawing": drawing(),
    "arrow": arrow("#5c9e31"),
    "photo": photo(3, 240, 180),
}


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_found(subject: str, copy: str) -> None:
    picture = SUBJECTS[subject]
    assert (0, 1) in alike(saved(picture), COPIES[copy](picture))


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param([clubs(6), clubs(8)], id="six and eight of clubs"),
        pytest.param([arrow("#5c9e31"), arrow("#808000")], id="green and olive arrow"),
        pytest.param([clock(hour) for hour in range(1, 12)], id="clock faces"),
        pytest.param([drawing(tone) for tone in TONES], id="skin tones"),
        pytest.param([runner(0), runner(2)], id="a narrower waist, all else the same"),
        pytest.param([drawing(TONES[2], 1), drawing(TONES[2], -1)], id="smile and frown"),
        pytest.param(
            [
                Image.new("RGB", (100, 100), colour)
                for colour in ("white", "#eee", "black", "red", "#00f")
            ],
            id="one colour each",
        ),
    ],
)
def test_what_differs_is_left(pictures: list[Image.Image]) -> None:
    assert alike(*map(saved, pictures)) == {}


def test_blank_pages_are_alike_only_in_one_colour_and_shape() -> None:
    pages = [("white", (90, 120)), ("#fefefe", (180, 240)), ("white", (120, 90))]
    assert set(alike(*(saved(Image.new("RGB", size, colour)) for colour, size in pages))) == {
        (0, 1)
    }


def test_white_drawings_on_nothing_are_seen_over_black() -> None:
    shapes = []
    for box in ((20, 20, 80, 80), (10, 40, 90, 60)):
        picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
        ImageDraw.Draw(picture).ellipse(box, "white")
        shapes.append(saved(picture))
    assert alike(*shapes) == {}
    assert set(alike(shapes[0], saved(half(Image.open(io.BytesIO(shapes[0])), 2)))) == {(0, 1)}


def test_the_evidence_says_what_was_undone() -> None:
    picture = photo(5, 200, 160)
    found = alike(saved(picture), saved(gamma(picture, 1.25)), saved(ImageOps.expand(picture, 4)))
    assert found[0, 1] == "image, other brightness"
    assert found[0, 2] == "image, other frame"


def test_a_turned_photograph_is_compared_upright() -> None:
    picture = photo(8, 200, 120)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved(picture.rotate(90, expand=True), format="JPEG", quality=95, exif=exif)
    assert set(alike(saved(picture), turned)) == {(0, 1)}


FLIPS = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM)
TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
BOTH = (Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE)


@pytest.mark.parametrize("subject", ["runner", "arrow", "photo"])
@pytest.mark.parametrize(
    ("variants", "ways", "said"),
    [
        (("flip",), FLIPS, "image, mirrored"),
        (("rotate",), TURNS, "image, turned"),
        (("flip", "rotate"), BOTH, "image, mirrored and turned"),
    ],
)
def test_pictures_that_lie_otherwise_are_alike_where_that_is_wanted(
    subject: str, variants: tuple[str, ...], ways: tuple[Image.Transpose, ...], said: str
) -> None:
    picture = SUBJECTS[subject].crop((8, 12, 225, 165))
    copies = [saved(picture.transpose(way), format="JPEG", quality=80) for way in ways]
    for copy in copies:
        files = saved(picture), copy
        assert alike(*files) == {}
        assert alike(*files, variants=variants)[0, 1].startswith(said)


def cropped(picture: Image.Image, share: float, down: float, across: float) -> Image.Image:
    """So much of each side, from somewhere between its first and its last possible place."""
    width, height = round(share * picture.width), round(share * picture.height)
    left, top = (
        round(across * (picture.width - width)),
        round(down * (picture.height - height)),
    )
    return picture.crop((left, top, left + width, top + height))


def marked(picture: Image.Image, place: str) -> Image.Image:
    """With a line along the lower edge, or a logo in the lower right corner."""
    copy, (width, height) = picture.copy(), picture.size
    draw = ImageDraw.Draw(copy)
    if place == "line":
        draw.rectangle((0, height * 0.91, width, height), "#333")
        draw.text((width * 0.1, height * 0.92), "pictures for sale", "white")
    else:
        draw.ellipse((width * 0.8, height * 0.8, width * 0.96, height * 0.96), "#c33")
    return copy


@pytest.mark.parametrize("subject", ["runner", "drawing", "photo"])
@pytest.mark.parametrize(("share", "down", "across"), [(0.85, 0, 1), (0.8, 0.5, 0.5), (0.8, 1, 0)])
def test_a_part_is_alike_where_that_is_wanted(
    subject: str, share: float, down: float, across: float
) -> None:
    picture = SUBJECTS[subject]
    part = saved(cropped(picture, share, down, across), format="JPEG", quality=85)
    assert alike(saved(picture), part) == {}
    assert alike(saved(picture), part, variants=("crop",)) == {(0, 1): "image, cropped"}


@pytest.mark.parametrize("subject", ["runner", "drawing", "photo"])
@pytest.mark.parametrize("place", ["line", "logo"])
def test_a_marked_copy_is_alike_where_that_is_wanted(subject: str, place: str) -> None:
    picture = SUBJECTS[subject]
    copy = saved(marked(picture, place), format="JPEG", quality=85)
    assert alike(saved(picture), copy) == {}
    assert alike(saved(picture), copy, variants=("watermark",)) == {(0, 1): "image, watermark"}


def test_what_differs_is_left_whatever_is_wanted() -> None:
    every = ("flip", "rotate", "crop", "watermark")
    for pictures in (
        [clubs(6), clubs(8)],
        [arrow("#5c9e31"), arrow("#808000")],
        [drawing(tone) for tone in TONES],
        [drawing(TONES[2], 1), drawing(TONES[2], -1)],
    ):
        assert alike(*map(saved, pictures), variants=every) == {}


def test_a_variant_is_no_other_variant() -> None:
    picture = arrow("#5c9e31").crop((0, 20, 200, 180))
    mirrored = saved(picture.transpose(FLIPS[0]).rotate(90, expand=True))
    assert alike(saved(picture), mirrored, variants=("flip",)) == {}
    upright = saved(ImageOps.mirror(SUBJECTS["runner"]))
    assert alike(saved(SUBJECTS["runner"]), upright, variants=("rotate",)) == {}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 40), st.sampled_from(orientations(("flip", "rotate"))))
def test_a_sketch_turned_is_the_sketch_of_the_turned_picture(seed: int, way: Orientation) -> None:
    picture = np.asarray(photo(seed, 64, 64))
    turned = np.stack([way.laid(plane) for plane in picture.transpose(2, 0, 1)], axis=2)
    files = [saved(Image.fromarray(np.ascontiguousarray(each))) for each in (picture, turned)]
    rows = [np.frombuffer(each, np.int8) for each in sketch(IMAGE_SKETCH, {})(files)["whole"]]
    assert np.abs(way.sketched(rows[0][None])[0].astype(int) - rows[1]).max() <= 1


def test_a_file_that_is_no_image_is_alike_to_nothing() -> None:
    picture = saved(photo(1))
    assert set(alike(b"", picture, b"not an image", picture[:300], picture)) == {(1, 4)}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from(sorted(COPIES)))
def test_likeness_is_symmetric(seed: int, other: int, copy: str) -> None:
    files = [saved(photo(seed, 64, 48)), COPIES[copy](photo(other, 64, 48))]
    seen = Pictures.of(thumbnail(IMAGE_THUMBNAIL, {})(files))
    there, back = looks(seen, seen[np.array([1, 0])])[0]
    assert there == back
    assert 0 <= there <= 1


def test_of_a_crowd_each_is_held_against_the_first_few() -> None:
    """Many vectors of one direction are each held against the first few alone."""
    crowd = np.tile(np.arange(1, 34, dtype=np.int8), (5_000, 1))
    couples = near(crowd, trees=2, angle=0.2)
    assert len(couples) < 9 * len(crowd)
    assert set(couples[:, 1]) == set(range(1, 5_000))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000), st.integers(2, 300))
def test_couples_are_near_and_stand_once(seed: int, count: int) -> None:
    vectors = np.random.default_rng(seed).integers(-60, 61, (count, 33), dtype=np.int8)
    half = count // 2
    vectors[half : 2 * half] = vectors[:half]
    couples = near(vectors, trees=6, angle=0.3)
    assert len(np.unique(couples, axis=0)) == len(couples)
    assert (couples[:, 0] < couples[:, 1]).all()
    assert {(n, n + half) for n in range(half)} <= {*map(tuple, couples.tolist())}

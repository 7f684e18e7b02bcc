"""Near-duplicate images: sketches that propose, a small picture that decides, and PDQ for lists.

Sketch and small picture are made of one scaled decode; a picture just made small is remembered.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.image import FLAT, Small, small_image

SIDE = 64
"""Pixels of a small picture's luma; its chroma has half as many."""
NUMBERS = 81
"""Of a sketch: 63 of luma, 18 of chroma."""
MARGIN = 24
"""Levels by which what is in a margin may differ from the margin's corner."""
BORDER = 6
"""Rows or columns of a small picture that a border may have."""
LEAST = 4
"""Rows or columns of a small picture below which what is inside margins is none."""
LOW = 4.3
"""Half waves over the picture up to which a frequency is low."""
CHROMA = 0.7
"""Weight of the frequencies of chroma."""
REMEMBERED = 512
"""Small pictures kept in memory, of 12 kB each."""

IMAGE_PDQ = Measure(
    name="image.pdq",
    version=1,
    of=("image",),
    returns={"pdq": pl.Binary, "pdq_quality": pl.Int64},
    compute="curate.measures.image_duplicate:pdq",
    libraries=("pdqhash",),
)
"""PDQ: 256 bits in 32 bytes that similar pictures nearly share, and how much detail fed them, 0
to 100 (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019)."""

IMAGE_THUMBNAIL = Measure(
    name="image.thumbnail",
    version=2,
    of=("image",),
    returns={
        "luma": pl.Binary,
        "chroma": pl.Binary,
        "width": pl.Int32,
        "height": pl.Int32,
        "ground": pl.String,
    },
    compute="curate.measures.image_duplicate:thumbnail",
    view="bytes",
    libraries=("pillow", "resvg_py"),
    params={"side": SIDE},
    chunk=64,
)
"""The whole picture made square: luma at 64 by 64 (4,096 bytes), Cb and Cr at 32 by 32 (2,048
bytes), the picture's size in pixels, and what transparent parts were laid over."""

IMAGE_SKETCH = Measure(
    name="image.sketch",
    version=1,
    of=("image",),
    returns={
        "whole": pl.Binary,
        "trimmed": pl.Binary,
        "aspect": pl.Float64,
        "trimmed_aspect": pl.Float64,
        "flat": pl.Boolean,
    },
    compute="curate.measures.image_duplicate:sketch",
    view="bytes",
    libraries=("pillow", "resvg_py"),
    params={"side": SIDE},
    chunk=64,
)
"""The lowest frequencies of the picture, and of the picture without its margins: 63 of luma and 18
of chroma as int8 of one length, so that contrast does not count; width over height of both; and
whether there is nothing to see but one colour, of which then `whole` holds the mean."""


def thumbnail(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(files: Sequence[bytes]) -> pl.DataFrame:
        return _of_readable(files, _thumbnails, measure.returns)

    return compute


def sketch(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(files: Sequence[bytes]) -> pl.DataFrame:
        return _of_readable(files, _sketches, measure.returns)

    return compute


def _of_readable(files: Sequence[bytes], made: Any, returns: Mapping[str, Any]) -> pl.DataFrame:
    """Values of the files that can be read, errors of the others, in order."""
    small = [_remembered(data) for data in files]
    sound = [each for each in small if isinstance(each, Small)]
    values = made(sound).with_row_index("n") if sound else pl.DataFrame(schema=returns)
    errors = [each.message if isinstance(each, Unreadable) else None for each in small]
    places = pl.Series([e is None for e in errors]).cum_sum().cast(pl.Int64) - 1
    rows = pl.DataFrame({"error": errors}, schema={"error": pl.String})
    if not sound:
        return rows.with_columns(pl.lit(None, dtype).alias(n) for n, dtype in returns.items())
    taken = values.drop("n")[places.clip(lower_bound=0)]
    sound_row = pl.col("error").is_null()
    return pl.concat([rows, taken], how="horizontal").with_columns(
        pl.when(sound_row).then(pl.col(name)).alias(name) for name in returns
    )


def _thumbnails(small: Sequence[Small]) -> pl.DataFrame:
    planes = _stacked(small)
    chroma = _halved(planes[:, 1:].astype(np.uint16))
    return pl.DataFrame(
        {
            "luma": [each[0].tobytes() for each in planes],
            "chroma": [each.tobytes() for each in chroma],
            "width": pl.Series([each.width for each in small], dtype=pl.Int32),
            "height": pl.Series([each.height for each in small], dtype=pl.Int32),
            "ground": [each.ground for each in small],
        }
    )


def _halved(planes: np.ndarray) -> np.ndarray:
    """(..., side, side) as (..., side / 2, side / 2), each pixel the rounded mean of four."""
    four = planes[..., ::2, ::2] + planes[..., 1::2, ::2]
    four += planes[..., ::2, 1::2] + planes[..., 1::2, 1::2]
    halved: np.ndarray = ((four + 2) // 4).astype(np.uint8)
    return halved


def _sketches(small: Sequence[Small]) -> pl.DataFrame:
    planes = _stacked(small)
    boxes = inside(planes)
    aspect = np.array([each.width / each.height for each in small])
    shape = (boxes[:, 3] - boxes[:, 2]) / (boxes[:, 1] - boxes[:, 0])
    flat = np.ptp(planes, axis=(2, 3)).max(1) <= FLAT
    whole = _frequencies(planes, np.tile([0, SIDE, 0, SIDE], (len(planes), 1)))
    whole[flat, :3] = planes[flat].mean((2, 3)).round() - 128
    trimmed = _frequencies(planes, boxes)
    return pl.DataFrame(
        {
            "whole": [each.tobytes() for each in whole],
            "trimmed": [each.tobytes() for each in trimmed],
            "aspect": aspect,
            "trimmed_aspect": aspect * shape,
            "flat": flat,
        }
    )


def inside(planes: np.ndarray) -> np.ndarray:
    """Boxes (top, bottom, left, right) of what is left without margins of one colour, (n, 4).

    A thin border is taken off first, and then the margin within.
    """
    boxes = within(planes)
    thin = np.abs(boxes - [0, SIDE, 0, SIDE])
    bordered = ((thin > 0) & (thin <= BORDER)).sum(1) >= 3
    for number in np.flatnonzero(bordered):
        top, bottom, left, right = boxes[number]
        part = planes[number : number + 1, :, top + 1 : bottom - 1, left + 1 : right - 1]
        boxes[number] = within(part)[0] + [top + 1, top + 1, left + 1, left + 1]
    return boxes


def within(planes: np.ndarray) -> np.ndarray:
    """Boxes without the outermost rows and columns that are of the outermost one's colour."""
    rows, columns = _extent(planes), _extent(planes.swapaxes(2, 3))
    return np.stack([*rows, *columns], axis=1)


def _extent(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first row of what is inside, and the first after it. Ends of rows mix with borders."""
    middle = planes[..., planes.shape[3] // 2].astype(np.int16)
    high, low = planes[..., 1:-1].max(3), planes[..., 1:-1].min(3)
    start, end = (
        ((high - colour > MARGIN) | (colour - low > MARGIN)).any(1)
        for colour in (middle[..., :1], middle[..., -1:])
    )
    size = start.shape[1]
    begins, ends = start.argmax(1), size - end[:, ::-1].argmax(1)
    little = ~start.any(1) | ~end.any(1) | (ends - begins < LEAST)
    return np.where(little, 0, begins), np.where(little, size, ends)


def _frequencies(planes: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """int8 (n, 81): cosine transform of luma without its mean, and of chroma with it, in boxes."""
    down, across = _waves(boxes[:, 0], boxes[:, 1]), _waves(boxes[:, 2], boxes[:, 3])
    pictures = planes.astype(np.float32) - 128
    found = down[:, None] @ pictures @ across[:, None].transpose(0, 1, 3, 2)
    luma = (found[:, 0] * _weights()).reshape(len(planes), -1)[:, 1:]
    chroma = found[:, 1:, :3, :3].reshape(len(planes), -1) * CHROMA
    both = np.concatenate([luma, chroma], axis=1)
    length = np.linalg.norm(both, axis=1, keepdims=True)
    sketch: np.ndarray = np.rint(127 * both / np.maximum(length, 1e-6)).astype(np.int8)
    return sketch


def _waves(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The eight lowest cosines between two places of the side, (n, 8, side); nothing elsewhere."""
    size = (end - start)[:, None]
    places = (np.arange(SIDE) + 0.5 - start[:, None]) / size
    waves = np.cos(np.pi * np.arange(8)[:, None] * places[:, None])
    waves[:, 0] /= np.sqrt(2)
    waves *= ((places > 0) & (places < 1))[:, None] / np.sqrt(size)[:, None]
    stacked: np.ndarray = waves.astype(np.float32)
    return stacked


@cache
def low() -> np.ndarray:
    """Which numbers of a sketch are of the lowest frequencies, bool (81,)."""
    number = np.arange(8.0)
    luma = np.hypot(number[:, None], number).ravel()[1:] <= LOW
    return np.concatenate([luma, np.ones(18, bool)])


@cache
def _weights() -> np.ndarray:
    """High frequencies are weaker in pictures by about their number."""
    number = np.arange(8.0)
    weights: np.ndarray = np.hypot(number[:, None], number) ** 0.5
    return weights.astype(np.float32)


def _stacked(small: Sequence[Small]) -> np.ndarray:
    return np.stack([each.pixels for each in small]).transpose(0, 3, 1, 2).copy()


_recent: OrderedDict[bytes, Small | Unreadable] = OrderedDict()
_recently = threading.Lock()


def _remembered(data: bytes) -> Small | Unreadable:
    """The small picture; both measures of a file ask for it within moments."""
    name = hashlib.sha256(data).digest()
    with _recently:
        known = _recent.pop(name, None)
    made = known or _made(data)
    if known is None:
        with _recently:
            _recent[name] = made
            while len(_recent) > REMEMBERED:
                _recent.popitem(last=False)
    return made


def _made(data: bytes) -> Small | Unreadable:
    try:
        return small_image(data, SIDE)
    except Unreadable as error:
        return error


def pdq(measure: Measure, models: Mapping[str, Path]) -> Compute:
    import pdqhash

    def compute(images: Sequence[np.ndarray]) -> pl.DataFrame:
        found = [pdqhash.compute(np.ascontiguousarray(image)) for image in images]
        return pl.DataFrame(
            {
                "pdq": [np.packbits(bits).tobytes() for bits, _ in found],
                "pdq_quality": [int(quality) for _, quality in found],
            }
        )

    return compute

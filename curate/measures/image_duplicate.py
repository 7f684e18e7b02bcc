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
MARGIN = 24
"""Levels by which what is in a margin may differ from the margin's corner."""
BORDER = 6
"""Rows or columns of a small picture that a border may have."""
LEAST = 4
"""Rows or columns of a small picture below which what is inside margins is none."""
CHROMA = 0.7
"""Weight of the frequencies of chroma."""
EDGES = 5
"""Frequencies of edges each way; fewer of what waves both ways."""
EVEN = 0.5
"""Weight of the lowest frequencies of colours beside those of edges."""
CUT = 0.035
"""Share of a side that is off every edge of a picture's core."""
WINDOWS = tuple(
    (down, across, share)
    for share, starts in ((0.77, (0.04, 0.115, 0.19)), (0.88, (0.03, 0.08)))
    for down in starts
    for across in starts
)
"""Where a picture may be cropped: what is off above and left, and what is left each way, as shares."""
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
    version=2,
    of=("image",),
    returns={"whole": pl.Binary, "edges": pl.Binary, "core": pl.Binary, "flat": pl.Boolean},
    compute="curate.measures.image_duplicate:sketch",
    view="bytes",
    libraries=("pillow", "resvg_py"),
    params={"side": SIDE},
    chunk=64,
)
"""Lowest frequencies as int8 of one length, so that contrast does not count. `whole`: 63 of luma, 18
of chroma. `edges`: 20 each of how much changes across and down, and 11 of colours; `core`: the same
of the picture less `CUT` of every edge. Rectified changes stand still where a picture is moved a
little, and a copy that was cut a little is like the original's core. `flat`: whether there is
nothing to see but one colour, of which then `whole` holds the mean."""

IMAGE_WINDOWS = Measure(
    name="image.windows",
    version=1,
    of=("image",),
    returns={"windows": pl.Binary},
    compute="curate.measures.image_duplicate:windows",
    view="bytes",
    libraries=("pillow", "resvg_py"),
    params={"side": SIDE},
    chunk=64,
)
"""What `edges` of a sketch would be if the picture were cropped to each of `WINDOWS`, int8 (13, 51)."""


def thumbnail(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(files: Sequence[bytes]) -> pl.DataFrame:
        return _of_readable(files, _thumbnails, measure.returns)

    return compute


def sketch(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(files: Sequence[bytes]) -> pl.DataFrame:
        return _of_readable(files, _sketches, measure.returns)

    return compute


def windows(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(files: Sequence[bytes]) -> pl.DataFrame:
        return _of_readable(files, _windowed, measure.returns)

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
    flat = np.ptp(planes, axis=(2, 3)).max(1) <= FLAT
    waves = _waves(0.0, 1.0)[0]
    whole = _colours(waves @ np.subtract(planes, 128, dtype=np.float32) @ waves.T)
    whole[flat, :3] = planes[flat].mean((2, 3)).round() - 128
    edges, core = _edges(planes, ((0.0, 0.0, 1.0), (CUT, CUT, 1 - 2 * CUT)))
    kinds = {"whole": whole, "edges": edges, "core": core}
    values = {name: [each.tobytes() for each in rows] for name, rows in kinds.items()}
    return pl.DataFrame(values | {"flat": flat})


def _windowed(small: Sequence[Small]) -> pl.DataFrame:
    found = np.stack(_edges(_stacked(small), WINDOWS), axis=1)
    return pl.DataFrame({"windows": [each.tobytes() for each in found]})


def _colours(found: np.ndarray) -> np.ndarray:
    """int8 (n, 81): frequencies of luma without its mean, and of chroma with it."""
    luma = (found[:, 0] * _weights()).reshape(len(found), -1)[:, 1:]
    return _pointed([luma, found[:, 1:, :3, :3].reshape(len(found), -1) * CHROMA])


def planes() -> list[np.ndarray]:
    """Where the numbers of `whole` stand among frequencies down and across, counted from 1: luma
    (8, 8), with 0 for its mean, and chroma (2, 3, 3).
    """
    return [np.arange(64).reshape(8, 8), np.arange(64, 82).reshape(2, 3, 3)]


def row(planes: Sequence[np.ndarray]) -> np.ndarray:
    """Such planes as the numbers of `whole`, (81,)."""
    return np.concatenate([planes[0].ravel()[1:], planes[1].ravel()])


def _lowest(found: np.ndarray) -> np.ndarray:
    """Of (n, 3, 2, 2) all but the mean of luma, (n, 11)."""
    return found.reshape(len(found), -1)[:, 1:]


def _edges(planes: np.ndarray, parts: Sequence[tuple[float, float, float]]) -> list[np.ndarray]:
    """Of each part frequencies of how much changes across and down, 20 each, and the lowest of its
    colours, int8 (n, 51). Changes lie between pixels.
    """
    luma, level = planes[:, 0], np.subtract(planes, 128, dtype=np.float32)
    across, down = _changes(luma), _changes(luma.swapaxes(1, 2)).swapaxes(1, 2)
    kinds = []
    for top, left, share in parts:
        (pixels, between), (wide, apart) = (_waves(start, share) for start in (top, left))
        pair = (
            pixels[:EDGES] @ across @ apart[:EDGES].T,
            between[:EDGES] @ down @ wide[:EDGES].T,
        )
        lowest = _lowest(pixels[:2] @ level @ wide[:2].T)
        kinds.append(_pointed([*(each[:, _low()] for each in pair), EVEN * lowest]))
    return kinds


def _changes(luma: np.ndarray) -> np.ndarray:
    one, other = luma[..., 1:], luma[..., :-1]
    changes: np.ndarray = (np.maximum(one, other) - np.minimum(one, other)).astype(np.float32)
    return changes


def _pointed(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The parts of every row as int8 of one length."""
    both = np.concatenate(parts, axis=1)
    length = np.linalg.norm(both, axis=1, keepdims=True)
    pointed: np.ndarray = np.rint(127 * both / np.maximum(length, 1e-6)).astype(np.int8)
    return pointed


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


@cache
def _waves(start: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """The eight lowest cosines over a share of a side from its start on, (8, side) at pixels and
    (8, side - 1) between them; nothing elsewhere.
    """
    pixels = np.arange(SIDE) + 0.5
    places = pixels / SIDE, pixels[:-1] / SIDE + 0.5 / SIDE
    at, between = (_cosines(each - start, share) for each in places)
    return at, between


def _cosines(places: np.ndarray, share: float) -> np.ndarray:
    inner = places / share
    waves = np.cos(np.pi * np.arange(8)[:, None] * inner)
    waves[0] /= np.sqrt(2)
    waves *= ((inner > 0) & (inner < 1)) / np.sqrt(share * SIDE)
    cosines: np.ndarray = waves.astype(np.float32)
    return cosines


@cache
def _low() -> np.ndarray:
    """Which frequencies of edges are kept, bool (5, 5)."""
    number = np.arange(EDGES)
    low: np.ndarray = np.hypot(number[:, None], number) <= EDGES - 0.7
    return low


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

"""Drawings: their stated size, and pixels from them.

An SVG is a program, so little of it is trusted: it may declare no entities but short plain ones,
it may refer to no other file (an image in it must be a `data:` URL), and no font of this machine is
used, so that the pixels are the same everywhere. Text in a drawing is therefore not drawn, and a
drawing that shows nothing else is unreadable rather than an empty picture.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import threading
from collections import OrderedDict
from typing import Any
from xml.parsers import expat

import numpy as np

from curate.errors import Unreadable
from curate.pairs.limited import limited

LONGEST_SIDE = 256
"""Pixels of the longer side of a rendered drawing."""
REMEMBERED = 128_000_000
"""Bytes of rendered drawings kept in memory."""
LONGEST_ENTITY = 1000
SNIFFED = 4096
UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|)\s*")
TEXT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?text[\s>]")
DRAWING = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]")


class _Enough(Exception):
    pass


def is_svg(data: bytes) -> bool:
    """Whether bytes look like an SVG: a tag `svg` near the start of something like XML."""
    start = data[:SNIFFED].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<") and DRAWING.search(start) is not None


def svg_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels that the root states: its attributes, else its `viewBox`."""
    attributes = _root(data)
    box = _view_box(attributes.get("viewBox", ""))
    width = _length(attributes.get("width")) or (box and box[0])
    height = _length(attributes.get("height")) or (box and box[1])
    if not width or not height:
        raise Unreadable("the SVG states no size: neither width and height nor a viewBox")
    return max(1, round(width)), max(1, round(height))


def render_svg(data: bytes) -> np.ndarray:
    """The drawing as uint8 (height, width, 4), RGBA, `LONGEST_SIDE` pixels at its longer side.

    Rendering costs much and is wanted by one measure after the other, so recent drawings are
    remembered.
    """
    name = hashlib.sha256(data).digest()
    pixels = _recent.get(name)
    if pixels is None:
        pixels = _rendered(data)
        _recent.put(name, pixels)
    return pixels


class _Recent:
    """The drawings used last, as many as fit in so many bytes; safe for threads.

    LZ4 makes of a drawing about what PNG does, and is read ten times as fast.
    """

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._drawings: OrderedDict[bytes, tuple[bytes, tuple[int, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: bytes) -> np.ndarray | None:
        import pyarrow as pa

        with self._lock:
            if name not in self._drawings:
                return None
            self._drawings.move_to_end(name)
            packed, shape = self._drawings[name]
        pixels = pa.decompress(packed, math.prod(shape), "lz4_raw")
        return np.frombuffer(pixels, np.uint8).reshape(shape)

    def put(self, name: bytes, pixels: np.ndarray) -> None:
        import pyarrow as pa

        packed = pa.compress(pixels, "lz4_raw", asbytes=True)
        with self._lock:
            self._held += len(packed) - len(self._drawings.pop(name, (b"",))[0])
            self._drawings[name] = packed, pixels.shape
            while self._held > self._most:
                self._held -= len(self._drawings.popitem(last=False)[1][0])


_recent = _Recent(REMEMBERED)


@limited
def _rendered(data: bytes) -> np.ndarray:
    from PIL import Image

    svg_size(data)
    with Image.open(io.BytesIO(_render(data))) as drawn:
        pixels = np.asarray(drawn)
    _check_shown(data, pixels)
    return pixels


def _render(data: bytes) -> bytes:
    import resvg_py

    _parse(data, _refuse_references)
    try:
        png: bytes = resvg_py.svg_to_bytes(
            svg_string=data.decode("utf-8-sig"),
            skip_system_fonts=True,
            dpi=96.0,
            width=LONGEST_SIDE,
            height=LONGEST_SIDE,
        )
    except UnicodeDecodeError:
        raise Unreadable("the SVG is not UTF-8") from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Unreadable(f"the renderer failed: {error}") from None
    return png


def _check_shown(data: bytes, pixels: np.ndarray) -> None:
    if TEXT.search(data) and not pixels[..., 3].any():
        raise Unreadable("the SVG shows nothing but text, and text is not drawn")


def _root(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] != "svg":
            raise Unreadable(f"an XML document of <{name[:40]}>, not an SVG")
        found.update(attributes)
        raise _Enough

    try:
        _parse(data, start)
    except _Enough:
        return found
    raise Unreadable("the SVG has no root")


def _parse(data: bytes, start: Any) -> None:
    parser = expat.ParserCreate("UTF-8")  # as the renderer reads it, whatever is declared
    parser.StartElementHandler = start
    parser.EntityDeclHandler = _refuse_entities
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unreadable(f"the SVG is not well-formed: {error}") from None


def _refuse_entities(name: str, parameter: bool, value: str | None, *_rest: Any) -> None:
    if parameter or value is None or re.search("[&%<]", value) or len(value) > LONGEST_ENTITY:
        raise Unreadable(
            f"the SVG declares the entity '{name[:40]}', which is not short plain text"
        )


def _refuse_references(name: str, attributes: dict[str, str]) -> None:
    if name.rpartition(":")[2] not in ("image", "feImage"):
        return
    for key, value in attributes.items():
        reference = value.strip()
        if key.rpartition(":")[2] == "href" and not reference.startswith(("data:", "#")):
            raise Unreadable(f"the SVG refers to another file, '{reference[:80]}'")


def _view_box(value: str) -> tuple[float, float] | None:
    numbers = re.split(r"[\s,]+", value.strip())
    try:
        _, _, width, height = map(float, numbers)
    except ValueError:
        return None
    return (width, height) if 0 < width < 1e9 and 0 < height < 1e9 else None


def _length(value: str | None) -> float | None:
    """Pixels of a length; none for percentages and what is no length."""
    found = LENGTH.fullmatch(value or "")
    return float(found[1]) * UNITS[found[2]] if found and float(found[1]) < 1e9 else None

"""Still images: what their header says, and their pixels.

The content decides the format, not the file's name: JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF, SVG.
Pixels are RGB, upright (EXIF), with what is transparent laid over white; colour profiles are not
applied; of an animation the first frame counts, of a document the first page, and all must be whole. A drawing is rendered with its longer side at
`svg.LONGEST_SIDE` pixels. Whatever a decoder objects to makes the image `Unreadable`, in the
decoder's words. Every function may be called from several threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import Any

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from curate.errors import Unreadable
from curate.pairs.container import check_boxes
from curate.pairs.gif import check_gif
from curate.pairs.limited import limited
from curate.pairs.svg import is_svg, render_svg, svg_size

MOST_PIXELS = 178_956_970
"""Of all frames together; Pillow's own limit, 512 MiB of RGB."""
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
PLUGINS: dict[str, Any] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}
DEEP = ("F", "I")
"""32 bits for a grey, of which no file says what white is."""
ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
FLAT = 8
"""Levels between the darkest and the lightest spot of a picture that shows nothing."""
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_warnings = Lock()
"""Filters of warnings belong to the process. What Pillow warns of is metadata; too many pixels, of
which it warns too, are refused here."""


@dataclass(frozen=True)
class Small:
    """A picture made small, whatever its shape was."""

    pixels: np.ndarray
    """uint8 (side, side, 3), YCbCr as JPEG has it, each the mean of its area."""
    width: int
    height: int
    """Of the upright picture before."""
    ground: str
    """What transparent parts were laid over: `white`, or `black` where white would show nothing."""


@dataclass(frozen=True)
class ImageHeader:
    """What an image says of itself; `width` and `height` are those of the upright image."""

    format: str
    width: int
    height: int
    frames: int
    mode: str


@limited
def probe_image(data: bytes) -> ImageHeader:
    """The header, without decoding pixels."""
    if image_format(data) == "SVG":
        width, height = svg_size(data)
        return ImageHeader("SVG", width, height, 1, "vector")
    with _opened(data) as image:
        width, height = image.size[::-1] if _orientation(image) in (5, 6, 7, 8) else image.size
        return ImageHeader(str(image.format), width, height, _frames(image), image.mode)


def decode_image(data: bytes) -> np.ndarray:
    """Pixels as uint8 (height, width, 3)."""
    if image_format(data) == "SVG":
        return _first(Image.fromarray(render_svg(data)))
    return _pixels(data)


def small_image(data: bytes, side: int) -> Small:
    """The picture at `side` by `side`.

    A JPEG is decoded at no more pixels than that takes, and not by way of RGB, which cannot hold
    every colour that a strong compression makes.
    """
    if image_format(data) == "SVG":
        return _shrunk(Image.fromarray(render_svg(data)), side)
    return _small(data, side)


def drawn(data: bytes) -> bytes:
    """A file of pixels: of a drawing what is rendered, else the file itself."""
    return encode_png(render_svg(data)) if image_format(data) == "SVG" else data


@limited
def _pixels(data: bytes) -> np.ndarray:
    _check_whole(data)
    with _opened(data) as image:
        return _first(image)


@limited
def _small(data: bytes, side: int) -> Small:
    _check_whole(data)
    with _opened(data) as image:
        return _shrunk(image, side)


def _first(image: Any) -> np.ndarray:
    """Pixels of the first frame; all are decoded."""
    orientation = _orientation(image)
    image.load()
    first = _over_white(image)
    if first is image and _frames(image) > 1:
        first = image.copy()
    for frame in range(1, _frames(image)):
        image.seek(frame)
        image.load()
    if orientation in UPRIGHT:
        first = first.transpose(UPRIGHT[orientation])
    return np.asarray(first, dtype=np.uint8)


def _shrunk(image: Any, side: int) -> Small:
    width, height = image.size
    orientation = _orientation(image)
    scaled = image.draft("YCbCr" if _is_ycbcr(image) else None, (side, side))
    image.load()
    ground, small = _made_small(image, side, scaled[1] if scaled else (0, 0, width, height))
    if orientation in UPRIGHT:
        small = small.transpose(UPRIGHT[orientation])
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    return Small(np.asarray(small.convert("YCbCr"), dtype=np.uint8), width, height, ground)


def reduced_image(data: bytes, side: int) -> Image.Image:
    """The upright picture of pixels in its own shape with no side longer than `side`, in RGB, or in
    RGBA where parts of it are transparent; of an animation the first frame. Decoded here and now.
    """
    _check_whole(data)
    with _opened(data) as image:
        orientation = _orientation(image)
        image.draft(None, (2 * side, 2 * side))
        image.load()
        reduced = image.convert("RGBA") if _transparent(image) else _over_white(image).copy()
        reduced.thumbnail((side, side))
        upright = UPRIGHT.get(orientation)
        turned: Image.Image = reduced if upright is None else reduced.transpose(upright)
        return turned


def _is_ycbcr(image: Image.Image) -> bool:
    """Whether a JPEG says that it holds brightness and colour apart; some hold red, green, blue."""
    stated = "jfif" in image.info or image.info.get("adobe_transform") == 1
    return image.mode == "RGB" and stated


def encode_png(array: np.ndarray) -> bytes:
    """Pixels as PNG; the same bytes for the same pixels."""
    out = BytesIO()
    Image.fromarray(array).save(out, "PNG", compress_level=6, compress_type=3)
    return out.getvalue()


def image_format(data: bytes) -> str:
    """JPEG, PNG, WEBP, GIF, TIFF, BMP, AVIF or SVG, by the content's first bytes."""
    found = _magic(data) or ("SVG" if is_svg(data) else None)
    if found in PLUGINS or found == "SVG":
        return str(found)
    if not data:
        raise Unreadable("the file is empty")
    if found:
        raise Unreadable(f"format {found} is not supported")
    raise Unreadable(f"not an image: it begins with {data[:8].hex(' ')}")


def _check_whole(data: bytes) -> None:
    """What decoders overlook."""
    if data.startswith(b"\x89PNG") and PNG_END not in data[-1024:]:
        raise Unreadable("image file is truncated: it has no end")
    if data.startswith(b"GIF8"):
        check_gif(data)
    elif data[4:8] == b"ftyp":
        check_boxes(data)


def _magic(data: bytes) -> str | None:
    starts = {
        b"\xff\xd8\xff": "JPEG",
        b"\x89PNG\r\n\x1a\n": "PNG",
        b"GIF8": "GIF",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
        b"BM": "BMP",
        b"\x1f\x8b": "gzip (SVGZ)",
        b"\0\0\1\0": "ICO",
        b"8BPS": "PSD",
        b"%PDF": "PDF",
    }
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        if b"avif" in data[8:64] or data[8:12] == b"avis":
            return "AVIF"
        return "HEIC" if data[8:12] in (b"heic", b"heix", b"mif1") else "ISO media"
    return next((name for start, name in starts.items() if data.startswith(start)), None)


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    """The image, opened by its own plugin; whatever goes wrong until it is closed is unreadable."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # another library may have set it
    try:
        with _warnings, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = PLUGINS[image_format(data)](BytesIO(data))
        with image:
            _check_pixels(image)
            yield image
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable(_words(error)) from None


def _words(error: Exception) -> str:
    words = str(error).strip("'\"") or type(error).__name__
    return words if isinstance(error, OSError) else f"broken: {words}"


def _check_pixels(image: Any) -> None:
    pixels = image.width * image.height * _frames(image)
    if pixels > MOST_PIXELS:
        raise Unreadable(f"{pixels} pixels are more than the {MOST_PIXELS} that are decoded")


def _frames(image: Any) -> int:
    return int(getattr(image, "n_frames", 1))


def _orientation(image: Any) -> int:
    """How the camera was held; what EXIF says wrongly is not worth an image. Pillow turns TIFF."""
    if image.format == "TIFF":
        return 1
    try:
        with _warnings, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        return 1


def _made_small(image: Any, side: int, box: tuple[float, ...]) -> tuple[str, Any]:
    """`Small.ground`, and the picture of one shape in RGB.

    A scaled decode rounds its size up; `box` is where the picture ends.
    """
    if image.mode == "YCbCr":
        return "white", _resized(image, side, box)
    small = _resized(_over_white(image), side, box)
    if not _transparent(image) or _busy(small):
        return "white", small
    alpha = image.convert("RGBA")
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    other = _resized(Image.alpha_composite(black, alpha).convert("RGB"), side, box)
    return ("black", other) if _busy(other) else ("white", small)


def _resized(image: Any, side: int, box: tuple[float, ...]) -> Any:
    return image.resize((side, side), Image.Resampling.BILINEAR, box)


def _busy(small: Any) -> bool:
    return any(high - low > FLAT for low, high in small.getextrema())


def _transparent(image: Any) -> bool:
    return image.mode in ALPHA or "transparency" in image.info


def _over_white(image: Any) -> Any:
    if image.mode in DEEP and image.format == "TIFF":
        raise Unreadable("pixels of 32 bits a channel are not supported")
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    if _transparent(image):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_16_bits(image: Any) -> Any:
    """Pillow would clip 16-bit greys at 255 rather than scale them."""
    values = np.asarray(image)
    grey = (values >> 8).astype(np.uint8)
    if isinstance(image.info.get("transparency"), int):
        grey[values == image.info["transparency"]] = 255
    return Image.fromarray(grey).convert("RGB")

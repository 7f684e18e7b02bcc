"""Images as they come: every format whole, cut, renamed, rotated, transparent, deep, too large."""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from curate.errors import Unreadable
from curate.pairs.image import (
    ImageHeader,
    decode_image,
    encode_png,
    probe_image,
    small_image,
)

FORMATS = ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "AVIF", "GIF"]


def noise(height: int = 40, width: int = 60, channels: int = 3) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def picture(form: str, **options: object) -> bytes:
    return encoded(Image.fromarray(noise()), form, **options)


@pytest.mark.parametrize("form", FORMATS)
def test_header(form: str) -> None:
    mode = "P" if form == "GIF" else "RGB"
    assert probe_image(picture(form)) == ImageHeader(form, 60, 40, 1, mode)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "BMP"])
def test_lossless_formats_give_back_their_pixels(form: str) -> None:
    assert np.array_equal(decode_image(picture(form, lossless=True)), noise())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("cut", [1, 12, 0.1, 0.5, 0.9])
def test_truncated_is_unreadable(form: str, cut: float) -> None:
    data = picture(form)
    left = len(data) - cut if cut >= 1 else len(data) * cut
    with pytest.raises(Unreadable, match=r"\w"):
        decode_image(data[: int(left)])


def test_truncation_is_seen_although_another_library_asked_to_overlook_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = picture("JPEG")
    with pytest.raises(Unreadable, match="truncated"):
        decode_image(data[: len(data) // 2])


@pytest.mark.parametrize("form", FORMATS)
def test_header_of_a_truncated_image_may_still_be_read(form: str) -> None:
    data = picture(form)
    try:
        assert probe_image(data[: len(data) // 2]).width == 60
    except Unreadable:
        assert form in ("WEBP", "AVIF")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"hello, world", "not an image: it begins with 68 65 6c"),
        (b"\x89PNG\r\n\x1a\n", "broken|truncated"),
        (picture("ICO"), "format ICO is not supported"),
        (picture("AVIF").replace(b"avif", b"heic"), "format HEIC is not supported"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"<html><body/></html>", "not an image"),
    ],
)
@pytest.mark.parametrize("read", [probe_image, decode_image])
def test_what_is_no_image_says_so(data: bytes, words: str, read: Callable[..., object]) -> None:
    with pytest.raises(Unreadable, match=words):
        read(data)


def test_16_bit_greys_are_scaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    decoded = decode_image(encoded(Image.fromarray(values), "PNG"))
    assert np.array_equal(decoded[..., 0], values >> 8)
    assert decoded.shape == (64, 64, 3)


def test_cmyk_jpeg() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    decoded = decode_image(encoded(red, "JPEG", quality=95))
    assert decoded.shape == (16, 16, 3)
    assert decoded[8, 8, 0] > 200
    assert decoded[8, 8, 1:].max() < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_lies_over_white(mode: str) -> None:
    clear = Image.new(mode, (4, 4), 0)
    assert (decode_image(encoded(clear, "PNG")) == 255).all()


@pytest.mark.parametrize("transparency", [0, b"\x00\xff"])
def test_palette_with_transparency(transparency: object) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decoded = decode_image(encoded(image, "PNG", transparency=transparency))
    assert decoded[0, 0].tolist() == [200, 100, 50]
    assert decoded[3, 3].tolist() == [255, 255, 255]


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = Image.fromarray(noise()).convert(mode)
    assert decode_image(encoded(image, "PNG")).shape == (40, 60, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_exif_turns_images_upright(orientation: int, form: str) -> None:
    upright = np.zeros((32, 48, 3), dtype=np.uint8)
    upright[:16, :24] = 255
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turned))
    data = encoded(stored, form, exif=exif, quality=95)
    decoded = decode_image(data)
    assert decoded.shape == upright.shape
    assert np.abs(decoded.astype(int) - upright).mean() < 8
    header = probe_image(data)
    assert (header.width, header.height) == (48, 32)


def test_broken_exif_does_not_cost_the_image() -> None:
    data = picture("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode_image(data).shape == (40, 60, 3)


def test_a_gif_shows_its_first_frame_and_must_have_its_end() -> None:
    frames = [Image.fromarray(noise(channels=1) // (at + 1)) for at in range(3)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert probe_image(data).frames == 3
    assert np.array_equal(decode_image(data)[..., 1], noise(channels=1))
    for cut in range(1, len(data), 37):
        with pytest.raises(Unreadable):
            decode_image(data[:-cut])
    assert decode_image(data + b"more").shape == (40, 60, 3)


def test_deep_greys_of_a_tiff_are_refused_not_clipped() -> None:
    for kind in (np.float32, np.int32):
        with pytest.raises(Unreadable, match="32 bits"):
            decode_image(encoded(Image.fromarray(noise(channels=1).astype(kind)), "TIFF"))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits"])
def test_compressed_tiff_is_whole_or_unreadable(compression: str) -> None:
    data = picture("TIFF", compression=compression)
    assert np.array_equal(decode_image(data), noise())
    for cut in (1, 100, len(data) // 2):
        with pytest.raises(Unreadable):
            decode_image(data[:-cut])


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_an_animation_shows_its_first_frame_and_must_be_whole(form: str) -> None:
    frames = [Image.fromarray(noise() // (at + 1)) for at in range(3)]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], lossless=True)
    assert probe_image(data).frames == 3
    assert np.array_equal(decode_image(data), noise())
    with pytest.raises(Unreadable):
        decode_image(data[: len(data) * 9 // 10])


def huge_png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("read", [probe_image, decode_image])
def test_more_pixels_than_the_limit_are_refused_before_decoding(
    read: Callable[..., object],
) -> None:
    with pytest.raises(Unreadable, match="10000000000 pixels are more than"):
        read(huge_png(100_000, 100_000))


def test_one_image_of_ninety_megapixels_is_fine_and_silent() -> None:
    assert probe_image(huge_png(10_000, 9_500)).width == 10_000


def test_threads_do_not_disturb_one_another() -> None:
    good, bad = picture("JPEG"), picture("JPEG")[:-200]
    wanted = decode_image(good)
    barrier = threading.Barrier(4)

    def work(seed: int) -> bool:
        barrier.wait()
        for turn in range(25):
            if (turn + seed) % 3:
                assert np.array_equal(decode_image(good), wanted)
            else:
                with pytest.raises(Unreadable):
                    decode_image(bad)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


@given(st.binary(max_size=200), st.sampled_from(FORMATS), st.integers(0, 500))
def test_damage_is_either_pixels_or_unreadable(damage: bytes, form: str, at: int) -> None:
    data = picture(form)
    at = min(at, len(data))
    try:
        decoded = decode_image(data[:at] + damage + data[at + len(damage) :])
    except Unreadable as error:
        assert error.message
    else:
        assert decoded.dtype == np.uint8
        assert decoded.ndim == 3


def test_encode_png_is_lossless_and_always_the_same() -> None:
    data = encode_png(noise())
    assert np.array_equal(decode_image(data), noise())
    assert data == encode_png(noise().copy())


@pytest.mark.parametrize("options", [{}, {"keep_rgb": True}, {"progressive": True}])
def test_small_pictures_of_every_kind_of_jpeg(options: dict[str, bool]) -> None:
    pixels = np.zeros((400, 600, 3), np.uint8)
    pixels[:, :300], pixels[100:200, 350:500] = (200, 30, 40), (20, 200, 90)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95, **options)
    small = small_image(out.getvalue(), 16)
    plain = BytesIO()
    Image.fromarray(pixels).save(plain, "PNG")
    exact = small_image(plain.getvalue(), 16)
    assert (small.width, small.height) == (600, 400)
    assert np.abs(small.pixels.astype(int) - exact.pixels).max() < 24

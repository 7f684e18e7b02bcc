"""Files that are odd on purpose: each is decoded as what it is, or refused in words."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from PIL import Image, ImageCms

from curate.errors import Unreadable
from curate.pairs.audio import decode_audio, probe_audio
from curate.pairs.image import decode_image, probe_image, small_image
from curate.pairs.video import check_video, probe_video
from tests.recordings import coded_sound, film, tone

PIXELS = np.random.default_rng(3).integers(0, 256, (30, 50, 3), dtype=np.uint8)


def encoded(form: str, pixels: np.ndarray = PIXELS, **options: Any) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, form, **options)
    return out.getvalue()


def archive() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("run.js", "alert(1)")
    return out.getvalue()


@pytest.mark.parametrize("sides", [(100_000, 3), (3, 100_000)])
@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP"])
def test_a_long_thin_picture_is_a_picture(form: str, sides: tuple[int, int]) -> None:
    pixels = np.broadcast_to(np.array([9, 90, 200], np.uint8), (*sides, 3))
    data = encoded(form, np.ascontiguousarray(pixels))
    assert np.array_equal(decode_image(data), pixels)
    assert small_image(data, 16).pixels.shape == (16, 16, 3)


def test_frames_are_counted_before_they_are_decoded() -> None:
    """Two hundred million pixels in 100 bytes: a canvas of a GIF is as large in every frame."""
    frame = b"\x2c" + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\0"
    table = b"\0\0\0\xff\xff\xff"
    head = b"GIF89a" + struct.pack("<HHBBB", 10_000, 10_000, 0x80, 0, 0) + table
    for read in (probe_image, decode_image):
        with pytest.raises(Unreadable, match="200000000 pixels are more than"):
            read(head + 2 * frame + b";")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("behind", [b"<script>alert(1)</script>", archive(), b"<svg xmlns=''/>"])
def test_what_is_two_files_is_the_one_it_begins_as(form: str, behind: bytes) -> None:
    data = encoded(form)
    assert probe_image(data + behind).format == form
    assert np.array_equal(decode_image(data + behind), decode_image(data))


def test_a_page_that_begins_like_a_picture_is_none() -> None:
    with pytest.raises(Unreadable):
        decode_image(
            b"GIF89a/*<svg xmlns='http://www.w3.org/2000/svg'/>*/=0;<script>alert(1)</script>"
        )


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("profile", ["good", "bad"])
def test_colour_profiles_are_not_applied_and_cost_nothing(form: str, profile: str) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    icc = lab if profile == "good" else b"\xff" * 500
    profiled = encoded(form, icc_profile=icc)
    assert np.array_equal(decode_image(profiled), decode_image(encoded(form)))


@pytest.mark.parametrize("channels", [1, 2, 64])
def test_sounds_of_many_channels(channels: int) -> None:
    samples = np.random.default_rng(1).integers(-99, 99, (800, channels), dtype=np.int16)
    out = BytesIO()
    sf.write(out, samples, 8000, format="WAV", subtype="PCM_16")
    assert probe_audio(out.getvalue()).channels == channels
    assert np.array_equal(decode_audio(out.getvalue()).samples * 2**15, samples)


@pytest.mark.parametrize("read", [probe_audio, decode_audio])
@pytest.mark.parametrize(("at", "form", "value"), [(22, "<H", 0), (24, "<I", 0), (34, "<H", 0)])
def test_sounds_of_no_channels_no_rate_or_no_bits(
    read: Any, at: int, form: str, value: int
) -> None:
    out = BytesIO()
    sf.write(out, np.zeros(800), 8000, format="WAV", subtype="PCM_16")
    data = bytearray(out.getvalue())
    struct.pack_into(form, data, at, value)
    with pytest.raises(Unreadable, match=r"\w"):
        read(bytes(data))


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


@pytest.mark.parametrize("read", [probe_video, check_video])
@pytest.mark.parametrize(
    "data",
    [
        box(b"ftyp", b"isom\0\0\2\0isommp42") + box(b"moov", box(b"mvhd", b"\0" * 100)),
        film("matroska")[:60],
        coded_sound("ipod", "aac", tone(0.2)),
        b"",
    ],
    ids=["no streams", "no tracks", "sound alone", "no bytes"],
)
def test_films_without_pictures(read: Any, data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"\w"):
        read(data)

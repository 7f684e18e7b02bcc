"""Marks that say how a file came about: written, read back, and in nobody's way."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
import soundfile as sf
from PIL import Image, PngImagePlugin

from curate.errors import Unreadable
from curate.pairs.audio import decode_audio
from curate.pairs.image import decode_image
from curate.pairs.marks import ALTERED, IPTC, TRAINED, is_generated, marked, source_type
from curate.pairs.video import check_video
from tests.workspace import photo


def picture(form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    photo(1).convert(options.pop("mode", "RGB")).save(out, form, **options)
    return out.getvalue()


def sound(form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    moments = np.arange(8000) / 16000
    sf.write(out, 0.4 * np.sin(2 * np.pi * 440 * moments), 16000, format=form, **options)
    return out.getvalue()


def with_tag(version: int) -> bytes:
    """An MP3 as libav writes it, with a tag of its own."""
    out = io.BytesIO()
    with av.open(out, "w", "mp3", options={"id3v2_version": str(version)}) as file:
        file.metadata["title"] = "A tone"
        stream: Any = file.add_stream("mp3", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), "f4"), "fltp", "mono")
        frame.sample_rate = 16000
        file.mux([*stream.encode(frame), *stream.encode(None)])
    return out.getvalue()


def film() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", "mp4") as file:
        stream: Any = file.add_stream("mpeg4", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.asarray(photo(number, 64, 48)))
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "png": lambda: picture("PNG"),
    "jpeg": lambda: picture("JPEG"),
    "jpeg with exif": lambda: picture("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
    "webp": lambda: picture("WEBP"),
    "lossless webp": lambda: picture("WEBP", lossless=True, mode="RGBA"),
    "extended webp": lambda: picture("WEBP", icc_profile=b"x" * 9),
    "tiff": lambda: picture("TIFF"),
    "packed tiff": lambda: picture("TIFF", compression="tiff_lzw"),
}
SOUNDS: dict[str, Callable[[], bytes]] = {
    "wav": lambda: sound("WAV"),
    "flac": lambda: sound("FLAC"),
    "mp3": lambda: sound("MP3"),
    "mp3 with ID3v2.3": lambda: with_tag(3),
    "mp3 with ID3v2.4": lambda: with_tag(4),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_marked(name: str) -> None:
    plain = PICTURES[name]()
    after = marked(plain, TRAINED)
    assert source_type(plain) is None
    assert source_type(after) == TRAINED
    assert marked(plain, TRAINED) == after
    np.testing.assert_array_equal(decode_image(after), decode_image(plain))
    with Image.open(io.BytesIO(after)) as image:
        image.load()
        assert TRAINED in str(image.info.get("xmp"))


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds_are_marked(name: str) -> None:
    plain = SOUNDS[name]()
    after = marked(plain, ALTERED)
    assert source_type(after) == ALTERED
    np.testing.assert_array_equal(decode_audio(after).samples, decode_audio(plain).samples)
    np.testing.assert_array_equal(sf.read(io.BytesIO(after))[0], sf.read(io.BytesIO(plain))[0])
    with av.open(io.BytesIO(after), "r") as file:
        assert sum(int(frame.samples) for frame in file.decode(audio=0)) > 7000
        if "ID3" in name:
            assert file.metadata["title"] == "A tone"
        if name == "flac":
            assert file.metadata["DIGITALSOURCETYPE"] == ALTERED


def test_films_are_marked() -> None:
    plain = film()
    after = marked(plain, TRAINED)
    assert source_type(after) == TRAINED
    assert check_video(after) == check_video(plain) == 10
    assert after.startswith(plain)


def test_marks_of_others_are_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", f"<rdf:li>{IPTC}compositeSynthetic</rdf:li>")
    assert source_type(picture("PNG", pnginfo=info)) == IPTC + "compositeSynthetic"
    wide = b"ID3" + f"{IPTC}digitalCapture".encode("utf-16") + b"\0\0"
    assert source_type(wide) == IPTC + "digitalCapture"
    both = f"{IPTC}digitalCapture {IPTC}trainedAlgorithmicMedia".encode()
    assert source_type(both) == TRAINED
    assert source_type(b"http://c2pa.org/digitalsourcetype/trainedAlgorithmicData") == (
        "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData"
    )


def test_what_counts_as_generated() -> None:
    assert is_generated(TRAINED)
    assert not is_generated(ALTERED)
    assert not is_generated(IPTC + "digitalCapture")
    assert not is_generated(None)


def test_what_has_no_place_for_a_mark_says_so() -> None:
    with pytest.raises(Unreadable, match="no place for a mark"):
        marked(b"GIF89a", TRAINED)

"""Files without what they say of people and places: pixels and samples stay, marks survive."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import av
import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, TiffImagePlugin

from curate.errors import Unreadable
from curate.pairs.audio import decode_audio
from curate.pairs.bare import bare
from curate.pairs.image import decode_image
from curate.pairs.marks import ALTERED, IPTC, TRAINED, marked, source_type
from curate.pairs.video import check_video
from tests.pairs.test_marks import film, sound, with_tag
from tests.workspace import photo

SECRET = b"Jane Doe"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">Jane Doe <exif:GPSLatitude>52,31N</exif:GPSLatitude>'


def exif(orientation: int = 1) -> Image.Exif:
    """A photographer, a place and how the camera was held."""
    made = Image.Exif()
    made[0x013B] = SECRET.decode()
    made[0x0112] = orientation
    made.get_ifd(0x8825)[1] = "N"
    made.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return made


def saved(form: str, mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    photo(1).convert(mode).save(out, form, **options)
    return out.getvalue()


def png() -> bytes:
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "Jane Doe")
    said.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return saved("PNG", pnginfo=said, exif=exif(6), icc_profile=b"a profile", dpi=(72, 72))


def tiff(**options: Any) -> bytes:
    said = TiffImagePlugin.ImageFileDirectory_v2()
    said[270] = "By Jane Doe at home"
    said[315] = SECRET.decode()
    if not options:  # what packs cannot write it
        said[34853] = {1: "N", 2: (52.0, 31.0, 12.0)}
    return saved("TIFF", tiffinfo=said, **options)


PICTURES: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "jpeg": (
        lambda: saved("JPEG", exif=exif(6), comment=SECRET, xmp=XMP, icc_profile=b"a profile"),
        {"comment", "exif", "gps", "xmp"},
    ),
    "progressive jpeg": (lambda: saved("JPEG", progressive=True, comment=SECRET), {"comment"}),
    "cmyk jpeg": (lambda: saved("JPEG", mode="CMYK", exif=exif(3)), {"exif", "gps"}),
    "png": (png, {"comment", "exif", "gps", "xmp"}),
    "webp": (lambda: saved("WEBP", exif=exif(8), xmp=XMP), {"exif", "gps", "xmp"}),
    "lossless webp": (
        lambda: saved("WEBP", mode="RGBA", lossless=True, exif=exif()),
        {"exif", "gps"},
    ),
    "gif": (lambda: saved("GIF", comment=SECRET), {"comment"}),
    "tiff": (tiff, {"comment", "exif", "gps"}),
    "packed tiff": (lambda: tiff(compression="tiff_lzw"), {"comment", "exif"}),
    "avif": (lambda: saved("AVIF", exif=exif(6), xmp=XMP), {"exif", "gps", "xmp"}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_tell_nothing_and_look_the_same(name: str) -> None:
    make, kinds = PICTURES[name]
    plain = make()
    after, gone = bare(plain)
    assert set(gone) == kinds
    assert SECRET not in after
    assert b"GPSLatitude" not in after
    np.testing.assert_array_equal(decode_image(after), decode_image(plain))
    assert bare(after) == (after, ())
    with Image.open(io.BytesIO(after)) as image:
        assert not image.getexif().get_ifd(0x8825)
        assert image.info.get("icc_profile") in (b"a profile", None)


@pytest.mark.parametrize("name", PICTURES)
def test_marks_survive_in_pictures(name: str) -> None:
    if name in ("gif", "avif"):
        pytest.skip("no place for a mark")
    plain = PICTURES[name][0]()
    generated = marked(plain, TRAINED)
    after, _ = bare(generated)
    assert SECRET not in after
    assert source_type(after) == TRAINED
    np.testing.assert_array_equal(decode_image(after), decode_image(plain))
    assert bare(after) == (after, ())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_file_that_bears_but_a_mark_is_left_alone(form: str) -> None:
    generated = marked(bare(saved(form))[0], TRAINED)
    assert bare(generated) == (generated, ())


def test_a_thumbnail_goes_with_the_exif_that_holds_it() -> None:
    """As cameras write it: a second directory, and a small JPEG that it points at."""
    small = saved("JPEG", quality=20)
    entries = b"".join(
        tag.to_bytes(2) + (4).to_bytes(2) + (1).to_bytes(4) + value.to_bytes(4)
        for tag, value in ((0x201, 8 + 6 + 30), (0x202, len(small)))
    )
    block = b"MM\0*\0\0\0\x08" + b"\0\0\0\0\0\x0e" + b"\0\x02" + entries + b"\0\0\0\0" + small
    plain = saved("JPEG", exif=b"Exif\0\0" + block)
    assert small in plain
    after, gone = bare(plain)
    assert gone == ("exif", "thumbnail")
    assert small not in after


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_what_hangs_behind_a_picture_goes(form: str) -> None:
    """As the film of a moving photograph does."""
    plain = saved(form)
    after, gone = bare(plain + film())
    assert "trailing data" in gone
    assert after == bare(plain)[0]


def test_pages_of_a_tiff_stay_and_its_thumbnail_goes() -> None:
    pages, thumbnail = [photo(n) for n in (1, 2)], photo(3, 16, 16)
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=[thumbnail, pages[1]])
    after, gone = bare(out.getvalue())
    assert gone == ("thumbnail",)
    with Image.open(io.BytesIO(after)) as image:
        assert getattr(image, "n_frames", 1) == 2
        image.seek(1)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(pages[1]))


def tagged_wav() -> bytes:
    plain, said = sound("WAV"), b"INFOIART\x08\0\0\0Jane Doe"
    body = plain[8:] + b"LIST" + len(said).to_bytes(4, "little") + said
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def tagged_flac() -> bytes:
    out = io.BytesIO()
    with sf.SoundFile(out, "w", 16000, 1, format="FLAC") as file:
        file.artist = SECRET.decode()
        file.write(0.1 * np.sin(np.arange(8000) / 10))
    return out.getvalue()


SOUNDS: dict[str, Callable[[], bytes]] = {
    "wav": tagged_wav,
    "flac": tagged_flac,
    "mp3 with ID3v2.3": lambda: with_tag(3),
    "mp3 with ID3v2.4": lambda: with_tag(4),
}


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("mark", [None, ALTERED])
def test_sounds_tell_nothing_and_sound_the_same(name: str, mark: str | None) -> None:
    plain = SOUNDS[name]() if mark is None else marked(SOUNDS[name](), mark)
    after, gone = bare(plain)
    assert "tags" in gone
    assert SECRET not in after
    assert b"A tone" not in after
    assert source_type(after) == mark
    np.testing.assert_array_equal(decode_audio(after).samples, decode_audio(plain).samples)
    assert bare(after) == (after, ())


def test_tags_behind_a_sound_go() -> None:
    plain = with_tag(4)
    size = (32).to_bytes(4, "little")
    ape = b"APETAGEX" + bytes(4) + size + bytes(16)
    after, gone = bare(plain + ape + b"TAG" + SECRET.ljust(125, b"\0"))
    assert gone == ("tags",)
    assert after == bare(plain)[0]


def test_films_lose_their_place_and_time() -> None:
    out = io.BytesIO()
    with av.open(io.BytesIO(film()), "r") as file, av.open(out, "w", "mp4") as copy:
        copy.metadata.update(
            {
                "location": "+52.5200+013.4050/",
                "artist": "Jane Doe",
                "creation_time": "2024-05-01T10:00:00Z",
            }
        )
        stream = copy.add_stream_from_template(file.streams.video[0])
        for packet in file.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    plain = out.getvalue()
    after, gone = bare(plain)
    assert gone == ("gps", "tags", "time")
    assert SECRET not in after
    assert b"+52.52" not in after
    assert check_video(after) == check_video(plain) == 10
    assert bare(after) == (after, ())
    generated = marked(plain, TRAINED)
    assert source_type(bare(generated)[0]) == TRAINED


def test_a_signed_picture_stays_signed_unless_more_than_a_manifest_goes() -> None:
    c2pa = pytest.importorskip("c2pa")
    from curate.pairs.manifest import Seal
    from tests.certificates import certified

    seal = Seal(*certified(), "es256")
    signed = seal.signed(marked(saved("PNG"), TRAINED), "image")
    assert bare(signed) == (signed, ())
    assert c2pa.Reader("image/png", io.BytesIO(signed)).get_validation_state() == "Valid"
    private = seal.signed(marked(png(), TRAINED), "image")
    after, gone = bare(private)
    assert "manifest" in gone
    assert source_type(after) == TRAINED
    camera = seal.signed(marked(saved("PNG"), IPTC + "digitalCapture"), "image")
    after, gone = bare(camera)
    assert gone == ("manifest",)
    assert source_type(after) == IPTC + "digitalCapture"
    flac = seal.signed(marked(sound("FLAC"), TRAINED), "audio")
    assert source_type(bare(flac)[0]) == TRAINED


@given(st.sampled_from(sorted(PICTURES)), st.data())
def test_damaged_pictures_are_refused_or_tell_nothing_more(name: str, data: st.DataObject) -> None:
    """Never another error than `Unreadable`, and what is bare is bare."""
    plain = bytearray(_MADE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        plain[data.draw(st.integers(12, len(plain) - 1))] = data.draw(st.integers(0, 255))
    try:
        after, _ = bare(bytes(plain[: data.draw(st.integers(12, len(plain)))]))
    except Unreadable:
        return
    with suppress(Unreadable):
        assert bare(after)[0] == after


_MADE = {name: make() for name, (make, _) in PICTURES.items()}


def test_formats_that_are_not_known_are_told() -> None:
    with pytest.raises(Unreadable, match="nothing is taken out of files"):
        bare(b"OggS" + bytes(40))

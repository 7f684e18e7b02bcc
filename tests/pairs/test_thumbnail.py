"""Media made small: they play, they say nothing of their file, and what is broken is none."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from curate.pairs.audio import decode_audio
from curate.pairs.image import decode_image
from curate.pairs.thumbnail import FILM_SIDE, HEARD, MOST_BYTES, SEEN, SIDE, thumbnail
from curate.pairs.video import probe_video
from tests.recordings import coded_sound, film, pictures, tone

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32">'
    b'<script>alert(1)</script><circle cx="32" cy="16" r="12" fill="#36c"/></svg>'
)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")


def encoded(picture: Image.Image, form: str, **more: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    chance = np.random.default_rng(0)
    return Image.fromarray(chance.integers(0, 256, (height, width, 3), dtype=np.uint8))


def shown(data: bytes, modality: str = "image") -> Image.Image:
    made = thumbnail(data, modality)
    assert made is not None
    assert made == thumbnail(data, modality)
    assert (made.mime, made.seconds) == ("image/webp", None)
    return Image.open(BytesIO(made.data))


@pytest.mark.parametrize("form", FORMATS)
def test_a_picture_keeps_its_shape(form: str) -> None:
    small = shown(encoded(noise(400, 100), form))
    assert (small.size, small.mode) == ((SIDE, SIDE // 4), "RGB")


def test_a_small_picture_is_not_made_larger() -> None:
    assert shown(encoded(noise(20, 10), "PNG")).size == (20, 10)
    assert shown(encoded(noise(3000, 1), "PNG")).size == (SIDE, 1)


def test_a_drawing_stays_transparent() -> None:
    small = shown(SVG)
    assert (small.size, small.mode) == ((SIDE, SIDE // 2), "RGBA")
    corner, middle = small.getpixel((0, 0)), small.getpixel((SIDE // 2, SIDE // 4))
    assert isinstance(corner, tuple)
    assert corner[3] == 0
    assert np.abs(np.array(middle) - (0x33, 0x66, 0xCC, 255)).max() < 12


def test_of_an_animation_the_first_frame_is_shown() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    small = shown(moving)
    assert len(list(ImageSequence.Iterator(small))) == 1
    red = small.convert("RGB").getpixel((5, 5))
    assert isinstance(red, tuple)
    assert red[0] > 240 > 20 > red[2]


def test_a_photograph_stands_upright_and_tells_nothing_of_itself() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Ada"
    data = encoded(noise(400, 200), "JPEG", exif=exif)
    made = thumbnail(data, "image")
    assert made is not None
    assert b"Ada" not in made.data
    assert b"Exif" not in made.data
    assert shown(data).size == (SIDE // 2, SIDE)


def test_a_photograph_looks_like_itself() -> None:
    picture = Image.fromarray(next(pictures()))
    small = np.asarray(shown(encoded(picture, "PNG")).convert("RGB"), np.int16)
    assert np.abs(small - decode_image(encoded(picture, "PNG"))).mean() < 3


@pytest.mark.parametrize(
    ("form", "codec"), [("ogg", "libopus"), ("mp3", "libmp3lame"), ("wav", "pcm_s16le")]
)
@pytest.mark.parametrize("seconds", [0.2, 6.0])
def test_a_recording_is_heard_from_its_beginning(form: str, codec: str, seconds: float) -> None:
    data = coded_sound(form, codec, tone(seconds))
    made = thumbnail(data, "audio")
    assert made is not None
    assert made == thumbnail(data, "audio")
    assert made.mime == "audio/mpeg"
    assert made.seconds == pytest.approx((min(HEARD, seconds), seconds), abs=0.1)
    heard = decode_audio(made.data)
    assert heard.samples.shape[1] == 1
    assert len(heard.samples) / heard.rate == pytest.approx(min(HEARD, seconds), abs=0.2)
    spectrum = np.abs(np.fft.rfft(heard.samples[:, 0]))
    assert np.argmax(spectrum) * heard.rate / len(heard.samples) == pytest.approx(440, abs=6)
    assert len(made.data) < 16_000


@pytest.mark.parametrize("form", ["mp4", "webm", "avi"])
@pytest.mark.parametrize("sound", [None, tone(5.0)], ids=["silent", "heard"])
def test_a_film_is_seen_from_its_beginning(form: str, sound: np.ndarray | None) -> None:
    data = film(form, frames=list(pictures(30, 320, 180)), sound=sound)
    made = thumbnail(data, "video")
    assert made is not None
    assert made == thumbnail(data, "video")
    assert made.mime == "video/mp4"
    assert made.seconds == pytest.approx((SEEN, 5.0), abs=0.3)
    header = probe_video(made.data)
    assert (header.width, header.height) == (FILM_SIDE, FILM_SIDE * 180 // 320)
    assert header.duration == pytest.approx(SEEN, abs=0.2)
    assert header.has_sound == (sound is not None)


def test_a_film_that_lies_on_its_side_is_turned() -> None:
    header = probe_video(thumbnail(film(rotation=90), "video").data)  # type: ignore[union-attr]
    assert header.height > header.width


def test_a_film_of_noise_fits_too() -> None:
    frames = [np.asarray(noise(320, 240)) for _ in range(40)]
    chance = np.random.default_rng(0)
    frames = [chance.permutation(frame) for frame in frames]
    made = thumbnail(film(frames=frames), "video")
    assert made is not None
    assert len(made.data) <= MOST_BYTES


@given(
    data=st.binary(max_size=200),
    head=st.sampled_from(
        (b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"<svg ", b"OggS")
    ),
    modality=st.sampled_from(("image", "audio", "video", "sensor")),
)
def test_what_cannot_be_read_is_no_thumbnail(data: bytes, head: bytes, modality: str) -> None:
    assert thumbnail(head + data, modality) is None


@pytest.mark.parametrize("cut", [0.2, 0.6, 0.97])
def test_half_a_file_ends_nothing(cut: float) -> None:
    files = {
        "image": encoded(noise(200, 200), "PNG"),
        "audio": coded_sound("ogg", "libopus", tone(1.0)),
        "video": film(),
    }
    for modality, data in files.items():
        thumbnail(data[: int(len(data) * cut)], modality)

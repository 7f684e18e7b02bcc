"""Recordings: every format whole, cut anywhere, damaged, renamed, empty; and spans of them."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from curate.errors import Unreadable
from curate.pairs.audio import (
    AudioHeader,
    Waveform,
    cut,
    cut_audio,
    decode_audio,
    encode_flac,
    probe_audio,
    read_audio,
)
from curate.pairs.span import Recording, Span
from tests.recordings import coded_sound
from tests.recordings import tone as stereo

KINDS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
]
RATE = 48000


def tone(seconds: float = 0.5, channels: int = 2) -> np.ndarray:
    time = np.arange(int(RATE * seconds)) / RATE
    noise = np.random.default_rng(3).normal(0, 0.01, time.size)
    return np.repeat((np.sin(time * 2760) / 2 + noise)[:, None], channels, axis=1).astype("f4")


def recording(form: str, subtype: str | None = None, samples: np.ndarray | None = None) -> bytes:
    out = BytesIO()
    sf.write(out, tone() if samples is None else samples, RATE, format=form, subtype=subtype)
    return out.getvalue()


@pytest.mark.parametrize(("form", "subtype"), KINDS)
def test_header_and_samples(form: str, subtype: str) -> None:
    data = recording(form, subtype)
    assert probe_audio(data) == AudioHeader(form, RATE, 2, 24000, 0.5)
    sound = decode_audio(data)
    assert sound.rate == RATE
    assert sound.samples.shape == (24000, 2)
    assert sound.samples.dtype == np.float32
    if form != "OGG":
        assert np.abs(sound.samples - tone()).max() < 1e-4


@pytest.mark.parametrize(("form", "subtype"), KINDS)
@pytest.mark.parametrize("cut", [1, 7, 0.1, 0.5, 0.9])
def test_truncated_is_unreadable(form: str, subtype: str, cut: float) -> None:
    data = recording(form, subtype)
    left = len(data) - cut if cut >= 1 else len(data) * cut
    with pytest.raises(Unreadable, match=r"\w"):
        decode_audio(data[: int(left)])


def test_an_ogg_that_ends_between_two_pages_is_unreadable() -> None:
    data = recording("OGG", "VORBIS", tone(3))
    last = data.rindex(b"OggS")
    with pytest.raises(Unreadable, match="truncated: its last page is not there"):
        decode_audio(data[:last])


def test_an_ogg_with_a_page_missing_is_unreadable() -> None:
    data = recording("OGG", "VORBIS", tone(6))
    pages = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
    middle, after = pages[len(pages) // 2], pages[len(pages) // 2 + 1]
    with pytest.raises(Unreadable, match="lacks pages before"):
        decode_audio(data[:middle] + data[after:])


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_one_wrong_bit_in_an_ogg_is_seen(place: int, bit: int) -> None:
    data = bytearray(recording("OGG", "VORBIS", tone(0.2)))
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(Unreadable):
        decode_audio(bytes(data))


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_one_wrong_bit_in_flac_samples_is_seen(place: int, bit: int) -> None:
    data = bytearray(recording("FLAC", samples=tone(0.2)))
    start = data.index(b"\xff\xf8")
    data[start + place % (len(data) - start)] ^= 1 << bit
    with pytest.raises(Unreadable):
        decode_audio(bytes(data))


def test_a_wav_from_a_pipe_does_not_know_its_length() -> None:
    data = bytearray(recording("WAV", "PCM_16"))
    struct.pack_into("<I", data, data.index(b"data") + 4, 0xFFFFFFFF)
    assert len(decode_audio(bytes(data)).samples) == 24000


def test_chunks_before_the_samples_are_skipped() -> None:
    data = recording("WAV", "PCM_16")
    at = data.index(b"data")
    body = data[:at] + b"note" + struct.pack("<I", 3) + b"abc\0" + data[at:]
    body = body[:4] + struct.pack("<I", len(body) - 8) + body[8:]
    assert len(decode_audio(body).samples) == 24000
    with pytest.raises(Unreadable, match=r"truncated: \d+ of 96000 bytes"):
        decode_audio(body[:-10])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"not sound at all" * 10, "(?i)format not recogni[sz]ed"),
        (b"\xff\xfb\x90\x64" + b"noise" * 300, "no frame follows"),
        (b"ID3\4\0\0\0\0\0\0" + b"noise" * 300, "no frame follows"),
        (recording("WAV", samples=tone()[:0]), "zero frames"),
        (recording("AIFF"), "format AIFF is not supported"),
        (recording("AU"), "format AU is not supported"),
    ],
)
def test_what_is_no_recording_says_so(
    data: bytes, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for read in (probe_audio, decode_audio):
        with pytest.raises(Unreadable, match=words) as caught:
            read(data)
        assert "BytesIO" not in caught.value.message
    assert capfd.readouterr() == ("", "")


def test_samples_that_are_no_numbers_are_refused() -> None:
    samples = tone()
    samples[100] = np.nan
    with pytest.raises(Unreadable, match="no numbers"):
        decode_audio(recording("WAV", "FLOAT", samples))


def test_too_long_is_said_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.pairs.limited._inside", True)
    monkeypatch.setattr("curate.pairs.audio.MOST_SAMPLES", 1000)
    with pytest.raises(Unreadable, match="48000 samples are more than the 1000"):
        probe_audio(recording("FLAC"))


@pytest.mark.parametrize(("form", "subtype"), KINDS)
@given(damage=st.binary(max_size=100), at=st.integers(0, 400))
def test_damage_is_either_samples_or_unreadable(
    form: str, subtype: str, damage: bytes, at: int
) -> None:
    data = recording(form, subtype, tone(0.05))
    try:
        sound = decode_audio(data[:at] + damage + data[at + len(damage) :])
    except Unreadable as error:
        assert error.message
    else:
        assert np.isfinite(sound.samples).all()
        assert len(sound.samples)


CODED = [
    ("mp3", "libmp3lame", "MP3"),
    ("ipod", "aac", "M4A"),
    ("adts", "aac", "AAC"),
    ("webm", "libopus", "WEBM"),
    ("matroska", "flac", "MKV"),
    ("asf", "wmav2", "ASF"),
    ("mov", "pcm_s16le", "MOV"),
]
SOUND = stereo(2.0)
FILES = {form: coded_sound(form, codec, SOUND) for form, codec, _ in CODED}


@pytest.mark.parametrize(("form", "codec", "name"), CODED)
def test_coded_sounds(form: str, codec: str, name: str) -> None:
    header = probe_audio(FILES[form])
    assert (header.format, header.rate, header.channels) == (name, RATE, 2)
    assert header.duration == pytest.approx(2, abs=0.06)
    found = decode_audio(FILES[form])
    assert len(found.samples) == pytest.approx(header.frames, abs=RATE * 0.03)
    assert found.samples.dtype == np.float32
    assert lag(found.samples[:, 0], SOUND[0]) <= (2048 if form in ("adts", "asf") else 48)
    assert np.abs(found.samples[9600:40000]).max(axis=0) == pytest.approx([0.5, 0.25], abs=0.03)


def lag(left: np.ndarray, right: np.ndarray) -> int:
    """By how many samples the one comes after the other, modulo the tone's period."""
    part = left[30000:40000]
    lags = range(-54, 55)
    best = max(lags, key=lambda k: float(part @ right[30000 + k : 40000 + k]))
    return abs(best)


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("cut", [1, 7, 0.1, 0.5, 0.9])
def test_truncated_coded_sounds_are_unreadable(form: str, cut: float) -> None:
    data = FILES[form]
    left = len(data) - cut if cut >= 1 else len(data) * cut
    with pytest.raises(Unreadable, match=r"\w"):
        decode_audio(data[: int(left)])


def test_tags_around_an_mp3_are_no_damage() -> None:
    plain = FILES["mp3"]
    tagged = b"ID3\4\0\0\0\0\2\1" + bytes(257) + plain + b"TAG" + b"x" * 125
    assert len(decode_audio(tagged).samples) == len(decode_audio(plain).samples)
    with pytest.raises(Unreadable, match="no frame begins at byte"):
        decode_audio(plain + b"something else")


def test_an_mp3_that_lost_whole_frames_tells_by_its_first() -> None:
    data = FILES["mp3"]
    header = data[data.index(b"\xff\xfb") :][:4]
    frames = [at for at in range(len(data)) if data[at : at + 2] == header[:2]]
    with pytest.raises(Unreadable, match="truncated"):
        decode_audio(data[: frames[-3]])


@pytest.mark.parametrize("form", FILES)
@settings(max_examples=20)
@given(damage=st.binary(min_size=1, max_size=60), at=st.floats(0, 1))
def test_damaged_coded_sounds_are_samples_or_unreadable(
    form: str, damage: bytes, at: float
) -> None:
    data, place = FILES[form], int(at * len(FILES[form]))
    try:
        found = decode_audio(data[:place] + damage + data[place + len(damage) :])
    except Unreadable as error:
        assert error.message
    else:
        assert np.isfinite(found.samples).all()


@pytest.mark.parametrize("data", [recording("WAV"), recording("OGG"), *FILES.values()])
@pytest.mark.parametrize("span", [Span(0, 0.25), Span(0.1, 0.3), Span(0.25, 0.5)])
def test_a_span_read_alone_is_the_span_of_the_whole(data: bytes, span: Span) -> None:
    whole = cut(decode_audio(data), span)
    alone = read_audio(Recording(data, span))
    assert alone.samples.shape == whole.samples.shape
    assert len(alone.samples) == round(span.duration * RATE)
    if not data.startswith((b"\x1aE", b"0&")):
        assert np.abs(alone.samples - whole.samples).max() < 1e-4


def test_spans_outside_are_unreadable() -> None:
    for data in (recording("FLAC"), FILES["mp3"]):
        for span in (Span(0.4, 5), Span(9, 10), Span(-1, 0.1), Span(0.2, 0.2)):
            with pytest.raises(Unreadable, match="lies outside the recording of"):
                read_audio(Recording(data, span))


@pytest.mark.parametrize(("subtype", "depth"), [("PCM_16", "PCM_16"), ("PCM_24", "PCM_24")])
def test_cut_files_lose_nothing(subtype: str, depth: str) -> None:
    data = recording("WAV", subtype)
    file = cut_audio(Recording(data, Span(0.1, 0.4)))
    assert file == cut_audio(Recording(data, Span(0.1, 0.4)))
    assert sf.info(BytesIO(file)).subtype == depth
    assert np.array_equal(
        decode_audio(file).samples, cut(decode_audio(data), Span(0.1, 0.4)).samples
    )


@given(arrays(np.float32, (50, 2), elements=st.floats(-2, 2, width=32)))
def test_flac_is_near_whatever_the_samples_are(samples: np.ndarray) -> None:
    again = decode_audio(encode_flac(Waveform(samples, RATE))).samples
    assert np.abs(again - samples.clip(-1, 1)).max() < 1e-6


STAMPS = Path("/usr/share/tuxpaint/stamps")


@pytest.mark.skipif(not STAMPS.is_dir(), reason="the package tuxpaint-stamps-default is missing")
def test_real_speech_is_whole_and_half_of_it_is_not() -> None:
    files = sorted(STAMPS.rglob("*_desc_fr.ogg"))[::40]
    assert files
    for file in files:
        data = file.read_bytes()
        assert len(decode_audio(data).samples) == probe_audio(data).frames
        with pytest.raises(Unreadable):
            decode_audio(data[: len(data) // 2])

"""Recordings: every format whole, cut anywhere, damaged, renamed, empty."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import Unreadable
from curate.pairs.audio import AudioHeader, decode_audio, probe_audio

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
        (recording("WAV", samples=tone()[:0]), "zero frames"),
        (recording("AIFF"), "format AIFF is not supported"),
        (recording("AU"), "format AU is not supported"),
    ],
)
def test_what_is_no_recording_says_so(data: bytes, words: str) -> None:
    for read in (probe_audio, decode_audio):
        with pytest.raises(Unreadable, match=words) as caught:
            read(data)
        assert "BytesIO" not in caught.value.message


def test_samples_that_are_no_numbers_are_refused() -> None:
    samples = tone()
    samples[100] = np.nan
    with pytest.raises(Unreadable, match="no numbers"):
        decode_audio(recording("WAV", "FLOAT", samples))


def test_too_long_is_said_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
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

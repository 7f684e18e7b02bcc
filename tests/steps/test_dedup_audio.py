"""`dedup: {near: <audio>}`: the same sound, however it is stored, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.measures.audio_duplicate import RATE, best_overlap, frames, heard
from curate.pairs.audio import Waveform
from tests.recordings import coded_sound
from tests.steps.conftest import Table
from tests.workspace import Workspace

NEAR = {"dedup": {"near": "sound"}}


def voice(seed: int, seconds: float = 1.5, rate: int = 44100) -> np.ndarray:
    """Float64 samples of something like speech: harmonics whose pitch and shape wander, a pause."""
    chance = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    knots = np.linspace(0, seconds, 2 + round(seconds / 0.12))
    pitch = np.interp(time, knots, chance.uniform(90, 240, len(knots)))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    sound = np.zeros(len(time))
    for harmonic in range(1, 13):
        sound += np.interp(time, knots, chance.exponential(1 / harmonic, len(knots))) * np.sin(
            harmonic * phase
        )
    loudness = np.interp(time, knots, chance.uniform(0.2, 1, len(knots)))
    sound *= loudness * (time > 0.15) * (time < seconds - 0.15)
    return np.asarray(0.3 * sound / np.abs(sound).max())


def sounds(table: Table, folder: Path, files: Mapping[str, np.ndarray | bytes]) -> Workspace:
    """A row for each; samples are written as 16 bits at 44.1 kHz."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            sf.write(folder / name, content, 44100, subtype="PCM_16")
    return table([{"n": n, "sound": name} for n, name in enumerate(files)], sound="audio")


def gone(said: pl.DataFrame) -> dict[int, int]:
    """Row that goes -> row that it repeats."""
    rows = {pair: int(row) for row, pair in said.select("row", "pair_id").rows()}
    out = said.filter(pl.col("verdict") == "drop").select("row", "related_id")
    return {int(row): rows[related] for row, related in out.rows()}


def noisy(sound: np.ndarray) -> np.ndarray:
    grain = np.random.default_rng(0).normal(size=len(sound))
    return np.asarray(sound + 0.1 * np.sqrt(np.mean(sound**2)) * grain)


def slower(sound: np.ndarray) -> bytes:
    from scipy.signal import resample_poly

    fewer = resample_poly(sound, 160, 441).astype(np.float32)
    return coded_sound("mp3", "libmp3lame", np.stack([fewer, fewer]), 16000)


COPIES: dict[str, Callable[[np.ndarray], np.ndarray | bytes]] = {
    "louder.wav": lambda sound: np.clip(4 * sound, -1, 1),
    "quieter.wav": lambda sound: sound / 4,
    "headless.wav": lambda sound: sound[13230:],
    "tailless.wav": lambda sound: sound[:-13230],
    "padded.wav": lambda sound: np.pad(sound, 30000),
    "upside_down.wav": lambda sound: -sound,
    "noisy.wav": noisy,
    "coded.m4a": lambda sound: coded_sound(
        "mp4", "aac", np.stack([sound, sound]).astype(np.float32), 44100
    ),
    "slower.mp3": slower,
}


@pytest.mark.parametrize("name", COPIES)
def test_the_same_sound_is_found(table: Table, tmp_path: Path, name: str) -> None:
    files = {f"{seed}.wav": voice(seed) for seed in range(6)}
    copies = {f"{seed}_{name}": COPIES[name](voice(seed)) for seed in range(6)}
    said = sounds(table, tmp_path / "media", files | copies).decide(NEAR)
    assert gone(said) == {6 + n: n for n in range(6)}
    out = said.filter(pl.col("verdict") == "drop")
    assert set(out["reason"]) == {"near duplicate"}
    assert out["score"].is_between(0.8, 1).all()
    assert set(out["threshold"]) == {0.8}


def test_the_evidence_says_where_and_how_much(table: Table, tmp_path: Path) -> None:
    sound = voice(1)
    files = {"whole.wav": sound, "headless.wav": sound[13230:]}
    said = sounds(table, tmp_path / "media", files).decide(NEAR)
    assert said["detail"][1] == "audio, shifted by 0.3 s, 88 % of the sound in common"


def test_others_are_left(table: Table, tmp_path: Path) -> None:
    """Other voices; a stretch that is less than half of the whole."""
    files = {f"{seed}.wav": voice(seed) for seed in range(30)}
    files |= {"long.wav": voice(30, 6.0), "short.wav": voice(30, 6.0)[88200:132300]}
    assert gone(sounds(table, tmp_path / "media", files).decide(NEAR)) == {}


def test_the_stamps_hold_few_copies(table: Table, tmp_path: Path) -> None:
    """Words spoken by many voices: what is called a copy is the same recording."""
    from tests.spoken import clips

    voices = clips()
    files = {f"{n:03}.wav": clip for n, clip in enumerate(voices)}
    said = sounds(table, tmp_path / "media", files).decide(NEAR)
    assert all(np.array_equal(voices[n], voices[of]) for n, of in gone(said).items())


def test_silence_is_alike_to_nothing(table: Table, tmp_path: Path) -> None:
    """Silence of any length, a constant, a click too short for a frame."""
    click = np.zeros(400)
    click[200] = 0.5
    files = {
        "silence.wav": np.zeros(44100),
        "silence_again.wav": np.zeros(48000),
        "constant.wav": np.full(44100, 0.25),
        "one_sample.wav": np.zeros(1),
        "click.wav": click,
        "click_again.wav": click / 2,
    }
    assert gone(sounds(table, tmp_path / "media", files).decide(NEAR)) == {}


def test_what_cannot_be_heard_is_alike_to_nothing(table: Table, tmp_path: Path) -> None:
    """Files of no samples and of no bytes are for the decoding to tell."""
    files: dict[str, np.ndarray | bytes] = {
        "empty.wav": np.zeros(0),
        "sound.wav": voice(1),
        "nothing.wav": b"",
    }
    assert gone(sounds(table, tmp_path / "media", files).decide(NEAR)) == {}


def test_hundreds_of_one_sound_are_not_all_compared(table: Table, tmp_path: Path) -> None:
    """A crowd costs in proportion to its members, and leaves one of them."""
    sound = voice(3, 0.6)
    files = {f"{n:03}.wav": sound * (1 - n / 1000) for n in range(60)}
    workspace = sounds(table, tmp_path / "media", files)
    assert gone(workspace.decide(NEAR)) == dict.fromkeys(range(1, 60), 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9), st.integers(-4000, 4000), st.floats(0.01, 100))
def test_overlap_finds_the_offset(seed: int, offset: int, level: float) -> None:
    sound = heard(Waveform(voice(seed)[:, None].astype(np.float32), 44100))
    other = sound[offset:] if offset >= 0 else np.pad(sound, (-offset, 0))
    found, mirrored = best_overlap(sound, level * other), best_overlap(level * other, sound)
    assert found["correlation"] == pytest.approx(1, abs=1e-3)
    assert found["offset"] == pytest.approx(offset / RATE, abs=1e-6)
    shares = {"left_share": found["right_share"], "right_share": found["left_share"]}
    turned = found | shares | {"offset": -found["offset"]}
    assert mirrored == pytest.approx(turned, abs=1e-4)


@pytest.mark.parametrize("rate", [8000, 11127, 22050, 44100, 48000])
def test_frames_hardly_depend_on_the_rate(rate: int) -> None:
    """A frame for every 12 ms, and bits that agree where something is heard."""
    reference = frames(heard(Waveform(voice(5)[:, None].astype(np.float32), 44100)))
    found = frames(heard(Waveform(voice(5, rate=rate)[:, None].astype(np.float32), rate)))
    assert abs(len(found) - len(reference)) <= 1
    length = min(len(found), len(reference))
    both = (found[:length] & reference[:length]) >> 29 == 1
    wrong = np.bitwise_count((found[:length] ^ reference[:length]) & 0xFFFFFF)[both]
    assert wrong.mean() < 24 * 0.05

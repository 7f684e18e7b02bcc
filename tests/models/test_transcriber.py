"""Recognisers of the real classes: what they know, when words stand, the same every time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from curate.errors import CurateError
from curate.measures.transcript import mono
from curate.models.reference import locate
from curate.models.transcriber import OVERLAP, RATE, WINDOW, Wav2Vec2, transcriber
from curate.pairs.audio import Waveform, decode_audio
from tests.recognisers import ENGLISH, write_ctc, write_whisper

STAMPS = Path("/usr/share/tuxpaint/stamps")


@pytest.fixture(scope="module")
def ctc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Wav2Vec2 that hears letters by chance."""
    folder = tmp_path_factory.mktemp("ctc")
    write_ctc(folder)
    return folder


@pytest.fixture(scope="module")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper that knows many languages, none of them well."""
    folder = tmp_path_factory.mktemp("polyglot")
    write_whisper(folder)
    return folder


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    loud = np.repeat(chance.random(int(seconds * 10) + 1), RATE // 10)[: int(seconds * RATE)]
    return (loud * chance.normal(size=len(loud)) * 0.2).astype(np.float32)


def test_ctc_words_stand_in_order_within_the_recording(ctc: Path) -> None:
    heard = transcriber(ctc, "en")(noise(4.0), "en")
    assert heard.language == "en"
    assert heard.text.split() == [word.word for word in heard.words]
    times = [time for word in heard.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= 4.0
    assert all(0 < word.probability <= 1 for word in heard.words)


def test_ctc_hears_the_same_on_many_threads(ctc: Path) -> None:
    hear = transcriber(ctc, "en")
    sounds = [noise(1 + n / 3, n) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda s: hear(s, "en"), sounds)) == [hear(s, "en") for s in sounds]


def test_ctc_hears_long_recordings_window_by_window(ctc: Path) -> None:
    """Every frame is there once."""
    model = Wav2Vec2(ctc, "en")
    sound = noise((2 * WINDOW + OVERLAP) / RATE + 3.3)
    found = model._probabilities(sound)
    assert abs(len(found) - len(sound) // 320) <= 1
    assert np.allclose(found.sum(axis=1), 1, atol=1e-4)


def test_ctc_models_must_have_a_language(ctc: Path) -> None:
    with pytest.raises(CurateError, match="says no language"):
        transcriber(ctc)
    assert transcriber(ctc, "fr").languages == ("fr",)


def test_ctc_weights_must_be_safetensors(ctc: Path, tmp_path: Path) -> None:
    import torch

    for path in ctc.iterdir():
        if path.suffix == ".json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        transcriber(tmp_path, "en")


def test_a_folder_without_a_recogniser(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="no speech recogniser"):
        transcriber(tmp_path)


def test_an_english_only_whisper_knows_english() -> None:
    assert transcriber(locate(ENGLISH)).languages == ("en",)
    with pytest.raises(CurateError, match="the model knows en, not fr"):
        transcriber(locate(ENGLISH), "fr")


def test_a_whisper_of_many_languages_detects_one_or_takes_what_it_is_told(polyglot: Path) -> None:
    hear = transcriber(polyglot)
    assert {"en", "fr", "zh", "nb", "no"} < set(hear.languages)
    assert "yue" not in hear.languages
    detected = hear(noise(1.0), None)
    assert detected.language in hear.languages
    assert detected.language_probability is not None
    assert hear(noise(1.0), None) == detected
    told = hear(noise(1.0), "nb")
    assert (told.language, told.language_probability) == ("nb", None)
    assert transcriber(polyglot, "fr").languages == ("fr",)


@pytest.mark.skipif(not STAMPS.is_dir(), reason="tuxpaint-stamps-default is not installed")
def test_whisper_hears_real_words_the_same_on_many_threads() -> None:
    hear = transcriber(locate(ENGLISH))
    sounds = [recorded(name) for name in ("elephant", "badger", "penguin")]
    alone = [hear(sound, "en") for sound in sounds]
    assert [heard.text.strip(" .").lower() for heard in alone] == ["elephant", "badger", "penguin"]
    assert all(heard.language == "en" and heard.words for heard in alone)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda sound: hear(sound, None), sounds[::-1])) == alone[::-1]


def recorded(name: str) -> np.ndarray:
    sound = decode_audio(next(STAMPS.rglob(f"{name}_desc.ogg")).read_bytes())
    return mono(sound)


@pytest.mark.parametrize("frames", [1, 400, RATE // 20])
def test_a_click_is_long_enough_to_be_heard(ctc: Path, frames: int) -> None:
    click = mono(Waveform(np.full((frames, 2), 0.5, dtype=np.float32), 44_100))
    for hear in (transcriber(ctc, "en"), transcriber(locate(ENGLISH))):
        assert hear(click, "en").language == "en"

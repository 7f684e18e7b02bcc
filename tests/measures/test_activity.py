"""Levels of the voice's band: 100 a second, the same whatever the rate and the channels."""

from __future__ import annotations

import numpy as np
import pytest

from curate.measures.activity import levels, of_audio, sound_activity
from curate.pairs.audio import Waveform


def tone(hertz: float, rate: int, seconds: float = 1.0, amplitude: float = 0.5) -> Waveform:
    time = np.arange(round(seconds * rate)) / rate
    return Waveform((amplitude * np.sin(2 * np.pi * hertz * time))[:, None].astype("f4"), rate)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
@pytest.mark.parametrize("seconds", [0.004, 0.5, 1.003])
def test_a_hundred_frames_a_second(rate: int, seconds: float) -> None:
    sound = tone(440, rate, seconds)
    assert len(levels(sound)) == np.ceil(len(sound.samples) / rate * 100)


def test_a_voice_counts_and_hum_and_hiss_do_not() -> None:
    inside, hum, hiss = (levels(tone(hertz, 44100))[20:80] for hertz in (440, 20, 15000))
    assert inside.min() == inside.max() == 222  # -9 dB, the power of a sine of amplitude 0.5
    assert hum.max() < 222 - 40
    assert hiss.max() < 222 - 20


def test_levels_follow_the_amplitude_in_half_decibels() -> None:
    loud, soft = (levels(tone(440, 16000, amplitude=a))[50] for a in (0.5, 0.005))
    assert loud - soft == 80
    assert levels(Waveform(np.zeros((1600, 2), "f4"), 16000)).tolist() == [0] * 10


def test_measure() -> None:
    measure = sound_activity("audio")
    frame = of_audio(measure, {})([tone(440, 8000), tone(440, 8000, 0.5)])
    assert frame.drop("error").schema == dict(measure.returns)
    assert frame["seconds"].to_list() == [1.0, 0.5]
    assert frame["levels"].bin.size().to_list() == [100, 50]
    assert of_audio(measure, {})([]).is_empty()

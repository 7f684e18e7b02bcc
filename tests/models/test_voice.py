"""Voices: of a package, of a program, of a model's files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from curate.errors import CurateError
from curate.models.voice import load_voice


@pytest.mark.parametrize("name", ["hibari:heart", "espeak:en-gb", "espeak:de"])
def test_speaks_and_says_the_same_every_time(name: str) -> None:
    if name.startswith("espeak") and shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    voice = load_voice(name)
    samples, rate = voice("A duck on a pond.", 1)
    again, _ = voice("A duck on a pond.", 1)
    assert np.array_equal(samples, again)
    assert 0.5 < len(samples) / rate < 4
    assert 0.01 < np.abs(samples).max() <= 1


@pytest.mark.parametrize("name", ["hibari:nobody", "espeak:no-such-voice"])
def test_an_unknown_voice_is_said_so(name: str) -> None:
    if name.startswith("espeak") and shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    with pytest.raises(CurateError, match=r"no-such-voice|nobody"):
        load_voice(name)("A duck.", 0)


def test_a_network_by_reference_speaks(tmp_path: Path) -> None:
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    letters = {letter: n for n, letter in enumerate("_ abcdefghijklmnopqrstuvwxyz")}
    (tmp_path / "vocab.json").write_text(json.dumps(letters))
    VitsTokenizer(
        str(tmp_path / "vocab.json"), pad_token="_", phonemize=False, is_uroman=False
    ).save_pretrained(tmp_path)
    config = VitsConfig(
        vocab_size=len(letters),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=16,
        flow_size=16,
        spectrogram_bins=9,
        upsample_initial_channel=16,
        upsample_rates=[4, 4],
        upsample_kernel_sizes=[8, 8],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]],
        prior_encoder_num_flows=1,
        posterior_encoder_num_wavenet_layers=1,
        prior_encoder_num_wavenet_layers=1,
        duration_predictor_num_flows=1,
        depth_separable_num_layers=1,
        duration_predictor_filter_channels=16,
    )
    VitsModel(config).save_pretrained(tmp_path)
    voice = load_voice(f"file:{tmp_path}")
    samples, rate = voice("a duck", 3)
    again, _ = voice("a duck", 3)
    assert rate == config.sampling_rate
    assert len(samples)
    assert np.array_equal(samples, again)

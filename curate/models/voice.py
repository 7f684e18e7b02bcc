"""Voices that read texts aloud: a small model from a package, a program, or any model by reference.

hibari:name             a voice of the package hibari-tts; `heart` comes with it
espeak:name             a voice of espeak-ng, where that program is installed
hf:…, file:…, pkg:…     a text-to-waveform model of transformers, such as VITS
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from curate.errors import CurateError, Unreadable
from curate.models.reference import locate

Voice: TypeAlias = "Callable[[str, int], tuple[np.ndarray, int]]"
"""(text, seed) -> samples (float32, mono, within [-1, 1]) and their rate in hertz."""

ENGINES = ("hibari", "espeak")
_PAUSE = 0.5
"""Seconds of quiet before and after what espeak-ng says, which begins with its file: recognisers
miss words that begin so."""
_PATIENCE = 60.0
"""Seconds after which a program that does not answer is stopped."""


def load_voice(name: str) -> Voice:
    """A voice by its name, loaded."""
    engine, _, rest = name.partition(":")
    if engine == "hibari":
        return _hibari(rest)
    if engine == "espeak":
        return _espeak(rest)
    return _network(locate(name))


def made_with(name: str) -> dict[str, str]:
    """The engine's version; of a model by reference there is none but its files' hash."""
    engine, _, _ = name.partition(":")
    if engine == "hibari":
        return {"hibari-tts": version("hibari-tts")}
    return {"espeak-ng": _espeak_version()} if engine == "espeak" else {}


def _hibari(name: str) -> Voice:
    from hibari import Hibari
    from hibari.voices import VOICES

    if name not in VOICES:
        known = ", ".join(sorted(VOICES))
        raise CurateError(f"hibari has no voice '{name}'", f"it has {known}")
    try:
        speak = Hibari(name)
    except RuntimeError as error:
        raise CurateError(
            f"the voice 'hibari:{name}' cannot be fetched: {error}",
            "'hibari:heart' needs no network",
        ) from error

    def voice(text: str, seed: int) -> tuple[np.ndarray, int]:
        return np.asarray(speak(text, seed=seed), np.float32), speak.sample_rate

    return voice


def _espeak(name: str) -> Voice:
    program = _espeak_program()
    if name.partition("+")[0] not in _espeak_voices():
        raise CurateError(f"espeak-ng has no voice '{name}'", "`espeak-ng --voices` lists them")

    def voice(text: str, seed: int) -> tuple[np.ndarray, int]:
        import soundfile

        command = [program, "-v", name, "--stdout", "--stdin", "-b", "1"]
        try:
            said = subprocess.run(  # noqa: S603 - the program is found, the text comes by its input
                command, input=text.encode(), capture_output=True, timeout=_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unreadable("espeak-ng gave no answer") from error
        if said.returncode or not said.stdout:
            message = said.stderr.decode("utf-8", "replace").strip() or "espeak-ng said nothing"
            raise CurateError(f"the voice 'espeak:{name}': {message}", "espeak-ng --voices")
        samples, rate = soundfile.read(io.BytesIO(said.stdout), dtype="float32")
        return np.pad(samples, int(_PAUSE * rate)), int(rate)

    return voice


def _espeak_program() -> str:
    program = shutil.which("espeak-ng")
    if program is None:
        raise CurateError(
            "espeak-ng is not installed", "apt install espeak-ng, or name other voices"
        )
    return program


@cache
def _espeak_voices() -> frozenset[str]:
    """Languages and files of voices; any other name would be spoken by a voice of English."""
    rows = [line.split() for line in _espeak_says("--voices").splitlines()[1:]]
    others = re.findall(r"\(([\w-]+) \d+\)", _espeak_says("--voices"))
    return frozenset({*(row[1] for row in rows), *(row[4] for row in rows), *others})


@cache
def _espeak_version() -> str:
    return _espeak_says("--version").partition("Data at")[0].strip()


def _espeak_says(option: str) -> str:
    told = subprocess.run(  # noqa: S603
        [_espeak_program(), option], capture_output=True, text=True, timeout=_PATIENCE, check=True
    )
    return told.stdout


def _network(folder: Path) -> Voice:
    import torch
    from transformers import AutoModelForTextToWaveform, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model: Any = AutoModelForTextToWaveform.from_pretrained(
        folder, local_files_only=True, use_safetensors=True
    ).eval()
    rate = getattr(model.config, "sampling_rate", None)
    if rate is None:
        raise CurateError(f"{folder} makes no waveform of a known rate", "a model such as VITS")

    def voice(text: str, seed: int) -> tuple[np.ndarray, int]:
        inputs = tokens(text, return_tensors="pt")
        if not inputs["input_ids"].numel():
            raise Unreadable("the model knows no letter of the text")
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(seed)
            samples = model(**inputs).waveform[0]
        return np.clip(samples.float().numpy(), -1.0, 1.0), int(rate)

    return voice

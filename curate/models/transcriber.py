"""Speech to words: Whisper in CTranslate2's form, and Wav2Vec2 with a CTC head in safetensors.

A transcriber takes one recording at a time, mono float32 at 16 kHz, and says the same whatever
was heard before, on however many threads: Whisper searches with a fixed beam at temperature 0 and
never falls back to chance (Radford et al. 2022, arXiv 2212.04356), CTC takes each frame's most
likely letter (Baevski et al. 2020, arXiv 2006.11477). Each computes on one thread in float32.

Languages are BCP 47 primary subtags. An English-only Whisper knows `en`, another one its list; a
CTC model knows the one that its maker or the recipe states, for letters do not say a language.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from curate.errors import CurateError, MissingExtra
from curate.models.shapes import Array

RATE = 16_000
"""Samples a second that every transcriber hears."""
BEAM = 5
OWN_CODES = {"fil": "tl", "jv": "jw", "nb": "no"}
"""BCP 47 subtags that Whisper knows by another code."""
WINDOW, OVERLAP = 20 * RATE, 5 * RATE
"""CTC hears long recordings window by window, each with what lies around it."""


@dataclass(frozen=True)
class Word:
    """One word as it was heard; `start` and `end` in seconds."""

    word: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Heard:
    """What a transcriber made of a recording."""

    text: str
    words: tuple[Word, ...]
    language: str
    language_probability: float | None
    """How sure the detection is; None when the language was given."""


class Transcriber(Protocol):
    """Mono float32 samples at 16 kHz to words; safe to call from many threads at once."""

    languages: tuple[str, ...]
    """What it knows."""

    def __call__(self, samples: Array, language: str | None) -> Heard:
        """`language` is one of `languages`; None has it detected where there is a choice."""


@lru_cache(maxsize=2)
def transcriber(folder: Path, language: str | None = None) -> Transcriber:
    """The model in a folder, loaded once for all languages that are spoken.

    `language` states what a model knows that does not say it itself.
    """
    if (folder / "model.bin").is_file():
        return Whisper(folder, language)
    if _settings(folder / "config.json").get("model_type") == "wav2vec2":
        return Wav2Vec2(folder, language)
    raise CurateError(
        f"no speech recogniser is known in {folder}",
        "point at a Whisper model in CTranslate2's form or a Wav2Vec2 model with a CTC head",
    )


class Whisper:
    """faster-whisper over a CTranslate2 folder."""

    def __init__(self, folder: Path, language: str | None = None) -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise MissingExtra("the speech recogniser", "speech") from error
        self._model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="float32",
            cpu_threads=1,
            num_workers=os.cpu_count() or 1,
            local_files_only=True,
        )
        known = tuple(self._known())
        if language is not None and language not in known:
            raise CurateError(f"the model knows {', '.join(known)}, not {language}")
        self.languages = known if language is None else (language,)

    def _known(self) -> Iterator[str]:
        """Languages that the model has a token for: newer ones know more than older ones."""
        codes = self._model.supported_languages
        for tag in [*codes, *OWN_CODES]:
            code = OWN_CODES.get(tag, tag)
            token = self._model.hf_tokenizer.token_to_id(f"<|{code}|>")
            if code in codes and token is not None:
                yield tag

    def __call__(self, samples: Array, language: str | None) -> Heard:
        given = language or (self.languages[0] if len(self.languages) == 1 else None)
        segments, info = self._model.transcribe(
            samples,
            language=OWN_CODES.get(given, given) if given else None,
            beam_size=BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        parts = list(segments)
        words = [
            _word(each.word.strip(), each.start, each.end, each.probability)
            for part in parts
            for each in part.words or ()
        ]
        sure = None if given else round(float(info.language_probability), 4)
        text = "".join(part.text for part in parts).strip()
        return Heard(text, tuple(words), given or info.language, sure)


class Wav2Vec2:
    """A transformers folder: `Wav2Vec2ForCTC` and the processor saved beside it."""

    def __init__(self, folder: Path, language: str | None = None) -> None:
        try:
            import torch
            from transformers import Wav2Vec2ForCTC, Wav2Vec2Processor
        except ImportError as error:
            raise MissingExtra("the speech recogniser", "embedded") from error
        stated = language or _settings(folder / "tokenizer_config.json").get("target_lang")
        if not stated:
            raise CurateError(f"the model in {folder} says no language", "state its 'language'")
        self.languages: tuple[str, ...] = (str(stated),)
        torch.set_num_threads(1)
        self._processor = Wav2Vec2Processor.from_pretrained(folder, local_files_only=True)
        self._network = Wav2Vec2ForCTC.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        ).eval()
        self._frame = int(self._network.config.inputs_to_logits_ratio)

    def __call__(self, samples: Array, language: str | None) -> Heard:
        probabilities = self._probabilities(samples)
        letters = probabilities.argmax(axis=1)
        said = self._processor.tokenizer.decode(letters, output_word_offsets=True)
        words = [self._word(each, probabilities) for each in said.word_offsets]
        return Heard(said.text, tuple(words), self.languages[0], None)

    def _probabilities(self, samples: Array) -> Array:
        """Of every letter in every frame; float32 (frames, letters)."""
        import torch

        inputs = self._processor(samples, sampling_rate=RATE).input_values[0]
        parts = []
        with torch.inference_mode():
            for start, around in _windows(len(inputs)):
                logits = self._network(torch.from_numpy(inputs[around])[None]).logits[0]
                first = (start - around.start) // self._frame
                last = None if around.stop >= len(inputs) else first + WINDOW // self._frame
                parts.append(logits[first:last].softmax(-1).numpy())
        return np.concatenate(parts)

    def _word(self, offsets: dict[str, Any], probabilities: Array) -> Word:
        frames = slice(offsets["start_offset"], offsets["end_offset"])
        second = self._frame / RATE
        sure = float(probabilities[frames].max(axis=1).mean())
        return _word(offsets["word"], frames.start * second, frames.stop * second, sure)


def _windows(length: int) -> Iterator[tuple[int, slice]]:
    """Where each window starts, and the samples heard for it; the last takes the rest."""
    start = 0
    while True:
        stop = min(start + WINDOW + OVERLAP, length)
        yield start, slice(max(0, start - OVERLAP), stop)
        if stop == length:
            return
        start += WINDOW


def _word(word: str, start: float, end: float, probability: float) -> Word:
    """Times to the millisecond and probabilities to four digits, past which machines differ."""
    return Word(word, round(float(start), 3), round(float(end), 3), round(float(probability), 4))


def _settings(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found

"""Texts spoken by a machine."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.marks import TRAINED, marked

if TYPE_CHECKING:
    from curate.models.voice import Voice


def speech(voice: str, seed: int = 0) -> Measure:
    """A recording of each text as FLAC (mono, 16 bit, the voice's own rate), marked: `made`, `seconds`.

    `voice` is a name as `curate.models.voice` says.
    """
    from curate.models.voice import ENGINES, made_with

    engine = voice.partition(":")[0]
    known = engine in ENGINES
    return Measure(
        name="text.speech",
        version=3,
        of=("text",),
        returns={"bytes": pl.Binary, "seconds": pl.Float64},
        makes="audio",
        compute="curate.measures.speech:speak",
        params={"seed": seed, **({"voice": voice, **made_with(voice)} if known else {})},
        models={} if known else {"voice": voice},
        libraries=("soundfile", *(("onnxruntime",) if engine == "hibari" else ())),
        extra="speech",
        chunk=8,
    )


def speak(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.voice import load_voice

    folder = models.get("voice")
    voice = load_voice(f"file:{folder}" if folder else measure.params["voice"])
    schema = {**measure.returns, "error": pl.String}

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        return pl.DataFrame(
            [_spoken(text, voice, measure.params["seed"]) for text in texts], schema
        )

    return compute


def _spoken(text: str, voice: Voice, seed: int) -> dict[str, Any]:
    import soundfile

    try:
        samples, rate = voice(text, seed)
    except Unreadable as error:
        return {"error": error.message}
    if not len(samples):
        return {"error": "the text has nothing to be spoken"}
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC", subtype="PCM_16")
    return {"bytes": marked(file.getvalue(), TRAINED), "seconds": len(samples) / rate}

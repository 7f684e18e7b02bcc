"""Released pairs one by one, media decoded as the measures saw them.

Rows lie in the cache of `datasets`, mapped into memory, so that any row is read at once and by any
process. A picture is RGB as uint8 (height, width, 3), upright, with what is transparent over white; a
recording float32 (frames, channels), its rate in `<field>_rate`; films and sensor streams are bytes,
since whoever trains knows which parts are wanted; what a pair lacks is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.errors import MissingExtra
from curate.pairs.audio import decode_audio
from curate.pairs.image import decode_image

if TYPE_CHECKING:
    from pathlib import Path

    from curate.notebook.release import Release

RATE = "_rate"
"""Ends the name of the column with a recording's frames in a second."""


def loaded(release: Release, cache: Path | str | None) -> Any:
    """All splits, as `datasets.load_dataset` gives them; raises `MissingExtra`."""
    try:
        import datasets
    except ImportError:
        raise MissingExtra("datasets of a release", "datasets") from None
    return datasets.load_dataset(str(release.path), cache_dir=cache and str(cache))


@dataclass(frozen=True)
class Decoded:
    """A split that can be asked for any of its rows."""

    rows: Any
    """A `datasets.Dataset` that gives media as they are."""
    media: Mapping[str, str]
    """Fields whose media lie in the release -> modality."""

    @classmethod
    def of(cls, release: Release, split: str, cache: Path | str | None) -> Decoded:
        """Raises `CurateError` where there is no such split."""
        rows = loaded(release, cache)[release.known_split(split)]
        media = {name: release.fields[name].type for name in release.published.embedded}
        return cls(_undecoded(rows, media), media)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Columns of the release by name; raises `IndexError` beyond the last row."""
        row = dict(self.rows[index])
        for name, modality in self.media.items():
            row |= _decoded(name, modality, row[name] and row[name]["bytes"])
        return row


def _undecoded(rows: Any, media: Mapping[str, str]) -> Any:
    """Without what `datasets` would decode in its own way."""
    from datasets import Image

    for name, modality in media.items():
        if modality == "image":
            rows = rows.cast_column(name, Image(decode=False))
    return rows


def _decoded(name: str, modality: str, data: bytes | None) -> dict[str, Any]:
    if modality == "image":
        return {name: data and decode_image(data)}
    if modality == "audio":
        sound = decode_audio(data) if data else None
        return {name: sound and sound.samples, f"{name}{RATE}": sound and sound.rate}
    return {name: data}

"""The media of the pairs that a report shows, made small, as far as there is room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curate.pairs.thumbnail import Thumbnail, thumbnail
from curate.report.content import Medium

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.report.media import Media

SHOWN = ("image", "audio", "video")
"""Types of fields that thumbnails are made of."""
MOST_BYTES = 6_000_000
"""Of all thumbnails; in HTML they take a third more."""
_AT_ONCE = 8
"""Files held in memory at a time."""
_WORKERS = 2


@dataclass
class Thumbnails:
    """By pair and field."""

    media: dict[str, dict[str, Medium]] = field(default_factory=dict)
    room: int = MOST_BYTES
    left_out: int = 0
    """For which there was no room."""

    def add(self, pair_id: str, name: str, modality: Any, small: Thumbnail) -> None:
        if len(small.data) > self.room:
            self.left_out += 1
            return
        self.room -= len(small.data)
        self.media.setdefault(pair_id, {})[name] = Medium(modality, *small)


def thumbnails(evidence: Evidence, pair_ids: Sequence[str], media: Media) -> Thumbnails:
    """Of these pairs; of a release that refers to its media none."""
    recipe, found = evidence.lock["recipe"], Thumbnails()
    if recipe["release"]["media"] != "embed":
        return found
    fields = {n: f["type"] for n, f in recipe["fields"].items() if f["type"] in SHOWN}
    with ThreadPoolExecutor(_WORKERS) as pool:
        for pair_id, name, small in _made(sorted(pair_ids), fields, media, pool):
            if small is not None:
                found.add(pair_id, name, fields[name], small)
    return found


def _made(
    pair_ids: Sequence[str], fields: Mapping[str, str], media: Media, pool: ThreadPoolExecutor
) -> Iterator[tuple[str, str, Thumbnail | None]]:
    """A few files at a time; in the order of ids, which are hashes: when room runs out it is by chance."""
    for start in range(0, len(pair_ids), _AT_ONCE):
        for name, modality in fields.items():
            files = media.read(name, pair_ids[start : start + _AT_ONCE])
            made = pool.map(thumbnail, files.values(), [modality] * len(files))
            for pair_id, small in zip(files, made, strict=True):
                yield pair_id, name, small

"""Media of any pair, for people to look at: in a course, whatever became of the pair; in a release, of
those that were kept. Both implement `curate.report.media.Media`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.engines.engine import Media
from curate.engines.work import read_content
from curate.errors import DataError, Unreadable
from curate.pairs.media import read_media
from curate.pairs.span import Recording
from curate.release.published import Published, open_release

if TYPE_CHECKING:
    from curate.release.write import MediaBytes
    from curate.run.asking import Asking
    from curate.run.course import Course


@dataclass(frozen=True)
class MediaOfCourse:
    """Of kept pairs what is released, of others the content that they left with."""

    course: Course
    asking: Asking
    released: MediaBytes | None
    """None where media are released by reference."""

    def read(self, field: str, pair_ids: Sequence[str]) -> dict[str, bytes]:
        """Bytes by pair; spans are cut out of their recordings."""
        wanted = pl.Series("pair_id", list(pair_ids), pl.String)
        kept = wanted.is_in(self.course.alive.implode())
        if self.released is None:
            return self._contents(field, wanted)
        return self._released(field, wanted.filter(kept)) | self._contents(
            field, wanted.filter(~kept)
        )

    def _released(self, field: str, pair_ids: pl.Series) -> dict[str, bytes]:
        assert self.released is not None
        cells = self.released(field, pair_ids) if pair_ids.len() else []
        return {i: cell["bytes"] for i, cell in zip(pair_ids, cells, strict=True) if cell}

    def _contents(self, field: str, pair_ids: pl.Series) -> dict[str, bytes]:
        table = self.course.table.select("pair_id", key=f"{field}_sha256").drop_nulls()
        rows = table.filter(pl.col("pair_id").is_in(pair_ids.implode()))
        modality = self.course.fields[field].type
        items = self.asking.contents.items(modality, rows["key"].unique())
        found = {item.key: _file(medium) for item in items for medium in item.contents}
        return {i: data for i, key in rows.iter_rows() if (data := found.get(key)) is not None}


@dataclass(frozen=True)
class MediaOfRelease:
    """What the data files of a release folder hold."""

    folder: Path

    def read(self, field: str, pair_ids: Sequence[str]) -> dict[str, bytes]:
        """Bytes by pair; nothing where the release holds no media."""
        if field not in self._release.embedded:
            return {}
        rows = self._places.filter(pl.col("pair_id").is_in(list(pair_ids)))
        found = {i: _cell(path, f"{row}/{field}") for i, path, row in rows.iter_rows()}
        return {pair_id: data for pair_id, data in found.items() if data is not None}

    @cached_property
    def _release(self) -> Published:
        return open_release(self.folder)

    @cached_property
    def _places(self) -> pl.DataFrame:
        """`pair_id`, `path`, `row` in the order of the data."""
        files = sorted(self.folder.glob("data/*/*.parquet"))
        return pl.concat(
            pl.read_parquet(path, columns=["pair_id"])
            .with_row_index("row")
            .select("pair_id", pl.lit(str(path)).alias("path"), "row")
            for path in files
        )


def _file(medium: object) -> bytes | None:
    """The content as a file of its own; None where its source has lost or changed it."""
    if not isinstance(medium, Media):
        return None
    try:
        data = read_content(medium)
        return data if medium.span is None else _cut(Recording(data, medium.span), medium.modality)
    except DataError:
        return None


def _cut(recording: Recording, modality: str) -> bytes:
    if modality == "audio":
        from curate.pairs.audio import cut_audio

        return cut_audio(recording)
    if modality == "video":
        from curate.pairs.video import cut_video

        return cut_video(recording)
    from curate.pairs.sensor import read_stream, write_stream

    return write_stream(read_stream(recording))


def _cell(path: str, member: str) -> bytes | None:
    try:
        return read_media(path, member)
    except Unreadable:
        return None

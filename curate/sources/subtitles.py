"""Recordings with subtitles beside them: every cue is a pair of its text and the stretch it covers.

The first text bound makes the rows. A cue of another language joins the row that it overlaps
longest, if no other overlaps that row longer: nothing is said twice. A recording whose subtitles
are lacking, empty or damaged is one row that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from curate.errors import Unreadable
from curate.pairs.cues import Cue, Timeline, parse
from curate.pairs.field import CLOCKED
from curate.sources.binding import Binding
from curate.sources.cell import ABSENT, Cell, encodable, required, text_cell
from curate.sources.folder import Folder, located
from curate.sources.text_file import read_whole
from curate.steps.step import Objection

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from curate.pairs.field import Field, Fields


class _Line(NamedTuple):
    """One row: its recording, its name, its cells."""

    relative: str
    row: str
    cells: dict[str, Cell]


class _Track(NamedTuple):
    """The subtitles of one language: their cues, else a cell that says why there are none."""

    cell: Cell
    cues: Sequence[Cue] = ()


class Subtitles(Folder):
    """One row per cue, in the order of recordings and of cues in their files."""

    word: ClassVar[str] = "subtitles"
    summary: ClassVar[str] = "Recordings with SubRip or WebVTT subtitles beside them, cue by cue."
    examples: ClassVar[tuple[str, ...]] = (
        '- subtitles: {path: talks, film: "**/*.mp4", caption: "{stem}.en.srt"}',
        """- subtitles:
    path: talks
    film: "**/*.mp4"                     # the recordings
    caption: "{stem}.en.vtt"             # its cues make the rows
    caption_fr: "{stem}.fr.vtt"          # what is said there at the same time
    speaker: "{parent0}" """.rstrip(),
    )

    glob: ClassVar[str] = "**/*.mp4"

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        bound = self._content(fields)
        if not any(fields[key].type == "text" for key in bound):
            expected = "a template like '{stem}.srt'"
            yield Objection((), "no text is bound to subtitles", expected=expected)

    def check_binding(self, key: str, binding: Any, field: Field) -> Iterator[Objection]:
        complaints = list(super().check_binding(key, binding, field))
        yield from complaints
        if complaints:
            return
        bound = Binding.of(binding, field)
        if bound.finds and field.type not in {*CLOCKED, "metadata"}:
            yield Objection(
                (key,),
                f"the recordings make the rows, but '{key}' is {field.type}",
                expected="a template like '{stem}.srt'",
            )
        elif bound.part:
            yield Objection(
                (key,), f"'#{bound.part}' is a part of a file; subtitles are read whole"
            )

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        from curate.sources.frame import assemble

        content = self._content(fields)
        primary = next(key for key, bound in content.items() if bound.finds)
        tree = self._tree(base, content[primary])
        found = self._found(tree, primary, content[primary])
        places = {
            key: [located(tree, relative, bound) for relative in found]
            for key, bound in content.items()
        }
        self._require_matches(tree, found, places, content)
        lines = [
            line
            for at, relative in enumerate(found)
            for line in _lines(relative, {key: places[key][at] for key in content}, fields)
        ]
        lines += [
            _Line(relative, encodable(relative), {primary: cell})
            for relative, cell in tree.blocked.items()
        ]
        cells = {
            key: [required(line.cells.get(key, ABSENT), fields[key]) for line in lines]
            for key in content
        }
        metadata = self._metadata(fields, [line.relative for line in lines])
        return assemble(name, [line.row for line in lines], cells, metadata, fields)


def _lines(relative: str, places: dict[str, Cell], fields: Fields) -> Iterator[_Line]:
    """The rows of one recording."""
    tracks = {key: _track(cell) for key, cell in places.items() if fields[key].type == "text"}
    first, *others = tracks
    media = {key: cell for key, cell in places.items() if key not in tracks}
    name = encodable(relative)
    if not tracks[first].cues:
        yield _Line(relative, name, media | {key: track.cell for key, track in tracks.items()})
        return
    partners = {key: _partners(tracks[first].cues, tracks[key].cues) for key in others}
    for at, cue in enumerate(tracks[first].cues):
        cells = {key: _stretch(cell, cue, fields[key]) for key, cell in media.items()}
        cells[first] = _said(tracks[first], at)
        cells |= {key: _said(tracks[key], partners[key].get(at)) for key in others}
        yield _Line(relative, f"{name}#{at + 1}", cells)


def _partners(cues: Sequence[Cue], others: Sequence[Cue]) -> dict[int, int]:
    """Places of cues and of the others that overlap them longest, where that is mutual."""
    there, back = Timeline(others), Timeline(cues)
    longest = {at: there.beside(cue) for at, cue in enumerate(cues)}
    return {
        at: other
        for at, other in longest.items()
        if other is not None and back.beside(others[other]) == at
    }


def _track(place: Cell) -> _Track:
    whole = read_whole(place)
    if whole.text is None:
        return _Track(whole)
    try:
        return _Track(Cell(uri=place.uri), parse(whole.text))
    except Unreadable as error:
        return _Track(Cell(uri=place.uri, problem="unreadable", detail=error.message))


def _stretch(cell: Cell, cue: Cue, field: Field) -> Cell:
    """A medium during a cue; a picture has no clock."""
    if cell.path is None or field.type not in CLOCKED:
        return cell
    return cell._replace(start=cue.start, end=cue.end)


def _said(track: _Track, at: int | None) -> Cell:
    """The text of one of a track's cues."""
    if at is None:
        return track.cell
    cue, uri = track.cues[at], f"{track.cell.uri}#{at + 1}"
    if cue.end <= cue.start:
        detail = f"the cue ends at {cue.end:g} s and begins at {cue.start:g} s"
        return Cell(uri=uri, problem="unreadable", detail=detail)
    return text_cell(cue.text, uri)

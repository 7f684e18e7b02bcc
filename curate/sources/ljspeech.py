"""LJ Speech, and the many voices published in its form: `id|text|text as it is spoken`, `wavs`.

Ito and Johnson, The LJ Speech Dataset (2017). Lists have no header and no quoting; the third cell,
in which numbers and abbreviations are spelt out, may be lacking throughout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, ClassVar

from pydantic import Field as Key

from curate.sources.csv import columns_of, plain_lines
from curate.sources.listed import Listed
from curate.sources.sheet import Sheet
from curate.sources.table import Values

COLUMNS = ("id", "text", "normalized")


class LJSpeech(Listed):
    """Lines of the list."""

    word: ClassVar[str] = "ljspeech"
    summary: ClassVar[str] = "One speaker's recordings with their texts, in LJ Speech's form."
    examples: ClassVar[tuple[str, ...]] = (
        "- ljspeech: {path: LJSpeech-1.1, speech: id, caption: normalized}",
    )
    media: ClassVar[Mapping[str, str]] = {"audio": "id"}
    columns: ClassVar[tuple[str, ...]] = COLUMNS

    file: str = Key("metadata.csv", min_length=1, description="The list.")

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        return columns_of(sheet, _headed(sheet), columns)

    def placed(self, column: str, values: Values) -> list[Any]:
        return [f"wavs/{name}.wav" if name else name for name in values[column]]


def _headed(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """The lines, below the header that they do without."""
    lines = plain_lines(sheet, "|")
    first = next(lines, None)
    if first is None:
        raise sheet.fail("is empty")
    number, cells = first
    if len(cells) not in (2, 3):
        raise sheet.fail(f"line {number} has {len(cells)} cells, not {' | '.join(COLUMNS)}")
    return chain([(0, list(COLUMNS[: len(cells)])), first], lines)

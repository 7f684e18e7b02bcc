"""Common Voice: sentences read aloud, one tab-separated list per language, recordings in `clips`.

Ardila et al., Common Voice: A Massively-Multilingual Speech Corpus (2020). Cells are not quoted in
today's lists: a sentence may begin with a quotation mark. Earlier lists did quote such sentences
and double the marks within, which no unquoted sentence looks like, so both are read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field as Key

from curate.sources.csv import columns_of, plain_lines
from curate.sources.listed import Listed
from curate.sources.sheet import Sheet
from curate.sources.table import Values

CLIPS = "clips"


class CommonVoice(Listed):
    """Lines of one list of one language."""

    word: ClassVar[str] = "common_voice"
    summary: ClassVar[str] = (
        "Common Voice: sentences and their recordings, with votes and speakers."
    )
    examples: ClassVar[tuple[str, ...]] = (
        "- common_voice: {path: cv/en, speech: path, caption: sentence, up: up_votes, age: age}",
    )
    media: ClassVar[Mapping[str, str]] = {"audio": "path"}

    file: str = Key("validated.tsv", min_length=1, description="The list, such as train.tsv.")

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        values = columns_of(sheet, plain_lines(sheet, "\t"), columns)
        return {column: [unquoted(cell) for cell in cells] for column, cells in values.items()}

    def placed(self, column: str, values: Values) -> list[Any]:
        return [posixpath.join(CLIPS, name) if name else name for name in values[column]]


def unquoted(cell: str | None) -> str | None:
    """`"He said ""no""."` without the quoting; every other cell as it is."""
    if cell is None or len(cell) < 4 or not cell.startswith('"') or not cell.endswith('"'):
        return cell
    inside = cell[1:-1]
    if '""' not in inside or '"' in inside.replace('""', ""):
        return cell
    return inside.replace('""', '"')

"""Tables of one JSON object a line. Types are kept; a key that a line lacks is null there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from curate.sources.sheet import Sheet, read_utf8, require_columns
from curate.sources.table import Table


class Jsonl(Table):
    """Lines of JSON files."""

    word: ClassVar[str] = "jsonl"
    summary: ClassVar[str] = "Lines of JSON objects; media by path, relative to the file."
    examples: ClassVar[tuple[str, ...]] = (
        "- jsonl: {path: pairs.jsonl, image: file, caption: title}",
    )

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        values: dict[str, list[Any]] = {column: [] for column in columns}
        seen: dict[str, None] = {}
        for line in _objects(sheet):
            seen |= dict.fromkeys(line)
            for column, column_values in values.items():
                column_values.append(line.get(column))
        if any(values.values()):
            require_columns(sheet, columns, list(seen))
        return values


def _objects(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(read_utf8(sheet).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise sheet.fail(f"line {number}, column {error.colno}: {error.msg}") from None
        except (ValueError, RecursionError) as error:
            raise sheet.fail(f"line {number}: {error}") from None
        if not isinstance(value, dict):
            raise sheet.fail(f"line {number} is no object in braces")
        yield value

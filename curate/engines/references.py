"""Items as Arrow, to be sent to another process: texts are carried along, media are named by where they
lie and never read here.

A row is an item: `key`, `contents`, and `tasks`, the numbers of the tasks that lack its value.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from curate.engines.engine import Content, Item, Media, Task, Text
from curate.pairs.span import Span

_CONTENT = pa.struct(
    {
        "text": pa.string(),
        "modality": pa.string(),
        "path": pa.string(),
        "member": pa.string(),
        "sha256": pa.string(),
        "start": pa.float64(),
        "end": pa.float64(),
    }
)
SCHEMA = pa.schema(
    {"key": pa.string(), "contents": pa.list_(_CONTENT), "tasks": pa.list_(pa.int32())}
)


def references(items: Sequence[Item], tasks: Sequence[Task]) -> pa.Table:
    """Items, and which of the tasks each is wanted for."""
    rows = [
        {
            "key": item.key,
            "contents": [_row(content) for content in item.contents],
            "tasks": [n for n, task in enumerate(tasks) if item.key in task.missing],
        }
        for item in items
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def items(table: pa.Table) -> list[Item]:
    """The items of a table of references."""
    rows = zip(table["key"].to_pylist(), table["contents"].to_pylist(), strict=True)
    return [Item(key, tuple(_content(row) for row in contents)) for key, contents in rows]


def lacking(table: pa.Table, number: int) -> frozenset[str]:
    """The keys that lack the value of a task."""
    rows = zip(table["key"].to_pylist(), table["tasks"].to_pylist(), strict=True)
    return frozenset(key for key, numbers in rows if number in numbers)


def _row(content: Content) -> dict[str, Any]:
    if isinstance(content, Text):
        return {"text": content.value}
    ends = {} if content.span is None else {"start": content.span.start, "end": content.span.end}
    return {
        "modality": content.modality,
        "path": os.path.abspath(content.path),
        "member": content.member,
        "sha256": content.sha256,
        **ends,
    }


def _content(row: dict[str, Any]) -> Content:
    if row["text"] is not None:
        return Text(row["text"])
    span = None if row["start"] is None else Span(row["start"], row["end"])
    return Media(row["modality"], row["path"], row["member"], row["sha256"], span)

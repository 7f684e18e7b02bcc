"""Tables to decide over; what is measured of them is measured once for all tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.workspace import Workspace, write_lines

Table: TypeAlias = Callable[..., Workspace]


@pytest.fixture
def table(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Makes a workspace of rows; fields that are not given are metadata where they are no text."""
    store = tmp_path_factory.getbasetemp() / "store-of-steps"

    def make(rows: Iterable[dict[str, Any]], **fields: str) -> Workspace:
        rows = list(rows)
        write_lines(tmp_path / "media" / "rows.jsonl", rows)
        (tmp_path / ".curate").mkdir(exist_ok=True)
        if not (tmp_path / ".curate" / "store").exists():
            (tmp_path / ".curate" / "store").symlink_to(store)
        kinds = {name: fields.get(name, "metadata") for row in rows for name in row}
        optional = {name for name in kinds if any(row.get(name) is None for row in rows)}
        source = {"path": "../media/rows.jsonl", "max_unreadable": 1.0, **{n: n for n in kinds}}
        return Workspace(tmp_path).having(
            name="table",
            version="draft",
            fields={name: _field(kind, name in optional) for name, kind in kinds.items()},
            sources=[{"jsonl": source}],
        )

    store.mkdir(exist_ok=True)
    return make


def _field(kind: str, optional: bool) -> dict[str, Any]:
    return {"type": kind} if kind == "metadata" else {"type": kind, "optional": optional}

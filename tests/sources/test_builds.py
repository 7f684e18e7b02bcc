"""Every published layout, built into a release: few pairs, real media, the whole way."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workspace import Workspace, age, photo, tone

IMAGE = {"type": "image"}
TEXT = {"type": "text", "language": "en"}
AUDIO = {"type": "audio", "language": "en"}
METADATA = {"type": "metadata"}


def built(
    workspace: Workspace, fields: Mapping[str, Any], source: Mapping[str, Any]
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The pairs released, in their order, and how many were decided how."""
    age(workspace.media)
    recipe = workspace.having(
        name="corpus", version="1.0.0", fields=fields, sources=[source], steps=[]
    )
    recipe.build()
    files = sorted(recipe.release.glob("data/**/*.parquet"))
    rows = pl.concat([pl.read_parquet(file) for file in files])
    pairs = pl.read_parquet(recipe.release / "pairs.parquet")
    return rows, dict(pairs.group_by("status").len().iter_rows())


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "media").mkdir()
    (tmp_path / "recipes").mkdir()
    return Workspace(tmp_path)


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    photo(seed).save(out, "PNG")
    return out.getvalue()


def sound(folder: Path, pitch: int) -> bytes:
    path = folder / "sound.wav"
    tone(path, pitch)
    data = path.read_bytes()
    path.unlink()
    return data

"""Media and fields for sources: small, real, made here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile as sf
from PIL import Image
from pydantic import TypeAdapter

from curate.pairs.field import Field, Fields
from curate.sources import registry

DEFAULT: dict[str, Mapping[str, object]] = {
    "image": {"type": "image"},
    "caption": {"type": "text", "language": "en"},
    "speech": {"type": "audio", "optional": True},
    "category": {"type": "metadata"},
}


def make_fields(**fields: Mapping[str, object]) -> Fields:
    adapter: TypeAdapter[Field] = TypeAdapter(Field)
    return {key: adapter.validate_python(value) for key, value in fields.items()}


def png(shade: int = 0) -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), (shade % 256, 0, 0)).save(out, "PNG")
    return out.getvalue()


@cache
def ogg() -> bytes:
    out = BytesIO()
    sf.write(out, np.zeros((4800, 1), dtype="f4"), 48000, format="OGG", subtype="VORBIS")
    return out.getvalue()


@pytest.fixture
def fields() -> Fields:
    return make_fields(**DEFAULT)


@pytest.fixture
def rows(tmp_path: Path, fields: Fields) -> Callable[..., pl.DataFrame]:
    """Reads a source whose paths are relative to `tmp_path`, after checking it."""

    def read(word: str, given: Fields | None = None, **keys: object) -> pl.DataFrame:
        source = registry()[word].parse(keys)
        assert list(source.check(given or fields)) == []
        frame = source.rows(given or fields, tmp_path, "src")
        assert_sound(frame, tmp_path)
        return frame

    return read


def assert_sound(frame: pl.DataFrame, base: Path) -> None:
    """What holds of every source's frame."""
    assert frame["row"].is_unique().all()
    assert frame["row"].null_count() == 0
    for column in frame.columns:
        if column == "row" or column.endswith("_uri"):
            for value in frame[column].drop_nulls():
                assert not value.startswith("/")
                assert ".." not in value.split("/")
                assert str(base) not in value
        if column == "problem_detail":
            assert not any(str(base) in value for value in frame[column].drop_nulls())
        if column.endswith("_path"):
            assert all(Path(value).is_absolute() for value in frame[column].drop_nulls())
    assert set(frame["problem"].drop_nulls()) <= {"refused", "unreadable", "missing"}
    assert frame["problem"].is_null().equals(frame["problem_field"].is_null())
    assert frame["problem"].is_null().equals(frame["problem_detail"].is_null())


def problems(frame: pl.DataFrame) -> dict[str, tuple[str, str, str]]:
    """Rows with a problem -> kind, field, words."""
    return {
        row["row"]: (row["problem"], row["problem_field"], row["problem_detail"])
        for row in frame.filter(pl.col("problem").is_not_null()).iter_rows(named=True)
    }

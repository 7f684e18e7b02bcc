"""A table's digest follows what it says, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.pairs.digest import table_digest

cells = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(max_size=8),
        "bytes": st.none() | st.binary(max_size=8),
        "number": st.none() | st.floats(),
        "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
        "truth": st.none() | st.booleans(),
        "list": st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3),
    }
)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "bytes": pl.Binary,
    "number": pl.Float64,
    "whole": pl.Int64,
    "truth": pl.Boolean,
    "list": pl.List(pl.String),
}


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@given(st.lists(cells, max_size=6), st.integers(0, 6))
def test_chunks_do_not_count(rows: list[dict[str, object]], cut: int) -> None:
    parts = pl.concat([frame(rows[:cut]), frame(rows[cut:])], rechunk=False)
    assert table_digest(parts) == table_digest(frame(rows))
    assert table_digest(frame([{}, *rows]).slice(1)) == table_digest(frame(rows))


@given(st.lists(cells, min_size=1, max_size=6))
def test_a_file_in_between_does_not_count(rows: list[dict[str, object]]) -> None:
    file = io.BytesIO()
    frame(rows).write_parquet(file, row_group_size=2)
    file.seek(0)
    assert table_digest(pl.read_parquet(file)) == table_digest(frame(rows))


@given(st.lists(cells, max_size=4), st.lists(cells, max_size=4))
def test_other_rows_are_another_digest(
    one: list[dict[str, object]], other: list[dict[str, object]]
) -> None:
    same = frame(one).equals(frame(other))
    assert (table_digest(frame(one)) == table_digest(frame(other))) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": ["x", "yz"]}, {"a": ["xy", "z"]}),
        ({"a": [None, "x"]}, {"a": ["", "x"]}),
        ({"a": [1]}, {"a": [1.0]}),
        ({"a": [1]}, {"b": [1]}),
        ({"a": [[1], [2, 3]]}, {"a": [[1, 2], [3]]}),
        ({"a": [{"x": 1, "y": None}]}, {"a": [{"x": None, "y": 1}]}),
    ],
)
def test_what_counts(one: dict[str, list[object]], other: dict[str, list[object]]) -> None:
    assert table_digest(pl.DataFrame(one)) != table_digest(pl.DataFrame(other))


def test_the_digest_is_the_same_forever() -> None:
    known = pl.DataFrame({"pair_id": ["a", None], "score": [0.5, -0.0], "parents": [["x"], []]})
    assert table_digest(known) == "2e269995e3ca5b00c7e18e5afb5ef9932e77e3eded9dd3524888ade7d288facd"


def test_a_fixed_array_is_read_back_equal(tmp_path: Path) -> None:
    vectors = pl.DataFrame({"v": [[1.0, 2.0], None]}, {"v": pl.Array(pl.Float32, 2)})
    vectors.write_parquet(tmp_path / "v.parquet")
    assert table_digest(pl.read_parquet(tmp_path / "v.parquet")) == table_digest(vectors)

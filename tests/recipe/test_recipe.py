"""What a recipe holds once it is read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from curate.errors import CurateError, RecipeError
from curate.models.reference import locate
from curate.recipe import Recipe, read_recipe, workspace_of

RECIPE = """\
name: birds
version: 1.0.0
description: Birds of the garden
fields:
  image: {type: image}
  caption: {type: text, language: no}
  category: {type: metadata, group: true}
sources:
  - folder: {path: a, image: "**/*.png", caption: "{stem}.txt"}
  - folder: {path: b, image: "**/*.png", caption: "{stem}.txt"}
  - folder: {path: c, image: "**/*.png", caption: "{stem}.txt", name: folder-2}
  - csv: {path: pairs.csv, image: file, caption: "${price}"}
steps:
  - dedup: {exact: pair}
  - split: {train: 0.9, test: 0.1}
"""


def read(tmp_path: Path, text: str) -> Recipe:
    path = tmp_path / "birds.yaml"
    path.write_text(text, encoding="utf-8")
    return read_recipe(path)


def complaints(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        read(tmp_path, text)
    return [str(one["message"]) for one in caught.value.complaints]


def test_a_recipe_holds_what_was_written(tmp_path: Path) -> None:
    recipe = read(tmp_path, RECIPE)
    assert recipe.name == "birds"
    assert recipe.version == "1.0.0"
    assert recipe.text == RECIPE
    assert list(recipe.fields) == ["image", "caption", "category"]
    assert recipe.fields["caption"].model_dump()["language"] == "no"
    assert [step.word for step in recipe.steps] == ["dedup", "split"]
    assert recipe.release.media == "embed"
    assert recipe.seed == 0
    assert recipe.directory == tmp_path


def test_a_recipe_is_frozen(tmp_path: Path) -> None:
    recipe = read(tmp_path, RECIPE)
    with pytest.raises(FrozenInstanceError):
        recipe.name = "cats"  # type: ignore[misc]


def test_every_source_has_a_name_of_its_own(tmp_path: Path) -> None:
    recipe = read(tmp_path, RECIPE)
    assert [source.name for source in recipe.sources] == ["folder", "folder-3", "folder-2", "csv"]


def test_variables_stand_only_in_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIRDS", str(tmp_path))
    monkeypatch.setenv("price", "3")
    recipe = read(tmp_path, RECIPE.replace("path: a", 'path: "${BIRDS}/a"'))
    assert recipe.sources[0].model_dump()["path"] == f"{tmp_path}/a"
    assert recipe.sources[3].bindings["caption"] == "${price}"
    assert "${BIRDS}" in recipe.text


@pytest.mark.parametrize(
    "value", ["sk-planted-1234", "postgres://u:planted@host/db", "planted", ""]
)
def test_no_variable_but_of_a_path_is_read(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a stranger's recipe, which could show a key in a message."""
    monkeypatch.setenv("HOME_SECRET", value)
    for text in ('path: "${HOME_SECRET}"', 'path: "a/${HOME_SECRET}/b"'):
        with pytest.raises(RecipeError, match="HOME_SECRET holds no path") as raised:
            read(tmp_path, RECIPE.replace("path: a", text))
        assert "planted" not in str(raised.value)
    with pytest.raises(CurateError) as missing:
        locate("file:${HOME_SECRET}/model")
    assert "planted" not in missing.value.message + str(missing.value.hint)


@pytest.mark.parametrize("nothing", ["steps:", "steps: []", ""])
def test_steps_may_be_left_out(tmp_path: Path, nothing: str) -> None:
    text = RECIPE.partition("steps:")[0] + nothing
    assert read(tmp_path, text).steps == ()


def test_aliases_and_text_tags_are_plain_values(tmp_path: Path) -> None:
    text = RECIPE.replace("path: a", "path: &a a").replace("path: b", "path: *a")
    recipe = read(tmp_path, text.replace("version: 1.0.0", "version: !!str 1.0.0"))
    assert [source.model_dump()["path"] for source in recipe.sources[:2]] == ["a", "a"]


def test_a_byte_order_mark_and_windows_lines_are_welcome(tmp_path: Path) -> None:
    path = tmp_path / "birds.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + RECIPE.replace("\n", "\r\n").encode())
    assert read_recipe(path).name == "birds"


@pytest.mark.parametrize("version", ["draft", "0.1.0", "10.20.30", "1.0.0-rc.1"])
def test_versions(tmp_path: Path, version: str) -> None:
    assert read(tmp_path, RECIPE.replace("1.0.0", version)).version == version


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "01.0.0", "../1.0.0", "1.0.0/..", "''"])
def test_what_is_no_version(tmp_path: Path, version: str) -> None:
    (message,) = complaints(tmp_path, RECIPE.replace("1.0.0", version))
    assert message.startswith("'version' must be 'draft' or three numbers such as")


@pytest.mark.parametrize("name", ["Birds", ".birds", "../birds", "b/irds", "''", "b\\n", "-b"])
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    (message,) = complaints(tmp_path, RECIPE.replace("name: birds", f"name: {name}", 1))
    assert message.startswith("'name' may hold")


def test_complaints_for_scripts(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        read(tmp_path, RECIPE.replace("exact: pair", "exakt: pair"))
    assert [{**one, "file": ""} for one in caught.value.complaints] == snapshot(
        [
            {
                "file": "",
                "line": 14,
                "column": 13,
                "message": "unknown key 'exakt' in 'dedup'",
                "expected": "one of: exact, by, near, match, semantic, encoder, likeness, variants, minhash, keep, against",
                "suggestion": "exact",
                "hint": None,
            }
        ]
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("recipe", "workspace"),
    [
        ("w/recipes/birds.yaml", "w"),
        ("w/birds.yaml", "w"),
        ("w/recipes/old/birds.yaml", "w/recipes/old"),
        ("recipes/birds.yaml", "."),
        ("birds.yaml", "."),
    ],
)
def test_workspace(
    recipe: str, workspace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert workspace_of(Path(recipe)) == (tmp_path / workspace)
    assert workspace_of(tmp_path / recipe) == (tmp_path / workspace)


def test_a_file_that_is_not_there_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "birds.yaml").touch()
    with pytest.raises(RecipeError, match="there is no such file") as caught:
        read_recipe(tmp_path / "brids.yaml")
    assert caught.value.hint == f"did you mean {tmp_path / 'birds.yaml'}?"


def test_what_is_no_file_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        read_recipe(tmp_path)
    (tmp_path / "large.yaml").write_bytes(b"#" * 300_000)
    with pytest.raises(RecipeError, match="at most 256 KiB"):
        read_recipe(tmp_path / "large.yaml")


def test_reading_imports_nothing_heavy() -> None:
    code = "import curate.recipe, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"polars", "torch", "datasets", "numpy", "pyarrow", "PIL", "sklearn", "onnxruntime"}
    assert heavy & set(ran.stdout.split()) == set()

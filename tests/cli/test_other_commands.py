"""`init`, `steps`, `schema`, `store`, and what all commands have in common."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from curate.cli.main import COMMANDS
from curate.steps import registry
from tests.workspace import Workspace, age, curate, photo


class TestInit:
    def test_makes_a_workspace_that_builds(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = curate("init", tmp_path / "mine")
        assert said.code == 0
        assert "curate build recipes/first.yaml" in said.out
        monkeypatch.chdir(tmp_path / "mine")
        empty = curate("build", "recipes/first.yaml")
        assert empty.code == 3
        assert "matches nothing in the folder '../media'" in empty.err
        for number in range(4):
            photo(number, 80, 80).save(f"media/{number}.png")
            Path(f"media/{number}.txt").write_text(f"Photograph {number}")
        done = curate("build", "recipes/first.yaml")
        assert done.code == 0
        assert "releases/first/draft  published" in done.out
        assert "curate verify releases/first/draft" in done.out
        assert curate("verify", "releases/first/draft").code == 0

    def test_changes_nothing_that_is_there(self, tmp_path: Path) -> None:
        assert "made" in curate("init", tmp_path).out
        recipe = tmp_path / "recipes" / "first.yaml"
        recipe.write_text("mine")
        (tmp_path / ".gitignore").unlink()
        again = curate("init", tmp_path)
        assert again.code == 0
        assert recipe.read_text() == "mine"
        assert f"there is {recipe}" in again.out
        assert f"made {tmp_path / '.gitignore'}" in again.out

    def test_the_recipe_fits_the_schema_it_names(self, tmp_path: Path) -> None:
        curate("init", tmp_path)
        text = (tmp_path / "recipes" / "first.yaml").read_text()
        named = text.splitlines()[0].partition("$schema=")[2]
        schema = json.loads((tmp_path / "recipes" / named).read_text())
        Draft202012Validator(schema).validate(YAML(typ="safe").load(text))

    def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert curate("init", tmp_path / "file").code == 1
        (tmp_path / "media").touch()
        said = curate("init", tmp_path)
        assert said.code == 1
        assert "error:" in said.err


BUILT_IN = [
    "pair",
    "filter",
    "dedup",
    "align",
    "select",
    "licence",
    "consent",
    "safety",
    "privacy",
    "pseudo_label",
    "synthesize",
    "split",
]


class TestSteps:
    def test_all(self) -> None:
        said = curate("steps")
        assert said.code == 0
        words = [line.split()[0] for line in said.out.splitlines()]
        assert words[: len(BUILT_IN)] == [*BUILT_IN]

    @pytest.mark.parametrize("word", BUILT_IN)
    def test_one(self, word: str) -> None:
        said = curate("steps", word)
        assert said.code == 0
        for form in registry()[word].shapes():
            for name, field in form.model_fields.items():
                assert f"  {field.alias or name} " in said.out
            for example in form.examples:
                assert example in said.out
        assert "None" not in said.out
        assert "PydanticUndefined" not in said.out

    def test_settings_within_settings(self) -> None:
        out = curate("steps", "dedup").out
        assert "  minhash.threshold    The least overlap of duplicates. (default: 0.8)" in out

    def test_json(self) -> None:
        found = curate("steps", "--json").document
        assert set(found) == set(registry())
        assert set(found["dedup"]) == {"summary", "forms"}
        assert [set(form) for form in found["align"]["forms"]] == [
            {"parameters", "examples"} for _ in registry()["align"].shapes()
        ]
        assert set(curate("steps", "split", "--json").document) == {"split"}

    def test_unknown(self) -> None:
        said = curate("steps", "dedupe")
        assert said.code == 1
        assert "there is no step 'dedupe'; did you mean 'dedup'?" in said.err


class TestSchema:
    def test_printed_and_written_alike(self, tmp_path: Path, workspace: Workspace) -> None:
        printed = curate("schema")
        assert printed.code == 0
        assert curate("schema", "--output", tmp_path / "schema.json").code == 0
        schema = json.loads((tmp_path / "schema.json").read_text())
        assert printed.document == schema
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(workspace.recipe)


class TestStore:
    @pytest.fixture(autouse=True)
    def _here(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(workspace.root)

    def test_none_yet(self) -> None:
        said = curate("store")
        assert said.code == 1
        assert "there is no store here" in said.err

    def test_contents(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        workspace.build()
        monkeypatch.chdir(workspace.media / "birds")
        found = curate("store", "--json").document
        assert found["store"] == str(workspace.store)
        values = {row["measure"]: row["values"] for row in found["measures"]}
        assert values["image.probe"] == 10
        assert values["image.sketch"] == 8
        people = curate("store")
        assert people.code == 0
        assert "image.probe" in people.out
        assert str(workspace.store) in people.out

    def test_prune_one_measure(self, workspace: Workspace) -> None:
        workspace.build()
        dry = curate("store", "prune", "--measure", "image.sketch", "--dry-run")
        assert dry.code == 0
        assert dry.out.startswith("would free ")
        assert workspace.build().usage.computed == 0
        said = curate("store", "prune", "--measure", "image.sketch")
        assert said.out.startswith("freed ")
        assert "8 values of 1 measures" in said.out
        again = workspace.build()
        assert {n: s.computed for n, s in again.usage.measures.items() if s.computed} == {
            "image.sketch": 8
        }
        assert not again.published

    def test_prune_what_is_not_used(self, workspace: Workspace) -> None:
        workspace.build()
        assert "0 values of 0 measures" in curate("store", "prune", "--unused-for", "1").out
        assert "values of 8 measures" in curate("store", "prune", "--unused-for", "0").out
        assert curate("store", "--json").document["measures"] == []
        assert not workspace.build().published

    def test_prune_needs_to_be_told(self, workspace: Workspace) -> None:
        workspace.build()
        said = curate("store", "prune")
        assert said.code == 1
        assert "say what to remove" in said.err

    def test_elsewhere(
        self, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CURATE_STORE", str(tmp_path / "elsewhere"))
        assert curate("store").code == 1
        workspace.build()
        assert str(tmp_path / "elsewhere") in curate("store").out


class TestHelp:
    @pytest.mark.parametrize("words", [*([c] for c in COMMANDS), ["store", "prune"]], ids=" ".join)
    @pytest.mark.parametrize("option", ["--help", "-h"])
    def test_has_examples(self, words: list[str], option: str) -> None:
        said = curate(*words, option)
        assert said.code == 0
        assert "Examples:" in said.out
        examples = [line for line in said.out.splitlines() if line.startswith("    curate ")]
        assert examples
        assert all(line.split()[1] == words[0] for line in examples)

    def test_overview_has_groups_and_exit_codes(self) -> None:
        said = curate("--help")
        assert said.code == 0
        for section in ("Start:", "Build:", "Ask:", "Keep:"):
            assert section in said.out
        for name, entry in COMMANDS.items():
            assert f"  {name}" in said.out
            assert entry.summary in said.out
        assert "Exit codes: 0 done, 2 the recipe is wrong, 3 the data is wrong" in said.out

    def test_version(self) -> None:
        import curate as package

        assert curate("--version").out == f"curate {package.__version__}\n"


class TestExitCodes:
    def test_recipe_wrong(self, workspace: Workspace) -> None:
        workspace.path.write_text("name: ten\nversion: 1\n")
        for command in ("build", "plan"):
            said = curate(command, workspace.path)
            assert said.code == 2
            assert "ten.yaml:2:10:" in said.err
            assert said.out == ""

    def test_no_recipe(self, tmp_path: Path) -> None:
        said = curate("build", tmp_path / "none.yaml")
        assert said.code == 2
        assert "none.yaml" in said.err

    def test_data_wrong(self, workspace: Workspace) -> None:
        workspace = workspace.having(steps=[{"filter": {"image.min_side": 9999}}])
        assert curate("build", workspace.path).code == 3

    @pytest.mark.parametrize(
        "words",
        [
            ["no-such-command"],
            ["build"],
            ["build", "a.yaml", "--no-such-option"],
            ["build", "a.yaml", "--limit", "0"],
            ["build", "a.yaml", "--workers", "many"],
            ["explain", "releases"],
        ],
        ids=" ".join,
    )
    def test_wrong_usage(self, words: list[str]) -> None:
        said = curate(*words)
        assert said.code == 1
        assert said.err.strip()
        assert said.out == ""

    def test_without_a_command(self) -> None:
        said = curate()
        assert "Usage: curate" in said.out + said.err


class TestSummary:
    """What a person sees on the last screen."""

    def test_adds_up(self, workspace: Workspace) -> None:
        said = curate("build", workspace.path)
        out = said.out
        assert "10 pairs read" in out
        assert "kept in train" in out
        assert "kept in test" in out
        assert "dedup near image: near duplicate" in out
        assert "releases/ten/1.0.0" in out
        assert "curate explain " in out
        assert "digest " in out
        for line in ("read: 10 pairs", "measuring image.probe: 10", "dedup near image: 8 pairs"):
            assert line in said.err

    def test_reasons_of_steps_alike_are_added(self, workspace: Workspace) -> None:
        """Two steps of one title: what both dropped is counted."""
        steps = [{"filter": {"caption.words": {"min": n}}} for n in (2, 4)]
        age(workspace.media)
        found = curate("build", workspace.having(steps=steps).path, "--json").document
        left = found["pairs"]["left"]
        assert found["pairs"]["read"] == sum(found["pairs"]["kept"].values()) + sum(left.values())
        assert left == {"filter caption.words: caption.words below minimum": 3}

    def test_warnings_are_counted(self, workspace: Workspace) -> None:
        workspace.build()
        for path in (workspace.store / "values").glob("image.[ps]*/*.parquet"):
            path.write_bytes(b"")
        said = curate("build", workspace.path)
        assert said.code == 0
        assert said.out.count("1 times: UserWarning: store: image.") == 2

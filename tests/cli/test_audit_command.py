"""`curate audit`: a release, a table of any kind, and two of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import Finished
from tests.governance.counts import release
from tests.workspace import Workspace, curate

GROUPS: dict[str | None, tuple[int, int]] = {
    "woman": (300, 600),
    "man": (560, 600),
    None: (90, 100),
}


@pytest.fixture
def unfair(tmp_path: Path) -> Path:
    """A release's tables and lock."""
    pairs, decisions = release("gender", GROUPS)
    folder = tmp_path / "unfair"
    folder.mkdir()
    pairs.with_columns(caption=pl.lit("a person")).write_parquet(folder / "pairs.parquet")
    decisions.write_parquet(folder / "decisions.parquet")
    fields = {"gender": {"type": "metadata", "group": True}, "caption": {"type": "text"}}
    governance = {"audit": {"smallest_group": 50, "origins": {"gender": "annotated"}}}
    lock = {"recipe": {"fields": fields, "governance": governance}}
    (folder / "recipe.lock.yaml").write_text(json.dumps(lock))
    return folder


def test_a_release_is_audited_as_its_recipe_says(unfair: Path) -> None:
    told = curate("audit", unfair, "--json").document
    assert [flag["level"] for flag in told["flagged"]] == ["man", "woman", "unknown"]
    assert told["settings"]["smallest_group"] == 50
    assert told["fields"][0]["origin"] == "annotated"
    assert told["associations"][0]["text"] == "caption"


def test_it_is_told_in_words(unfair: Path) -> None:
    said = curate("audit", unfair)
    assert said.code == 0
    assert said.out.startswith("flagged: gender woman: 50.0% kept, of the rest 92.9%")
    assert "Kept by gender" in said.out
    assert "Who said so: annotated." in said.out


def test_settings_in_a_file(unfair: Path, tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text("reference: {gender: {woman: 0.5, man: 0.5}}\nsmallest_group: 1000\n")
    told = curate("audit", unfair, "--settings", path, "--json").document
    assert told["flagged"] == []
    assert told["representation"][0]["levels"][0]["after"]["value"] == pytest.approx(
        300 / 860, abs=1e-6
    )
    path.write_text("reference: {gender: {woman: 0.5, man: 0.6}}\n")
    said = curate("audit", unfair, "--settings", path)
    assert said.code == 2
    assert "shares must be 1 together" in said.err


def test_a_built_release(finished: Finished) -> None:
    told = curate("audit", finished.release, "--json").document
    assert told["population"]["seen"] == 10
    assert told["population"]["kept"] == 7
    assert [step["name"] for step in told["steps"]][0] == "read"


@pytest.mark.parametrize("kind", ["parquet", "csv", "tsv", "folder"])
def test_any_table(tmp_path: Path, kind: str) -> None:
    frame = pl.DataFrame(
        {"gender": ["woman"] * 30 + ["man"] * 60 + [None] * 12, "noise": range(102)}
    )
    path = tmp_path / f"table.{kind}"
    if kind == "folder":
        path.mkdir()
        frame.head(50).write_parquet(path / "a.parquet")
        frame.tail(52).write_parquet(path / "b.parquet")
    elif kind == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="," if kind == "csv" else "\t")
    told = curate("audit", path, "--groups", "gender", "--json").document
    assert not told["decided"]
    levels = told["fields"][0]["levels"]
    assert [(one["level"], one["n"]) for one in levels] == [
        ("man", 60),
        ("woman", 30),
        ("unknown", 12),
    ]
    assert "Groups by gender" in curate("audit", path, "--groups", "gender").out


def test_what_datasets_saved(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    classes = datasets.Features(
        {"gender": datasets.ClassLabel(names=["woman", "man"]), "text": datasets.Value("string")}
    )
    rows: dict[str, Any] = {"gender": [0] * 20 + [1] * 30, "text": ["some words"] * 50}
    split = datasets.Dataset.from_dict(rows, features=classes)
    datasets.DatasetDict({"train": split, "test": split}).save_to_disk(str(tmp_path / "saved"))
    said = curate("audit", tmp_path / "saved", "--groups", "gender", "--texts", "text", "--json")
    levels = said.document["fields"][0]["levels"]
    assert [(one["level"], one["n"]) for one in levels] == [("man", 60), ("woman", 40)]


def test_two_releases(unfair: Path, tmp_path: Path) -> None:
    pairs, decisions = release("gender", {"woman": (560, 600), "man": (560, 600)})
    fair = tmp_path / "fair"
    fair.mkdir()
    pairs.with_columns(caption=pl.lit("a person")).write_parquet(fair / "pairs.parquet")
    decisions.write_parquet(fair / "decisions.parquet")
    (fair / "recipe.lock.yaml").write_text((unfair / "recipe.lock.yaml").read_text())
    said = curate("audit", fair, unfair)
    assert "new flag: gender woman: 50.0% kept" in said.out
    assert "gender woman: 50.0% -> 31.6% of the pairs (560 -> 300)" in said.out
    told = curate("audit", unfair, fair, "--json").document
    assert [flag["level"] for flag in told["gone_flags"]] == ["man", "woman", "unknown"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nothing.csv", "--groups", "a"), 1, "nothing.csv does not exist"),
        (("table.csv",), 1, "does not say what its groups are"),
        (("table.csv", "--groups", "b"), 3, "has no column 'b'"),
        (("table.csv", "--groups", "status"), 1, "cannot use a column 'status'"),
        (("empty", "--groups", "a"), 1, "is nothing to audit"),
        (("table.parquet", "--groups", "a"), 3, "cannot be read"),
    ],
)
def test_what_cannot_be_audited(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text("a,status\n1,2\n")
    (tmp_path / "table.parquet").write_text("no parquet")
    (tmp_path / "empty").mkdir()
    said = curate("audit", *arguments)
    assert (said.code, message in said.err) == (code, True), said.err


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"reference": {"gendre": {"a": 1.0}}}, "'gendre' is no group field"),
        ({"origins": {"gender": "annotated"}}, "'gender' is no group field"),
        ({"cluster_by": "speaker"}, "'speaker' is no metadata field"),
        ({"reference": {"category": {"a": 0.7}}}, "shares must be 1 together"),
        ({"origins": {"category": "guessed"}}, "category"),
    ],
)
def test_a_recipe_is_told_what_its_audit_cannot_be(
    workspace: Workspace, said: dict[str, Any], message: str
) -> None:
    told = curate("plan", workspace.having(governance={"audit": said}).path)
    assert told.code == 2
    assert message in " ".join(told.err.split())

"""Exports: another form of the same pairs, read back by those who read such forms."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.pairs.tar import members
from curate.release.export import export
from curate.release.publish import read_manifest
from curate.release.published import Published
from tests.conftest import Finished
from tests.workspace import FIELDS, Workspace, curate

SHARDS = {
    "image": ["image.png", "image.jpg", "image.webp"],
    "caption": "json.caption",
    "caption_fr": "json.caption_fr",
    "speech": "speech.wav",
    "speech_fr": "speech_fr.ogg",
    "category": "json.category",
}


@pytest.fixture
def release(finished: Finished, tmp_path: Path) -> Path:
    """A copy in a workspace of its own."""
    home = tmp_path / "releases" / "ten"
    return Path(shutil.copytree(finished.release, home / "1.0.0"))


def rows_of(release: Path) -> list[dict[str, Any]]:
    manifest = read_manifest(release)
    assert manifest
    published = Published(release, manifest)
    return [{**row, "split": split} for split in published.splits for row in published.rows(split)]


def contents(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its media's bytes for media."""
    return {k: v["bytes"] if isinstance(v, dict) else v for k, v in row.items() if v is not None}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # leaves files open
def test_shards_are_read_by_webdataset(release: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    shards = export(release, "webdataset").path
    assert shards == release.parents[2] / "exports" / "ten" / "1.0.0" / "webdataset"
    found = []
    for split in ("test", "train"):
        for sample in webdataset.WebDataset(
            str(shards / f"{split}-000000.tar"), shardshuffle=False, empty_check=False
        ):
            row = json.loads(sample["json"])
            assert sample["__key__"] == row["pair_id"]
            media = {k.partition(".")[0]: v for k, v in sample.items() if "." in k}
            found.append({k: v for k, v in {**row, **media}.items() if v is not None})
    assert found == [contents(row) for row in rows_of(release)]


def test_shards_make_the_same_pairs_again(release: Path, tmp_path: Path) -> None:
    shards = export(release, "webdataset").path
    again = Workspace(tmp_path / "again").having(
        name="again",
        version="1.0.0",
        fields=FIELDS,
        sources=[{"webdataset": {"path": f"{shards}/*.tar", **SHARDS}}],
    )
    again.build()
    assert_same_pairs(release, again.release)


def test_lines_make_the_same_pairs_again(release: Path, tmp_path: Path) -> None:
    said = curate("export", release, "--to", "jsonl", "--json")
    lines = Path(said.document["path"])
    again = Workspace(tmp_path / "again").having(
        name="again",
        version="1.0.0",
        fields=FIELDS,
        sources=[
            {"jsonl": {"name": part, "path": f"{lines}/{part}.jsonl", **{n: n for n in FIELDS}}}
            for part in ("test", "train")
        ],
    )
    again.build()
    assert_same_pairs(release, again.release)


def assert_same_pairs(release: Path, again: Path) -> None:
    """A pair's id is a hash of all that it holds."""
    rows, others = rows_of(release), rows_of(again)
    vector = "A blue ball."  # was drawn as pixels, which are another content
    assert {row["pair_id"] for row in rows if row["caption"] != vector} == {
        row["pair_id"] for row in others if row["caption"] != vector
    }
    assert len(rows) == len(others)


def test_the_same_bytes_everywhere(release: Path, tmp_path: Path) -> None:
    first = export(release, "webdataset", out=tmp_path / "one").path
    second = export(release, "webdataset", out=tmp_path / "two").path
    assert (first / "export.json").read_bytes() == (second / "export.json").read_bytes()
    assert not export(release, "webdataset", out=tmp_path / "one").written


def test_shards_are_no_larger_than_asked(release: Path, tmp_path: Path) -> None:
    whole = export(release, "webdataset", out=tmp_path / "whole").path
    parts = export(release, "webdataset", 60_000, tmp_path / "parts").path
    shards = sorted(parts.glob("*.tar"))
    assert len(shards) > 2
    for shard in shards:
        keys = {member.name.partition(".")[0] for member in members(str(shard))}
        assert shard.stat().st_size <= 60_000 or len(keys) == 1
    names = [
        [m.name for path in sorted(at.glob("*.tar")) for m in members(str(path))]
        for at in (whole, parts)
    ]
    assert names[0] == names[1]


def test_an_export_of_another_digest_is_replaced(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(release, "jsonl", out=out)
    note = json.loads((out / "export.json").read_text())
    note["release"]["digest"] = "0" * 64
    (out / "export.json").write_text(json.dumps(note))
    assert export(release, "jsonl", out=out).written


def test_what_is_no_export_is_left_alone(release: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("the only copy")
    said = curate("export", release, "--to", "jsonl", "--out", tmp_path / "out")
    assert said.code == 1
    assert "is in the way" in said.err
    assert (tmp_path / "out" / "thesis.txt").exists()


def test_an_altered_release_is_not_exported(release: Path) -> None:
    (release / "README.md").write_text("better than it is")
    said = curate("export", release, "--to", "webdataset")
    assert said.code == 1
    assert "README.md was altered" in said.err


def test_a_release_by_reference(workspace: Workspace) -> None:
    place = workspace.having(release={"media": "reference"})
    place.build()
    said = curate("export", place.release, "--to", "webdataset")
    assert said.code == 1
    assert "holds no media" in said.err
    lines = pl.read_ndjson(export(place.release, "jsonl").path / "train.jsonl")
    assert {"pair_id", "image_sha256", "image_uri", "caption"} <= set(lines.columns)
    assert not (place.root / "exports" / "ten" / "1.0.0" / "jsonl" / "media").exists()


def test_origins_stay(tmp_path: Path, workspace: Workspace) -> None:
    place = workspace.having(
        steps=[
            {"split": {"train": 0.5, "test": 0.5}},
            {"synthesize": {"augment": "image", "into": "image", "by": {"flip": 1}}},
        ]
    )
    place.build()
    lines = (export(place.release, "jsonl").path / "train.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert {row["origin"] for row in rows} == {"collected", "synthetic"}
    made = [row for row in rows if row["origin"] == "synthetic"]
    assert {Path(row["image"]).suffix for row in made} == {".png"}


def test_a_hub_needs_a_name(release: Path) -> None:
    said = curate("export", release, "--to", "hub")
    assert said.code == 1
    assert "--to hub needs --repo owner/name" in said.err


def test_a_release_that_lies_elsewhere_needs_a_place(finished: Finished, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(finished.release, tmp_path / "alone"))
    said = curate("export", alone, "--to", "jsonl")
    assert said.code == 1
    assert "--out" in said.err
    said = curate("export", alone, "--to", "jsonl", "--out", tmp_path / "lines")
    assert said.out == f"{tmp_path / 'lines'} written\n"
    again = curate("export", alone, "--to", "jsonl", "--out", tmp_path / "lines")
    assert again.out == f"{tmp_path / 'lines'} was there already\n"

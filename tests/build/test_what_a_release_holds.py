"""A release has exactly the files and columns that others rely on, and `datasets` reads it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML

from curate.governance.standards import STANDARDS
from tests.conftest import Finished
from tests.workspace import FIELDS, KEPT, STEPS, Workspace, curate, write_lines

CONTENT = ("caption", "caption_fr", "image", "speech", "speech_fr")


SHEETS = [standard.key for standard in STANDARDS]


def files(finished: Finished) -> list[str]:
    """What a release of two splits holds."""
    mark = finished.built.digest[:12]
    return [
        "README.md",
        "audit.json",
        "clusters.parquet",
        "croissant.json",
        f"data/test/00000-{mark}.parquet",
        f"data/train/00000-{mark}.parquet",
        "decisions.parquet",
        "emissions.csv",
        "energy.json",
        "facts.json",
        *(f"governance/{key}.{form}" for key in sorted(SHEETS) for form in ("json", "md")),
        "lineage.jsonl",
        "manifest.intoto.json",
        "manifest.json",
        "pairs.parquet",
        "recipe.lock.yaml",
        "recipe.yaml",
        "report.html",
        "steps.json",
    ]


def loaded(release: Path, cache: Path) -> Any:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    return datasets.load_dataset(str(release), cache_dir=str(cache))


def test_files(finished: Finished) -> None:
    found = [path for path in finished.release.rglob("*") if path.is_file()]
    names = sorted(path.relative_to(finished.release).as_posix() for path in found)
    assert names == files(finished)


def test_columns_of_pairs(finished: Finished) -> None:
    pairs, _, _ = finished.workspace.tables()
    fixed = {"pair_id", "origin", "parents", "occurrences", "source", "row", "status"}
    places = {f"{name}_{part}" for name in CONTENT for part in ("uri", "sha256")}
    assert set(pairs.columns) == fixed | places | {"caption", "caption_fr", "category", "split"}
    assert pairs.schema["parents"] == pl.List(pl.String)
    assert pairs.schema["occurrences"] == pl.Int64
    assert set(pairs["status"]) == {"kept", "dropped"}
    assert set(pairs["origin"]) == {"collected"}
    for name in CONTENT:
        uris = pairs[f"{name}_uri"].drop_nulls()
        assert uris.str.starts_with("/").sum() == 0
        assert pairs[f"{name}_sha256"].drop_nulls().str.len_chars().eq(64).all()


def test_columns_of_decisions(finished: Finished) -> None:
    _, decisions, _ = finished.workspace.tables()
    texts = ("pair_id", "step", "name", "verdict", "reason", "related_id", "detail")
    assert decisions.columns == [
        *texts[:5],
        "score",
        "threshold",
        *texts[5:],
    ]
    assert all(decisions.schema[name] == pl.String for name in texts)
    assert decisions.schema["score"] == decisions.schema["threshold"] == pl.Float64
    words = {"read", "filter", "dedup", "decode", "split", "release"}
    assert {name.partition(" ")[0] for name in decisions["name"]} == words


def test_clusters_name_copies(finished: Finished) -> None:
    clusters = pl.read_parquet(finished.release / "clusters.parquet")
    columns = ("step", "name", "cluster", "pair_id", "role", "related_id", "likeness", "detail")
    assert clusters.columns == list(columns)
    assert clusters["name"].to_list() == ["dedup near image"] * 2
    assert clusters["role"].to_list() == ["kept", "dropped"]
    pairs, decisions, _ = finished.workspace.tables()
    gone = clusters.filter(pl.col("role") == "dropped").row(0, named=True)
    line = decisions.filter(pl.col("reason") == "near duplicate").row(0, named=True)
    assert gone["pair_id"] == line["pair_id"]
    assert gone["cluster"] == gone["related_id"] == line["related_id"]
    assert (gone["likeness"], gone["detail"]) == (line["score"], line["detail"])
    assert dict(pairs.select("pair_id", "status").iter_rows())[gone["cluster"]] == "kept"
    assert "| dedup near image | 1 | 1 | 2 |" in (finished.release / "README.md").read_text()


def test_without_dedup_there_are_no_clusters(workspace: Workspace) -> None:
    release = workspace.having(steps=STEPS[:1]).build().path
    assert not (release / "clusters.parquet").exists()
    assert "clusters.parquet" not in (release / "README.md").read_text()


def test_manifest_names_every_file(finished: Finished) -> None:
    manifest = json.loads((finished.release / "manifest.json").read_text())
    assert manifest["digest"] == finished.built.digest
    assert sorted([*manifest["files"], "manifest.intoto.json", "manifest.json"]) == files(finished)
    for name, told in manifest["files"].items():
        data = (finished.release / name).read_bytes()
        assert told == {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def test_recipe_as_written_and_as_resolved(finished: Finished) -> None:
    written = (finished.release / "recipe.yaml").read_text()
    assert written == finished.workspace.path.read_text()
    lock = YAML(typ="safe").load(finished.release / "recipe.lock.yaml")
    assert lock["recipe"]["seed"] == 0
    assert lock["inputs"]["folder"]["pairs"] == 10
    assert {"polars", "pillow", "soundfile"} <= set(lock["libraries"])
    assert "image.sketch" in [measure["name"] for measure in lock["measures"]]


def test_nothing_tells_where_it_was_built(finished: Finished) -> None:
    here = str(finished.workspace.root).encode()
    for path in finished.release.rglob("*"):
        assert path.is_dir() or here not in path.read_bytes(), path


def test_card_begins_with_yaml(finished: Finished) -> None:
    text = (finished.release / "README.md").read_text()
    _, block, body = text.split("---\n", 2)
    card = YAML(typ="safe").load(block)
    assert card["pretty_name"] == "ten"
    assert card["language"] == ["en", "fr"]
    assert [part["split"] for part in card["configs"][0]["data_files"]] == ["test", "train"]
    assert "# ten 1.0.0" in body


def test_loads_with_datasets(finished: Finished, tmp_path: Path) -> None:
    found = loaded(finished.release, tmp_path)
    assert {name: len(part) for name, part in found.items()} == finished.built.kept
    assert sum(finished.built.kept.values()) == KEPT
    train = found["train"]
    assert train.column_names == ["pair_id", "origin", *FIELDS]
    kinds = {name: type(feature).__name__ for name, feature in train.features.items()}
    assert kinds["image"] == "Image"
    assert kinds["speech"] == kinds["speech_fr"] == "Audio"
    assert kinds["caption"] == kinds["category"] == "Value"
    for part in found.values():
        for row in part:
            assert row["image"].convert("RGB").size[0] >= 64
            assert row["caption"]
    sounds = [row["speech"]["bytes"] for part in found.values() for row in part if row["speech"]]
    assert len(sounds) == 3
    assert all(sound.startswith(b"RIFF") for sound in sounds)


def test_drawings_are_released_as_pixels(finished: Finished) -> None:
    _, decisions, data = finished.workspace.tables()
    (changed,) = decisions.filter(pl.col("verdict") == "change").iter_rows(named=True)
    assert changed["name"] == "release"
    split = data.filter(pl.col("pair_id") == changed["pair_id"])["split"][0]
    (shard,) = finished.release.glob(f"data/{split}/*.parquet")
    rows = pl.read_parquet(shard)
    image = rows.filter(pl.col("pair_id") == changed["pair_id"])["image"][0]
    assert image["path"] == "ball.png"
    assert image["bytes"].startswith(b"\x89PNG")


@pytest.mark.parametrize("with_split", [True, False])
@pytest.mark.parametrize("how", ["embed", "reference"])
def test_loads_however_it_is_released(
    workspace: Workspace, tmp_path: Path, how: str, with_split: bool
) -> None:
    steps = STEPS if with_split else STEPS[:-1]
    workspace = workspace.having(release={"media": how}, steps=steps)
    built = workspace.build()
    found = loaded(built.path, tmp_path / "cache")
    assert sum(map(len, found.values())) == KEPT
    assert set(found) == ({"train", "test"} if with_split else {"train"})
    columns = set(found["train"].column_names)
    if how == "embed":
        assert columns == {"pair_id", "origin", *FIELDS}
    else:
        media = {
            f"{n}_{part}" for n in ("image", "speech", "speech_fr") for part in ("uri", "sha256")
        }
        assert columns == {"pair_id", "origin", "caption", "caption_fr", "category"} | media
        rows = [row for part in found.values() for row in part]
        for row in rows:
            data = (workspace.media / row["image_uri"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == row["image_sha256"]
    assert curate("verify", built.path).code == 0


def test_metadata_keeps_its_type(workspace: Workspace, tmp_path: Path) -> None:
    kinds = {"year": 1999, "weight": 0.5, "checked": True, "label": "x"}
    write_lines(workspace.root / "rows.jsonl", [{"caption": "One line of text", **kinds}])
    given = workspace.having(
        fields={"caption": {"type": "text"}, **{name: {"type": "metadata"} for name in kinds}},
        sources=[
            {"jsonl": {"path": "../rows.jsonl", "caption": "caption", **{k: k for k in kinds}}}
        ],
        steps=[],
    )
    found = loaded(given.build().path, tmp_path / "cache")["train"]
    assert {name: found.features[name].dtype for name in kinds} == {
        "year": "int64",
        "weight": "float64",
        "checked": "bool",
        "label": "string",
    }
    assert found[0] | kinds == found[0]
    assert curate("verify", given.release).code == 0

"""`curate verify`: whatever is done to a release afterwards is noticed, and named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.pairs.digest import table_digest
from curate.pairs.identity import canonical_json, content_hash
from curate.release.verify import problems
from tests.conftest import Finished
from tests.workspace import curate


@pytest.fixture
def release(finished: Finished, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(finished.release, tmp_path / "1.0.0"))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def alter_data(release: Path) -> str:
    flip(release / "data" / "train" / _shard(release))
    return f"data/train/{_shard(release)} was altered"


def _shard(release: Path) -> str:
    return next(release.glob("data/train/*.parquet")).name


def lose_a_file(release: Path) -> str:
    (release / "recipe.lock.yaml").unlink()
    return "recipe.lock.yaml is missing"


def add_a_file(release: Path) -> str:
    (release / "data" / "train" / "more.parquet").write_bytes(b"PAR1")
    return "data/train/more.parquet does not belong to the release"


def alter_the_card(release: Path) -> str:
    (release / "README.md").write_text("better than it is")
    return "README.md was altered"


def link_elsewhere(release: Path) -> str:
    (release / "pairs.parquet").rename(release.parent / "pairs.parquet")
    (release / "pairs.parquet").symlink_to("/dev/null")
    return "pairs.parquet was altered"


@pytest.mark.parametrize(
    "harm", [alter_data, lose_a_file, add_a_file, alter_the_card, link_elsewhere]
)
def test_files(release: Path, harm: Callable[[Path], str]) -> None:
    assert problems(release) == []
    told = harm(release)
    assert problems(release) == [told]
    said = curate("verify", release)
    assert said.code == 3
    assert said.out == f"wrong: {told}\n"


def rewritten(release: Path, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Alter a table as somebody would who knows how: its hash is mended in the manifest."""
    path = release / name
    change(pl.read_parquet(path)).write_parquet(path)
    manifest = json.loads((release / "manifest.json").read_text())
    data = path.read_bytes()
    manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    (release / "manifest.json").write_text(json.dumps(manifest))


def mend_digests(release: Path, name: str) -> None:
    """And the digests too."""
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["parts"][name] = table_digest(pl.read_parquet(release / f"{name}.parquet"))
    manifest["digest"] = content_hash(canonical_json(manifest["parts"]))
    (release / "manifest.json").write_text(json.dumps(manifest))


def first_drop(frame: pl.DataFrame) -> pl.Expr:
    where = int(frame.with_row_index().filter(pl.col("verdict") == "drop")["index"][0])
    return pl.int_range(pl.len()).eq(where)


def kept_after_all(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        verdict=pl.when(first_drop(frame)).then(pl.lit("keep")).otherwise("verdict")
    )


def another_reason(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        reason=pl.when(first_drop(frame)).then(pl.lit("x")).otherwise("reason")
    )


def forgotten(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("pair_id") != frame["pair_id"][0])


def invented(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        verdict=pl.when(first_drop(frame)).then(pl.lit("ok")).otherwise("verdict")
    )


def twice(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.filter(pl.col("verdict") == "drop")])


def of_nobody(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.head(1).with_columns(pair_id=pl.lit("nobody"))])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (kept_after_all, "statuses in pairs.parquet do not follow from decisions.parquet"),
        (another_reason, "facts.json states pairs.losses, which does not follow from the release"),
        (forgotten, "pairs.parquet has pairs without any verdict"),
        (invented, "decisions.parquet has verdicts that do not exist: ok"),
        (twice, "decisions.parquet takes a pair out twice"),
        (of_nobody, "decisions.parquet speaks of pairs that pairs.parquet lacks"),
    ],
)
def test_edited_decisions(
    release: Path, change: Callable[[pl.DataFrame], pl.DataFrame], told: str
) -> None:
    """By who only opens the file, by who mends the file's hash, by who mends the digests too."""
    name = "decisions.parquet"
    change(pl.read_parquet(release / name)).write_parquet(release / name)
    assert problems(release) == [f"{name} was altered"]
    rewritten(release, name, lambda frame: frame)
    assert "the content of decisions differs from its digest" in problems(release)
    mend_digests(release, "decisions")
    assert told in problems(release)


def without_the_one_that_stayed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("role") != "kept")


def of_another(frame: pl.DataFrame) -> pl.DataFrame:
    gone = pl.col("role") == "dropped"
    return frame.with_columns(pair_id=pl.when(gone).then(pl.lit("nobody")).otherwise("pair_id"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            without_the_one_that_stayed,
            "clusters.parquet has clusters without one pair that stayed",
        ),
        (of_another, "clusters.parquet has copies that decisions.parquet did not drop"),
    ],
)
def test_edited_clusters(
    release: Path, change: Callable[[pl.DataFrame], pl.DataFrame], told: str
) -> None:
    rewritten(release, "clusters.parquet", change)
    assert "the content of clusters differs from its digest" in problems(release)
    mend_digests(release, "clusters")
    assert problems(release) == [told]


def test_a_pair_that_was_taken_out_of_the_data(release: Path) -> None:
    name = next(str(p.relative_to(release)) for p in release.glob("data/train/*.parquet"))
    rewritten(release, name, lambda frame: frame.slice(1))
    found = problems(release)
    assert "the content of data/train differs from its digest" in found
    assert "data/ does not hold the pairs that were kept, each once" in found


def test_another_picture_under_the_same_id(release: Path) -> None:
    name = next(str(p.relative_to(release)) for p in release.glob("data/train/*.parquet"))

    def swapped(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(image=pl.col("image").reverse())

    rewritten(release, name, swapped)
    assert problems(release) == ["the content of data/train differs from its digest"]


def test_another_lock(release: Path) -> None:
    path = release / "recipe.lock.yaml"
    path.write_text(path.read_text().replace("seed: 0", "seed: 1"))
    manifest = json.loads((release / "manifest.json").read_text())
    data = path.read_bytes()
    told = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    manifest["files"]["recipe.lock.yaml"] = told
    (release / "manifest.json").write_text(json.dumps(manifest))
    assert problems(release) == ["the content of lock differs from its digest"]


def test_json(finished: Finished, release: Path) -> None:
    said = curate("verify", finished.release, "--json")
    assert said.code == 0
    assert said.document == {
        "release": str(finished.release),
        "digest": finished.built.digest,
        "problems": [],
    }
    lose_a_file(release)
    spoilt = curate("verify", release, "--json")
    assert spoilt.code == 3
    assert spoilt.document["problems"] == ["recipe.lock.yaml is missing"]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: None])
def test_no_release(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "nothing")
    said = curate("verify", tmp_path / "nothing")
    assert said.code == 1
    assert "is no release: it has no manifest.json" in said.err


def test_files_may_be_laid_out_otherwise(release: Path) -> None:
    """The digest is over what is said, not over the bytes that say it."""
    for name in ("pairs", "decisions"):
        path = release / f"{name}.parquet"
        frame = pl.read_parquet(path)
        before = table_digest(frame)
        frame.write_parquet(path, compression="uncompressed", row_group_size=2)
        assert table_digest(pl.read_parquet(path)) == before

"""What is published stays as it is; a draft is replaced whole; what is in the way is not touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.errors import CurateError, ReleaseExists
from curate.release.publish import put, staging
from curate.release.verify import problems
from tests.workspace import STEPS, Workspace, age, curate, photo


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def more_rows(workspace: Workspace) -> Workspace:
    photo(50).save(workspace.media / "things" / "clock.png")
    (workspace.media / "things" / "clock.txt").write_text("A clock on a wall.\n")
    age(workspace.media)
    return workspace


def fewer_rows(workspace: Workspace) -> Workspace:
    (workspace.media / "things" / "chair.png").unlink()
    return workspace


def tighter(workspace: Workspace) -> Workspace:
    return workspace.having(steps=[{"filter": {"caption.words": {"min": 4}}}, *STEPS[1:]])


def stricter(workspace: Workspace) -> Workspace:
    return workspace.having(steps=[*STEPS[:2], {"dedup": {"near": "image", "likeness": 0.99}}])


def by_reference(workspace: Workspace) -> Workspace:
    return workspace.having(release={"media": "reference"})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (more_rows, ["1 pairs are new, such as ", "lock: inputs.folder.pairs was 10, is 11"]),
        (fewer_rows, ["1 pairs are no longer there", "lock: inputs.folder.digest was"]),
        (tighter, ["steps differ: filter caption.words", "lock: recipe.steps[0]", "released rows"]),
        (
            stricter,
            ["verdicts differ", "lock: recipe.steps[2].dedup.likeness was absent, is 0.99"],
        ),
        (by_reference, ["lock: recipe.release.media was 'embed', is 'reference'", "released rows"]),
    ],
)
def test_another_build_is_refused(workspace: Workspace, change: Any, named: list[str]) -> None:
    workspace.build()
    before = contents(workspace.release)
    said = curate("build", change(workspace).path, "--json")
    assert said.code == 1
    message = said.document["error"]["message"]
    assert message.startswith("ten 1.0.0 is published and this build differs from it")
    for words in named:
        assert words in message
    assert "hint: give the recipe a new version, or `version: draft`" in said.err
    assert contents(workspace.release) == before
    assert [p.name for p in workspace.release.parent.iterdir() if p.is_dir()] == ["1.0.0"]


def test_a_new_version_is_published_beside(workspace: Workspace) -> None:
    workspace.build()
    before = contents(workspace.release)
    newer = tighter(workspace).having(version="1.1.0")
    assert newer.build().published
    assert contents(workspace.release) == before
    assert problems(newer.release) == []


def test_draft_is_replaced(workspace: Workspace) -> None:
    draft = workspace.having(version="draft")
    first = draft.build()
    second = tighter(draft).build()
    assert second.published
    assert second.path == first.path
    assert second.digest != first.digest
    assert problems(second.path) == []
    assert [p.name for p in draft.release.parent.iterdir() if p.is_dir()] == ["draft"]


def test_a_sample_is_a_draft(workspace: Workspace) -> None:
    workspace.build()
    sample = workspace.build(limit=4)
    assert sample.facts.pairs.read.value == 4
    assert sample.path.name == "draft"
    assert workspace.build(limit=4).digest == sample.digest
    assert workspace.release.is_dir()


def test_sample_is_part_of_a_larger_one(workspace: Workspace) -> None:
    """A pair is drawn by where it lies, not by what else is there."""
    drawn = []
    for limit in (3, 6, 99):
        sample = workspace.having(version="draft", steps=[]).build(limit=limit)
        drawn.append(set(workspace.having(version="draft").tables()[0]["row"]))
        assert sample.facts.pairs.read.value == min(limit, 10)
    assert drawn[0] < drawn[1] < drawn[2]


def test_what_has_no_manifest_is_not_replaced(workspace: Workspace) -> None:
    """It may be anything, and somebody's only copy of it."""
    for version in ("1.0.0", "draft"):
        place = workspace.having(version=version)
        place.release.mkdir(parents=True)
        (place.release / "precious.txt").write_text("mine")
        with pytest.raises(CurateError, match="in the way"):
            place.build()
        assert contents(place.release) == {"precious.txt": b"mine"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"format": 1, "digest"', "manifest.json is damaged"),
        ('{"short_name": "app"}', "has manifest format None; this version reads 2"),
        ("[]", "has manifest format None; this version reads 2"),
    ],
)
def test_a_manifest_that_is_none_is_not_replaced(
    workspace: Workspace, text: str, told: str
) -> None:
    for version in ("1.0.0", "draft"):
        place = workspace.having(version=version)
        place.release.mkdir(parents=True)
        (place.release / "manifest.json").write_text(text)
        for command in (("build", place.path), ("verify", place.release)):
            said = curate(*command)
            assert said.code == 1
            assert told in said.err
        assert contents(place.release) == {"manifest.json": text.encode()}


def test_a_draft_of_an_earlier_curate_is_replaced(workspace: Workspace) -> None:
    for version, code in (("1.0.0", 1), ("draft", 0)):
        place = workspace.having(version=version)
        place.build()
        manifest = place.release / "manifest.json"
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 1}))
        assert curate("build", place.path).code == code
    assert json.loads(manifest.read_text())["format"] > 1


def test_releases_folder_that_is_a_file(workspace: Workspace) -> None:
    """As where there is no permission; that a superuser always has."""
    (workspace.root / "releases").write_text("in the way")
    said = curate("build", workspace.path, "--json")
    assert said.code == 1
    assert json.loads(said.out)["error"]["exit_code"] == 1
    assert "releases" in said.err
    assert said.err.rstrip().splitlines()[-1].startswith("hint: nothing was published")
    (workspace.root / "releases").unlink()
    assert workspace.build().usage.computed == 0


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "ten"
    with pytest.raises(FileNotFoundError), staging(home) as folder:
        (folder / "half").rename(folder / "missing" / "half")
    assert [path.name for path in home.iterdir()] == [".lock"]


def test_staging_of_the_dead_is_swept_and_of_the_living_kept(tmp_path: Path) -> None:
    home = tmp_path / "ten"
    dead = home / ".staging-dead"
    dead.mkdir(parents=True)
    with staging(home) as first:
        assert not dead.exists()
        with staging(home) as second:
            assert first.is_dir()
            assert second.is_dir()
    assert [path.name for path in home.iterdir()] == [".lock"]


def test_put_exchanges(tmp_path: Path) -> None:
    final = tmp_path / "draft"
    final.mkdir()
    (final / "old").touch()
    with staging(tmp_path) as folder:
        (folder / "new").touch()
        put(folder, final)
        assert [path.name for path in final.iterdir()] == ["new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "draft"]


def test_release_exists_is_an_error_of_its_own(workspace: Workspace) -> None:
    workspace.build()
    with pytest.raises(ReleaseExists):
        tighter(workspace).build()

"""`curate verify` makes documents again: what does not follow is named, also where hashes are mended."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate as package
from curate.errors import CurateError
from curate.governance.attestation import FILE as STATEMENT
from curate.governance.attestation import statement
from curate.release.evidence import read_facts
from curate.release.verify import problems
from curate.release.write import entries
from tests.workspace import Workspace, curate


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Workspace:
    """A release with everything that a release may have: answers, gates, licences, made contents."""
    root = tmp_path_factory.mktemp("governed") / "workspace"
    shutil.copytree(media, root / "media")
    (root / "recipes").mkdir()
    (root / "recipes" / "said.yaml").write_text("purpose: To teach.\n")
    place = Workspace(root).having(
        name="ten",
        version="1.0.0",
        fields={
            "image": {"type": "image"},
            "caption": {"type": "text", "language": "en"},
            "category": {"type": "metadata", "group": True},
        },
        sources=[
            {
                "folder": {
                    "path": "../media",
                    "image": ["**/*.png", "**/*.jpg"],
                    "caption": "{stem}.txt#1",
                    "category": "{parent0}",
                }
            }
        ],
        steps=[
            {"licence": {"sources": {"folder": "CC-BY-4.0"}, "credits": {"folder": "Ann"}}},
            {"safety": {"nsfw": "image"}},
            {"dedup": {"near": "image"}},
            {"split": {"train": 0.5, "test": 0.5}},
            {"synthesize": {"augment": "image", "into": "image", "by": {"flip": 1}}},
        ],
        governance={
            "answers": "said.yaml",
            "gates": {
                "pairs.kept": {"min": 1, "not_below_last": 3},
                "licences.counts": {"only": ["CC-BY-4.0"]},
            },
        },
    )
    place.build()
    return place


@pytest.fixture
def release(governed: Workspace, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(governed.release, tmp_path / "1.0.0"))


def mend(release: Path) -> None:
    """Make manifest and statement agree with the files again, as somebody would who knows how."""
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["files"] = entries(release)
    (release / "manifest.json").write_text(json.dumps(manifest))
    with suppress(CurateError, KeyError):
        told = statement(manifest["files"], read_facts(release))
        (release / STATEMENT).write_text(json.dumps(told))


def change_json(release: Path, name: str, change: Callable[[Any], Any]) -> None:
    document = json.loads((release / name).read_text())
    (release / name).write_text(json.dumps(change(document) or document))
    mend(release)


RENDERED = (
    "README.md",
    "ATTRIBUTION.md",
    "croissant.json",
    "lineage.jsonl",
    "governance/datasheet.md",
    "governance/iso-iec-5259-2.json",
)


def test_what_is_rendered_follows(release: Path) -> None:
    assert problems(release) == []
    for name in RENDERED:
        path = release / name
        path.write_text(path.read_text().replace("1.0.0", "2.0.0").replace("CC-BY-4.0", "CC0-1.0"))
    mend(release)
    wrong = [f"{name} does not follow from the facts and tables" for name in RENDERED]
    assert sorted(problems(release)) == sorted(wrong)


def test_what_is_rendered_is_there(release: Path) -> None:
    for name in RENDERED:
        (release / name).unlink()
    mend(release)
    assert sorted(problems(release)) == sorted(f"{name} is missing" for name in RENDERED)


def unpassed(gates: Any) -> None:
    gates[1] |= {"passed": False, "why": "names CC0-1.0"}


def ungated(gates: Any) -> Any:
    return gates[:1]


def other_bound(gates: Any) -> None:
    gates[0]["bound"]["min"] = 0.5


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (unpassed, "gates.json says of licences.counts what does not follow from the facts"),
        (ungated, "gates.json does not name the gates of recipe.lock.yaml"),
        (other_bound, "gates.json says of pairs.kept what does not follow from the facts"),
    ],
)
def test_gates_are_held_again(release: Path, change: Callable[[Any], Any], told: str) -> None:
    change_json(release, "gates.json", change)
    assert told in problems(release)


def test_a_gate_on_the_release_before_needs_no_release_before(release: Path) -> None:
    """It failed by what is not there any more; only the card, made of other gates, tells of it."""

    def failed(gates: Any) -> None:
        gates[0] |= {"passed": False, "why": "is 6; it was 10 in the release before"}

    change_json(release, "gates.json", failed)
    assert problems(release) == ["README.md does not follow from the facts and tables"]


def test_answers_are_those_that_were_locked(release: Path) -> None:
    (release / "answers.yaml").write_text("purpose: To sell.\n")
    mend(release)
    assert "answers.yaml says of 'purpose' what recipe.lock.yaml does not" in problems(release)


def test_a_manifest_under_another_name(release: Path) -> None:
    change_json(release, "manifest.json", lambda found: {**found, "version": "2.0.0"})
    assert problems(release) == ["manifest.json has another version than facts.json"]


def test_the_statement_tells_how_files_came_about(release: Path) -> None:
    path = release / STATEMENT
    path.write_text(path.read_text().replace('"version": "1.0.0"', '"version": "2.0.0"'))
    assert problems(release) == [f"{STATEMENT} does not follow from the facts"]


DOCUMENTS = {"audit.json": "fields", "energy.json": "kwh", "facts.json": "pairs"}
"""And something that each says."""


@pytest.mark.parametrize("name", [*DOCUMENTS, "steps.json", "evaluation.json", "gates.json"])
def test_what_is_no_json_is_said(release: Path, name: str) -> None:
    (release / name).write_text('{"format": ')
    mend(release)
    assert problems(release) == [
        f"{name} is no JSON: EOF while parsing a value at line 1 column 11"
    ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_another_form_is_said(release: Path, name: str) -> None:
    lost = DOCUMENTS[name]
    change_json(release, name, lambda found: {k: v for k, v in found.items() if k != lost})
    said = curate("verify", release)
    assert said.code == 3
    assert said.out == f"wrong: {name} lacks '{lost}'\n"
    exported = curate("export", release, "--to", "jsonl", "--out", release.parent / "out")
    assert exported.code == 1
    assert f"{name} lacks '{lost}'" in exported.err


def stranger(document: Any) -> None:
    document["future"] = 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_say_what_they_cannot_read(release: Path, governed: Workspace, name: str) -> None:
    change_json(release, name, stranger)
    assert problems(release) == [f"{name} says 'future', which this version does not know"]
    card = curate("card", release, "--check")
    assert card.code == (1 if name == "facts.json" else 0)
    diff = curate("diff", governed.release, release)
    assert diff.code == 0
    assert (f"{name} of ten 1.0.0: says 'future'" in diff.out) == (name != "audit.json")


def damaged(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(40) + b"PAR1")


def narrower(path: Path) -> None:
    pl.read_parquet(path).drop("pair_id").write_parquet(path)


@pytest.mark.parametrize(
    "name", ["pairs.parquet", "decisions.parquet", "clusters.parquet", "made.parquet", "data"]
)
@pytest.mark.parametrize(
    ("harm", "told"),
    [(damaged, "cannot be read as Parquet"), (narrower, "lacks the column 'pair_id'")],
)
def test_tables_of_another_form(
    release: Path, name: str, harm: Callable[[Path], None], told: str
) -> None:
    path = next(release.glob("data/train/*")) if name == "data" else release / name
    harm(path)
    mend(release)
    (found,) = problems(release)
    assert found.startswith(f"{path.relative_to(release)} {told}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recipe: [", "is no YAML"),
        ("curate: 0.1.0\n", "lacks 'recipe'"),
        ("- 1\n", "is not what this version reads"),
    ],
)
def test_locks_of_another_form(release: Path, text: str, told: str) -> None:
    (release / "recipe.lock.yaml").write_text(text)
    mend(release)
    (found,) = problems(release)
    assert found.startswith(f"recipe.lock.yaml {told}")
    assert curate("diff", release, release).code == 1


@pytest.mark.parametrize("command", ["verify", "export", "diff"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": 1}, "has manifest format 1; this version reads"),
        ({"files": None}, "manifest.json is not what this version reads: files"),
        ({"parts": {"lock": 1}}, "manifest.json is not what this version reads: parts.lock"),
    ],
)
def test_other_manifests(release: Path, command: str, change: dict[str, Any], told: str) -> None:
    path = release / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    more: dict[str, list[str | Path]] = {
        "export": ["--to", "jsonl", "--out", release.parent / "out"],
        "diff": [release],
    }
    said = curate(command, release, *more.get(command, []))
    assert said.code == 1
    assert told in said.err
    assert "hint: " in said.err


def test_a_size_that_is_not_the_file_s(release: Path) -> None:
    path = release / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["README.md"]["size"] += 1
    path.write_text(json.dumps(manifest))
    assert problems(release) == ["README.md was altered"]


def test_documents_of_another_version_are_held_to_their_hashes(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "__version__", "99.0.0")
    (release / "README.md").write_text("rendered otherwise")
    assert problems(release) == ["README.md was altered"]
    mend(release)
    assert problems(release) == []
    said = curate("verify", release)
    assert said.code == 0
    assert "its documents were held to their hashes alone" in said.out
    assert curate("verify", release, "--json").document["made_by"] != "99.0.0"


def test_a_card_without_its_block(release: Path) -> None:
    (release / "README.md").write_text("# ten\n")
    said = curate("card", release, "--check")
    assert said.code == 1
    assert "README.md has no block of YAML that can be read" in said.err


def test_the_recipe_of_a_release_is_read_without_what_stood_beside_it(governed: Workspace) -> None:
    told = curate("diff", governed.release, governed.release).out
    assert "embeddings: the recipe has no `align: {score: …}`" in told
    found = curate("search", governed.release, "an owl")
    assert "said.yaml" not in found.err

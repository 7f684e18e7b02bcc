"""`curate forget`: nothing of a pair is left, nothing brings it back, and what stays is sound."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import CurateError, GateFailed
from curate.pairs.identity import content_hash
from curate.pairs.thumbnail import thumbnail
from curate.release.tombstone import FILE as TOMBSTONE
from curate.release.verify import problems
from curate.run import forgetting
from curate.run.forget_journal import journal_path
from curate.run.forget_planning import Asked
from curate.run.forgetting import Receipt, finish, forget
from curate.store.forgotten import key_path, marks_path, read_forgotten
from tests.workspace import STEPS, Workspace, age, curate, photo, started, write_lines

SOURCES = ("media",)


def told(path: Path) -> Iterator[bytes]:
    """What a file says: its bytes, and the cells of a table that is whole."""
    yield (data := path.read_bytes())
    if path.suffix == ".parquet" and data.endswith(b"PAR1"):
        frame = pl.read_parquet(path)
        yield json.dumps(frame.to_dict(as_series=False), default=_plain).encode()


def _plain(cell: Any) -> str:
    return cell.hex() if isinstance(cell, bytes) else str(cell)


def holding(workspace: Path, names: list[str], *but: str) -> list[str]:
    """Files outside of the sources that say one of these."""
    wanted = [name.encode() for name in names] + [json.dumps(n)[1:-1].encode() for n in names]
    return [
        str(path.relative_to(workspace))
        for path in workspace.rglob("*")
        if path.is_file()
        and path.relative_to(workspace).parts[0] not in (*SOURCES, *but)
        and any(name in text for text in told(path) for name in wanted)
    ]


def pair(workspace: Workspace, row: str) -> dict[str, Any]:
    pairs = pl.read_parquet(workspace.release / "pairs.parquet")
    return pairs.filter(pl.col("row") == row).row(0, named=True)


def names_of(row: dict[str, Any]) -> list[str]:
    """Its id, hashes and texts."""
    texts = ("caption", "caption_fr", "text")
    known = ("pair_id", *texts)
    return [v for k, v in row.items() if v and (k in known or k.endswith("_sha256"))]


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    """The ten pairs in two versions, of which the older is named."""
    workspace.build()
    steps = [{"filter": {"caption.words": {"min": 4}}}, *STEPS[1:]]
    workspace.having(version="1.1.0", steps=steps).build()
    return workspace


def test_nothing_is_left_of_a_pair(two: Workspace) -> None:
    owl = pair(two, "birds/owl.webp")
    names = names_of(owl)
    assert len(names) == 7
    before = holding(two.root, names)
    assert any("store" in path for path in before)
    assert any("releases" in path for path in before)
    said = curate("forget", "--ids", owl["pair_id"], "--workspace", two.root, "--json")
    assert said.code == 0
    assert holding(two.root, names) == []
    assert holding(two.root, [photo(2).tobytes().hex()[:64]]) == []
    receipt = Receipt.model_validate(said.document)
    assert [(r.version, r.successor) for r in receipt.releases] == [
        ("1.0.0", "1.1.1"),
        ("1.1.0", "1.1.1"),
    ]
    assert receipt.sources == ["folder: birds/owl.webp"]
    assert (receipt.counts.asked, receipt.counts.along) == (1, 0)


def test_a_copy_under_a_name_of_its_own_goes_too(two: Workspace) -> None:
    """Somebody kept one beside the versions; builds go on as well."""
    kept = two.having(version="1.0.0").release
    shutil.copytree(kept, kept.with_name("1.0.0.bak"))
    owl = pair(two, "birds/owl.webp")
    receipt = forget(two.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert {one.version for one in receipt.releases} == {"1.0.0", "1.0.0.bak", "1.1.0"}
    assert holding(two.root, names_of(owl)) == []
    two.having(version="1.2.0").build()


def test_an_export_that_lies_elsewhere_is_named(two: Workspace) -> None:
    older = two.having(version="1.0.0").release
    shards = two.root / "mine" / "shards"
    assert curate("export", older, "--to", "webdataset", "--out", shards).code == 0
    test = pl.read_parquet(older / "pairs.parquet").filter(pl.col("split") == "test")
    receipt = forget(two.root, Asked(ids=frozenset({test["pair_id"][0]})))
    assert "mine/shards/test-000000.tar: still names something forgotten" in receipt.unreached


def test_reports_of_every_version_go(two: Workspace) -> None:
    """With their pictures, which no id or hash names; the successor's shows the rest."""
    owl = pair(two, "birds/owl.webp")
    picture = thumbnail((two.media / "birds" / "owl.webp").read_bytes(), "image")
    assert picture is not None
    shown = b64encode(picture.data).decode()
    reports = {f"reports/ten/{version}.html" for version in ("1.0.0", "1.1.0")}
    assert reports <= set(holding(two.root, [owl["pair_id"]]))
    assert reports <= set(holding(two.root, [shown]))
    receipt = forget(two.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert receipt.removed["cards and reports"] == 4
    assert [path.name for path in (two.root / "reports" / "ten").iterdir()] == ["1.1.1.html"]
    assert holding(two.root, [shown, *names_of(owl)]) == []


def test_the_successor_lacks_nothing_else(two: Workspace) -> None:
    older = two.having(version="1.1.0")
    before = pl.read_parquet(older.release / "pairs.parquet")
    owl = pair(two, "birds/owl.webp")["pair_id"]
    forget(two.root, Asked(ids=frozenset({owl})))
    newer = two.having(version="1.1.1")
    assert problems(newer.release) == []
    after = pl.read_parquet(newer.release / "pairs.parquet")
    assert after.equals(before.filter(pl.col("pair_id") != owl))
    steps = json.loads((newer.release / "steps.json").read_text())
    assert next(s for s in steps if s["name"] == "read")["note"] == "1 row refused: forgotten"


def test_older_versions_are_tombstones(two: Workspace) -> None:
    owl = pair(two, "birds/owl.webp")["pair_id"]
    forget(two.root, Asked(ids=frozenset({owl})))
    for version in ("1.0.0", "1.1.0"):
        release = two.having(version=version).release
        assert [path.name for path in release.rglob("*")] == [TOMBSTONE]
        for command in (
            ("verify", release),
            ("explain", release, owl),
            ("diff", release, release),
            ("search", release, "an owl"),
        ):
            answer = curate(*command)
            assert answer.code == 1
            assert f"ten {version} is no more: a pair of it had to be forgotten" in answer.err
            assert "its successor is" in answer.err
    (release / "left.txt").write_text("x")
    said = curate("verify", release)
    assert said.code == 3
    assert said.out == "wrong: left.txt should have gone with the release\n"


def test_it_does_not_come_back(two: Workspace) -> None:
    """Not from its source, not from another file of the same bytes, not by a row that holds its text."""
    owl = pair(two, "birds/owl.webp")
    forget(two.root, Asked(ids=frozenset({owl["pair_id"]})))
    bird = two.media / "birds"
    (bird / "again.webp").write_bytes((bird / "owl.webp").read_bytes())
    (bird / "again.txt").write_text("Another caption of it.\n")
    photo(50).save(bird / "other.png")
    (bird / "other.txt").write_text("An owl at night.\n")
    age(two.media)
    newer = two.having(version="2.0.0")
    built = newer.build()
    rows = pl.read_parquet(newer.release / "pairs.parquet")["row"]
    assert not set(rows) & {"birds/owl.webp", "birds/again.webp", "birds/other.png"}
    assert built.forgotten.height == 3
    assert holding(two.root, names_of(owl)) == []


def test_building_again_is_building_the_same(two: Workspace) -> None:
    """Also after the sources were deleted, as the receipt asks."""
    owl = pair(two, "birds/owl.webp")["pair_id"]
    forget(two.root, Asked(ids=frozenset({owl})))
    assert "is equal to it" in curate("build", two.path).out
    for path in (two.media / "birds").glob("owl*"):
        path.unlink()
    assert "is equal to it" in curate("build", two.path).out


def test_a_recipe_bears_its_successors_version(workspace: Workspace) -> None:
    workspace.build()
    text = workspace.path.read_text()
    owl = pair(workspace, "birds/owl.webp")["pair_id"]
    forget(workspace.root, Asked(ids=frozenset({owl})))
    assert workspace.path.read_text() == text.replace('"version": "1.0.0"', '"version": "1.0.1"')
    assert curate("build", workspace.path).code == 0


def test_a_content_that_others_hold_stays_with_them(workspace: Workspace) -> None:
    chair = workspace.media / "things" / "chair.txt"
    chair.write_text("A lamp that is on.\n")
    age(workspace.media)
    place = workspace.having(steps=[])
    place.build()
    lamp = pair(place, "things/lamp.jpg")
    said = curate("forget", "--ids", lamp["pair_id"], "--workspace", place.root, "--dry-run").out
    assert "1 content stays, since other pairs hold it too (releases/ten/1.0.0, " in said
    receipt = forget(place.root, Asked(ids=frozenset({lamp["pair_id"]})))
    assert receipt.counts.shared == 1
    assert receipt.counts.holders == ["releases/ten/1.0.0", "sources of ten"]
    newer = place.having(version="1.0.1")
    assert pair(newer, "things/chair.png")["caption"] == "A lamp that is on."
    assert holding(place.root, [lamp["pair_id"], lamp["image_sha256"]]) == []


def test_a_hash_takes_every_pair_that_holds_it(workspace: Workspace) -> None:
    (workspace.media / "things" / "chair.txt").write_text("A lamp that is on.\n")
    age(workspace.media)
    place = workspace.having(steps=[])
    place.build()
    receipt = forget(place.root, Asked(hashes=frozenset({content_hash("A lamp that is on.")})))
    assert receipt.counts.asked == 2
    assert holding(place.root, ["A lamp that is on."]) == []


def test_a_file_is_known_in_another_encoding(workspace: Workspace, tmp_path: Path) -> None:
    """A picture that was saved again without loss holds the same, in other bytes."""
    from PIL import Image

    place = workspace.having(steps=[])
    place.build()
    with Image.open(place.media / "things" / "chair.png") as image:
        image.save(tmp_path / "again.bmp")
    receipt = forget(place.root, Asked(media=(tmp_path / "again.bmp",)))
    assert receipt.counts.asked == 1
    assert receipt.sources == ["folder: things/chair.png"]
    assert "things/chair.png" not in set(
        pl.read_parquet(place.having(version="1.0.1").release / "pairs.parquet")["row"]
    )


def test_what_a_release_holds_in_place_of_a_content(workspace: Workspace) -> None:
    """Pixels of a vector picture, as somebody finds them in the data."""
    workspace.build()
    data = pl.concat(pl.read_parquet(p) for p in workspace.release.glob("data/*/*.parquet"))
    ball = data.filter(pl.col("caption") == "A blue ball.").row(0, named=True)
    sha256 = content_hash(ball["image"]["bytes"])
    receipt = forget(workspace.root, Asked(hashes=frozenset({sha256})))
    assert receipt.counts.asked == 1
    assert receipt.sources == ["folder: things/ball.svg"]
    assert holding(workspace.root, [ball["pair_id"], sha256]) == []


def test_a_candidate_that_failed_a_gate_goes(workspace: Workspace) -> None:
    gated = workspace.having(governance={"gates": {"pairs.kept": {"min": 1000}}})
    with pytest.raises(GateFailed):
        gated.build()
    candidate = workspace.root / ".curate" / "candidates" / "ten" / "1.0.0"
    pairs = pl.read_parquet(candidate / "pairs.parquet")
    owl = pairs.filter(pl.col("row") == "birds/owl.webp").row(0, named=True)
    forget(workspace.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert not candidate.exists()
    assert holding(workspace.root, names_of(owl)) == []


def test_a_store_that_others_share_keeps_what_is_theirs(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_STORE", str(tmp_path / "store"))
    workspace.build()
    owl = pair(workspace, "birds/owl.webp")
    other = workspace.copied(tmp_path / "other")
    (other.media / "things" / "chair.txt").write_text("A chair that only they have.\n")
    other.build()
    receipt = forget(workspace.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert holding(tmp_path / "store", names_of(owl)) == []
    assert receipt.unreached[0].startswith(f"the store {tmp_path / 'store'} is not this")
    key = content_hash("A chair that only they have.")
    assert holding(tmp_path / "store", [key]) != []


def test_both_states_of_a_row_that_was_changed(workspace: Workspace) -> None:
    workspace.build()
    old = pair(workspace, "birds/owl.webp")
    (workspace.media / "birds" / "owl.txt").write_text("An owl by day, wide awake.\n")
    age(workspace.media)
    newer = workspace.having(version="1.1.0")
    newer.build()
    new = pair(newer, "birds/owl.webp")
    assert old["pair_id"] != new["pair_id"]
    receipt = forget(workspace.root, Asked(ids=frozenset({new["pair_id"]})))
    assert (receipt.counts.asked, receipt.counts.along) == (1, 1)
    assert holding(workspace.root, [*names_of(old), *names_of(new)]) == []


def test_a_recipe_with_a_policy_beside_it(workspace: Workspace) -> None:
    (workspace.path.parent / "policy.yaml").write_text("gates:\n  pairs.kept: {min: 5}\n")
    place = workspace.having(governance={"policy": "policy.yaml"})
    place.build()
    owl = pair(place, "birds/owl.webp")["pair_id"]
    assert forget(place.root, Asked(ids=frozenset({owl}))).successors[0].version == "1.0.1"
    assert {path.name for path in place.path.parent.iterdir()} == {"ten.yaml", "policy.yaml"}


def test_a_release_that_never_held_it_stays(workspace: Workspace) -> None:
    workspace.build()
    folder = {**workspace.recipe["sources"][0]["folder"], "image": ["food/*.png", "food/*.jpg"]}
    other = workspace.having(name="food", sources=[{"folder": folder}])
    other.build()
    forget(workspace.root, Asked(ids=frozenset({pair(workspace, "birds/owl.webp")["pair_id"]})))
    assert problems(other.release) == []
    assert not (workspace.root / "releases" / "food" / "1.0.1").exists()


def test_a_draft_is_built_again(workspace: Workspace) -> None:
    draft = workspace.having(version="draft")
    draft.build()
    owl = pair(draft, "birds/owl.webp")
    receipt = forget(draft.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert [(r.version, r.successor) for r in receipt.releases] == [("draft", "draft")]
    assert problems(draft.release) == []
    assert holding(draft.root, names_of(owl)) == []


def test_reviews_cards_and_exports_go(workspace: Workspace) -> None:
    workspace.build()
    owl, chair = (pair(workspace, row) for row in ("birds/owl.webp", "things/chair.png"))
    line = {"field": "caption", "by": "Ada", "at": "2026-11-21T10:00:00Z"}
    reviews = workspace.root / "reviews" / "ten.jsonl"
    write_lines(
        reviews,
        [
            {**line, "pair_id": owl["pair_id"], "value": "An owl, seen by Ada."},
            {**line, "pair_id": chair["pair_id"], "value": "A chair, seen by Ada."},
        ],
    )
    findings = workspace.root / "reviews" / "ten.findings.jsonl"
    found = {"finding": "An owl looks sad.", "by": "Ada", "at": "2026-11-21T10:00:00Z"}
    write_lines(
        findings,
        [
            {**found, "pair_ids": [chair["pair_id"], owl["pair_id"]]},
            {**found, "pair_ids": [chair["pair_id"]], "finding": "A chair looks sad."},
        ],
    )
    card = workspace.root / "data_cards" / "ten" / "1.0.0.md"
    export = workspace.root / "exports" / "ten" / "1.0.0" / "jsonl" / "train.jsonl"
    stray = workspace.root / "notes" / "seen.txt"
    for path in (card, export, stray):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"pair {owl['pair_id']}: An owl at night.")
    receipt = forget(workspace.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert holding(workspace.root, [*names_of(owl), "An owl, seen by Ada."], "notes") == []
    assert "A chair, seen by Ada." in reviews.read_text()
    assert "A chair looks sad." in findings.read_text()
    assert "An owl looks sad." not in findings.read_text()
    newer = workspace.having(version="1.0.1")
    assert pair(newer, "things/chair.png")["caption"] == "A chair, seen by Ada."
    assert "taken back" in card.read_text()
    assert not export.exists()
    assert "notes/seen.txt: still names something forgotten" in receipt.unreached


def test_git_is_named(workspace: Workspace) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, *arguments], cwd=workspace.root, check=True)

    workspace.build()
    card = workspace.root / "data_cards" / "ten" / "1.0.0.md"
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text("a card")
    git("init", "-q")
    git("add", "data_cards")
    git("commit", "-qm", "A card")
    receipt = forget(
        workspace.root, Asked(ids=frozenset({pair(workspace, "food/bread.jpg")["pair_id"]}))
    )
    assert any(line.startswith("git: 1 commits hold cards") for line in receipt.unreached)


def test_the_key_is_its_owners_alone(two: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    owl = pair(two, "birds/owl.webp")
    forget(two.root, Asked(ids=frozenset({owl["pair_id"]})))
    path = key_path(two.root)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_forgotten(two.root).knows("pair", owl["pair_id"])
    assert owl["pair_id"] not in marks_path(two.root).read_text()
    secret = path.read_text()
    path.unlink()
    with pytest.raises(CurateError, match="the key of what this workspace has forgotten"):
        two.build()
    path.write_text("00" * 32)
    with pytest.raises(CurateError, match="written under another key"):
        two.build()
    path.unlink()
    monkeypatch.setenv("CURATE_FORGET_KEY", "short")
    with pytest.raises(CurateError, match="fewer than 16"):
        two.build()
    path.write_text(secret)
    monkeypatch.delenv("CURATE_FORGET_KEY")
    two.having(version="2.0.0").build()


def test_a_dry_run_changes_nothing(two: Workspace) -> None:
    def state() -> dict[str, bytes]:
        found = (p for p in two.root.rglob("*") if p.is_file() and p.name not in (".lock", "lock"))
        return {str(p): p.read_bytes() for p in found if p != key_path(two.root)}

    before = state()
    owl = pair(two, "birds/owl.webp")["pair_id"]
    said = curate("forget", "--ids", owl, "--workspace", two.root, "--dry-run")
    assert said.code == 0
    assert "Would build ten 1.1.1 without them." in said.out
    assert "Exports, cards and reports of what goes would go with it" in said.out
    assert {k: v for k, v in state().items() if "/files/" not in k} == {
        k: v for k, v in before.items() if "/files/" not in k
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "say what to forget"),
        (["--ids", "abc"], "no release of this workspace has a pair 'abc'"),
        (["--hash", "abc"], "'abc' is no SHA-256"),
    ],
)
def test_what_cannot_be_forgotten(two: Workspace, arguments: list[str], told: str) -> None:
    said = curate("forget", *arguments, "--workspace", two.root)
    assert said.code == 1
    assert told in said.err


def test_what_was_never_here_is_refused_when_it_comes(workspace: Workspace) -> None:
    workspace.build()
    sha256 = content_hash("A cat on a mat, to come.")
    receipt = forget(workspace.root, Asked(hashes=frozenset({sha256})))
    assert receipt.releases == []
    photo(60).save(workspace.media / "things" / "cat.png")
    (workspace.media / "things" / "cat.txt").write_text("A cat on a mat, to come.\n")
    age(workspace.media)
    assert workspace.build().forgotten["row"].to_list() == ["things/cat.png"]


def test_forgetting_the_same_again(two: Workspace) -> None:
    owl = pair(two, "birds/owl.webp")["pair_id"]
    forget(two.root, Asked(ids=frozenset({owl})))
    assert forget(two.root, Asked(ids=frozenset({owl}))).releases == []


def test_everything_of_a_release(tmp_path: Path) -> None:
    """Where nothing is left there is no successor."""
    write_lines(tmp_path / "w" / "media" / "rows.jsonl", [{"text": "The only one."}])
    place = Workspace(tmp_path / "w").having(
        name="one",
        version="1.0.0",
        fields={"text": {"type": "text"}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "text": "text"}}],
    )
    place.build()
    receipt = forget(place.root, Asked(hashes=frozenset({content_hash("The only one.")})))
    assert receipt.releases[0].successor is None
    assert "nothing was left to release" in curate("verify", place.release).err


@pytest.mark.parametrize(
    "at",
    ["remember", "erased", "taken_out", "set_version", "build", "swept", "unreached", "_write"],
)
@pytest.mark.parametrize("when", ["before", pytest.param("after", marks=pytest.mark.slow)])
def test_stopped_anywhere_and_run_again(
    two: Workspace, monkeypatch: pytest.MonkeyPatch, at: str, when: str
) -> None:
    owl = pair(two, "birds/owl.webp")
    real = getattr(forgetting, at)

    def stop(*arguments: Any) -> None:
        if when == "after":
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, at, stop)
        with pytest.raises(KeyboardInterrupt):
            forget(two.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert not any(name in journal_path(two.root).read_text() for name in names_of(owl))
    finish(two.root)
    check_gone(two, owl)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.4])
def test_killed_and_run_again(two: Workspace, after: float) -> None:
    owl = pair(two, "birds/owl.webp")
    process = started("forget", "--ids", owl["pair_id"], "--workspace", two.root)
    while not journal_path(two.root).exists() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finish(two.root)
    check_gone(two, owl)


def check_gone(two: Workspace, owl: dict[str, Any]) -> None:
    assert not journal_path(two.root).exists()
    assert holding(two.root, names_of(owl)) == []
    assert problems(two.having(version="1.1.1").release) == []
    assert json.loads(two.path.read_text())["version"] == "1.1.1"
    receipts = list((two.root / "forgotten").glob("*.json"))
    assert len(receipts) == 1
    assert Receipt.model_validate_json(receipts[0].read_text()).sources == [
        "folder: birds/owl.webp"
    ]


def test_a_successor_that_cannot_be_built(two: Workspace) -> None:
    """Everything is gone all the same; when it was mended, the receipt is written."""
    owl = pair(two, "birds/owl.webp")
    two.having(version="1.1.0")
    aside = two.media.rename(two.root / "elsewhere")
    with pytest.raises(CurateError, match="not every successor could be built"):
        forget(two.root, Asked(ids=frozenset({owl["pair_id"]})))
    assert holding(two.root, names_of(owl), "elsewhere") == []
    aside.rename(two.media)
    said = curate("forget", "--workspace", two.root, "--json")
    assert said.code == 0
    assert [one["version"] for one in said.document["successors"]] == ["1.1.1"]
    assert os.listdir(two.root / "forgotten")

"""What a recipe redacts stands in no file of its release."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.workspace import Workspace, age, write_lines

SECRETS = {
    "email": "jane.doe@example.org",
    "phone": "+49 30 901820",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ip": "192.168.17.20",
}
STEPS = [
    {"filter": {"caption.words": {"min": 3}}},
    {"dedup": {"near": "caption"}},
    {"privacy": {"text": "caption"}},
]


@pytest.fixture
def told(tmp_path: Path) -> Workspace:
    """Pairs with something to hide that stay, that leave before the step, and after it."""
    captions = [f"A picture of a boat, write to {secret}" for secret in SECRETS.values()]
    captions += ["jane.doe@example.org", "A plain picture of a green boat", "Two cats on a wall"]
    captions += [f"Two cats on a wall, call {SECRETS['phone']} for more of them"]
    captions += [f"Two cats on a wall, call {SECRETS['phone']} for more of them!"]
    write_lines(tmp_path / "media/pairs.jsonl", ({"caption": c} for c in captions))
    age(tmp_path / "media")
    recipe = {
        "name": "told",
        "version": "1.0.0",
        "fields": {"caption": {"type": "text", "language": "en"}},
        "sources": [{"jsonl": {"path": "../media/pairs.jsonl", "caption": "caption"}}],
        "steps": STEPS,
    }
    return Workspace(tmp_path, recipe).having()


def test_every_secret_is_replaced_by_its_kind(told: Workspace) -> None:
    told.build()
    pairs, decisions, _ = told.tables()
    said = set(pairs.filter(pl.col("status") == "kept")["caption"])
    assert {f"A picture of a boat, write to <{kind.upper()}>" for kind in SECRETS} <= said
    lines = decisions.filter(pl.col("name") == "privacy caption", pl.col("verdict") == "redact")
    assert set(lines["reason"]) == {f"{kind} in caption" for kind in SECRETS}
    assert lines["score"].is_between(0.4, 1).all()
    assert set(lines["threshold"]) == {0.4}


def test_no_file_of_the_release_holds_a_secret(told: Workspace) -> None:
    """Not even of pairs that left before the step saw them."""
    told.build()
    pairs = told.tables()[0]
    assert set(pairs["status"]) == {"kept", "dropped"}
    assert "<EMAIL>" in pairs.filter(pl.col("status") == "dropped")["caption"].to_list()
    for path in told.release.rglob("*"):
        if path.suffix == ".parquet":
            text = pl.read_parquet(path).write_json()
        else:
            text = path.read_text() if path.is_file() else ""
        for secret in SECRETS.values():
            assert secret not in text, path.name


def test_the_hash_of_a_hidden_text_is_that_of_what_is_told(told: Workspace) -> None:
    from curate.pairs.keys import content_hashes

    told.build()
    pairs = told.tables()[0]
    assert content_hashes(pairs["caption"]).equals(pairs["caption_sha256"], check_names=False)


def test_pairs_are_dropped_and_their_texts_hidden(told: Workspace) -> None:
    told = told.having(steps=[{"privacy": {"text": "caption", "act": "drop"}}])
    told.build()
    pairs, decisions, data = told.tables()
    assert data.height == 2
    assert set(decisions.filter(pl.col("verdict") == "drop")["threshold"]) == {0.4}
    assert not any(secret in text for text in pairs["caption"] for secret in SECRETS.values())


def test_flagged_pairs_stay_as_they_are(told: Workspace) -> None:
    told = told.having(steps=[{"privacy": {"text": "caption", "act": "flag"}}])
    told.build()
    pairs, decisions, data = told.tables()
    assert data.height == pairs.height
    assert decisions.filter(pl.col("verdict") == "flag").height == 8
    assert any(SECRETS["email"] in text for text in pairs["caption"])


def test_two_steps_hide_each_its_own(told: Workspace) -> None:
    both = f"{SECRETS['email']} or {SECRETS['phone']}"
    write_lines(told.media / "pairs.jsonl", [{"caption": both}, {"caption": f"A boat of {both}"}])
    first = {"privacy": {"text": "caption", "find": ["email"]}}
    second = {"privacy": {"text": "caption", "find": ["phone"]}}
    few = {"filter": {"caption.words": {"min": 4}}}
    told = told.having(steps=[few, first, second])
    told.build()
    said = set(told.tables()[0]["caption"])
    assert said == {"<EMAIL> or <PHONE>", "A boat of <EMAIL> or <PHONE>"}

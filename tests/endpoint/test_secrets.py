"""Secrets that are planted in the environment are in nothing that is written or said, also where a server
repeats the key that it was sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from tests.endpoint.faults import Fault, Proxy, proxied, reply, status
from tests.models.talkers import coloured
from tests.workspace import Said, Workspace, age, curate

SECRETS = {
    "ENDPOINT_KEY": "sk-planted-7f3a9c1e5b",
    "HF_TOKEN": "hf_planted2b4d6f8a0c",
    "AWS_SECRET_ACCESS_KEY": "aws/planted/9e8d7c6b",
    "CURATE_FORGET_KEY": "forget-planted-1a2b3c4d",
    "SOME_PASSWORD": "password-planted-5e6f7a",
}
KEY = SECRETS["ENDPOINT_KEY"]


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.models.endpoint.FIRST_WAIT", 0.01)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    media = tmp_path / "w" / "media"
    media.mkdir(parents=True)
    for number, colour in enumerate(["red", "green", "blue"]):
        Image.fromarray(coloured(colour, number)).save(media / f"{colour}.png")
    (media / "red.txt").write_text("Something red.\n")
    age(media)
    return Workspace(tmp_path / "w").having(
        name="told",
        version="1.0.0",
        fields={"image": {"type": "image"}, "caption": {"type": "text", "language": "en"}},
        sources=[{"folder": {"path": "../media", "image": "*.png", "caption": "{stem}.txt#1"}}],
    )


def asked(place: Workspace, proxy: Proxy) -> Said:
    by = {"endpoint": proxy.url, "model": "any", "key": "ENDPOINT_KEY", "tries": 2}
    step = {"caption": "image", "fill": "caption", "by": by}
    return curate("build", place.having(steps=[{"pseudo_label": step}]).path)


def told(path: Path) -> Iterator[str]:
    """The bytes of a file, and the cells of a table, which are compressed there."""
    yield path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        yield json.dumps(pl.read_parquet(path).to_dicts(), default=repr)


def assert_kept_nowhere(place: Workspace, said: Said) -> None:
    texts = [("what was said", said.out + said.err)]
    texts += [(str(p), t) for p in place.root.rglob("*") if p.is_file() for t in told(p)]
    for where, text in texts:
        for name, value in SECRETS.items():
            assert value not in text, f"{name} in {where}"


ANSWER = f"A picture. Your key is {KEY}."
BODY: dict[str, Any] = {"message": f"wrong key {KEY}"}


def test_a_build_that_ends_well(place: Workspace) -> None:
    with proxied("http://127.0.0.1:1", *[reply(ANSWER)] * 3) as proxy:
        said = asked(place, proxy)
        assert said.code == 0, said.err
        assert {one.headers["Authorization"] for one in proxy.seen} == {f"Bearer {KEY}"}
    captions = pl.read_parquet(place.release / "pairs.parquet")["caption"]
    assert sum("Your key is …." in caption for caption in captions) == 2
    assert_kept_nowhere(place, said)
    commands: list[list[str | Path]] = [
        ["plan", place.path],
        ["verify", place.release],
        ["diff", place.release, place.release],
    ]
    for command in commands:
        assert_kept_nowhere(place, curate(*command))


@pytest.mark.parametrize(
    "fault",
    [
        status(401, **BODY),
        status(500, **BODY),
        status(400, code="content_filter", **BODY),
        status(429, message="x" * 190 + KEY),
        lambda handler: handler.reply(403, f"<html>{KEY}</html>".encode()),
        lambda handler: handler.reply(200, f"no JSON {KEY}".encode()),
    ],
    ids=["401", "500", "400", "429", "page", "no JSON"],
)
def test_a_build_that_fails(place: Workspace, fault: Fault) -> None:
    with proxied("http://127.0.0.1:1", *[fault] * 20) as proxy:
        said = asked(place, proxy)
    assert "told.yaml" not in said.err
    assert "matches nothing" not in said.err
    assert "Traceback" not in said.err
    assert_kept_nowhere(place, said)
    assert KEY[:12] not in said.err

"""Files that are signed as they are made: anyone can read who made them, nobody finds the key."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.errors import CurateError, RecipeError
from curate.pairs.audio import decode_audio
from curate.pairs.marks import ALTERED, source_type
from tests.certificates import certified
from tests.workspace import Workspace, photo, tone, write_lines

c2pa = pytest.importorskip("c2pa")

FIELDS: dict[str, dict[str, Any]] = {
    "image": {"type": "image"},
    "speech": {"type": "audio"},
    "caption": {"type": "text", "language": "en"},
}
KINDS = {"image": "image/png", "speech": "audio/flac"}
STEPS = {
    "image": {"augment": "image", "into": "image", "by": {"flip": 1}},
    "speech": {"augment": "speech", "into": "speech", "by": {"noise": {"min": 10, "max": 20}}},
}
SIGN = {"certificate": "file:${THE_CERTIFICATE}", "key": "THE_KEY"}


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    chain, key = certified()
    path = tmp_path / "elsewhere" / "certificates.pem"
    path.parent.mkdir()
    path.write_bytes(chain)
    monkeypatch.setenv("THE_CERTIFICATE", str(path))
    monkeypatch.setenv("THE_KEY", key.decode())
    return key


@pytest.fixture
def place(tmp_path: Path, key: bytes) -> Workspace:
    rows: list[dict[str, str]] = []
    root = tmp_path / "place"
    (root / "media").mkdir(parents=True)
    for number, caption in enumerate(["A duck on a pond.", "A red apple."]):
        photo(number).save(root / "media" / f"{number}.png")
        tone(root / "media" / f"{number}.wav", 300 + 100 * number, 0.5)
        rows.append({"image": f"{number}.png", "speech": f"{number}.wav", "caption": caption})
    write_lines(root / "media" / "rows.jsonl", rows)
    source = {"path": "../media/rows.jsonl", **{name: name for name in FIELDS}}
    steps = [{"synthesize": {**step, "sign": SIGN}} for step in STEPS.values()]
    return Workspace(root).having(
        name="signed", version="1.0.0", fields=FIELDS, sources=[{"jsonl": source}], steps=steps
    )


def signing(place: Workspace, **said: Any) -> Workspace:
    return place.having(steps=[{"synthesize": {**STEPS["image"], "sign": {**SIGN, **said}}}])


def made(place: Workspace) -> dict[str, list[bytes]]:
    """By field, the files in the release that a machine made."""
    data = pl.concat(pl.read_parquet(path) for path in place.release.glob("data/*/*.parquet"))
    cells = {name: data.filter(origin="synthetic")[name].to_list() for name in KINDS}
    files = {name: {cell["bytes"] for cell in column} for name, column in cells.items()}
    return {
        name: sorted(file for file in column if source_type(file) == ALTERED)
        for name, column in files.items()
    }


def holding(secret: bytes, *folders: Path) -> list[Path]:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [path for path in files if secret in path.read_bytes()]


def test_what_is_made_says_who_made_it(place: Workspace) -> None:
    place.build()
    for field, files in made(place).items():
        assert len(files) >= 2
        for file in files:
            reader = c2pa.Reader(KINDS[field], io.BytesIO(file))
            assert reader.get_validation_state() == "Valid"
            manifest = json.loads(reader.json())
            (said,) = manifest["manifests"].values()
            (generator,) = said["claim_generator_info"]
            assert (generator["name"], generator["version"]) == ("curate", curate.__version__)
            (actions,) = [one["data"] for one in said["assertions"] if "actions" in one["label"]]
            created = {"action": "c2pa.created", "digitalSourceType": ALTERED}
            assert actions["actions"] == [created]
            assert "thumbnail" not in said
    assert all(len(decode_audio(file).samples) for file in made(place)["speech"])


def test_a_change_of_the_file_breaks_the_signature(place: Workspace) -> None:
    place.build()
    file = bytearray(made(place)["image"][0])
    file[-20] ^= 1
    reader = c2pa.Reader("image/png", io.BytesIO(bytes(file)))
    assert reader.get_validation_state() == "Invalid"


def test_a_second_build_makes_nothing_and_needs_no_key(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place.build()
    monkeypatch.delenv("THE_KEY")
    second = place.build()
    assert second.usage.computed == 0
    assert second.digest == first.digest


def test_the_key_stands_nowhere(place: Workspace, key: bytes) -> None:
    place.build()
    assert holding(b"THE_KEY", place.root / "recipes")
    for secret in (key, *key.splitlines()[1:-1]):
        assert not holding(secret, place.root)


def test_another_certificate_makes_other_files(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = signing(place)
    place.build()
    before = made(place)["image"]
    chain, key = certified()
    for name, content in (("other.pem", chain), ("other.key", key)):
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("THE_CERTIFICATE", str(tmp_path / "other.pem"))
    monkeypatch.setenv("THE_KEY", str(tmp_path / "other.key"))
    other = place.having(version="2.0.0")
    other.build()
    assert not {*before} & {*made(other)["image"]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "environment variable THE_KEY is not set"),
        ("/no/such/file", "the key's file that THE_KEY names cannot be read"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA", "cannot be signed"),
        (certified()[1].decode(), "cannot be signed: Signature: the signature does not match"),
    ],
    ids=["none", "no-file", "no-key", "of-another"],
)
def test_a_wrong_key_is_told_before_anything_is_made(
    place: Workspace, given: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THE_KEY")
    if given is not None:
        monkeypatch.setenv("THE_KEY", given)
    with pytest.raises(CurateError, match=said) as failure:
        place.build()
    assert "PRIVATE KEY" not in failure.value.message
    assert not [path for path in (place.store / "blobs").rglob("*") if path.is_file()]
    assert not place.release.exists()


def test_a_key_in_the_recipe_is_refused_and_not_repeated(place: Workspace, key: bytes) -> None:
    with pytest.raises(RecipeError, match="not the key itself") as failure:
        signing(place, key=key.decode()).build()
    assert not any(line in failure.value.message for line in key.decode().splitlines()[1:-1])


def test_a_text_has_no_place_for_a_manifest(place: Workspace) -> None:
    step = {"augment": "caption", "into": "caption", "by": {"spelling": 0.1}, "sign": SIGN}
    with pytest.raises(RecipeError, match="no place for a manifest"):
        place.having(steps=[{"synthesize": step}]).build()

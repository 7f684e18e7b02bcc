"""Names of strangers, a whole build long: nothing outside a source is read, nothing outside the workspace
is written, and no two names that look alike are taken for one another.
"""

from __future__ import annotations

import io
import json
import os
import socket
import tarfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import Unreadable
from curate.pairs.opened import opened
from curate.release.verify import problems
from curate.sources.boundary import Boundary
from curate.store.files import FileHashes
from tests.workspace import Workspace, age, curate, photo

FIELDS = {"image": {"type": "image"}, "caption": {"type": "text"}}
COMPOSED = unicodedata.normalize("NFC", "Ünïcödé")
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
ALIKE = ["name", "Name", "NAME", COMPOSED, DECOMPOSED, "ﬁ", "fi", "CON", "nul.", "a b", "a  b"]
LONG = ["x" * 251, "é" * 125 + "x", "漢" * 83]
"""Names of 255 bytes, with the ending."""


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    photo(seed, 40, 40).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "w/media").mkdir(parents=True)
    return Workspace(tmp_path / "w")


def built(place: Workspace, source: dict[str, Any]) -> dict[str, bytes]:
    """Caption -> the picture that was released with it."""
    age(place.media)
    made = place.having(name="names", version="1.0.0", fields=FIELDS, sources=[source], steps=[])
    made.build()
    assert problems(made.release) == []
    rows = pl.concat(pl.read_parquet(path) for path in made.release.glob("data/*/*.parquet"))
    return dict(zip(rows["caption"], rows["image"].struct.field("bytes"), strict=True))


def folder(place: Workspace, names: list[str]) -> dict[str, Any]:
    for number, name in enumerate(names):
        (place.media / f"{name}.png").write_bytes(picture(number))
        (place.media / f"{name}.txt").write_text(f"Words {number}.")
    return {"folder": {"path": "../media", "image": "*.png", "caption": "{stem}.txt"}}


def table(place: Workspace, names: list[str]) -> dict[str, Any]:
    folder(place, names)
    rows = [{"file": f"{n}.png", "words": f"Words {at}."} for at, n in enumerate(names)]
    (place.media / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"jsonl": {"path": "../media/t.jsonl", "image": "file", "caption": "words"}}


def archive(place: Workspace, names: list[str]) -> dict[str, Any]:
    with tarfile.open(place.media / "t.tar", "w") as tar:
        for number, name in enumerate(names):
            for ending, data in ("png", picture(number)), ("txt", f"Words {number}.".encode()):
                member = tarfile.TarInfo(f"{name.rstrip('.')}.{ending}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return {"webdataset": {"path": "../media/t.tar", "image": "png", "caption": "txt"}}


@pytest.mark.parametrize("names", [ALIKE, LONG], ids=["alike", "long"])
@pytest.mark.parametrize("source", [folder, table, archive])
def test_names_that_look_alike_or_are_long(
    place: Workspace, source: Callable[[Workspace, list[str]], dict[str, Any]], names: list[str]
) -> None:
    wanted = {f"Words {number}.": picture(number) for number in range(len(names))}
    assert built(place, source(place, names)) == wanted
    made = place.having(**json.loads((place.root / "recipes/names.yaml").read_text()))
    for form in ("jsonl", "webdataset"):
        assert curate("export", made.release, "--to", form).code == 0
    exports = place.root / "exports/names/1.0.0"
    lines = [json.loads(line) for line in (exports / "jsonl/train.jsonl").read_text().splitlines()]
    assert {
        line["caption"]: (exports / "jsonl" / line["image"]).read_bytes() for line in lines
    } == wanted
    with tarfile.open(exports / "webdataset/train-000000.tar") as tar:
        assert len(set(tar.getnames())) == 2 * len(names)
    found = [path.relative_to(place.root) for path in place.root.rglob("*")]
    ours = [path for path in found if path.parts[0] != "media"]
    assert all(len(os.fsencode(part)) < 150 for path in ours for part in path.parts)
    assert len({str(path).casefold() for path in ours}) == len(ours)


@pytest.mark.parametrize(
    "part",
    [
        "../../../../out",
        "/tmp/out",
        "a/b",
        "..",
        ".",
        ".hidden",
        "",
        "a\0b",
        "x" * 300,
        "a\nb",
        "ü",
    ],
)
def test_parts_that_would_be_written_elsewhere(place: Workspace, part: str) -> None:
    source = folder(place, ["one"])
    split = {"split": {part: 1.0}}
    made = place.having(name="x", version="1.0.0", fields=FIELDS, sources=[source], steps=[split])
    assert curate("build", made.path).code == 2
    assert not list(place.root.rglob("*.parquet"))


def test_parts_that_differ_by_case(place: Workspace) -> None:
    source, split = folder(place, ["one"]), {"split": {"train": 0.5, "Train": 0.5}}
    made = place.having(name="x", version="1.0.0", fields=FIELDS, sources=[source], steps=[split])
    said = curate("build", made.path)
    assert said.code == 2
    assert "'Train' and 'train' differ by case alone" in said.err


def test_what_takes_the_place_of_a_file(tmp_path: Path) -> None:
    """Between the moment that it is looked at and the one that it is read."""
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    hashes = FileHashes(tmp_path / "files", 1)

    def link(path: Path) -> None:
        path.symlink_to(tmp_path / "secret")

    def bound(path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(os.path.relpath(path))

    makers: list[Callable[[Path], object]] = [link, bound, os.mkfifo, Path.mkdir]
    for number, make in enumerate(makers):
        (data / f"{number}").write_bytes(b"content")
        path = Boundary(data).locate(f"{number}").path or ""
        (data / f"{number}").unlink()
        make(data / f"{number}")
        with pytest.raises((Unreadable, OSError)):
            opened(path)
        places = pl.DataFrame({"path": [path], "member": pl.Series([None], dtype=pl.String)})
        error = hashes.of(places)[0]["error"][0]
        assert any(word in error for word in ("link", "regular", "directory")), error


def test_a_canary_beside_the_source_stays_alone(tmp_path: Path) -> None:
    """Every way out that a stranger may write, in every source at once."""
    root = tmp_path / "w"
    (root / "media/sub").mkdir(parents=True)
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "c.png").write_bytes(picture(99))
    (canary / "c.txt").write_text("The canary sings.")
    os.link(canary / "c.png", canary / "d.png")
    (root / "media/in.png").write_bytes(picture(1))
    (root / "media/in.txt").write_text("Inside.")
    (root / "media/out.png").symlink_to(canary / "c.png")
    (root / "media/out.txt").symlink_to(canary / "c.txt")
    (root / "media/far").symlink_to(canary)
    os.mkfifo(root / "media/pipe.png")
    os.mkfifo(root / "media/pipe.txt")
    (root / "media/null.png").symlink_to("/dev/zero")
    ways = ["../../canary/c.png", str(canary / "c.png"), "far/c.png", "out.png", "pipe.png"]
    ways += ["sub/../../../canary/c.png", "null.png", f"file://{canary}/c.png", "sub\\..\\..\\x"]
    lines = [json.dumps({"image": way, "caption": way}) for way in [*ways, "in.png"]]
    (root / "media/t.jsonl").write_text("\n".join(lines))
    with tarfile.open(root / "media/t.tar", "w") as tar:
        for name, kind in [("s", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("c", tarfile.CHRTYPE)]:
            member = tarfile.TarInfo(f"{name}.png")
            member.type, member.linkname = kind, str(canary / "c.png")
            tar.addfile(member)
        for name in ("../../canary/new.png", "/abs.png", "ok.png"):
            member = tarfile.TarInfo(name)
            member.size = len(picture(2))
            tar.addfile(member, io.BytesIO(picture(2)))
    age(root / "media")
    before = {path: path.stat().st_mtime_ns for path in canary.iterdir()}
    bound = {"image": "*.png", "caption": "{stem}.txt", "max_unreadable": 1.0}
    made = Workspace(root).having(
        name="canary",
        version="1.0.0",
        fields={"image": {"type": "image"}, "caption": {"type": "text", "optional": True}},
        sources=[
            {"folder": {"path": "../media", **bound}},
            {
                "jsonl": {
                    "path": "../media/t.jsonl",
                    **bound,
                    "image": "image",
                    "caption": "caption",
                }
            },
            {"webdataset": {"path": "../media/t.tar", "image": "png", "max_unreadable": 1.0}},
        ],
        steps=[],
    )
    made.build()
    outside = {path.name for path in tmp_path.iterdir()}
    assert outside == {"w", "canary"}
    assert {path: path.stat().st_mtime_ns for path in canary.iterdir()} == before
    rows = pl.concat(pl.read_parquet(path) for path in made.release.glob("data/*/*.parquet"))
    assert set(rows["image"].struct.field("bytes")) == {picture(1), picture(2)}
    pairs = pl.read_parquet(made.release / "pairs.parquet")
    assert "The canary sings." not in json.dumps(pairs["caption"].to_list())
    assert dict(pairs.group_by("status").len().iter_rows()) == {"kept": 3, "refused": 15}

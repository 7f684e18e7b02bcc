"""Reading bytes: files of their own, rows of Parquet and Arrow files, and what is none of these."""

from __future__ import annotations

import os
import pickle
import stat
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.errors import Unreadable
from curate.pairs.media import read_media

CONTENTS = [b"one", b"two" * 1000, b"", None, b"five"]


def embedded(contents: list[bytes | None] = CONTENTS) -> pa.Table:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    values = [None if each is None else {"bytes": each, "path": "x.png"} for each in contents]
    return pa.table({"image": pa.array(values, kind), "a/b": pa.array(contents, pa.large_binary())})


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"abc")
    assert read_media(str(tmp_path / "x.bin"), None) == b"abc"


@pytest.mark.parametrize("rows_a_group", [1, 2, 100])
@pytest.mark.parametrize("column", ["image", "a/b"])
def test_rows_of_parquet(tmp_path: Path, rows_a_group: int, column: str) -> None:
    file = str(tmp_path / "t.parquet")
    pq.write_table(embedded(), file, row_group_size=rows_a_group)
    for at in (4, 0, 1, 2, 0):
        assert read_media(file, f"{at}/{column}") == CONTENTS[at]


@pytest.mark.parametrize("form", ["stream", "file"])
def test_rows_of_arrow(tmp_path: Path, form: str) -> None:
    file = str(tmp_path / "t.arrow")
    make = pa.ipc.new_stream if form == "stream" else pa.ipc.new_file
    with pa.OSFile(file, "wb") as sink, make(sink, embedded().schema) as writer:
        for batch in embedded().to_batches(max_chunksize=2):
            writer.write_batch(batch)
    for at in (4, 0, 1, 2):
        assert read_media(file, f"{at}/image") == CONTENTS[at]
        assert read_media(file, f"{at}/a/b") == CONTENTS[at]


@pytest.mark.parametrize(
    "member", ["3/image", "5/image", "-1/image", "x/image", "0/nothing", "", "0"]
)
def test_what_is_not_there_is_unreadable(tmp_path: Path, member: str) -> None:
    parquet, arrow = str(tmp_path / "t.parquet"), str(tmp_path / "t.arrow")
    pq.write_table(embedded(), parquet)
    with pa.OSFile(arrow, "wb") as sink, pa.ipc.new_stream(sink, embedded().schema) as writer:
        writer.write_table(embedded())
    for file in (parquet, arrow):
        with pytest.raises(Unreadable, match="no (medium|bytes) at"):
            read_media(file, member)


def test_a_changed_table_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(embedded([b"old"]), file)
    assert read_media(str(file), "0/image") == b"old"
    pq.write_table(embedded([b"new", b"more"]), file)
    os.utime(file, (1, 1))
    assert read_media(str(file), "0/image") == b"new"


def test_damaged_tables_are_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(embedded(), file)
    data = file.read_bytes()
    for damaged in (data[:50], b"PAR1", b"hello"):
        file.write_bytes(damaged)
        with pytest.raises(Unreadable):
            read_media(str(file), "0/image")


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    os.mkfifo(tmp_path / "pipe.png")
    yield tmp_path / "pipe.png"


def test_a_pipe_does_not_hold_the_build_up(pipe: Path) -> None:
    with pytest.raises(Unreadable, match="not a regular file"):
        read_media(str(pipe), None)


@pytest.mark.parametrize("member", [None, "0/image"])
def test_words_have_no_path_in_them(tmp_path: Path, member: str | None) -> None:
    with pytest.raises(Unreadable) as missing:
        read_media(str(tmp_path / "gone.png"), member)
    assert missing.value.message == "no such file or directory"
    with pytest.raises(Unreadable) as folder:
        read_media(str(tmp_path), member)
    assert str(tmp_path) not in folder.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(b"x")
    file.chmod(stat.S_IWUSR)
    with pytest.raises(Unreadable, match="permission denied"):
        read_media(str(file), None)


def test_it_travels_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(read_media)) is read_media

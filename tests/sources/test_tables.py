"""CSV, JSON lines and Parquet: types, quoting, damage, embedded media, several files."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import DataError, Unreadable
from curate.pairs.media import read_media
from curate.sources import registry
from tests.sources.conftest import make_fields, png, problems

Rows = Callable[..., pl.DataFrame]
TEXT = make_fields(caption={"type": "text", "optional": True}, size={"type": "metadata"})
IMAGE = make_fields(image={"type": "image"})
BOUND = {"caption": "title", "size": "n"}
HARD = 'one\n"two", three'


def failure(rows: Rows, word: str, **keys: object) -> str:
    with pytest.raises(DataError) as caught:
        rows(word, TEXT, **{"path": f"t.{word}", **BOUND, **keys})
    return caught.value.message + "|" + str(caught.value.hint)


def test_csv_is_text(tmp_path: Path, rows: Rows) -> None:
    quoted = HARD.replace('"', '""')
    (tmp_path / "t.csv").write_bytes(
        f'\ufefftitle,n\r\n"{quoted}",007\r\n\r\n  a cat ,\r\n,1e5\r\n'.encode()
    )
    frame = rows("csv", TEXT, path="t.csv", **BOUND)
    assert frame.select("row", "caption", "caption_uri", "size").rows() == [
        ("0", HARD, "t.csv#0/title", "007"),
        ("1", "a cat", "t.csv#1/title", None),
        ("2", None, None, "1e5"),
    ]


def test_a_missing_text_says_where(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.csv").write_text("title,n\n ,1\n")
    given = make_fields(caption={"type": "text"})
    assert problems(rows("csv", given, path="t.csv", caption="title")) == {
        "0": ("missing", "caption", "no text at t.csv#0/title")
    }


def test_other_delimiters(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.tsv").write_text("title\tn\na, b\t2\n")
    frame = rows("csv", TEXT, path="t.tsv", delimiter="\t", **BOUND)
    assert frame["caption"].to_list() == ["a, b"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "is empty: its first line should name the columns"),
        (b"titel,n\n1,2\n", "there is no column 'title'|did you mean 'titel'? its columns are"),
        (b"title,n,title\n1,2,3\n", "the column 'title' is there 2 times|rename one of them"),
        (b"title,n\na,1\nb\n", "line 3 has 1 cells, the first line 2"),
        (b"title,n\na,1\n\nb,2,3\n", "line 4 has 3 cells, the first line 2"),
        (b'title,n\n"a,1\nb,2\n', "line 3: unexpected end of data"),
        (b'title,n\n"a"b,1\n', "line 2: ',' expected after '\"'"),
        (b"title,n\na,1\nca\xff,2\n", "line 3 is not UTF-8: byte 0xff|save the table as UTF-8"),
        ("title,n\n".encode("utf-16"), "line 1 is not UTF-8"),
    ],
)
def test_a_broken_csv_says_where(table: bytes, words: str, tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.csv").write_bytes(table)
    assert failure(rows, "csv").startswith(f"t.csv: {words}")


def test_a_column_twice_that_nobody_wants_is_fine(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.csv").write_text("title,x,x,n\na,1,2,3\n")
    assert rows("csv", TEXT, path="t.csv", **BOUND)["size"].to_list() == ["3"]


def test_a_very_long_cell(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.csv").write_text(f"title,n\n{'x' * 300_000},1\n")
    assert len(rows("csv", TEXT, path="t.csv", **BOUND)["caption"][0]) == 300_000


def test_jsonl_keeps_types(tmp_path: Path, rows: Rows) -> None:
    lines = [{"title": HARD, "n": 1}, {"n": None}, {"title": 12}, {"title": True, "n": 3}]
    (tmp_path / "t.jsonl").write_text("\n\n".join(map(json.dumps, lines)) + "\n")
    frame = rows("jsonl", TEXT, path="t.jsonl", **BOUND)
    assert frame["caption"].to_list() == [HARD, None, "12", "true"]
    assert frame["size"].to_list() == [1, None, None, 3]
    assert frame["size"].dtype == pl.Int64


@pytest.mark.parametrize(
    ("values", "dtype", "read"),
    [
        ([1, 2.5, None], pl.Float64, [1.0, 2.5, None]),
        ([True, False, None], pl.Boolean, [True, False, None]),
        ([1, "one", True], pl.String, ["1", "one", "true"]),
        ([2**70, 1], pl.String, [str(2**70), "1"]),
        (["", None], pl.String, [None, None]),
        ([float("nan"), 1.0], pl.Float64, [None, 1.0]),
        (["\ud800x"], pl.String, ["?x"]),
    ],
)
def test_metadata_has_one_type(
    values: list[object], dtype: object, read: object, tmp_path: Path, rows: Rows
) -> None:
    lines = [json.dumps({"n": value}) for value in values]
    (tmp_path / "t.jsonl").write_text("\n".join([*lines, '{"title": "x"}']))
    frame = rows("jsonl", TEXT, path="t.jsonl", **BOUND)[:-1]
    assert frame["size"].dtype == dtype
    assert frame["size"].to_list() == read


def test_what_is_no_text_is_a_problem_of_its_row(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.jsonl").write_text(
        '{"title": ["a", "b"], "n": 1}\n{"title": {"a": 1}}\n{"title": "\\ud800"}\n'
    )
    assert problems(rows("jsonl", TEXT, path="t.jsonl", **BOUND)) == {
        "0": ("unreadable", "caption", "holds a list, not a text"),
        "1": ("unreadable", "caption", "holds an object, not a text"),
        "2": ("unreadable", "caption", "text with half a surrogate pair"),
    }


def test_what_is_no_path_is_a_problem_of_its_row(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "x.png").write_bytes(png())
    (tmp_path / "t.jsonl").write_text('{"i": 5}\n{"i": null}\n{"i": "x.png"}\n{"i": "\\ud800"}')
    assert problems(rows("jsonl", IMAGE, path="t.jsonl", image="i")) == {
        "0": ("unreadable", "image", "holds no path of a file"),
        "1": ("unreadable", "image", "no file is named"),
        "3": ("unreadable", "image", "a path with half a surrogate pair"),
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b'{"title": "a", "n": 1}\n{"title": }\n', "line 2, column 11: Expecting value"),
        (b'{"title": "a", "n": 1}\n["b"]\n', "line 2 is no object in braces"),
        (b'{"title": "a", "n": 1}\n\n{"title": "b', "line 3, column 11: Unterminated string"),
        (b'{"titel": "a", "n": 1}\n', "there is no column 'title'|did you mean 'titel'?"),
        (b'{"title": "a", "n": [1]}\n', "size holds a list; metadata is text"),
        (b"\xff", "line 1 is not UTF-8"),
        (b"[" * 100_000, "line 1: "),
    ],
)
def test_a_broken_jsonl_says_where(table: bytes, words: str, tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.jsonl").write_bytes(table)
    assert words in failure(rows, "jsonl")


def test_parquet_texts_and_metadata(tmp_path: Path, rows: Rows) -> None:
    table = pa.table(
        {
            "title": pa.array([1, None, 3]),
            "n": pa.array([date(2020, 1, 2), None, date(2021, 1, 1)]),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "price": pa.array([Decimal("1.50"), None, Decimal("2.00")]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    given = TEXT | make_fields(kind={"type": "metadata"}, price={"type": "metadata"})
    frame = rows("parquet", given, path="t.parquet", **BOUND, kind="kind", price="price")
    assert frame.select("caption", "size", "kind", "price").rows() == [
        ("1", "2020-01-02", "a", 1.5),
        (None, None, "b", None),
        ("3", "2021-01-01", "a", 2.0),
    ]


MEDIA: list[dict[str, object] | None] = [
    {"bytes": png(1), "path": "ignored/../../x.png"},
    {"bytes": None, "path": "x.png"},
    {"bytes": None, "path": "/etc/passwd"},
    {"bytes": None, "path": None},
    None,
    {"bytes": png(2), "path": None},
]


@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("rows_a_group", [2, 100])
def test_parquet_media_both_ways(
    statistics: bool, rows_a_group: int, tmp_path: Path, rows: Rows
) -> None:
    (tmp_path / "x.png").write_bytes(png())
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table(
        {"i": pa.array(MEDIA, kind), "flat": [each and each["bytes"] for each in MEDIA]}
    )
    pq.write_table(
        table, tmp_path / "t.parquet", row_group_size=rows_a_group, write_statistics=statistics
    )
    frame = rows("parquet", IMAGE, path="t.parquet", image="i")
    assert frame["image_uri"].to_list() == [
        "t.parquet#0/i",
        "x.png",
        None,
        None,
        None,
        "t.parquet#5/i",
    ]
    assert frame["image_member"].to_list() == ["0/i", None, None, None, None, "5/i"]
    assert frame["problem"].to_list() == [None, None, "refused", "unreadable", "unreadable", None]
    flat = rows("parquet", IMAGE, path="t.parquet", image="flat")
    assert flat["image_member"].to_list() == ["0/flat", None, None, None, None, "5/flat"]
    for each, member, content in [(frame, 0, 1), (frame, 5, 2), (flat, 5, 2)]:
        path = each["image_path"][member]
        assert read_media(path, each["image_member"][member]) == png(content)


@pytest.mark.parametrize("content", [3, [], [b"x"], {"a": b"x"}])
def test_parquet_bytes_that_are_none(content: object, tmp_path: Path, rows: Rows) -> None:
    pq.write_table(pa.table({"i": [{"bytes": content}, None]}), tmp_path / "t.parquet")
    frame = rows("parquet", IMAGE, path="t.parquet", image="i")
    assert frame["image_member"].to_list() == ["0/i", None]
    with pytest.raises(Unreadable, match="no bytes at 0/i"):
        read_media(frame["image_path"][0], "0/i")


def test_parquet_of_more_rows_than_are_read(
    tmp_path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.sources.parquet.MOST_ROWS", 2)
    pq.write_table(pa.table({"title": ["a"] * 3, "n": [1] * 3}), tmp_path / "t.parquet")
    assert "3 rows are more than the 2 that are read of one file" in failure(rows, "parquet")


def test_parquet_media_by_path(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "x.png").write_bytes(png())
    pq.write_table(pa.table({"i": ["x.png", "../y.png"]}), tmp_path / "t.parquet")
    frame = rows("parquet", IMAGE, path="t.parquet", image="i")
    assert frame["problem"].to_list() == [None, "refused"]
    assert frame["image_uri"][0] == "x.png"


def test_damaged_parquet(tmp_path: Path, rows: Rows) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"title": ["a"] * 1000, "n": [1] * 1000}), file)
    data = file.read_bytes()
    for damaged in (data[: len(data) // 2], b"", b"PAR1PAR1", data[:4] + b"\xff" * 40 + data[44:]):
        file.write_bytes(damaged)
        assert failure(rows, "parquet").startswith("t.parquet: is no sound Parquet file")
    pq.write_table(pa.table({"titel": ["a"], "n": [1]}), file)
    assert "did you mean 'titel'?" in failure(rows, "parquet")


@pytest.mark.parametrize("word", ["csv", "jsonl", "parquet"])
def test_several_tables_in_sorted_order(word: str, tmp_path: Path, rows: Rows) -> None:
    for shard in ("b", "a"):
        folder = tmp_path / "shards" / shard
        folder.mkdir(parents=True)
        (folder / "x.png").write_bytes(png())
        table = pl.DataFrame({"file": ["x.png", "y.png"]})
        if word == "csv":
            table.write_csv(folder / "t.csv")
        elif word == "jsonl":
            table.write_ndjson(folder / "t.jsonl")
        else:
            table.write_parquet(folder / "t.parquet")
    frame = rows(word, IMAGE, path=f"shards/**/*.{word}", image="file")
    assert frame["row"].to_list() == [f"{at}/t.{word}#{n}" for at in "ab" for n in (0, 1)]
    assert frame["image_uri"].to_list() == ["a/x.png", "a/y.png", "b/x.png", "b/y.png"]
    assert frame["problem"].to_list() == [None, "unreadable"] * 2


def test_no_table(tmp_path: Path, rows: Rows) -> None:
    assert failure(rows, "csv", path="no.csv").startswith("there is no table 'no.csv'")
    assert "matches no table: the source's path exists, '*.csv' matches nothing there" in failure(
        rows, "csv", path="*.csv"
    )
    assert "the folder cannot be read" in failure(rows, "csv", path="no/*.csv")


def test_a_header_alone_has_no_rows(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "t.csv").write_text("title,n\n")
    assert rows("csv", TEXT, path="t.csv", **BOUND).shape == (0, 8)


def test_objections() -> None:
    found = list(registry()["csv"].parse({"path": "x", "caption": 3, "sise": "n"}).check(TEXT))
    assert [(each.path, each.message) for each in found] == [
        (("caption",), "'caption' is bound to no text"),
        (("sise",), "'sise' is neither a field of the recipe nor a parameter of 'csv'"),
    ]
    assert "size" in found[1].candidates


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.one_of(st.none(), st.text(max_size=8), st.integers(), st.floats(), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    word=st.sampled_from(["jsonl", "csv"]),
)
def test_no_row_is_lost_whatever_it_holds(values: list[object], word: str, tmp_path: Path) -> None:
    import csv

    with (tmp_path / f"t.{word}").open("w", newline="", encoding="utf-8") as file:
        if word == "jsonl":
            file.writelines(json.dumps({"title": each, "n": each}) + "\n" for each in values)
        else:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerows([["title", "n"], *([each, each] for each in values)])
    source = registry()[word].parse({"path": f"t.{word}", **BOUND})
    frame = source.rows(TEXT, tmp_path, "src")
    assert len(frame) == len(values)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    values=st.lists(st.none() | st.text() | st.text(" \t\x1c\x85\u2003\u200bé")),
    optional=st.booleans(),
)
def test_texts_are_the_same_by_columns_and_one_by_one(
    values: list[str | None], optional: bool, tmp_path: Path
) -> None:
    bound = make_fields(caption={"type": "text", "optional": optional}, kind={"type": "metadata"})
    pq.write_table(
        pa.table({"t": pa.array(values, pa.string()), "k": pa.array(values, pa.string())}),
        tmp_path / "t",
    )
    lines = [json.dumps({"t": value, "k": value}) for value in values]
    (tmp_path / "u").write_text("\n".join(lines))
    (whole, each) = (
        registry()[word]
        .parse({"path": name, "caption": "t", "kind": "k"})
        .rows(bound, tmp_path, "src")
        .drop("caption_uri", "problem_detail")
        for word, name in (("parquet", "t"), ("jsonl", "u"))
    )
    assert whole.equals(each)


def test_a_text_that_is_no_utf8_makes_the_table_unsound(tmp_path: Path, rows: Rows) -> None:
    bad = pa.array([b"a cat", b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"title": bad, "n": ["1", "2"]}), tmp_path / "t.parquet")
    assert "is no sound Parquet file" in failure(rows, "parquet")

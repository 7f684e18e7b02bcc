"""Lists of hashes as they are exchanged, and which pairs they name. No entry is ever repeated.

A list is text, one hash a line: SHA-256 or MD5 of files in hexadecimal, or `pdq:` and a PDQ hash of
pictures (https://github.com/facebook/ThreatExchange/tree/main/pdq); behind the hash may stand anything,
as `sha256sum` writes it, and `#` begins a comment. Or it is CSV with columns `sha256`, `md5`, `pdq`.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from curate.errors import DataError
from curate.pairs.field import CLOCKED
from curate.steps.against import within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from curate.steps.step import Ask

DIGITS = {"sha256": 64, "md5": 32, "pdq": 64}
"""Hexadecimal digits of each kind of hash."""
_HASH = re.compile(r"(?:(sha256|md5|pdq):)?([0-9a-f]+)", re.IGNORECASE)


def read_hashes(text: str, name: str) -> pl.DataFrame:
    """`kind`, `value` of a list; `DataError` names the line that is none, not what it holds."""
    import polars as pl

    columns = header(text, DIGITS)
    lines = _of_columns(text, columns) if columns else _of_lines(text)
    found = []
    for number, kind, value in lines:
        if kind is None or not re.fullmatch(f"[0-9a-f]{{{DIGITS[kind]}}}", value):
            raise DataError(
                f"{name}: line {number} is no hash",
                "SHA-256 (64 hexadecimal digits), MD5 (32), or pdq: and 64 digits",
            )
        found.append((kind, value))
    return pl.DataFrame(found, {"kind": pl.String, "value": pl.String}, orient="row").unique(
        maintain_order=True
    )


def header(text: str, known: Sequence[str] | dict[str, int]) -> list[str] | None:
    """The columns of a list that is CSV with a header of known names, else None."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    columns = [cell.strip().lower() for cell in first.removeprefix("\ufeff").split(",")]
    return columns if any(column in known for column in columns) else None


def cells(text: str, columns: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Line, column and value of every cell below a list's header that holds anything."""
    rows = csv.reader(io.StringIO(text.lstrip(), newline=None))
    try:
        next(rows)
        for row in rows:
            for column, cell in zip(columns, row, strict=False):
                if cell.strip():
                    yield rows.line_num, column, cell.strip()
    except csv.Error as error:
        raise DataError(f"line {rows.line_num} of the list is no CSV: {error}") from None


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Number and content of the lines that are no comment."""
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        content = re.sub(r"(^|\s)#.*", "", line).strip()
        if content:
            yield number, content


def kind_of(written: str) -> tuple[str | None, str]:
    """Which hash a text is, by its prefix or its length, and its digits in lower case."""
    found = _HASH.fullmatch(written)
    if found is None:
        return None, written
    by_length = {32: "md5", 64: "sha256"}.get(len(found[2]))
    return (found[1] or by_length or "").lower() or None, found[2].lower()


def named(
    field: str, table: pl.DataFrame, hashes: pl.DataFrame, radius: int, ask: Ask
) -> pl.DataFrame:
    """`pair_id`, `kind`, `likeness` of the pairs whose content a list names; one line each, exact first.

    A span is named by the hash of its file too.
    """
    import polars as pl

    keys = [f"{field}_sha256"]
    found = [_by_key(table, key, hashes) for key in [*keys, *_files(field, ask)]]
    key = table.select("pair_id", key=f"{field}_sha256").drop_nulls()
    md5 = hashes.filter(pl.col("kind") == "md5")
    if md5.height:
        from curate.measures.digest import file_md5

        ours = ask.measure(file_md5(ask.fields[field].type), key["key"]).drop_nulls("md5")
        same = ours.join(md5, left_on="md5", right_on="value", how="semi")
        found.append(_told(key, same.select("key", likeness=pl.lit(1.0)), "md5"))
    pdq = hashes.filter(pl.col("kind") == "pdq")
    if pdq.height and ask.fields[field].type == "image":
        near = within(key["key"], pdq["value"].unique().sort(), ask, radius)
        found.append(_told(key, near.select("key", "likeness"), "pdq"))
    return pl.concat(found).unique("pair_id", keep="first", maintain_order=True)


def _files(field: str, ask: Ask) -> list[str]:
    return [f"{field}_file_sha256"] if ask.fields[field].type in CLOCKED else []


def _by_key(table: pl.DataFrame, column: str, hashes: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    listed = hashes.filter(pl.col("kind") == "sha256")
    same = table.join(listed, left_on=column, right_on="value", how="semi", maintain_order="left")
    return same.select("pair_id", kind=pl.lit("sha256"), likeness=pl.lit(1.0))


def _told(keys: pl.DataFrame, found: pl.DataFrame, kind: str) -> pl.DataFrame:
    import polars as pl

    known = keys.join(found, on="key", maintain_order="left")
    return known.select("pair_id", kind=pl.lit(kind), likeness="likeness")


def _of_columns(text: str, columns: Sequence[str]) -> Iterator[tuple[int, str | None, str]]:
    for number, column, cell in cells(text, columns):
        if column in DIGITS:
            yield number, column, cell.lower()


def _of_lines(text: str) -> Iterator[tuple[int, str | None, str]]:
    for number, content in lines_of(text):
        yield number, *kind_of(content.split()[0])

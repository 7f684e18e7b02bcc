"""Media that a table names by URL, as lists of the web do (LAION's, DataComp's): fetched once, kept by hash.

Rows are read as of any table; the builder fetches (`curate.run.fetching`), since sources read no media.
Nothing is fetched but for this source. Only public addresses are asked, whatever a name resolves to and
wherever a redirect leads, and sites that forbid it (robots.txt, `X-Robots-Tag: noai`) are obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field as Key

from curate.pairs.field import MEDIA
from curate.sources.cell import ABSENT, Cell
from curate.sources.csv import Csv
from curate.sources.jsonl import Jsonl
from curate.sources.parquet import Parquet
from curate.sources.table import Table, Values
from curate.steps.step import Objection

if TYPE_CHECKING:
    from curate.pairs.field import Fields
    from curate.sources.sheet import Sheet

_USER = re.compile(r"(?<=//)[^/?#]*@")
"""A name and a password in a URL: that of a refused row is published, too."""
_READERS: dict[str, type[Csv | Jsonl | Parquet]] = {
    ".csv": Csv,
    ".jsonl": Jsonl,
    ".parquet": Parquet,
    ".tsv": Csv,
}


class Urls(Table):
    """One row per row of the table."""

    word: ClassVar[str] = "urls"
    summary: ClassVar[str] = "Rows of CSV, JSON lines or Parquet files; media by URL."
    examples: ClassVar[tuple[str, ...]] = (
        "- urls: {path: laion.parquet, image: url, caption: text, contact: me@example.org}",
        """- urls:
    path: "datacomp/*.parquet"
    image: url
    caption: text
    sha256: sha256                       # what has changed since it was listed is refused
    contact: https://example.org/about   # told to servers
    max_bytes: 8_000_000""",
    )

    max_unreadable: float = Key(
        0.5, ge=0, le=1, description="Share of unreadable and refused rows that stops the build."
    )
    sha256: str | None = Key(
        None, min_length=1, description="The column with the hash that a file must have."
    )
    contact: str | None = Key(
        None,
        pattern=r"^[!-'*-~]{1,200}$",
        description="Your address or page, told to servers with every request.",
    )
    allow: list[str] = Key(
        [],
        description="Hosts of your own network that may be asked, as `10.0.0.7` or `media.local:8080`.",
    )
    robots: bool = Key(
        True, description="Whether sites are obeyed: robots.txt, `X-Robots-Tag`, `tdm-reservation`."
    )
    max_bytes: int = Key(32_000_000, ge=1, description="The largest file that is taken.")
    max_seconds: float = Key(
        30.0, gt=0, le=86_400, description="The longest that one file may take."
    )
    at_once: int = Key(32, ge=1, le=1024, description="Files that are fetched at a time.")
    per_host: int = Key(2, ge=1, le=64, description="Of them, of one host.")

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if _suffix(self.path) not in _READERS:
            expected = f"a name that ends in {', '.join(_READERS)}"
            yield Objection(("path",), f"'{self.path}' is no table", expected=expected)
        media = [key for key in self.bindings if key in fields and fields[key].type in MEDIA]
        if not media:
            yield Objection(
                (), "no field is bound to a column of URLs", expected="a medium's column"
            )
        if self.sha256 and len(media) > 1:
            yield Objection(("sha256",), "one column cannot hold the hashes of several fields")

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> Values:
        wanted = dict.fromkeys([*columns, *([self.sha256] if self.sha256 else [])], False)
        tabs = {"delimiter": "\t"} if _suffix(sheet.uri) == ".tsv" else {}
        return _READERS[_suffix(sheet.uri)].parse({"path": sheet.uri, **tabs}).read(sheet, wanted)

    def placed(self, column: str, values: Values) -> list[Any]:
        urls = values[column]
        hashes = values[self.sha256] if self.sha256 else [None] * len(urls)
        return [_cell(url, sha256) for url, sha256 in zip(urls, hashes, strict=True)]


def _suffix(path: str) -> str:
    return PurePath(path).suffix.lower()


def _cell(url: Any, sha256: Any) -> Cell:
    """A URL stands where a path would, with the hash that its file must have as the member."""
    if url is None or url == "":
        return ABSENT
    if not isinstance(url, str):
        return Cell(problem="unreadable", detail="holds no URL")
    try:
        url.encode()
    except UnicodeEncodeError:
        return Cell(problem="unreadable", detail="a URL with half a surrogate pair")
    member = None if sha256 is None else str(sha256).strip().lower()
    return Cell(uri=_USER.sub("", url.strip()), path=url.strip(), member=member)

"""Whom a release's licences ask to name, as Markdown: per licence, per source, per author."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.governance.licences import Licensing, licences
from curate.pairs.licence import alternatives
from curate.pairs.terms import terms_of

if TYPE_CHECKING:
    import polars as pl

_MOST = 1000
"""Authors of one licence and source that are named; the data name all, row by row."""
_NOT_IN_TEXT = re.compile(r"([\\`*_\[\]<>#|])")


def attribution(pairs: pl.DataFrame) -> str:
    """`ATTRIBUTION.md` from the table `pairs.parquet`, of the pairs that were kept."""
    import polars as pl

    kept, found = pairs.filter(pl.col("status") == "kept"), licences(pairs)
    lines = ["# Attribution", "", *_summary(found)]
    for licence in found.counts:
        lines += ["", f"## {licence}", "", *_links(licence), ""]
        lines += _sources(kept.filter(pl.col("license") == licence))
    if found.unknown:
        unknown = pl.col("license").is_null() if "license" in kept.columns else pl.lit(True)
        lines += ["", "## Licence unknown", "", *_sources(kept.filter(unknown))]
    return "\n".join(lines) + "\n"


def _summary(found: Licensing) -> Iterator[str]:
    yield "Every pair stays under its own licence; the columns `license` and `attribution` say which, and"
    yield "whom to name. What stands here of terms is a reading aid: the licences' own texts count."
    if found.binding or found.conflicts:
        yield ""
    for each in found.binding:
        yield f"- Whoever uses all of it: {each.term}, for {each.pairs} pairs ({', '.join(each.licences)})."
    for conflict in found.conflicts:
        yield f"- Conflict: {conflict.words}."


def _links(licence: str) -> list[str]:
    names = {one for together in alternatives(licence) for one in together}
    return [f"{_link(name)}: {_asked(name)}." for name in sorted(names)]


def _link(name: str) -> str:
    plain = name.partition(" WITH ")[0]
    if plain.startswith("LicenseRef-"):
        return name
    return f"[{name}](https://spdx.org/licenses/{plain}.html)"


def _asked(name: str) -> str:
    terms = terms_of(name)
    if terms is None:
        return "its terms are not in our table, read them"
    return ", ".join(sorted(terms)) or "asks nothing"


def _sources(rows: pl.DataFrame) -> Iterator[str]:
    """A line per source, and below it one per author."""
    import polars as pl

    counted = rows.group_by("source").len().sort("source")
    for source, count in counted.iter_rows():
        yield f"- {_plain(source)}: {_pairs(count)}"
        of_source = rows.filter(pl.col("source") == source)
        if "attribution" in rows.columns:
            yield from _authors(of_source)


def _authors(rows: pl.DataFrame) -> Iterator[str]:
    import polars as pl

    named = rows.drop_nulls("attribution").group_by("attribution").len()
    ordered = named.sort(["len", "attribution"], descending=[True, False])
    for author, count in ordered.head(_MOST).iter_rows():
        yield f"  - {_plain(author)}: {_pairs(count)}"
    if ordered.height > _MOST:
        rest = ordered.slice(_MOST).select(pl.col("len").sum()).item()
        yield f"  - {ordered.height - _MOST} more, named in the data: {_pairs(rest)}"
    if unnamed := rows["attribution"].null_count():
        yield f"  - nobody is named: {_pairs(unnamed)}"


def _pairs(count: int) -> str:
    return f"{count} pair{'' if count == 1 else 's'}"


def _plain(text: str) -> str:
    """What somebody wrote, in one line and as text."""
    return _NOT_IN_TEXT.sub(r"\\\1", " ".join(str(text).split()))

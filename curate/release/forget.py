"""Who has to go when something is forgotten: followed through every version of every release.

    traced(holdings, request) -> Trace

What goes with a pair that is asked for: the same row in other versions, as long as it shares a
content; the parts that it was formed of and nobody else uses; whatever was formed or made of it. A
content goes with the last pair that holds it. A label that was copied from it does not take its
pair along: the pair is labelled anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.pairs.field import Fields, content_fields, media_fields, metadata_fields
from curate.pairs.identity import located_id
from curate.pairs.keys import collected_ids, content_hashes
from curate.pairs.origin import SYNTHETIC
from curate.pairs.span import span, span_key
from curate.release.compare_side import Side

PART = "paired"
_PAIRS: dict[str, Any] = {
    "place": pl.String,
    "name": pl.String,
    "pair_id": pl.String,
    "source": pl.String,
    "row": pl.String,
    "status": pl.String,
    "origin": pl.String,
    "parents": pl.List(pl.String),
    "own_id": pl.String,
    "placed": pl.Boolean,
}
_CONTENTS: dict[str, Any] = {
    "place": pl.String,
    "pair_id": pl.String,
    "key": pl.String,
    "made": pl.Boolean,
    "prompt": pl.String,
}
_NODE = ["place", "pair_id"]


@dataclass(frozen=True)
class Request:
    """What is to be forgotten."""

    ids: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()
    """Of contents, of whole files, or of bytes that a release holds in their place."""


@dataclass(frozen=True)
class Holdings:
    """Who holds what, in one place: a release, a candidate, or a recipe's sources as they are."""

    place: str
    pairs: pl.DataFrame
    """Columns of `_PAIRS`. `placed` are those named by where they lay, as parts are and what could not
    be read: in another version the same name may be another's. `own_id` goes by what they hold."""
    contents: pl.DataFrame
    """Columns of `_CONTENTS`: a content of a pair, whether a machine made it, and of what."""
    spans: pl.DataFrame
    """`pair_id`, `key`, `start`, `end` of the spans that pairs hold."""


@dataclass(frozen=True)
class Trace:
    """What was found."""

    pairs: pl.DataFrame
    """`place`, `pair_id`, `placed`, and `asked`: whether it was named, or goes with another."""
    contents: frozenset[str]
    """Collected contents that nobody else holds."""
    made: frozenset[str]
    """Contents that machines made of them."""
    ids: frozenset[str]
    """The ids by which sources would bring pairs back."""
    shared: int
    """Contents of theirs that stay, since others hold them too."""
    holders: tuple[str, ...]
    """The places of these others."""

    def of(self, place: str) -> int:
        """How many pairs go from a place."""
        return self.pairs.filter(pl.col("place") == place).height

    @property
    def names(self) -> frozenset[str]:
        """Every id and hash that must be nowhere afterwards."""
        own = self.pairs.filter(~pl.col("placed"))["pair_id"]
        return frozenset(own) | self.ids | self.contents | self.made


def of_release(folder: Path) -> Holdings:
    """What a release's tables say."""
    side = Side.of(folder)
    fields = _fields(side.lock["recipe"]["fields"])
    lines = _made_lines(folder)
    return held(str(folder), str(side.manifest["name"]), side.pairs, fields, lines)


def held(
    place: str, name: str, pairs: pl.DataFrame, fields: Fields, made: pl.DataFrame | None = None
) -> Holdings:
    """Of a table such as `pairs.parquet`, and `pair_id`, `field`, `prompt`, `value` of what was made."""
    lines = _no_lines() if made is None else made
    contents = [
        _column(place, name, column, pairs, lines)
        for name in content_fields(fields)
        for column in (f"{name}_sha256", f"{name}_file_sha256")
        if column in pairs.columns
    ]
    known = _with_placed(
        pairs.with_columns(place=pl.lit(place), name=pl.lit(name), own_id=_own_ids(pairs, fields))
    )
    return Holdings(
        place,
        known.select(pl.col(n).cast(t) for n, t in _PAIRS.items()),
        pl.concat([pl.DataFrame(schema=_CONTENTS), *contents, _rejected(place, fields, lines)]),
        pl.concat([*_spans(pairs, fields)]),
    )


def traced(places: Sequence[Holdings], request: Request) -> Trace:
    """Follow a request; raises `CurateError` for an id that nobody bears, or that cannot be forgotten."""
    pairs = pl.concat([pl.DataFrame(schema=_PAIRS), *(one.pairs for one in places)])
    contents = pl.concat([pl.DataFrame(schema=_CONTENTS), *(one.contents for one in places)])
    unknown = request.ids - set(pairs["pair_id"])
    if unknown:
        raise CurateError(
            f"no release of this workspace has a pair '{min(unknown)}'",
            "name whole ids, as `curate explain` and `curate search` print them",
        )
    hashes = pl.Series([*request.hashes, *_of_spans(places, request.hashes)], dtype=pl.String)
    asked = pl.concat(
        [
            pairs.filter(pl.col("pair_id").is_in(list(request.ids))).select(_NODE),
            contents.filter(~pl.col("made") & pl.col("key").is_in(hashes.implode())).select(_NODE),
        ]
    ).unique()
    gone = _followed(asked, pairs, contents)
    asked = pl.concat([asked, _holding_made(contents, hashes, gone)]).unique()
    gone = _followed(asked, pairs, contents)
    _check_orphans(asked, pairs, gone)
    return _told(gone, asked, pairs, contents, request)


def _told(
    gone: pl.DataFrame,
    asked: pl.DataFrame,
    pairs: pl.DataFrame,
    contents: pl.DataFrame,
    request: Request,
) -> Trace:
    theirs = contents.join(gone, on=_NODE, how="semi")
    others = contents.join(gone, on=_NODE, how="anti")
    stay = frozenset(others.filter(~pl.col("made"))["key"])
    held = frozenset(theirs.filter(~pl.col("made"))["key"])
    holding = others.filter(~pl.col("made") & pl.col("key").is_in(list(held)))
    made = frozenset(theirs.filter("made")["key"]) - stay
    rows = pairs.join(gone, on=_NODE, how="semi").filter(pl.col("origin") != SYNTHETIC)
    whole = rows.join(theirs, on=_NODE, how="semi").filter("placed")
    ids = {*rows.join(whole, on=_NODE, how="anti")["pair_id"], *whole["own_id"]}
    exclusive = (held - stay) | request.hashes
    known = gone.join(pairs.select(*_NODE, "placed"), on=_NODE)
    told = known.join(asked.with_columns(asked=pl.lit(value=True)), on=_NODE, how="left")
    return Trace(
        pairs=told.with_columns(pl.col("asked").fill_null(value=False)).sort(_NODE),
        contents=exclusive,
        made=made - exclusive,
        ids=frozenset(ids),
        shared=len(held & stay),
        holders=tuple(holding["place"].unique().sort()),
    )


def _followed(asked: pl.DataFrame, pairs: pl.DataFrame, contents: pl.DataFrame) -> pl.DataFrame:
    """Everything that goes along, `place` and `pair_id`."""
    gone = asked
    while True:
        known = pairs.join(gone, on=_NODE, how="semi")
        more = [
            gone,
            _same_id(known, pairs),
            _same_row(known, pairs, contents),
            _children(known, pairs),
            _parts(known, pairs),
        ]
        wider = pl.concat(more).unique()
        if wider.height == gone.height:
            return gone
        gone = wider


def _same_id(known: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """A pair is the same wherever it bears its id, unless that only says where it lay."""
    ids = known.filter(~pl.col("placed")).select("pair_id")
    return pairs.filter(~pl.col("placed")).join(ids, on="pair_id", how="semi").select(_NODE)


def _same_row(known: pl.DataFrame, pairs: pl.DataFrame, contents: pl.DataFrame) -> pl.DataFrame:
    """Earlier and later states of a row: of the same recipe and source, with a content in common."""
    of_row = ["name", "source", "row"]
    mine = known.filter(pl.col("origin") != SYNTHETIC).select(*of_row, *_NODE)
    theirs = pairs.filter(pl.col("origin") != SYNTHETIC).select(*of_row, *_NODE)
    collected = contents.filter(~pl.col("made")).select(*_NODE, "key")
    keys = mine.join(collected, on=_NODE).select(*of_row, "key").unique()
    candidates = theirs.join(mine.select(of_row).unique(), on=of_row, how="semi")
    return (
        candidates.join(collected, on=_NODE)
        .join(keys, on=[*of_row, "key"], how="semi")
        .select(_NODE)
    )


def _children(known: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """What was formed or made of them."""
    parents = pairs.select(*_NODE, "parents").explode("parents").drop_nulls()
    of = known.select("place", parents="pair_id")
    return parents.join(of, on=["place", "parents"], how="semi").select(_NODE)


def _parts(known: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Parts of which nothing that stays was formed."""
    used = pairs.select(*_NODE, "parents").explode("parents").drop_nulls()
    staying = used.join(known.select(_NODE), on=_NODE, how="anti")
    of_gone = used.join(known.select(_NODE), on=_NODE, how="semi")
    free = of_gone.join(staying, on=["place", "parents"], how="anti")
    found = free.select("place", pair_id="parents")
    parts = pairs.filter(pl.col("status") == PART)
    return parts.join(found, on=_NODE, how="semi").select(_NODE)


def _holding_made(contents: pl.DataFrame, hashes: pl.Series, gone: pl.DataFrame) -> pl.DataFrame:
    """Pairs in which a machine put a content that is asked for, other than by copying it from them."""
    mine = contents.filter(pl.col("made") & pl.col("key").is_in(hashes.implode()))
    copied = mine.join(gone.select("place", prompt="pair_id"), on=["place", "prompt"], how="semi")
    return mine.join(copied, on=_NODE, how="anti").select(_NODE)


def _check_orphans(asked: pl.DataFrame, pairs: pl.DataFrame, gone: pl.DataFrame) -> None:
    """What a machine makes of a pair that stays would be made again in the next build."""
    made = pairs.join(asked, on=_NODE, how="semi").filter(pl.col("origin") == SYNTHETIC)
    parents = made.select("place", "pair_id", "parents").explode("parents").drop_nulls()
    staying = parents.join(
        gone.select("place", parents="pair_id"), on=["place", "parents"], how="anti"
    )
    if staying.height == parents.height and staying.height:
        pair_id, parent = staying.row(0)[1:]
        raise CurateError(
            f"pair '{pair_id}' was made by a machine of pair '{parent}' and would be made again",
            f"forget '{parent}', or take the step that makes it out of the recipe",
        )


def _of_spans(places: Iterable[Holdings], hashes: frozenset[str]) -> Iterator[str]:
    """Keys of the spans of files with these hashes."""
    for one in places:
        known = set(one.spans["key"])
        ends = one.spans.select("start", "end").unique().rows()
        keys = (span_key(sha256, span(*each)) for sha256 in hashes for each in ends)
        yield from (key for key in keys if key in known)


def _column(
    place: str, name: str, column: str, pairs: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    """The contents of one column of keys."""
    mine = lines.filter(pl.col("field") == name).select("pair_id", "prompt").unique("pair_id")
    rows = pairs.select("pair_id", key=column).drop_nulls()
    told = rows.join(mine.with_columns(made=pl.lit(value=True)), on="pair_id", how="left")
    return told.select(
        pl.lit(place).alias("place"),
        "pair_id",
        "key",
        pl.col("made").fill_null(value=False),
        "prompt",
    )


def _rejected(place: str, fields: Fields, lines: pl.DataFrame) -> pl.DataFrame:
    """What was made and stands in no table but that of what was made, by its hash."""
    media = pl.col("field").is_in(media_fields(fields))
    texts = pl.col("field").is_in([n for n, f in fields.items() if f.type == "text"])
    told = lines.filter(media | texts).drop_nulls("value")
    key = pl.when(media).then("value").otherwise(content_hashes(told["value"]))
    return told.select(
        pl.lit(place).alias("place"),
        "pair_id",
        key.alias("key"),
        pl.lit(value=True).alias("made"),
        "prompt",
    )


def _made_lines(folder: Path) -> pl.DataFrame:
    path = folder / "made.parquet"
    if not path.exists():
        return _no_lines()
    pairs = pl.read_parquet(folder / "pairs.parquet", columns=["pair_id", "origin"])
    lines = pl.read_parquet(path).join(pairs, on="pair_id")
    taken = lines.filter(pl.col("accepted") | (pl.col("origin") == SYNTHETIC))
    return taken.select("pair_id", "field", "prompt", "value")


def _no_lines() -> pl.DataFrame:
    names = ("pair_id", "field", "prompt", "value")
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


def _own_ids(pairs: pl.DataFrame, fields: Fields) -> pl.Series:
    """The id that a row would have by what it holds."""
    columns = {name: f"{name}_sha256" for name in content_fields(fields)}
    columns |= {name: name for name in metadata_fields(fields)}
    values = pairs.select(
        (pl.col(c) if c in pairs.columns else pl.lit(None, pl.String)).alias(n)
        for n, c in columns.items()
    )
    return collected_ids(values)


def _with_placed(pairs: pl.DataFrame) -> pl.DataFrame:
    """Hashing places is slow, and of most rows not needed: their ids are those of what they hold."""
    other = pairs.filter(pl.col("pair_id") != pl.col("own_id")).select("pair_id", "source", "row")
    found = [i for i, source, row in other.iter_rows() if i == located_id(source, row)]
    return pairs.with_columns(placed=pl.col("pair_id").is_in(found))


def _spans(pairs: pl.DataFrame, fields: Fields) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(
        schema={"pair_id": pl.String, "key": pl.String, "start": pl.Float64, "end": pl.Float64}
    )
    for name in content_fields(fields):
        if f"{name}_start" in pairs.columns:
            columns = {"key": f"{name}_sha256", "start": f"{name}_start", "end": f"{name}_end"}
            yield pairs.select("pair_id", **columns).drop_nulls()


def _fields(plain: dict[str, Any]) -> Fields:
    from pydantic import TypeAdapter

    from curate.pairs.field import Field

    return TypeAdapter(dict[str, Field]).validate_python(plain)

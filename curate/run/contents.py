"""Where every content of a table lies: from a content's key to something an engine can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.engines.engine import Content, Item, Media, Text
from curate.pairs.field import CLOCKED, Fields, content_fields
from curate.pairs.identity import content_hash
from curate.pairs.span import span

_PLACE = {
    "key": pl.String,
    "modality": pl.String,
    "text": pl.String,
    "path": pl.String,
    "member": pl.String,
    "file_sha256": pl.String,
    "start": pl.Float64,
    "end": pl.Float64,
}

_BUFFER = 8192
"""Rows taken out of a table at once; each time, threads that compute have to be waited for."""


@dataclass(frozen=True)
class Contents:
    """`key`, `modality`, and the `text` itself or the `path` and `member` of its bytes; of a
    recording also the `file_sha256` of those bytes and the span that is meant.
    """

    places: pl.DataFrame

    @classmethod
    def of_table(cls, table: pl.DataFrame, fields: Fields) -> Contents:
        """The contents of all pairs of a gathered table."""
        names = content_fields(fields)
        frames = [part for name in names for part in _places(table, name, fields[name].type)]
        return cls(pl.concat(frames).unique(["modality", "key"], keep="first", maintain_order=True))

    def with_table(self, table: pl.DataFrame, fields: Fields) -> Contents:
        """These, and what a table has besides."""
        return self.with_places(Contents.of_table(table, fields).places)

    def with_places(self, places: pl.DataFrame) -> Contents:
        """These, and what lies elsewhere besides."""
        both = pl.concat([self.places, places])
        return Contents(both.unique(["modality", "key"], keep="first", maintain_order=True))

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> Contents:
        """Texts that stand in no pair."""
        keys = [content_hash(text) for text in texts]
        frame = pl.DataFrame({"key": keys, "modality": "text", "text": list(texts)})
        return cls(_complete(frame).unique("key", maintain_order=True))

    def items(self, modality: str, keys: pl.Series) -> Iterator[Item]:
        """One item per key, in the order in which sources were read: contents that lie in one
        container are then read one after the other.
        """
        places = self.places.filter(pl.col("modality") == modality)
        found = places.join(keys.to_frame("key"), on="key", how="semi", maintain_order="left")
        yield from map(Item, found["key"], zip(_contents(found)))

    def couples(self, modalities: tuple[str, ...], edges: pl.DataFrame) -> Iterator[Item]:
        """One item per ordered pair of contents; its key is both keys, one after the other."""
        left = self._find(modalities[0], edges["left"])
        right = self._find(modalities[1], edges["right"])
        keys = left["key"] + right["key"]
        yield from map(Item, keys, zip(_contents(left), _contents(right), strict=True))

    def _find(self, modality: str, keys: pl.Series) -> pl.DataFrame:
        places = self.places.filter(pl.col("modality") == modality)
        return pl.DataFrame({"key": keys}).join(places, on="key", how="left", maintain_order="left")


def placed(frame: pl.DataFrame | None = None) -> pl.DataFrame:
    """Places with all columns there are, for `Contents.with_places`."""
    return _complete(pl.DataFrame(schema=_PLACE) if frame is None else frame)


def _places(table: pl.DataFrame, name: str, modality: str) -> list[pl.DataFrame]:
    """The contents of one field; recordings also whole, since a span is found within them."""
    if modality == "text":
        return [_named(table, modality, key=f"{name}_sha256", text=name)]
    place = {"path": f"{name}_path", "member": f"{name}_member"}
    if modality not in CLOCKED:
        return [_named(table, modality, key=f"{name}_sha256", **place)]
    file = {"file_sha256": f"{name}_file_sha256", **place}
    ends = {"start": f"{name}_start", "end": f"{name}_end"}
    spans = table.filter(pl.col(ends["start"]).is_not_null())
    return [
        _named(table, modality, key=f"{name}_file_sha256", **file),
        _named(spans, modality, key=f"{name}_sha256", **file, **ends),
    ]


def _named(table: pl.DataFrame, modality: str, **columns: str) -> pl.DataFrame:
    frame = table.select(**{new: pl.col(old) for new, old in columns.items()})
    return _complete(
        frame.filter(pl.col("key").is_not_null()).with_columns(modality=pl.lit(modality))
    )


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    lacking = [pl.lit(None, t).alias(n) for n, t in _PLACE.items() if n not in frame.columns]
    return frame.with_columns(lacking).select(list(_PLACE)).cast(pl.Schema(_PLACE))


def _contents(places: pl.DataFrame) -> Iterator[Content]:
    """One per row, all of one modality."""
    if (places["modality"] == "text").all():
        return map(Text, places["text"])
    return map(_medium, places.iter_rows(named=True, buffer_size=_BUFFER))


def _medium(row: dict[str, Any]) -> Content:
    file = row["file_sha256"] or row["key"]
    stretch = None if row["start"] is None else span(row["start"], row["end"])
    return Media(row["modality"], row["path"], row["member"], file, stretch)

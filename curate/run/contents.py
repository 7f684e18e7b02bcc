"""Where every content of a table lies: from a content's key to something an engine can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from curate.engines.engine import Content, Item, Media, Text
from curate.pairs.field import Fields, content_fields
from curate.pairs.identity import content_hash

_PLACE = {
    "key": pl.String,
    "modality": pl.String,
    "text": pl.String,
    "path": pl.String,
    "member": pl.String,
}


@dataclass(frozen=True)
class Contents:
    """`key`, `modality`, and the `text` itself or the `path` and `member` of its bytes."""

    places: pl.DataFrame

    @classmethod
    def of_table(cls, table: pl.DataFrame, fields: Fields) -> Contents:
        """The contents of all pairs of a gathered table."""
        frames = [_places(table, name, fields[name].type) for name in content_fields(fields)]
        return cls(pl.concat(frames).unique(["modality", "key"], keep="first", maintain_order=True))

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
        for row in found.iter_rows(named=True):
            yield Item(row["key"], (_content(row),))

    def couples(self, modalities: tuple[str, ...], edges: pl.DataFrame) -> Iterator[Item]:
        """One item per ordered pair of contents; its key is both keys, one after the other."""
        left = self._find(modalities[0], edges["left"]).iter_rows(named=True)
        right = self._find(modalities[1], edges["right"]).iter_rows(named=True)
        for one, other in zip(left, right, strict=True):
            yield Item(one["key"] + other["key"], (_content(one), _content(other)))

    def _find(self, modality: str, keys: pl.Series) -> pl.DataFrame:
        places = self.places.filter(pl.col("modality") == modality)
        return pl.DataFrame({"key": keys}).join(places, on="key", how="left", maintain_order="left")


def _places(table: pl.DataFrame, name: str, modality: str) -> pl.DataFrame:
    columns = {"key": f"{name}_sha256"}
    columns |= {"text": name} if modality == "text" else {"path": f"{name}_path"}
    columns |= {} if modality == "text" else {"member": f"{name}_member"}
    frame = table.select(**{new: pl.col(old) for new, old in columns.items()})
    return _complete(
        frame.filter(pl.col("key").is_not_null()).with_columns(modality=pl.lit(modality))
    )


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    lacking = [pl.lit(None, t).alias(n) for n, t in _PLACE.items() if n not in frame.columns]
    return frame.with_columns(lacking).select(list(_PLACE))


def _content(row: dict[str, str]) -> Content:
    if row["modality"] == "text":
        return Text(row["text"])
    return Media(row["modality"], row["path"], row["member"], row["key"])

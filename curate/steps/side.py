"""The sides of a pair as vectors: which measure embeds a field, and what comes of it.

An encoder is `embedded`, which needs nothing but packages and reads images, texts and films, or a
model reference, which reads what its model can. Sides that were embedded by the same encoder lie
in one space. Several fields may make one side: their vectors are put one after the other (early
fusion), for a head to learn from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.pairs.field import Fields
from curate.steps.step import Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.steps.step import Ask

EMBEDDED = "embedded"
MODEL = re.compile(r"(hf|file|pkg):.")
EMBEDDED_PRECISIONS = ("fp32", "int8")
EMBEDDED_READS = ("image", "text", "video")


def no_encoder(encoder: str) -> Objection | None:
    """What is wrong with an encoder's name, seen from its spelling alone."""
    if encoder == EMBEDDED or MODEL.match(encoder):
        return None
    wanted = "embedded, or a model such as hf:owner/name, file:path or pkg:module/path"
    return Objection(("encoder",), f"'{encoder}' names no encoder", wanted)


@dataclass(frozen=True)
class View:
    """How one field becomes vectors."""

    field: str
    measure: Measure
    features: str
    """The measure's column that a head learns from."""
    shared: str
    """The measure's column that lies in the encoder's shared space."""


@dataclass(frozen=True)
class Side:
    """One or more fields, and what encodes each."""

    fields: tuple[str, ...]
    encoders: tuple[str, ...]
    precision: str = "fp32"
    """How exactly the encoders compute."""

    def views(self, fields: Fields) -> list[View]:
        pairs = zip(self.fields, self.encoders, strict=True)
        return [view(name, fields[name].type, encoder, self.precision) for name, encoder in pairs]

    def check_precision(self) -> Iterator[Objection]:
        """ONNX Runtime has kernels of full and of 8 bits for processors, and none between."""
        if EMBEDDED in self.encoders and self.precision not in EMBEDDED_PRECISIONS:
            yield Objection(
                ("precision",),
                f"'embedded' does not compute in {self.precision}",
                " or ".join(EMBEDDED_PRECISIONS),
            )

    def has_features(self, fields: Fields) -> bool:
        """Whether a head learns from more than where the side lies in a shared space."""
        return any(seen.features != seen.shared for seen in self.views(fields))

    @property
    def space(self) -> str | None:
        """Names the space in which this side can be compared; None where fields are joined."""
        return self.encoders[0] if len(self.fields) == 1 else None

    def vectors(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `vector`, `shared` (null throughout where there is no space), `key`, `error`.

        Vectors are arrays, null where a field is absent or unreadable.
        """
        import polars as pl

        parts = [_of_field(table, seen, ask) for seen in self.views(ask.fields)]
        if len(parts) == 1:
            return parts[0]
        names = [f"vector_{at}" for at in range(len(parts))]
        joined = table.select("pair_id")
        for name, part in zip(names, parts, strict=True):
            kept = part.rename({"vector": name, "key": f"key_{name}", "error": f"error_{name}"})
            joined = joined.join(kept.drop("shared"), on="pair_id", maintain_order="left")
        lists = [pl.col(name).cast(pl.List(pl.Float32)) for name in names]
        whole = joined.with_columns(
            vector=pl.when(pl.all_horizontal(pl.col(names).is_not_null())).then(
                pl.concat_list(lists)
            ),
            shared=pl.lit(None),
            key=pl.concat_str([f"key_{name}" for name in names]),
            error=pl.coalesce([f"error_{name}" for name in names]),
        )
        return arrays(whole.select("pair_id", "vector", "shared", "key", "error"))


def view(name: str, modality: str, encoder: str, precision: str = "fp32") -> View:
    """The measure that embeds a field, and its columns."""
    if encoder != EMBEDDED:
        from curate.measures.encoder import embedding

        return View(name, embedding(modality, encoder, precision), "embedding", "embedding")
    from curate.measures.embedding import image_features, text_embedding, video_features

    if modality == "text":
        return View(name, text_embedding(precision=precision), "embedding", "embedding")
    features = image_features if modality == "image" else video_features
    return View(name, features(precision=precision), "features", "embedding")


def likeness(texts: pl.Series, others: pl.Series, side: Side, ask: Ask) -> pl.Series:
    """The cosines of texts with others, one by one, as the side's encoder sees them."""
    import polars as pl

    seen = side.views(ask.fields)[0]
    first, second = (
        ask.texts(seen.measure, values.to_list())[seen.shared].to_numpy()
        for values in (texts, others)
    )
    from curate.fits.ridge import unit

    return pl.Series("likeness", (unit(first) * unit(second)).sum(axis=1))


def contents_of(sides: Sequence[Side]) -> list[str]:
    """All fields of the sides."""
    return [name for side in sides for name in side.fields]


def _of_field(table: pl.DataFrame, seen: View, ask: Ask) -> pl.DataFrame:
    import polars as pl

    key = f"{seen.field}_sha256"
    values = ask.measure(seen.measure, table[key]).select(
        "key", "error", vector=pl.col(seen.features), shared=pl.col(seen.shared)
    )
    rows = table.select("pair_id", key=key)
    found = rows.join(values, on="key", how="left", maintain_order="left")
    return arrays(found.select("pair_id", "vector", "shared", "key", "error"))


def arrays(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as arrays: a model's vectors are all of one width, which only they tell."""
    import polars as pl

    for name in ("vector", "shared"):
        if isinstance(frame.schema.get(name), pl.List):
            widths = frame[name].list.len().drop_nulls()
            width = int(widths[0]) if widths.len() else 0
            frame = frame.with_columns(pl.col(name).list.to_array(width))
    return frame

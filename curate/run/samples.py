"""A few pairs for the card, as small pictures: only such as a safety step looked at and let
pass, and none that is flagged as private or as not to be used.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.cards.card import Sample
from curate.pairs.draw import uniform
from curate.pairs.image import decode_image
from curate.pairs.origin import COLLECTED

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence

FOLDER = "samples"
_MANY, _SIDE = 8, 192
_RIGHTS = ("privacy", "safety", "consent")
"""Words of steps after whose flags a pair is not shown around."""


def write_samples(folder: Path, shown: Evidence) -> list[Sample]:
    """Write pictures into the release's folder; none where no step looked at pictures for safety."""
    fields = shown.lock["recipe"]["fields"]
    image = next((name for name, field in fields.items() if field["type"] == "image"), None)
    texts = [name for name, field in fields.items() if field["type"] == "text"]
    chosen = _chosen(shown)
    if image is None or not chosen.height or shown.lock["recipe"]["release"]["media"] != "embed":
        return []
    (folder / FOLDER).mkdir()
    return list(_written(folder, chosen, image, texts))


def _chosen(shown: Evidence) -> pl.DataFrame:
    """Collected pairs, drawn by their ids, that a classifier let pass and that no step flags for
    what is private, unsafe, or not to be used.
    """
    lines = shown.decisions
    looked = lines.filter(pl.col("name").str.starts_with("safety nsfw"))
    fine = looked.group_by("pair_id").agg(fine=(pl.col("verdict") == "keep").all())
    word = pl.col("name").str.split(" ").list.first()
    flagged = lines.filter((pl.col("verdict") == "flag") & word.is_in(_RIGHTS))
    kept = shown.pairs.filter((pl.col("status") == "kept") & (pl.col("origin") == COLLECTED))
    safe = kept.join(fine.filter("fine"), on="pair_id", how="semi")
    safe = safe.join(flagged, on="pair_id", how="anti")
    return safe.sort(uniform(safe["pair_id"], 0, "samples")).head(_MANY).sort("pair_id")


def _written(folder: Path, chosen: pl.DataFrame, image: str, texts: list[str]) -> Iterator[Sample]:
    ids = chosen.select("pair_id")
    files = sorted(folder.glob("data/*/*.parquet"))
    rows = pl.scan_parquet(files).select("pair_id", image, *texts)
    found = rows.join(ids.lazy(), on="pair_id", how="semi").collect().sort("pair_id")
    for row in found.iter_rows(named=True):
        if row[image] is not None:
            name = f"{FOLDER}/{row['pair_id'][:16]}.png"
            (folder / name).write_bytes(_small(row[image]["bytes"]))
            yield Sample(name, {text: row[text] for text in texts if row[text]})


def _small(data: bytes) -> bytes:
    from PIL import Image

    picture = Image.fromarray(decode_image(data))
    picture.thumbnail((_SIDE, _SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()

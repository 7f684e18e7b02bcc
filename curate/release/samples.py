"""A few pairs for the card, as small pictures: only such as a safety step looked at and let
pass, and none that is flagged as private or as not to be used.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """Write the pictures into the release's folder; none where no step looked at them for safety."""
    found = list(_samples(folder, shown))
    for sample, picture in found:
        path = folder / sample.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_small(picture))
    return [sample for sample, _ in found]


def samples_of(folder: Path, shown: Evidence) -> list[Sample]:
    """The same of a release that stands, its pictures left alone."""
    return [sample for sample, _ in _samples(folder, shown)]


def _samples(folder: Path, shown: Evidence) -> Iterator[tuple[Sample, bytes]]:
    """Pairs with their pictures as they are released."""
    fields = shown.lock["recipe"]["fields"]
    image = next((name for name, field in fields.items() if field["type"] == "image"), None)
    texts = [name for name, field in fields.items() if field["type"] == "text"]
    chosen = _chosen(shown)
    if image is None or not chosen.height or shown.lock["recipe"]["release"]["media"] != "embed":
        return
    for row in _rows(folder, chosen, [image, *texts]):
        if row[image] is not None:
            name = f"{FOLDER}/{row['pair_id'][:16]}.png"
            said = {text: row[text] for text in texts if row[text]}
            yield Sample(name, said), row[image]["bytes"]


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


def _rows(folder: Path, chosen: pl.DataFrame, columns: list[str]) -> Iterator[dict[str, Any]]:
    ids = chosen.lazy().select("pair_id")
    rows = pl.scan_parquet(sorted(folder.glob("data/*/*.parquet"))).select("pair_id", *columns)
    found = rows.join(ids, on="pair_id", how="semi").collect().sort("pair_id")
    return found.iter_rows(named=True)


def _small(data: bytes) -> bytes:
    from PIL import Image

    picture = Image.fromarray(decode_image(data))
    picture.thumbnail((_SIDE, _SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()

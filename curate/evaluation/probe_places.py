"""Places planted in pictures: does EXIF with GPS reach the release?"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Planting, Ran, Share, share, stays
from curate.pairs.bare import bare

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene

FORMS = ("JPEG", "PNG", "WEBP")
_GPS, _PLACE = 0x8825, {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}


class Places(Planting):
    """Pictures saved anew with a place, as JPEG, PNG and WebP in turn."""

    word: ClassVar[str] = "places"
    question: ClassVar[str] = "Are places taken out that are planted in pictures' EXIF?"
    note: ClassVar[str | None] = "caught: the picture is released without its place, or not at all"

    def unable(self, scene: Scene) -> str | None:
        return None if pictures(scene) else "no field is an image"

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        return kept.filter(pl.col(f"{pictures(scene)[0]}_sha256").is_not_null())

    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        name = pictures(scene)[0]
        forms = [FORMS[at % len(FORMS)] for at in range(drawn.height)]
        files = [
            _with_place(data, form)
            for data, form in zip(as_png(drawn, name, scene), forms, strict=True)
        ]
        rows = with_pictures(drawn, name, files, scene)
        told = rows.select("pair_id", key=f"{name}_sha256", field=pl.lit(name))
        return Planted(rows, told=told.with_columns(pl.Series("form", forms)))

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        told = planted.told
        assert told is not None
        name = told["field"][0]
        living = ran.planted.living.select("pair_id", now=f"{name}_sha256", path=f"{name}_path")
        found = told.join(living, on="pair_id", how="left", maintain_order="left")
        here = stays(told["pair_id"], ran.planted)
        rows = zip(here, found.select("key", "now", "path").iter_rows(), strict=True)
        out = [stayed and _tells(*row) for stayed, row in rows]
        caught = ~pl.Series("caught", out, pl.Boolean)
        stripped = pl.Series("stripped", here, pl.Boolean) & caught
        by_form = told.with_columns(caught).partition_by("form", maintain_order=True)
        return [
            *share("caught", caught),
            *share("kept without it", stripped),
            *(
                one
                for part in by_form
                for one in share(f"caught: {part['form'][0]}", part["caught"])
            ),
        ]


def pictures(scene: Scene) -> list[str]:
    """Names of the image fields."""
    return [name for name, field in scene.ask.fields.items() if field.type == "image"]


def as_png(rows: pl.DataFrame, name: str, scene: Scene) -> list[bytes]:
    """The pixels of each row's picture as a file."""
    from curate.measures.raster import IMAGE_RASTER

    keys = rows[f"{name}_sha256"].rename("key")
    known = scene.ask.measure(IMAGE_RASTER, keys).select("key", "png")
    return keys.to_frame().join(known, on="key", how="left", maintain_order="left")["png"].to_list()


def with_pictures(
    rows: pl.DataFrame, name: str, files: Sequence[bytes], scene: Scene
) -> pl.DataFrame:
    """Rows with other pictures in a field, which can be measured."""
    lent = scene.lend(files, "image")
    return rows.with_columns(
        lent["sha256"].alias(f"{name}_sha256"),
        lent["path"].alias(f"{name}_path"),
        pl.lit(None, rows.schema[f"{name}_member"]).alias(f"{name}_member"),
    )


def _with_place(data: bytes, form: str) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif.get_ifd(_GPS).update(_PLACE)
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.save(out, form, exif=exif.tobytes(), quality=92)
    return out.getvalue()


def _tells(planted: str, now: str | None, path: str | None) -> bool:
    """Whether a picture still tells its place."""
    if now == planted:
        return True
    return path is not None and "gps" in bare(Path(path).read_bytes())[1]

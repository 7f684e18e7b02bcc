"""Properties of contents that a recipe can name as `field.property`, and what measures them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from curate.pairs.field import Fields
from curate.steps.step import Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


@dataclass(frozen=True)
class Property:
    """One measurable number or word of a content."""

    modality: str
    measure: Callable[[], Measure]
    value: Callable[[], pl.Expr]
    """From the measure's columns."""
    meaning: str
    bare: Literal["min", "max", "is", "regex"] | None = None
    """What a plain value stands for: a lower bound, an upper bound, the value itself."""
    header: bool = False
    """Known from the file's header: cheaper than anything that decodes."""
    extra: str | None = None


def _image_probe() -> Measure:
    from curate.measures.image import IMAGE_PROBE

    return IMAGE_PROBE


def _image_sharpness() -> Measure:
    from curate.measures.image import IMAGE_SHARPNESS

    return IMAGE_SHARPNESS


def _audio_probe() -> Measure:
    from curate.measures.audio import AUDIO_PROBE

    return AUDIO_PROBE


def _audio_level() -> Measure:
    from curate.measures.audio import AUDIO_LEVEL

    return AUDIO_LEVEL


def _video_probe() -> Measure:
    from curate.measures.video import VIDEO_PROBE

    return VIDEO_PROBE


def _sensor_probe() -> Measure:
    from curate.measures.sensor import SENSOR_PROBE

    return SENSOR_PROBE


def _text_counts() -> Measure:
    from curate.measures.text import TEXT_COUNTS

    return TEXT_COUNTS


def _text_language() -> Measure:
    from curate.measures.text import text_language

    return text_language()


def _column(name: str) -> Callable[[], pl.Expr]:
    def expression() -> pl.Expr:
        import polars as pl

        return pl.col(name)

    return expression


def _side(pick: str) -> Callable[[], pl.Expr]:
    def expression() -> pl.Expr:
        import polars as pl

        horizontal = {"min": pl.min_horizontal, "max": pl.max_horizontal}[pick]
        return horizontal("width", "height")

    return expression


def _has_sound() -> pl.Expr:
    import polars as pl

    return pl.col("has_sound").cast(pl.Int8)


def _aspect() -> pl.Expr:
    import polars as pl

    return pl.max_horizontal("width", "height") / pl.min_horizontal("width", "height")


PROPERTIES: dict[str, dict[str, Property]] = {
    "image": {
        "width": Property("image", _image_probe, _column("width"), "pixels", None, True),
        "height": Property("image", _image_probe, _column("height"), "pixels", None, True),
        "min_side": Property(
            "image", _image_probe, _side("min"), "pixels of the shorter side", "min", True
        ),
        "max_side": Property(
            "image", _image_probe, _side("max"), "pixels of the longer side", "max", True
        ),
        "aspect": Property(
            "image", _image_probe, _aspect, "longer side over shorter side, 1 or more", "max", True
        ),
        "format": Property(
            "image",
            _image_probe,
            _column("format"),
            "JPEG, PNG, WEBP, GIF, TIFF, BMP, AVIF or SVG",
            "is",
            True,
        ),
        "sharpness": Property(
            "image",
            _image_sharpness,
            _column("sharpness"),
            "variance of the Laplacian; blurred pictures are near 0",
            "min",
        ),
    },
    "audio": {
        "duration": Property("audio", _audio_probe, _column("duration"), "seconds", None, True),
        "rate": Property("audio", _audio_probe, _column("rate"), "samples a second", "min", True),
        "channels": Property("audio", _audio_probe, _column("channels"), "channels", None, True),
        "silence": Property(
            "audio", _audio_level, _column("silence"), "share of 20 ms frames below -50 dBFS", "max"
        ),
        "loudness": Property(
            "audio", _audio_level, _column("rms_dbfs"), "RMS level in dBFS, 0 at most", "min"
        ),
    },
    "video": {
        "duration": Property("video", _video_probe, _column("duration"), "seconds", None, True),
        "width": Property("video", _video_probe, _column("width"), "pixels", None, True),
        "height": Property("video", _video_probe, _column("height"), "pixels", None, True),
        "min_side": Property(
            "video", _video_probe, _side("min"), "pixels of the shorter side", "min", True
        ),
        "rate": Property("video", _video_probe, _column("rate"), "frames a second", "min", True),
        "format": Property(
            "video", _video_probe, _column("format"), "MP4, MOV, WEBM, MKV or AVI", "is", True
        ),
        "has_sound": Property(
            "video", _video_probe, _has_sound, "1 with sound, 0 without", "min", True
        ),
    },
    "sensor": {
        "duration": Property("sensor", _sensor_probe, _column("duration"), "seconds", None, True),
        "rate": Property(
            "sensor", _sensor_probe, _column("rate"), "samples a second, the median", "min", True
        ),
        "channels": Property("sensor", _sensor_probe, _column("channels"), "channels", None, True),
        "samples": Property("sensor", _sensor_probe, _column("samples"), "samples", "min", True),
    },
    "text": {
        "words": Property(
            "text", _text_counts, _column("words"), "words between spaces", None, True
        ),
        "characters": Property(
            "text", _text_counts, _column("characters"), "Unicode characters", None, True
        ),
        "repetition": Property(
            "text",
            _text_counts,
            _column("repetition"),
            "share of words that stood before",
            "max",
            True,
        ),
        "language": Property(
            "text",
            _text_language,
            _column("language"),
            "ISO 639-1 code of the most likely language",
            "is",
            extra="language",
        ),
        "matches": Property(
            "text", _text_counts, _column("text"), "a regular expression found in it", "regex", True
        ),
        "excludes": Property(
            "text", _text_counts, _column("text"), "a regular expression not in it", "regex", True
        ),
    },
}


def find(key: str, fields: Fields) -> Property | Objection:
    """The property that `field.property` names, or what is wrong with the name."""
    name, _, prop = key.partition(".")
    field = fields.get(name)
    if field is None or not prop:
        return Objection((key,), f"no field has the property '{key}'", candidates=names(fields))
    offered = PROPERTIES.get(field.type, {})
    if prop not in offered:
        return Objection(
            (key,),
            f"'{prop}' is no property of {field.type} fields such as '{name}'",
            candidates=(
                *(other for other in names(fields) if other.endswith(f".{prop}")),
                *(f"{name}.{other}" for other in offered),
            ),
        )
    return offered[prop]


def names(fields: Fields) -> tuple[str, ...]:
    """Every `field.property` of a recipe."""
    return tuple(_names(fields))


def _names(fields: Fields) -> Iterator[str]:
    for name, field in fields.items():
        for prop in PROPERTIES.get(field.type, {}):
            yield f"{name}.{prop}"

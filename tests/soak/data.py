"""Small data by chance: pictures, recordings, streams and texts of a few pairs, some of them broken."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workspace import age, photo, tone

_WORDS = ["red", "old", "small", "owl", "apple", "chair", "lamp", "sings", "near", "water", "night"]
_ODD = [
    "",
    "   ",
    "=1+1",
    "<script>alert(1)</script>",
    "line\none\ttwo\u2028three",
    "\u202etxet \u0000 nul",
    "cafe\u0301 CAF\u00c9 \U0001f426",
    "word " * 400,
    "write to ann.bird@example.org or +44 20 7946 0958",
]
_LICENCES = ["CC0-1.0", "CC-BY-4.0", "CC BY-NC 4.0", "all rights reserved", ""]
_URLS = ["https://example.org/a", "https://www.example.net/b", "https://example.com/c", ""]

METADATA = ("group", "licence", "url", "price")


@dataclass
class Drawn:
    """Fields and sources of a recipe, and what its steps may speak of."""

    fields: dict[str, dict[str, Any]]
    sources: list[dict[str, Any]] = field(default_factory=list)
    joins: list[dict[str, Any]] = field(default_factory=list)
    """Steps without which nothing is whole."""

    @property
    def media(self) -> list[str]:
        return [name for name, kind in self.fields.items() if kind["type"] not in _PLAIN]


_PLAIN = ("text", "metadata")


def draw_data(chance: random.Random, media: Path) -> Drawn:
    """Write files below a folder; how a recipe names them."""
    media.mkdir(parents=True)
    drawn = Drawn(_fields(chance))
    rows = [_row(chance, number, drawn, media) for number in range(chance.randint(6, 16))]
    form = chance.choice([_as_folder, _as_table, _as_table, _as_two_tables, _as_parts])
    form(chance, drawn, rows, media)
    age(media)
    return drawn


def _fields(chance: random.Random) -> dict[str, dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = {
        "image": {"type": "image"},
        "caption": {"type": "text", "language": "en"},
    }
    if chance.random() < 0.4:
        fields["speech"] = {"type": "audio", "language": "en", "optional": True}
    if chance.random() < 0.25:
        fields["walk"] = {"type": "sensor", "optional": True}
    return fields


def _row(chance: random.Random, number: int, drawn: Drawn, media: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"code": f"k{number:02}", "caption": _caption(chance, number)}
    for name in drawn.media:
        optional = drawn.fields[name].get("optional", False)
        if not (optional and chance.random() < 0.3):
            row[name] = _WRITERS[drawn.fields[name]["type"]](chance, number, media)
    row["group"] = chance.choice("abc")
    row["licence"] = chance.choice(_LICENCES)
    row["url"] = chance.choice(_URLS)
    row["price"] = chance.choice([1.5, 2.5, 7.0])
    return row


def _caption(chance: random.Random, number: int) -> str:
    if chance.random() < 0.15:
        return chance.choice(_ODD)
    words = chance.choices(_WORDS, k=chance.randint(1, 8))
    own = "" if chance.random() < 0.2 else f" q{chance.randrange(16**6):06x}{number}"
    return " ".join(words) + own


def _broken(chance: random.Random, path: Path) -> None:
    """Cut, emptied, turned in a few bits, or something else altogether."""
    data = bytearray(path.read_bytes())
    if not data:
        return
    harm = chance.randrange(4)
    if harm == 0:
        data = data[: chance.randrange(len(data))]
    elif harm == 1:
        data.clear()
    elif harm == 2:
        for _ in range(8):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    else:
        data = bytearray(b"MZ this is no picture \x00\xff" * 9)
    path.write_bytes(data)


def _picture(chance: random.Random, number: int, media: Path) -> str:
    before = sorted(media.glob("p*"))
    path = media / f"p{number:02}.{chance.choice(['png', 'jpg', 'webp'])}"
    if before and chance.random() < 0.2:
        path = path.with_suffix(before[0].suffix)
        shutil.copy(before[0], path)
    else:
        seed = chance.randrange(12)
        photo(seed, *chance.choice([(64, 48), (96, 80), (30, 20)])).save(path)
    if chance.random() < 0.1:
        _broken(chance, path)
    return path.name


def _sound(chance: random.Random, number: int, media: Path) -> str:
    path = media / f"s{number:02}.{chance.choice(['wav', 'flac'])}"
    tone(path, chance.choice([300, 440, 441, 700]), chance.choice([0.1, 0.3, 0.6]))
    if chance.random() < 0.1:
        _broken(chance, path)
    return path.name


def _stream(chance: random.Random, number: int, media: Path) -> str:
    path = media / f"w{number:02}.csv"
    lines = [f"{at / 50},{chance.random():.3f},{chance.random():.3f}" for at in range(40)]
    path.write_text("\n".join(["time,x,y", *lines]) + "\n")
    if chance.random() < 0.1:
        _broken(chance, path)
    return path.name


_WRITERS: dict[str, Callable[[random.Random, int, Path], str]] = {
    "image": _picture,
    "audio": _sound,
    "sensor": _stream,
}


def _as_folder(
    chance: random.Random, drawn: Drawn, rows: list[dict[str, Any]], media: Path
) -> None:
    """Files of one stem, in folders that say the group."""
    source: dict[str, Any] = {"path": "../media", "image": ["**/*.png", "**/*.jpg", "**/*.webp"]}
    drawn.fields["group"] = {"type": "metadata", "group": True}
    source |= {"caption": "{stem}.txt", "group": "{parent0}"}
    source |= {name: f"{{stem}}.{_SUFFIXES[name]}" for name in drawn.media[1:]}
    for row in rows:
        home = media / row["group"]
        home.mkdir(exist_ok=True)
        for name in drawn.media:
            if name in row:
                place = media / row[name]
                place.rename(home / f"{row['code']}{place.suffix}")
        text = home / f"{row['code']}.txt"
        text.write_text(row["caption"], newline="")
    drawn.sources = [{"folder": source | _patience(chance)}]


_SUFFIXES = {"speech": "wav", "walk": "csv"}


def _as_table(chance: random.Random, drawn: Drawn, rows: list[dict[str, Any]], media: Path) -> None:
    _describe(drawn)
    drawn.sources = [_table(chance, drawn, rows, media, "rows", list(drawn.fields))]


def _as_two_tables(
    chance: random.Random, drawn: Drawn, rows: list[dict[str, Any]], media: Path
) -> None:
    """A few rows stand in both."""
    _describe(drawn)
    cut = len(rows) // 2
    parts = {"one": rows[: cut + 2], "two": rows[cut:]}
    drawn.sources = [
        _table(chance, drawn, part, media, name, list(drawn.fields)) for name, part in parts.items()
    ]


def _as_parts(chance: random.Random, drawn: Drawn, rows: list[dict[str, Any]], media: Path) -> None:
    """Media here, words there; a step joins them by a key, which some rows lack."""
    _describe(drawn)
    drawn.fields["code"] = {"type": "metadata"}
    mine = [*drawn.media, "code"]
    theirs = [name for name in drawn.fields if name not in drawn.media]
    drawn.sources = [
        _table(chance, drawn, rows[:-1], media, "media", mine),
        _table(chance, drawn, rows[1:], media, "words", theirs),
    ]
    drawn.joins = [{"pair": {"key": ["media", "words"], "on": "code"}}]


def _describe(drawn: Drawn) -> None:
    for name in METADATA:
        drawn.fields[name] = {"type": "metadata", **({"group": True} if name == "group" else {})}


def _table(
    chance: random.Random,
    drawn: Drawn,
    rows: list[dict[str, Any]],
    media: Path,
    name: str,
    columns: list[str],
) -> dict[str, Any]:
    """Rows as a file of some kind; the source that reads it."""
    kind = chance.choice(["jsonl", "csv"])
    path = media / f"{name}.{kind}"
    kept = [{column: row.get(column) for column in columns} for row in rows]
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in kept))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(
                {column: str(cell or "").replace("\0", "") for column, cell in row.items()}
                for row in kept
            )
    place = {"name": name, "path": f"../media/{path.name}", **_patience(chance)}
    return {kind: {**place, **{column: column for column in columns}}}


def _patience(chance: random.Random) -> dict[str, float]:
    return {} if chance.random() < 0.1 else {"max_unreadable": 0.9}

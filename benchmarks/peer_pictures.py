"""Inputs of the rows that have pictures: real drawings and stamps, and copies made of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from near_image import CORRUPTIONS, STAMPS, saved
from PIL import Image
from throughput import stamps, write_model

from curate.pairs import svg
from curate.pairs.image import decode_image
from curate.sources import openmoji

REENCODED = ("JPEG", "resize")
"""Corruptions that leave the picture as it was drawn."""


@dataclass(frozen=True)
class Picture:
    """A file, the number of the picture that it was made from, its caption, and what was done to it."""

    path: Path
    origin: int
    caption: str = ""
    corruption: str | None = None


def copied(folder: Path, among: int) -> list[Picture]:
    """So many drawings and so many stamps as PNG files, no two of the same pixels and no variants of
    skin or sex, and one copy of each, by all corruptions in turn.
    """
    chance = random.Random(1)
    found = [*_distinct(_drawings(), among), *_distinct(_stamps(), among)]
    made = []
    for number, picture in enumerate(found):
        made.append(Picture(folder / f"{number:05}.png", number))
        made[-1].path.write_bytes(saved(picture))
    for number, picture in enumerate(found):
        corruption = list(CORRUPTIONS)[number % len(CORRUPTIONS)]
        data = CORRUPTIONS[corruption](picture, chance)
        suffix = "jpg" if corruption.startswith("JPEG") else "png"
        path = folder / f"{number + len(found):05}.{suffix}"
        path.write_bytes(data)
        made.append(Picture(path, number, corruption=corruption))
    return made


def _drawings() -> list[Path]:
    """OpenMoji's, but for variants, whose names are of several code points."""
    return [Path(path) for code, path in openmoji._drawings().items() if "-" not in code]


def _stamps() -> list[Path]:
    return [path for path in STAMPS.rglob("*.png") if "-" not in path.name]


def _distinct(paths: Sequence[Path], count: int) -> list[Image.Image]:
    svg.LONGEST_SIDE = 500
    found: dict[bytes, Image.Image] = {}
    for path in random.Random(3).sample(sorted(paths), len(paths)):
        if len(found) < count:
            picture = Image.fromarray(decode_image(path.read_bytes()))
            found.setdefault(picture.tobytes(), picture)
    return list(found.values())


def captioned(folder: Path, count: int, copies: int = 0) -> list[Picture]:
    """Stamps, and drawings where there are not enough, as JPEG files with captions of which no two are
    equal; and smaller copies of the first, every other with the words of its caption in another order.
    """
    folder.mkdir()
    once: dict[str, Path] = {}
    for path, caption in [*stamps(), *_named()]:
        once.setdefault(caption, path)
    made = []
    for number, (caption, path) in enumerate(list(once.items())[:count]):
        made.append(Picture(folder / f"{number:04}.jpg", number, caption))
        Image.fromarray(decode_image(path.read_bytes())).save(made[-1].path, quality=92)
    return [*made, *map(_smaller, made[:copies])]


def _named() -> Iterator[tuple[Path, str]]:
    for path in _drawings():
        if name := openmoji.english(path.stem):
            yield path, name


def _smaller(picture: Picture) -> Picture:
    path = picture.path.with_stem(f"{picture.path.stem}-copy")
    with Image.open(picture.path) as opened:
        opened.resize((opened.width * 3 // 4, opened.height * 3 // 4)).save(path, quality=70)
    words = picture.caption.split()
    caption = " ".join(words[:: -1 if picture.origin % 2 else 1])
    return Picture(path, picture.origin, caption, "smaller")


def write_lists(folder: Path, pictures: Sequence[Picture]) -> None:
    """`pairs.jsonl`, and `tokens.jsonl` as Data-Juicer wants it."""
    named = [(n, str(p.path.relative_to(folder)), p.caption) for n, p in enumerate(pictures)]
    _write(
        folder / "pairs.jsonl",
        ({"n": n, "image": path, "caption": caption} for n, path, caption in named),
    )
    _write(
        folder / "tokens.jsonl",
        (
            {"n": n, "text": f"<__dj__image> {caption} <|__dj__eoc|>", "images": [path]}
            for n, path, caption in named
        ),
    )


def write_clip(folder: Path, pictures: Iterable[Picture]) -> None:
    """`model/`: CLIP of ViT-B/32 size with random weights."""
    write_model(folder / "model", [picture.caption for picture in pictures])


def _write(path: Path, rows: Iterable[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

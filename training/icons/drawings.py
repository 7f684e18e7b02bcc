"""What the generator learns from: OpenMoji's drawings at 64 by 64 pixels, with their names.

Only kinds of which most drawings are plain are learned, for a processor learns few kinds well sooner
than all badly. Things and faces whose fill is mostly one colour of OpenMoji's palette are also learned
in its other colours ("purple car"), so that a colour word means something apart from the thing, and
prompts that no drawing answers can be drawn.

60 captions, chosen by a hash, are never learned: 30 things in a colour and 30 people with a skin
tone. Thing and colour, and person and tone, are each learned with others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from curate.pairs.svg import render_svg
from curate.sources import openmoji

SIDE = 64
HELD_OUT = 30
"""Captions kept back of each kind, `colour` and `tone`."""
PEOPLE = frozenset(
    {"hand-fingers-closed", "hand-fingers-open", "hand-fingers-partial", "hand-single-finger",
     "person", "person-gesture", "person-role"}
)  # fmt: skip
THINGS = frozenset(
    {"animal-amphibian", "animal-bird", "animal-bug", "animal-mammal", "animal-marine",
     "animal-reptile", "cat-face", "clothing", "drink", "face-affection", "face-concerned",
     "face-costume", "face-glasses", "face-hand", "face-hat", "face-negative",
     "face-neutral-skeptical", "face-sleepy", "face-smiling", "face-tongue", "face-unwell",
     "food-fruit", "food-sweet", "food-vegetable", "geometric", "heart", "lock",
     "musical-instrument", "plant-flower", "plant-other", "sky & weather", "sound", "sport", "tool",
     "transport-air", "transport-ground", "transport-water", "writing"}
)  # fmt: skip
"""OpenMoji's subgroups that are learned; things, faces among them, also in other colours."""
PALETTE = {
    "red": ("EA5A47", "D22F27"),
    "blue": ("92D3F5", "61B2E4"),
    "green": ("B1CC33", "5C9E31"),
    "yellow": ("FCEA2B", "F1B31C"),
    "orange": ("F4AA41", "E27022"),
    "purple": ("B399C8", "8967AA"),
    "pink": ("FFA7C0", "E67A94"),
    "brown": ("A57939", "6A462F"),
    "gray": ("D0CFCE", "9B9B9A"),
}
"""OpenMoji's colours: a light fill and its shade."""
COLOURS = re.compile(rf"\b({'|'.join(PALETTE)}|white|black|grey)\b")
DOMINANT = 0.6
"""Share of the coloured pixels that one colour must fill to give its name to the thing."""
WEIGHTS = {"plain": 1.0, "tone": 0.2, "colour": 0.125}
"""How often a drawing of each kind is learned; there are up to 5 tones and 8 colours of a thing."""
SMALLEST = 0.08
"""Share of the picture that it must fill."""


@dataclass(frozen=True)
class Drawing:
    """A picture (64, 64, 3) of bytes and what it is called."""

    name: str
    captions: tuple[str, ...]
    """The name first."""
    kind: str
    """`plain`, `colour` or `tone`."""
    pixels: np.ndarray


def drawings() -> list[Drawing]:
    """Everything there is to learn from, and what is held out."""
    found: dict[str, Drawing] = {}
    for code, path in openmoji._drawings().items():
        if _is_wanted(code):
            for drawing in _variants(code, Path(path).read_bytes()):
                found.setdefault(drawing.name, drawing)
    return list(found.values())


def held_out(drawn: Iterable[Drawing]) -> set[str]:
    """The names that are never learned, the same in every run."""
    names: dict[str, list[str]] = {"plain": [], "colour": [], "tone": []}
    for drawing in drawn:
        names[drawing.kind].append(drawing.name)
    kept = (sorted(names[kind], key=_hash)[:HELD_OUT] for kind in ("colour", "tone"))
    return {name for part in kept for name in part}


def _hash(name: str) -> bytes:
    return hashlib.sha256(f"held out\0{name}".encode()).digest()


def _is_wanted(code: str) -> bool:
    name = openmoji.english(code)
    return (
        name is not None
        and "facing right" not in name
        and openmoji.subgroup(code) in PEOPLE | THINGS
        and openmoji.skin_tone(code) != "mixed"
    )


def _without_tone(name: str, tone: str) -> str:
    return " ".join(name.replace(f"{tone} skin tone", "").split())


def _variants(code: str, svg: bytes) -> Iterator[Drawing]:
    name, tone, pixels = openmoji.english(code) or "", openmoji.skin_tone(code), _pixels(svg)
    if tone != "none":
        concept = _without_tone(name, tone)
        yield Drawing(name, (name, f"{concept}, {tone} skin"), "tone", pixels)
        return
    colour = _dominant(pixels) if openmoji.subgroup(code) in THINGS else None
    thing = name.removeprefix(f"{colour} ")
    if COLOURS.search(thing):
        colour, thing = None, name
    own = (f"{colour} {thing}",) if colour else ()
    captions = tuple(dict.fromkeys((name, *own, thing, *_aliases(code, name))))
    yield Drawing(name, captions, "plain", pixels)
    for other in PALETTE if colour else ():
        if colour and other != colour:
            title, picture = f"{other} {thing}", _pixels(_exchanged(svg, colour, other))
            yield Drawing(title, (title,), "colour", picture)


def _aliases(code: str, name: str) -> tuple[str, ...]:
    """Other words for it, at most two."""
    import emoji

    listed = emoji.EMOJI_DATA.get(openmoji.characters(code), {}).get("alias", [])
    words = [alias.strip(":").replace("_", " ") for alias in listed]
    return tuple(word for word in words if re.fullmatch(r"[a-z ]{3,}", word) and word != name)[:2]


def _pixels(svg: bytes) -> np.ndarray:
    """The drawing on white."""
    drawn = Image.open(BytesIO(render_svg(svg))).convert("RGBA")
    canvas = Image.new("RGBA", drawn.size, "white")
    canvas.alpha_composite(drawn)
    return np.asarray(canvas.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX))


def _dominant(pixels: np.ndarray) -> str | None:
    """The palette's colour that fills most of a picture, if one does."""
    flat = pixels.reshape(-1, 3).astype(np.int32)
    colours = np.array([_rgb(shade) for pair in PALETTE.values() for shade in pair])
    far = np.abs(flat[:, None] - colours[None]).max(-1)
    areas = (far < 12).sum(0).reshape(-1, 2).sum(1)
    most = int(areas.argmax())
    dominant = areas[most] >= DOMINANT * areas.sum() and areas[most] >= SMALLEST * len(flat)
    return list(PALETTE)[most] if dominant else None


def _rgb(shade: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(shade))


def _exchanged(svg: bytes, one: str, other: str) -> bytes:
    """The drawing with two colours of the palette in each other's place."""
    swap = dict(zip(PALETTE[one], PALETTE[other], strict=True))
    swap |= {b: a for a, b in swap.items()}
    pattern = re.compile("#(" + "|".join(swap) + r")\b", re.IGNORECASE)
    return pattern.sub(lambda m: "#" + swap[m[1].upper()], svg.decode("utf-8-sig")).encode()

"""Texts that say the same of somebody else: does a decision depend on whom?

A word of a caption is swapped for its counterpart, nothing else is changed. Where a picture shows
whom the caption speaks of, the swapped caption is wrong, and a step that compares both may be right
to drop it: read the figure of `gender` and `nationality` with that in mind. `dialect` swaps are
spellings and words of one thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Planting, Ran, Share, share, stays
from curate.evaluation.probe_canaries import texts
from curate.evaluation.probe_personal import with_texts
from curate.pairs.field import language_of

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene

_COUPLES = {
    "gender": "man woman, men women, boy girl, boys girls, he she, him her, his her, father mother, "
    "son daughter, brother sister, husband wife, king queen, prince princess, uncle aunt, male female, "
    "grandfather grandmother, gentleman lady, waiter waitress, actor actress, mr mrs",
    "nationality": "american nigerian, german turkish, french algerian, british pakistani, "
    "english indian, italian ethiopian, spanish mexican, chinese swedish, japanese brazilian, "
    "european african, christian muslim",
    "dialect": "color colour, colors colours, gray grey, center centre, theater theatre, truck lorry, "
    "cookie biscuit, soccer football, airplane aeroplane, pants trousers, sweater jumper, candy sweets, "
    "flashlight torch, elevator lift, apartment flat, jewelry jewellery, tire tyre, donut doughnut, "
    "eggplant aubergine, zucchini courgette, sneakers trainers, diaper nappy, faucet tap, trash rubbish",
}


def _both_ways(couples: str) -> dict[str, str]:
    """Word -> its counterpart; of several the first."""
    found: dict[str, str] = {}
    for couple in couples.split(", "):
        one, other = couple.split()
        found.setdefault(one, other)
        found.setdefault(other, one)
    return found


SWAPS = {name: _both_ways(couples) for name, couples in _COUPLES.items()}


class Counterfactual(Planting):
    """English captions with words swapped: of gender, of nationality and belonging, of dialect."""

    word: ClassVar[str] = "counterfactual"
    question: ClassVar[str] = "Do decisions change when a caption speaks of somebody else?"
    note: ClassVar[str | None] = (
        "flipped: kept as it was, dropped with the word swapped, also where a picture contradicts it; "
        "untouched pairs that flip show what steps learn anew from a table that differs a little"
    )

    def unable(self, scene: Scene) -> str | None:
        return None if self._fields(scene) else "no text field declares to be English"

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        words = "|".join(sorted(word for swaps in SWAPS.values() for word in swaps))
        return kept.filter(pl.col(self._fields(scene)[0]).str.contains(rf"(?i)\b({words})\b"))

    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        name = self._fields(scene)[0]
        said = [swapped(text) for text in drawn[name]]
        rows = with_texts(drawn, name, [text for text, _ in said], scene)
        kinds = pl.Series("kind", [kind for _, kind in said], pl.String)
        return Planted(rows, told=drawn.select("pair_id").with_columns(kinds))

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        told = planted.told
        assert told is not None
        flipped = told.with_columns(flipped=~stays(told["pair_id"], ran.planted))
        by_kind = flipped.partition_by("kind", maintain_order=True)
        return [
            *share("flipped", flipped["flipped"]),
            *(
                one
                for part in sorted(by_kind, key=lambda part: str(part["kind"][0]))
                for one in share(f"flipped: {part['kind'][0]}", part["flipped"])
            ),
            *share("untouched pairs flipped", ~stays(ran.untouched, ran.planted)),
        ]

    def _fields(self, scene: Scene) -> list[str]:
        fields = scene.ask.fields
        return [n for n in texts(scene) if (language_of(fields, n) or "").startswith("en")]


def swapped(text: str) -> tuple[str, str]:
    """The text with the words of one list swapped, and which list: the first that has any of them."""
    for kind, swaps in SWAPS.items():
        pattern = re.compile(rf"\b({'|'.join(swaps)})\b", re.IGNORECASE)
        if pattern.search(text):
            parts = pattern.split(text)  # words of the list at every second place
            parts[1::2] = [_as_written(word, swaps) for word in parts[1::2]]
            return "".join(parts), kind
    return text, "none"


def _as_written(word: str, swaps: Mapping[str, str]) -> str:
    """The counterpart, capital where the word was."""
    other = swaps[word.lower()]
    if word.isupper() and len(word) > 1:
        return other.upper()
    return other.capitalize() if word[0].isupper() else other

"""How far words that were heard are from words that were written: WER, CER, and what is cut off.

Both sides are compared in a normal form: Unicode NFKC, lower case, typographic apostrophes made
plain, and everything but letters, marks, digits and apostrophes inside words made a space. Whole
numbers are spelled out in the language, where it is known and num2words knows it: `10` is `ten`, but
`007`, `10th` and a year said in two halves are as they are written. In languages written without spaces every character is a word, so
that WER and CER are one. Alignment and rates are jiwer's (Levenshtein distance).

An end of the text is cut off when `LOST` of its letters stand there unheard, more than an article
has, while what lies between the first and the last word heard right is right but for `WRONG` of
its words, two of them at least.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

UNSPACED = frozenset({"bo", "dz", "ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages written without spaces between words."""
APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "\uff07": "'"})

MOST_DIGITS = 15
"""Of a number that is spelled out; longer ones are read digit by digit."""
LOST = 0.1
FEWEST_LETTERS = 5
WRONG = 1 / 3
FEWEST = 2
"""Words that must be heard right before anything is said of what was cut off."""


def normal(text: str, language: str | None = None) -> str:
    """The normal form, single spaces between words."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(APOSTROPHES)
    kept = "".join(each if each == "'" or _of_words(each) else " " for each in plain)
    words = [word for word in (word.strip("'") for word in kept.split()) if word]
    said = [part for word in words for part in _spelled(word, language)]
    return " ".join("".join(said) if language in UNSPACED else said)


def _spelled(word: str, language: str | None) -> list[str]:
    """A whole number in the language's words, anything else as it is."""
    is_number = word.isdecimal() and len(word) <= MOST_DIGITS and str(int(word)) == word
    if language is None or not is_number:
        return [word]
    from num2words import num2words

    try:
        spelled = num2words(int(word), lang=language)
    except NotImplementedError:
        return [word]
    return normal(spelled).split()


def _of_words(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


@dataclass(frozen=True)
class Errors:
    """A text and what was heard, both in normal form; the text has one word at least."""

    text: str
    heard: str

    @classmethod
    def between(cls, text: str, heard: str, language: str | None = None) -> Errors:
        return cls(normal(text, language), normal(heard, language))

    @property
    def wer(self) -> float:
        """Word errors over the words of the text; above 1 when much more is heard."""
        return float(self._words.wer)

    @cached_property
    def cer(self) -> float:
        """The same of characters, spaces left out."""
        import jiwer

        text, heard = (side.replace(" ", "") for side in (self.text, self.heard))
        return float(jiwer.process_characters(text, heard).cer)

    @property
    def head_lost(self) -> bool:
        """Whether the text's beginning was not heard, and the rest was."""
        return self._rest_is_right and self._is_lost(
            self._text[: self._equal[0].ref_start_idx], self._heard[: self._equal[0].hyp_start_idx]
        )

    @property
    def tail_lost(self) -> bool:
        """Whether the text's end was not heard, and the rest was."""
        return self._rest_is_right and self._is_lost(
            self._text[self._equal[-1].ref_end_idx :], self._heard[self._equal[-1].hyp_end_idx :]
        )

    def _is_lost(self, text: Sequence[str], heard: Sequence[str]) -> bool:
        """Half a word at the cut is heard as some other word, and counts against the loss."""
        lost = sum(map(len, text)) - sum(map(len, heard))
        return lost >= max(FEWEST_LETTERS, LOST * sum(map(len, self._text)))

    @cached_property
    def _rest_is_right(self) -> bool:
        right = sum(each.ref_end_idx - each.ref_start_idx for each in self._equal)
        if right < FEWEST:
            return False
        first, last = self._equal[0], self._equal[-1]
        inner = max(last.ref_end_idx - first.ref_start_idx, last.hyp_end_idx - first.hyp_start_idx)
        return bool(inner - right <= WRONG * inner)

    @cached_property
    def _words(self) -> Any:
        import jiwer

        return jiwer.process_words(self.text, self.heard)

    @property
    def _equal(self) -> list[Any]:
        return [each for each in self._words.alignments[0] if each.type == "equal"]

    @property
    def _text(self) -> list[str]:
        return self.text.split()

    @property
    def _heard(self) -> list[str]:
        return self.heard.split()

"""Two forms of a text in which spellings of one wording agree.

The *normal* form is what a reader would call the same text: Unicode NFKC, case folded, every run of
white space one space, none at the ends. The *plain* form keeps of that only letters, marks and
digits, and single spaces between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_UNSPACED_SCRIPTS = (
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u0fff"  # Tibetan
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"  # Han
    "]"
)
_UNSPACED = re.compile(f"({_UNSPACED_SCRIPTS})")
_UNSPACED_RUN = re.compile(f"({_UNSPACED_SCRIPTS}+)")


class _Plain(dict[int, str | int | None]):
    """For `str.translate`: white space is a space, and what is no letter, mark or digit is `other`;
    filled as it is asked.
    """

    def __init__(self, other: str | None) -> None:
        super().__init__()
        self.other = other

    def __missing__(self, code: int) -> str | int | None:
        character = chr(code)
        if character.isspace():
            kept: str | int | None = " "
        else:
            kept = code if unicodedata.category(character)[0] in "LMN" else self.other
        self[code] = kept
        return kept


_PLAIN, _PARTED = _Plain(None), _Plain(" ")


_ASCII = [chr(code) for code in range(128)]
_LOWER = "".join(" " if one.isspace() else one.lower() for one in _ASCII).encode() + bytes(128)
"""For `bytes.translate`, which takes a table of 256: ASCII needs no look-up in Unicode."""
_MARKS = "".join(one for one in _ASCII if not (one.isalnum() or one.isspace())).encode()
_GAPS = bytes.maketrans(_MARKS, b" " * len(_MARKS))


def normal(text: str) -> str:
    """The text as a reader would call it the same."""
    if text.isascii():
        return _tidy(text.encode().translate(_LOWER))
    return " ".join(_folded(text).split())


def plain(text: str) -> str:
    """Letters, marks and digits in words with single spaces; empty when there are none."""
    if text.isascii():
        return _tidy(text.encode().translate(_LOWER, _MARKS))
    return " ".join(_folded(text).translate(_PLAIN).split())


def apart(form: str) -> str:
    """A plain form with a space between any two words; a character of a script that is written
    without spaces (Han, kana, Thai, Lao, Tibetan, Burmese, Khmer) is a word of its own.
    """
    return form if form.isascii() else " ".join(_UNSPACED.sub(r" \1 ", form).split())


def parted(text: str) -> list[str]:
    """The words of a text's normal form, parted at whatever is no letter, mark or digit. Of scripts
    without spaces two neighbouring characters are a word.
    """
    if text.isascii():
        return text.encode().translate(_LOWER).translate(_GAPS).decode().split()
    runs = _folded(text).translate(_PARTED).split()
    return [word for run in runs for word in _couples(run)]


def _couples(run: str) -> Iterator[str]:
    """A run of letters, what is written without spaces in it as couples of characters."""
    for place, part in enumerate(_UNSPACED_RUN.split(run)):
        if place % 2 == 0:
            yield from [part] if part else []
        else:
            yield from (part[at : at + 2] for at in range(max(1, len(part) - 1)))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _tidy(text: bytes) -> str:
    """Single spaces, none at the ends."""
    untidy = b"  " in text or text.startswith(b" ") or text.endswith(b" ")
    return (b" ".join(text.split()) if untidy else text).decode()

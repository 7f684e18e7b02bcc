"""Whether a text names a side, so that its picture must not be mirrored.

Words by the language's primary BCP 47 tag, in lower case; directions of the compass and of clocks
count, since maps and dials have them. Of languages that put no spaces between words, what is named
may stand anywhere. A word too many costs a picture that could have been mirrored, a word too few a
pair that is wrong.
"""

# ruff: noqa: RUF001  (Cyrillic letters are meant)
from __future__ import annotations

import re
import unicodedata
from functools import cache

_RUSSIAN = "(ый|ая|ое|ые|ого|ой|ом|ому|ым|ую|ых|ыми|ее)"
_UKRAINIAN = "(ий|а|е|і|ого|ої|ому|им|у|их|ими|ою|ій)"

SIDES: dict[str, str] = {
    "da": "venstre\\w* højre\\w* øst\\w* vest uret",
    "de": "links\\w* rechts linke[nmrs]? rechte[nmrs]? rechtsseitig\\w* rechtshänd\\w* osten westen "
    "östlich\\w* westlich\\w* uhrzeigersinn",
    "en": "left right left\\w*most right\\w*most leftwards? rightwards? (anti|counter)?clockwise "
    "east west (east|west)(ern|wards?) (north|south)(east|west)\\w* starboard",
    "es": "izquierd[oa]s? derech[oa]s? zurd[oa]s? diestr[oa]s? oeste horario antihorario",
    "fr": "gauches? droite?s? gauch(er|ère)s? droiti(er|ère)s? ouest horaire antihoraire",
    "it": "sinistr[oaie] destr[oaie] mancin[oaie] est ovest orario antiorario",
    "ja": "左 右 東 西 時計回り",
    "ko": "왼 오른 좌측 우측 동쪽 서쪽 시계",
    "nl": "links\\w* rechts\\w* linker\\w* rechter\\w* linkse rechtse oosten westen klok",
    "pl": "lew(a|ą|e|y|o|ej|ego|ym|ych) praw(a|ą|e|y|o|ej|ego|ym|ych) wsch(ód|od\\w*) "
    "zach(ód|od\\w*) zegara",
    "pt": "esquerd[oa]s? direit[oa]s? canhot[oa]s? destr[oa]s? leste oeste horário",
    "ru": f"лев{_RUSSIAN} прав{_RUSSIAN} слева справа налево направо влево вправо восток\\w* "
    "запад\\w* часовой",
    "sv": "vänster\\w* höger\\w* öster västra? östra? väster medurs moturs",
    "uk": f"лів{_UKRAINIAN} прав{_UKRAINIAN} ліворуч праворуч сх(ід|од)\\w* зах(ід|од)\\w* "
    "годинниковою",
    "zh": "左 右 东 東 西 顺时针 順時針 逆时针 逆時針",
}
UNSPACED = ("ja", "ko", "zh")


def knows_sides(language: str | None) -> bool:
    """Whether the words for sides are known in the language of this tag."""
    return _primary(language) in SIDES


def names_side(text: str, language: str) -> bool:
    """Whether left, right or another direction that a mirror turns round is named."""
    plain = unicodedata.normalize("NFC", text).lower()
    return _pattern(_primary(language)).search(plain) is not None


def _primary(language: str | None) -> str:
    return (language or "").partition("-")[0].lower()


@cache
def _pattern(language: str) -> re.Pattern[str]:
    words = "|".join(SIDES[language].split(" "))
    return re.compile(words if language in UNSPACED else rf"\b(?:{words})\b")

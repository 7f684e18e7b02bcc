"""Where texts hold what belongs to one person: spans, kinds and how sure, never the words themselves.

Found by Presidio's recognisers, patterns with checksums where there are any, in the text with each
letter as NFKC spells it and without what takes no room, so that a full-width digit or a letter of
no width hides nothing. Names are found by a model alone, where one is given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from curate.measures.measure import Compute, Measure

FLOOR = 0.1
"""Below this score a find says nothing."""
SPAN = pl.Struct({"start": pl.Int64, "end": pl.Int64, "kind": pl.String, "score": pl.Float64})

_GENERIC = {
    "email": "EmailRecognizer",
    "phone": "PhoneRecognizer",
    "iban": "IbanRecognizer",
    "card": "CreditCardRecognizer",
    "ip": "IpRecognizer",
}
NATIONAL = {
    "AU": ("AuTfnRecognizer", "AuMedicareRecognizer"),
    "CA": ("CaSinRecognizer",),
    "DE": ("DeTaxIdRecognizer", "DeSocialSecurityRecognizer", "DeIdCardRecognizer"),
    "ES": ("EsNifRecognizer", "EsNieRecognizer"),
    "FI": ("FiPersonalIdentityCodeRecognizer",),
    "GB": ("UkNinoRecognizer", "NhsRecognizer"),
    "IN": ("InAadhaarRecognizer", "InPanRecognizer"),
    "IT": ("ItFiscalCodeRecognizer",),
    "KR": ("KrRrnRecognizer", "KrFrnRecognizer"),
    "NG": ("NgNinRecognizer",),
    "PL": ("PlPeselRecognizer",),
    "SE": ("SePersonnummerRecognizer",),
    "SG": ("SgFinRecognizer",),
    "TH": ("ThTninRecognizer",),
    "TR": ("TrNationalIdRecognizer",),
    "US": ("UsSsnRecognizer", "UsItinRecognizer"),
    "ZA": ("ZaIdNumberRecognizer",),
}
"""Country -> Presidio's recognisers of numbers that a state gives to a person."""


def text_personal(
    kinds: Sequence[str], language: str | None, regions: Sequence[str], names: str | None = None
) -> Measure:
    """Finds of these kinds in texts of a language, with phones and national ids of these countries
    (ISO 3166), and names of people as a model knows them.
    """
    return Measure(
        name="text.personal",
        version=1,
        of=("text",),
        returns={"found": pl.List(SPAN)},
        compute="curate.measures.personal:personal",
        params={"kinds": sorted(kinds), "language": language, "regions": sorted(regions)},
        models={} if names is None else {"names": names},
        libraries=(
            "phonenumbers",
            "presidio-analyzer",
            "tldextract",
            *(["spacy"] if names else []),
        ),
        extra="privacy",
        chunk=256,
    )


def personal(measure: Measure, models: Mapping[str, Path]) -> Compute:
    finders = list(_finders(measure, models))

    def one(text: str) -> list[dict[str, Any]]:
        plain, places = folded(text)
        spans = [span for find in finders for span in find(plain)]
        return sorted(
            ({**s, "start": places[s["start"]], "end": places[s["end"] - 1] + 1} for s in spans),
            key=lambda span: (span["start"], -span["end"], span["kind"]),
        )

    return lambda texts: pl.DataFrame(
        {"found": [one(text) for text in texts]}, schema=dict(measure.returns)
    )


def folded(text: str) -> tuple[str, list[int]]:
    """The text as NFKC spells each letter, without letters of no width, and whence each came."""
    if text.isascii():
        return text, list(range(len(text)))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Cf":
            continue
        spelt = unicodedata.normalize("NFKC", letter)
        letters.append(spelt)
        places += [place] * len(spelt)
    return "".join(letters), places


def _finders(
    measure: Measure, models: Mapping[str, Path]
) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    recognisers = list(_recognisers(measure))
    if recognisers:
        from curate.models.presidio import load_patterns

        regions, language = measure.params["regions"], measure.params["language"] or "xx"
        primary = str(language).partition("-")[0].lower()
        yield partial(_patterns, load_patterns(recognisers, primary, regions, FLOOR))
    if "person" in measure.params["kinds"]:
        from curate.models.namer import load_namer

        yield load_namer(models["names"])


def _patterns(find: Callable[[str], list[dict[str, Any]]], text: str) -> list[dict[str, Any]]:
    """All that patterns know has a digit, an at sign or a pair of colons; most texts have none. A
    colon that ends a word would hide an address before it.
    """
    possible = "@" in text or "::" in text or any(letter.isdigit() for letter in text)
    return find(_ENDING.sub(" ", text)) if possible else []


_ENDING = re.compile(r":(?=\s|$)")


def _recognisers(measure: Measure) -> Iterator[tuple[str, str]]:
    """Kinds, and names of Presidio's classes that find them."""
    for kind in measure.params["kinds"]:
        if kind in _GENERIC:
            yield kind, _GENERIC[kind]
        if kind == "national_id":
            for region in measure.params["regions"]:
                yield from ((kind, name) for name in NATIONAL.get(region, ()))

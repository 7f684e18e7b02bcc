"""Where texts hold what belongs to one person: spans, kinds and how sure, never the words themselves.

Found by Presidio's recognisers, patterns with checksums where there are any, in the text with each
letter as NFKC spells it and without what takes no room, so that a full-width digit or a letter of
no width hides nothing. Names are found by a model alone, where one is given.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.measures.measure import Compute, Measure

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer

FLOOR = 0.1
"""Below this score a find says nothing."""
SPAN = pl.Struct({"start": pl.Int64, "end": pl.Int64, "kind": pl.String, "score": pl.Float64})
ANYWHERE = ("email", "phone", "iban", "card", "ip")
"""Kinds that are told without a country; phones with their country code."""
KINDS = (*ANYWHERE, "national_id", "person")

_GENERIC = {
    "email": ("EmailRecognizer",),
    "phone": ("PhoneRecognizer",),
    "iban": ("IbanRecognizer",),
    "card": ("CreditCardRecognizer",),
    "ip": ("IpRecognizer",),
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
    kinds = set(measure.params["kinds"])
    if kinds - {"person"}:
        yield partial(_patterns, _analyzer(measure), _language(measure))
    if "person" in kinds:
        from curate.models.namer import load_namer

        yield load_namer(models["names"])


def _patterns(analyzer: AnalyzerEngine, language: str, text: str) -> list[dict[str, Any]]:
    """What patterns find; all that they know has a digit, an at sign or a pair of colons."""
    if not ("@" in text or "::" in text or any(letter.isdigit() for letter in text)):
        return []
    found = analyzer.analyze(text, language, score_threshold=FLOOR)
    return [
        {"start": f.start, "end": f.end, "kind": f.entity_type, "score": round(f.score, 4)}
        for f in found
    ]


def _analyzer(measure: Measure) -> AnalyzerEngine:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    from curate.measures.wordless import Wordless

    language = _language(measure)
    registry = RecognizerRegistry(list(_recognisers(measure)), supported_languages=[language])
    return AnalyzerEngine(
        registry=registry, nlp_engine=Wordless(language), supported_languages=[language]
    )


def _language(measure: Measure) -> str:
    """The primary subtag; `xx` of a text of no language."""
    return str(measure.params["language"] or "xx").partition("-")[0].lower()


def _recognisers(measure: Measure) -> Iterator[EntityRecognizer]:
    known = importlib.import_module("presidio_analyzer.predefined_recognizers")
    regions = measure.params["regions"]
    language = _language(measure)
    for kind in measure.params["kinds"]:
        names = _GENERIC.get(kind, ())
        if kind == "national_id":
            names = tuple(name for region in regions for name in NATIONAL.get(region, ()))
        for name in names:
            made = _email() if name == "EmailRecognizer" else getattr(known, name)
            more = {"supported_regions": (*regions, "ZZ")} if kind == "phone" else {}
            yield made(supported_language=language, supported_entity=kind, **more)


def _email() -> Any:
    """Presidio asks the network which domains there are; the list that comes with tldextract will do."""
    import tldextract
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    known = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    class Email(EmailRecognizer):
        def validate_result(self, pattern_text: str) -> bool:
            return bool(known(pattern_text).fqdn)

    return Email

"""Presidio's recognisers, patterns with checksums where there are any, without a model of language.

Words around a find raise its score ("ssn", "Telefon"), so that Presidio wants to know where words
begin; a tokenizer is enough for that. Nothing is asked of the network.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import EmailRecognizer

from curate.models.namer import Found, Namer


def load_patterns(
    recognisers: Sequence[tuple[str, str]], language: str, regions: Sequence[str], floor: float
) -> Namer:
    """Texts to finds of at least a score; `recognisers` are kinds and names of Presidio's classes,
    `regions` the countries (ISO 3166) whose phones are known without a country code.
    """
    made = [_recogniser(kind, name, language, regions) for kind, name in recognisers]
    analyzer = AnalyzerEngine(
        registry=RecognizerRegistry(made, supported_languages=[language]),
        nlp_engine=Wordless(language),
        supported_languages=[language],
    )

    def find(text: str) -> list[Found]:
        found = analyzer.analyze(text, language, score_threshold=floor)
        return [
            {"start": f.start, "end": f.end, "kind": f.entity_type, "score": round(f.score, 4)}
            for f in found
        ]

    return find


def _recogniser(kind: str, name: str, language: str, regions: Sequence[str]) -> Any:
    known = importlib.import_module("presidio_analyzer.predefined_recognizers")
    made = Email if name == EmailRecognizer.__name__ else getattr(known, name)
    more = {"supported_regions": (*regions, NOWHERE)} if kind == "phone" else {}
    return made(supported_language=language, supported_entity=kind, **more)


NOWHERE = "ZZ"
"""Where only numbers with a country code are phones."""


class Email(EmailRecognizer):
    """Presidio's asks the network which domains there are; the list that comes with tldextract will do."""

    def load(self) -> None:
        import tldextract

        self._domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    def validate_result(self, pattern_text: str) -> bool:
        return bool(self._domains(pattern_text).fqdn)


class Wordless(NlpEngine):
    """spaCy's rules of one language for words, those of none where it has none for it."""

    def __init__(self, language: str) -> None:
        import spacy

        self._language = language
        try:
            self._words = spacy.blank(language)
        except ImportError:
            self._words = spacy.blank("xx")

    def load(self) -> None:
        """Nothing."""

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        doc = self._words.make_doc(text)
        starts = [token.idx for token in doc]
        return NlpArtifacts([], doc, starts, [token.lower_ for token in doc], self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        return bool(self._words.vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        return bool(self._words.vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return [self._language]

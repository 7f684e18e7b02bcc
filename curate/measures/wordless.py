"""What Presidio wants to know of a text's words, without any model: where they begin, in small letters.

Words around a find raise its score ("ssn", "Telefon"); a tokenizer is enough to see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine


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

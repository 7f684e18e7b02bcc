"""Translations of texts, by a translator, a language model or an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields, language_of
from curate.steps.step import Objection
from curate.steps.text_label import WrittenLabel

if TYPE_CHECKING:
    from curate.measures.written import Task


class Translate(WrittenLabel):
    """Have a model say a text in another language: the one that the filled field declares.

    Marian, M2M100, NLLB and T5 translate as they are; what reads conversations is told to. A label
    is correct if its vector's cosine with the text that a person wrote is at least `alike`; name an
    `encoder` that reads the language.
    """

    summary: ClassVar[str] = "have a model translate texts"
    leads: ClassVar[str] = "translate"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {translate: caption, fill: caption_fr, by: 'hf:Helsinki-NLP/opus-mt-en-fr'}",
        (
            "- pseudo_label: {translate: caption, fill: caption_fr, to: fr, "
            "codes: {en: eng_Latn, fr: fra_Latn}, by: 'hf:facebook/nllb-200-distilled-600M'}"
        ),
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)

    translate: str = Field(description="The text field that is translated.")
    to: str | None = Field(
        None, description="BCP 47 tag of the language; what the filled field declares if left out."
    )
    prompt: str | None = Field(
        None,
        description="What a model that reads conversations is told; the text reaches it as `text`.",
    )
    codes: dict[str, str] = Field(
        {}, description="What the model calls languages, where that is not their BCP 47 tag."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if self.fill in fields and self._target(fields) is None:
            message = f"'{self.fill}' declares no language"
            yield Objection(("fill",), message, "`to`, or a `language` of the field")

    def told(self, fields: Fields) -> Task:
        source, target = language_of(fields, self.translate), self._target(fields)
        given = f" from '{source}'" if source else ""
        prompt = self.prompt or (
            f"Translate the text{given} to '{target}' (BCP 47 tags of languages)."
        )
        languages = (self._code(source), self._code(target)) if source and target else None
        return self.task(prompt, names=("text",), languages=languages)

    def _target(self, fields: Fields) -> str | None:
        return self.to or language_of(fields, self.fill)

    def _code(self, tag: str) -> str:
        return self.codes.get(tag, tag)

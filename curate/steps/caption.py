"""Captions of images, by a captioner, a vision-language model or an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.steps.text_label import WrittenLabel

if TYPE_CHECKING:
    from curate.measures.written import Task


class Caption(WrittenLabel):
    """Have a model say what an image shows.

    A label is correct if its vector's cosine with the text that a person wrote is at least `alike`.
    """

    summary: ClassVar[str] = "have a model caption images"
    leads: ClassVar[str] = "caption"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {caption: image, fill: caption, by: 'hf:Salesforce/blip-image-captioning-base'}",
        (
            "- pseudo_label: {caption: image, fill: caption, by: {endpoint: 'https://api.openai.com/v1', "
            "model: gpt-4o-mini, key: OPENAI_API_KEY, price: {prompt: 0.15, completion: 0.6}}}"
        ),
        (
            "- pseudo_label: {caption: image, fill: caption, replace: 'length(caption) < 8', "
            "by: {endpoint: 'http://localhost:8000/v1', model: my-model, at_once: 16}}"
        ),
    )
    source_types: ClassVar[tuple[str, ...]] = ("image",)

    caption: str = Field(description="The image field that is described.")
    prompt: str = Field(
        "Describe the image in one short sentence.",
        min_length=1,
        description="What a model that reads conversations is told.",
    )

    def told(self, fields: Fields) -> Task:
        return self.task(self.prompt)

"""Questions on images with their answers, as VQA v2 publishes them, or as a plain list of objects.

Goyal et al., Making the V in VQA Matter (2017): questions in one document, annotations in another,
joined by `question_id`; images are named by their number. The answer is `answer`, else
`multiple_choice_answer`, else the most frequent of `answers`, of equals the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field as Key

from curate.sources.document import all_objects, by_id, identifier, objects, read_document
from curate.sources.listed import Listed
from curate.sources.sheet import Sheet, beside, require_columns
from curate.sources.slots import fill, objections
from curate.steps.step import Objection

if TYPE_CHECKING:
    from curate.pairs.field import Fields


class Vqa(Listed):
    """One row per question."""

    word: ClassVar[str] = "vqa"
    summary: ClassVar[str] = "Questions, answers and images, in VQA v2's form or as a list."
    examples: ClassVar[tuple[str, ...]] = (
        """- vqa:
    path: vqa
    file: v2_OpenEnded_mscoco_val2014_questions.json
    annotations: v2_mscoco_val2014_annotations.json
    images: "val2014/COCO_val2014_{image_id:012}.jpg"
    image: image
    question: question
    answer: answer
    kind: answer_type                    # any key of the question or its annotation""",
        '- vqa: {path: charts, file: qa.json, images: "png/{image}", image: image, text: question}',
    )
    media: ClassVar[Mapping[str, str]] = {"image": "image"}

    annotations: str | None = Key(
        None, min_length=1, description="The answers, where they are not in the list itself."
    )
    images: str = Key(
        "{image}",
        min_length=1,
        description="Where images lie in the folder: a path with keys of the question in braces.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        yield from objections("images", self.images, "val2014/{image_id:012}.jpg")

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        rows = [self._row(row) for row in self._joined(sheet)]
        if rows:
            require_columns(sheet, columns, list(dict.fromkeys(key for row in rows for key in row)))
        return {column: [row.get(column) for row in rows] for column in columns}

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"image": fill(self.images, row), "answer": answer_of(row)}

    def _joined(self, sheet: Sheet) -> list[dict[str, Any]]:
        document = read_document(sheet)
        if isinstance(document, list):
            return all_objects(sheet, document, "list")
        questions = objects(sheet, document, "questions")
        if self.annotations is None:
            return questions
        other = beside(sheet.root, self.annotations)
        annotations = by_id(
            other, objects(other, read_document(other), "annotations"), "question_id"
        )
        if questions and not any(_id(question) in annotations for question in questions):
            raise sheet.fail(
                f"none of its questions has an annotation in '{self.annotations}'",
                "questions and annotations of one split belong together",
            )
        return [annotations.get(_id(question), {}) | question for question in questions]


def answer_of(row: Mapping[str, Any]) -> Any:
    """The answer that stands for all of them."""
    for key in ("answer", "multiple_choice_answer"):
        if row.get(key) is not None:
            return row[key]
    answers = row.get("answers")
    texts = [_text(each) for each in answers] if isinstance(answers, list) else []
    ranked = Counter(text for text in texts if text is not None).most_common(1)
    return ranked[0][0] if ranked else None


def _text(answer: Any) -> str | None:
    text = answer.get("answer") if isinstance(answer, dict) else answer
    return text if isinstance(text, str) else None


def _id(question: dict[str, Any]) -> int | str | None:
    return identifier(question.get("question_id"))

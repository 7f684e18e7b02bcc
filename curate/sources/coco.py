"""Captions in COCO's form: one document of images and of annotations that name them by id.

Chen et al., Microsoft COCO Captions: Data Collection and Evaluation Server (2015). Every annotation
makes a row, so an image with five captions makes five. Columns are the keys of the annotation and
of its image; `id` is the annotation's, `image_id` the image's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field as Key

from curate.sources.boundary import leaves
from curate.sources.document import by_id, identifier, objects, read_document
from curate.sources.listed import Listed
from curate.sources.sheet import Sheet, require_columns
from curate.steps.step import Objection

if TYPE_CHECKING:
    from curate.pairs.field import Fields
    from curate.sources.table import Values


class Coco(Listed):
    """Annotations of one captions file."""

    word: ClassVar[str] = "coco"
    summary: ClassVar[str] = "Captions in COCO's form, one row per annotation."
    examples: ClassVar[tuple[str, ...]] = (
        """- coco:
    path: coco
    file: annotations/captions_val2017.json
    images: val2017
    image: file_name
    caption: caption
    license: license                     # any key of the annotation or its image""",
    )
    media: ClassVar[Mapping[str, str]] = {"image": "file_name"}

    images: str = Key(
        ".", min_length=1, description="The images' folder or zip archive, in the corpus' folder."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if why := leaves(self.images):
            yield Objection(("images",), f"'{self.images}' is {why}")

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        document = read_document(sheet)
        images = by_id(sheet, objects(sheet, document, "images"), "id")
        rows = [_whole(each, images) for each in objects(sheet, document, "annotations")]
        if rows:
            require_columns(sheet, columns, list(dict.fromkeys(key for row in rows for key in row)))
        return {column: [row.get(column) for row in rows] for column in columns}

    def placed(self, column: str, values: Values) -> list[Any]:
        return [
            posixpath.join(self.images, name) if isinstance(name, str) and name else name
            for name in values[column]
        ]


def _whole(annotation: dict[str, Any], images: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    return images.get(identifier(annotation.get("image_id")), {}) | annotation

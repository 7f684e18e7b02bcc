"""Shards as WebDataset writes them: tar archives in which the files of one key are one sample.

A file's key is its path up to the first dot of its name, the rest is its extension, whose case does
not count. A field is bound to an extension, to several of which a sample has one, or to a key of
the sample's JSON (`json.caption`). Nothing is unpacked; a cell names archive and member.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict
from pydantic import Field as Key

from curate.errors import DataError
from curate.pairs.field import MEDIA
from curate.sources.binding import well_formed
from curate.sources.cell import ABSENT, Cell, required
from curate.sources.pattern import MAGIC
from curate.sources.sample import IN_JSON, Sample, extension_of, samples
from curate.sources.sheet import Sheet, sheets
from curate.sources.source import Source
from curate.sources.value import metadata_of
from curate.steps.step import Objection

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from curate.pairs.field import Field, Fields

COMPRESSED = (".gz", ".tgz", ".bz2", ".xz", ".zst")


class WebDataset(Source):
    """One row per sample, in the order of shards and of samples in them."""

    model_config = ConfigDict(
        json_schema_extra={
            "additionalProperties": {
                "type": ["string", "array"],
                "items": {"type": "string"},
                "description": "A field's extension, or 'json.' and a key of the sample's JSON.",
            }
        },
    )

    word: ClassVar[str] = "webdataset"
    summary: ClassVar[str] = "Samples in tar archives, as WebDataset writes them."
    examples: ClassVar[tuple[str, ...]] = (
        '- webdataset: {path: "shards/*.tar", image: jpg, caption: txt}',
        """- webdataset:
    path: "shards/train-*.tar"
    image: [jpg, jpeg, png]              # whichever a sample has
    speech: flac
    caption: json.caption                # a key of the sample's .json
    licence: json.meta.licence""",
    )

    path: str = Key(
        min_length=1, description="The archives, relative to the recipe; may be a glob."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if self.path.endswith(COMPRESSED):
            yield Objection(
                ("path",),
                "members of compressed archives cannot be read where they lie",
                expected="plain .tar files",
            )

    def check_binding(self, key: str, binding: Any, field: Field) -> Iterator[Objection]:
        if not well_formed(binding):
            expected = "an extension like 'jpg', or 'json.' and a key"
            yield Objection((key,), f"'{key}' is bound to no text", expected=expected)
            return
        for text in extensions(binding):
            if field.type in MEDIA and text.startswith(IN_JSON):
                yield Objection((key,), f"'{text}' is no file", expected="an extension like 'jpg'")
            elif not text or MAGIC.search(text) or "{" in text or "/" in text:
                yield Objection(
                    (key,), f"'{text}' is no extension", expected="what follows a name's first dot"
                )

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        from curate.sources.frame import assemble

        bound = {key: field for key, field in fields.items() if key in self.bindings}
        many = MAGIC.search(self.path) is not None
        rows: list[str] = []
        cells: dict[str, list[Cell]] = {key: [] for key in bound}
        values: dict[str, list[Any]] = {
            key: [] for key, field in bound.items() if field.type == "metadata"
        }
        there: Counter[str] = Counter()
        for sheet in sheets(base, self.path, "archive")[1]:
            for sample in self._samples(sheet):
                there.update(sample.files.keys())
                rows.append(f"{sheet.uri}#{sample.name}" if many else sample.name)
                for key, field in bound.items():
                    cells[key].append(self._cell(sample, key, field, values))
        self._require_extensions(bound, there)
        metadata = {key: metadata_of(key, column) for key, column in values.items()}
        return assemble(name, rows, cells, metadata, fields)

    def _samples(self, sheet: Sheet) -> list[Sample]:
        found = samples(sheet)
        if not found:
            raise sheet.fail("has no file whose name is a key, a dot and an extension")
        return found

    def _require_extensions(self, bound: Fields, there: Counter[str]) -> None:
        """An extension that no sample has is a slip of the pen, even where pairs may lack it."""
        for key in bound:
            wanted = [extension_of(text) for text in extensions(self.bindings[key])]
            if there.keys().isdisjoint(wanted):
                seen = ", ".join(extension for extension, _ in there.most_common(20))
                raise DataError(
                    f"{key}: no sample of '{self.path}' has the extension {' or '.join(wanted)}",
                    f"extensions there: {seen}",
                )

    def _cell(self, sample: Sample, key: str, field: Field, values: dict[str, list[Any]]) -> Cell:
        """What a field finds; of metadata only what is wrong with it, its value goes to `values`."""
        bound = extensions(self.bindings[key])
        if field.type in MEDIA:
            return required(sample.medium(bound), field)
        if field.type == "text":
            return required(sample.text(bound), field)
        value, cell = sample.value(bound)
        values[key].append(value)
        return cell if cell.problem else ABSENT


def extensions(binding: str | list[str]) -> list[str]:
    """A field's extensions without a leading dot, in small letters but for the keys of JSON."""
    texts = [binding] if isinstance(binding, str) else binding
    bare = [text.strip().removeprefix(".") for text in texts]
    return [text if text.startswith(IN_JSON) else text.lower() for text in bare]

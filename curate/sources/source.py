"""What a source is: a place that yields rows, one per pair, without reading any medium.

    source.rows(fields, base, name) -> polars.DataFrame, in the source's own order

`base` is the folder that relative paths are relative to (the recipe's). The frame has

    source, row                             the source's name; where in it, never an absolute path
    <f>, <f>_uri                            text: stripped, null when absent; `animals/duck.txt#1`
    <f>_uri, <f>_path, <f>_member           media: as it may be published; the file to read; null,
                                            or where inside that file (`12/image`, `tar:duck.jpg`)
    <f>_start, <f>_end                      audio, video, sensor: seconds of the span of the file
                                            that is meant; null for all of it
    <f>                                     metadata: text, number or truth value
    problem, problem_field, problem_detail  null, or why this row cannot be a pair (see `Problem`)

A row is never left out because something is wrong with it. Recipe parsing imports this module, so
nothing heavy may be imported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Key

from curate.pairs.field import MEDIA
from curate.steps.step import Objection

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from curate.pairs.field import Field, Fields

Problem: TypeAlias = Literal["refused", "unreadable", "missing"]
"""`refused`: a path that leads out of the source, or to something that is no regular file.
`unreadable`: a medium that is not there or may not be read, a text that is not UTF-8.
`missing`: a required text that is absent or empty."""


class Source(BaseModel):
    """Base of every source; keys that are no parameters bind fields to columns or patterns."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        allow_inf_nan=False,
        json_schema_extra={
            "additionalProperties": {"type": "string", "description": "A field's column."}
        },
    )

    word: ClassVar[str]
    summary: ClassVar[str]
    examples: ClassVar[tuple[str, ...]] = ()
    leads: ClassVar[str] = ""

    name: str | None = Key(None, min_length=1, description="What the release calls this source.")
    max_unreadable: float = Key(
        0.01, ge=0, le=1, description="Share of unreadable and refused rows that stops the build."
    )

    @property
    def bindings(self) -> dict[str, Any]:
        """Field name -> column or pattern, as the recipe has them."""
        return dict(self.model_extra or {})

    @property
    def extras(self) -> tuple[str, ...]:
        """Extras of `curate` that must be installed for this source."""
        return ()

    @classmethod
    def shapes(cls) -> tuple[type[Self], ...]:
        """A source's word stands for one class."""
        return (cls,)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Validate what stands behind the source's word in a recipe."""
        return cls.model_validate(value)

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong with these keys for these fields."""
        yield from self._clashes(fields)
        yield from self._unbound(fields)
        for key, binding in self.bindings.items():
            if key not in fields:
                yield self._unknown(key, fields)
            else:
                yield from self.check_binding(key, binding, fields[key])

    def check_binding(self, key: str, binding: Any, field: Field) -> Iterator[Objection]:
        """What is wrong with one field's binding; here: it must be a column's name."""
        if not isinstance(binding, str) or not binding:
            yield Objection((key,), f"'{key}' is bound to no text", expected="a column's name")

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        raise NotImplementedError

    def _clashes(self, fields: Fields) -> Iterator[Objection]:
        for key in sorted(self.model_fields_set & set(fields) & set(type(self).model_fields)):
            yield Objection(
                (key,),
                f"'{key}' is a parameter of '{self.word}' and cannot name a field too",
                expected="another name for the field",
            )

    def _unbound(self, fields: Fields) -> Iterator[Objection]:
        for key, field in fields.items():
            if not field.optional and key not in self.bindings:
                kind = "file" if field.type in MEDIA else field.type
                yield Objection(
                    (), f"the field '{key}' is not bound", expected=f"'{key}: ' and its {kind}"
                )

    def _unknown(self, key: str, fields: Fields) -> Objection:
        return Objection(
            (key,),
            f"'{key}' is neither a field of the recipe nor a parameter of '{self.word}'",
            candidates=(*fields, *type(self).model_fields),
        )

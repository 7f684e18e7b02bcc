"""The named columns of a pair and their modalities."""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Key

Modality: TypeAlias = Literal["text", "image", "audio", "video", "sensor"]
Fields: TypeAlias = "dict[str, Field]"


class _Field(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextField(_Field):
    """Text of one language."""

    type: Literal["text"]
    language: str | None = Key(None, description="BCP 47 tag of the text's language.")
    optional: bool = Key(False, description="Pairs may lack this field.")


class ImageField(_Field):
    """A still image."""

    type: Literal["image"]
    optional: bool = Key(False, description="Pairs may lack this field.")


class AudioField(_Field):
    """A sound recording."""

    type: Literal["audio"]
    language: str | None = Key(None, description="BCP 47 tag of the language spoken.")
    optional: bool = Key(False, description="Pairs may lack this field.")


class VideoField(_Field):
    """A film: pictures in time, with or without sound."""

    type: Literal["video"]
    language: str | None = Key(None, description="BCP 47 tag of the language spoken.")
    optional: bool = Key(False, description="Pairs may lack this field.")


class SensorField(_Field):
    """A stream of samples with timestamps, one or more channels each."""

    type: Literal["sensor"]
    optional: bool = Key(False, description="Pairs may lack this field.")


class MetadataField(_Field):
    """A value that describes the pair: text, a number or a truth value."""

    type: Literal["metadata"]
    group: bool = Key(False, description="The audit compares decisions between these groups.")

    @property
    def optional(self) -> bool:
        return True


Field: TypeAlias = Annotated[
    TextField | ImageField | AudioField | VideoField | SensorField | MetadataField,
    Key(discriminator="type"),
]

MEDIA: frozenset[str] = frozenset({"image", "audio", "video", "sensor"})
CLOCKED: frozenset[str] = frozenset({"audio", "video", "sensor"})
"""Media with a clock, of which a pair may hold a span."""


def media_fields(fields: Fields) -> list[str]:
    """Names of the fields whose content is a file's bytes."""
    return [name for name, field in fields.items() if field.type in MEDIA]


def clocked_fields(fields: Fields) -> list[str]:
    """Names of the fields whose content may be a span of a file."""
    return [name for name, field in fields.items() if field.type in CLOCKED]


def content_fields(fields: Fields) -> list[str]:
    """Names of the fields that have content of their own, in recipe order."""
    return [name for name, field in fields.items() if field.type != "metadata"]


def metadata_fields(fields: Fields) -> list[str]:
    return [name for name, field in fields.items() if field.type == "metadata"]


def group_fields(fields: Fields) -> list[str]:
    """Names of the metadata fields between whose values the audit compares."""
    return [name for name, field in fields.items() if getattr(field, "group", False)]


def language_of(fields: Fields, name: str) -> str | None:
    """The language that a field declares."""
    tag = getattr(fields[name], "language", None)
    return None if tag is None else str(tag)


def optional(fields: Fields, names: Container[str] | None = None) -> Fields:
    """The same fields, of which these need not be there; by default none need."""
    return {
        name: field.model_copy(update={"optional": True})
        if (names is None or name in names) and not field.optional
        else field
        for name, field in fields.items()
    }

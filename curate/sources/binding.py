"""What a folder's field is bound to, taken apart: `{stem}.txt#1` is a path and a part of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from curate.sources.boundary import leaves
from curate.sources.pattern import MAGIC, PLACES, Pattern, Template
from curate.steps.step import Objection

if TYPE_CHECKING:
    from curate.pairs.field import Field


@dataclass(frozen=True)
class Binding:
    """One or more globs, or one template; `part` only for texts."""

    texts: tuple[str, ...]
    part: str | None = None

    @classmethod
    def of(cls, value: str | list[str], field: Field) -> Binding:
        texts = (value,) if isinstance(value, str) else tuple(value)
        found = re.fullmatch(r"(.+)#([^/#]+)", texts[0]) if field.type == "text" else None
        if found and len(texts) == 1:
            return cls((found[1],), found[2])
        return cls(texts)

    @property
    def finds(self) -> bool:
        """Whether it is a glob."""
        return any(MAGIC.search(text) for text in self.texts)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        return tuple(Pattern(text) for text in self.texts)

    @cached_property
    def template(self) -> Template:
        return Template(self.texts[0])


def well_formed(value: Any) -> bool:
    """Whether a recipe's value can be a binding at all."""
    texts = value if isinstance(value, list) else [value]
    return bool(texts) and all(isinstance(text, str) and text.strip() for text in texts)


def objections(key: str, bound: Binding, field: Field) -> Iterator[Objection]:
    """What is wrong with a well-formed binding."""
    finds = bound.finds and field.type != "metadata"
    if len(bound.texts) > 1 and not (finds and all(map(MAGIC.search, bound.texts))):
        yield Objection((key,), "only globs may be a list", expected="one template")
    for text in bound.texts:
        if finds and "{" in text:
            yield Objection((key,), f"'{text}' is a glob and cannot have placeholders")
        elif bool(bound.template.unknown) and not finds:
            yield _unknown_place(key, bound.template.unknown[0])
        if field.type != "metadata" and (why := leaves(text)):
            yield Objection((key,), f"'{text}' is {why}")
    if bound.part == "0":
        yield Objection((key,), "lines count from 1", expected="'#1' for the first line")


def _unknown_place(key: str, place: str) -> Objection:
    return Objection(
        (key,),
        f"unknown placeholder '{{{place}}}'",
        expected="one of " + ", ".join(f"{{{name}}}" for name in PLACES),
        candidates=PLACES,
    )

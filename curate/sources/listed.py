"""Corpora as they are published: a folder with media, and a list in it that names them.

A list says what its media are called, not always where they lie; that is each corpus' layout and
known to its source. Nothing outside the folder is read, whatever the list says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field as Key

from curate.pairs.field import MEDIA
from curate.sources.sheet import Sheet, listed
from curate.sources.table import Table
from curate.steps.step import Objection

if TYPE_CHECKING:
    from pathlib import Path

    from curate.pairs.field import Field


class Listed(Table):
    """Base of the sources that know one corpus' layout."""

    media: ClassVar[Mapping[str, str]]
    """Modality -> the column that names its files."""
    columns: ClassVar[tuple[str, ...]] = ()
    """The other columns; none where lists differ in them."""

    path: str = Key(min_length=1, description="The corpus' folder, relative to the recipe.")
    file: str = Key(min_length=1, description="The list, relative to that folder.")

    def sheets(self, base: Path) -> tuple[Path, list[Sheet]]:
        root, sheet = listed(base, self.path, self.file)
        return root, [sheet]

    def check_binding(self, key: str, binding: Any, field: Field) -> Iterator[Objection]:
        offered = self._offered(field)
        if field.type not in MEDIA and not offered:
            yield from super().check_binding(key, binding, field)
        elif not offered:
            yield Objection((key,), f"'{self.word}' has no {field.type}")
        elif binding not in offered:
            yield Objection(
                (key,),
                f"'{self.word}' has no {field.type} '{binding}'",
                expected=f"'{offered[0]}'" if len(offered) == 1 else f"one of {', '.join(offered)}",
                candidates=offered,
            )

    def _offered(self, field: Field) -> tuple[str, ...]:
        if field.type in MEDIA:
            return (self.media[field.type],) if field.type in self.media else ()
        return self.columns

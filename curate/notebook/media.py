"""Media of any pair of a release: of kept ones what was released, of others what their sources hold.

A source is read again only when a pair that left is to be seen, and the recipe is looked for where it
stood. What a step changed in a pair that left is nowhere any more; its media are not shown, since what
the source holds may be what the step took out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.forget_recipes import place_of
from curate.run.media import MediaOfCourse, MediaOfRelease
from curate.run.progress import Silence

if TYPE_CHECKING:
    from curate.notebook.release import Release

_CHANGED = ("change", "redact")


@dataclass(frozen=True)
class MediaOfAny:
    """Implements `curate.report.media.Media`."""

    release: Release

    def read(self, field: str, pair_ids: Sequence[str]) -> dict[str, bytes]:
        """Bytes by pair; pairs whose content is out of reach are left out."""
        found = self._kept.read(field, pair_ids)
        wanted = [i for i in pair_ids if i not in found and i in self._untouched]
        if wanted and self._sources is not None:
            found |= self._sources.read(field, wanted)
        return found

    @cached_property
    def _kept(self) -> MediaOfRelease:
        return MediaOfRelease(self.release.path)

    @cached_property
    def _untouched(self) -> frozenset[str]:
        """Pairs that left as they came."""
        changed = self.release.decisions.filter(pl.col("verdict").is_in(_CHANGED))["pair_id"]
        left = pl.col("status") == "dropped"
        rest = self.release.pairs.filter(left & ~pl.col("pair_id").is_in(changed.implode()))
        return frozenset(rest["pair_id"])

    @cached_property
    def _sources(self) -> MediaOfCourse | None:
        """The recipe's sources gathered, whose files are read later; None where that cannot be."""
        try:
            place = place_of(self.release.workspace, self.release.name)
            with opened(read_recipe(place), Options(), Silence(), compute=False) as gathered:
                return MediaOfCourse(*gathered, released=None)
        except CurateError:
            return None

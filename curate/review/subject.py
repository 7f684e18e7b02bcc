"""What is under review: a release as it lies there, or a recipe's pairs as a build would decide them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError
from curate.governance.evidence import Evidence
from curate.pairs.field import Fields, media_fields
from curate.recipe import read_recipe
from curate.release.evidence import read_evidence
from curate.release.publish import read_manifest
from curate.release.published import workspace_of
from curate.report.media import Media
from curate.report.withheld import withheld
from curate.run.media import MediaOfCourse, MediaOfRelease
from curate.run.reviews import Reviews, read_reviews, reviews_path

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe
    from curate.run.progress import Progress

_REMEMBERED = 16
"""Media that are read once for a page and once more, or in parts, for what plays them."""


@dataclass(frozen=True)
class Subject:
    """Pairs with their stories, and where opinions on them are written."""

    title: str
    recipe: Recipe
    workspace: Path
    evidence: Evidence
    media: Media
    release: Path | None
    """None where a recipe is under review."""

    @property
    def fields(self) -> Fields:
        return self.recipe.fields

    @property
    def pairs(self) -> pl.DataFrame:
        """Every pair, as `pairs.parquet` has it."""
        return self.evidence.pairs

    @property
    def media_fields(self) -> list[str]:
        return list(media_fields(self.fields))

    @property
    def reviews(self) -> Path:
        return reviews_path(self.workspace, self.recipe.name)

    @cached_property
    def places(self) -> dict[str, int]:
        """Pair -> its row."""
        return {pair_id: place for place, pair_id in enumerate(self.pairs["pair_id"])}

    @cached_property
    def withheld(self) -> Mapping[str, str]:
        """Pair -> why reports do not show it."""
        return dict(withheld(self.evidence).iter_rows())

    def check(self) -> None:
        """Raises `CurateError` where the release is no more what was opened: it was built anew, or
        something in it had to be forgotten, which is not to be shown from memory.
        """
        if self.release is None:
            return
        manifest = read_manifest(self.release)
        if manifest is None or manifest["digest"] != self.evidence.digest:
            raise CurateError(
                f"{self.release} is not the release any more that is under review",
                f"stop, and begin again: curate review {self.release}",
            )

    def pair(self, pair_id: str) -> dict[str, Any]:
        """A pair's row of the table; raises `KeyError`."""
        return self.pairs.row(self.places[pair_id], named=True)

    def story(self, pair_id: str) -> list[dict[str, Any]]:
        """A pair's lines of the ledger, in order."""
        lines = self.evidence.decisions.filter(pl.col("pair_id") == pair_id)
        return lines.sort("step", maintain_order=True).to_dicts()

    def medium(self, field: str, pair_id: str) -> bytes | None:
        """The bytes of a content, None where they cannot be had."""
        found: bytes | None = self._remembered(field, pair_id)
        return found

    @cached_property
    def _remembered(self) -> Any:
        return lru_cache(_REMEMBERED)(lambda field, pair: self.media.read(field, [pair]).get(pair))


def reviews_of(target: Path) -> Reviews | None:
    """What was said so far of a release or a recipe; raises `CurateError`."""
    folder = target.is_dir()
    recipe = _recipe_of(target) if folder else read_recipe(target)
    workspace = _workspace_of(target) if folder else recipe.workspace
    return read_reviews(reviews_path(workspace, recipe.name), recipe.fields)


@contextmanager
def under_review(target: Path, progress: Progress) -> Iterator[Subject]:
    """A release's folder or a recipe's file; raises `CurateError`."""
    if target.is_dir():
        yield _of_release(target)
    else:
        with _of_recipe(target, progress) as subject:
            yield subject


def _recipe_of(folder: Path) -> Recipe:
    if read_manifest(folder) is None:
        raise CurateError(
            f"{folder} is no release: it has no manifest.json",
            "name a folder such as releases/<name>/<version>, or a recipe",
        )
    return read_recipe(folder / "recipe.yaml", alone=True)


def _workspace_of(folder: Path) -> Path:
    """Where the next build looks for what is said; raises `CurateError`."""
    found = workspace_of(folder)
    if found is None:
        raise CurateError(
            f"{folder} does not stand in a workspace, so that no build would heed what is said of it",
            "a release lies in releases/<name>/<version>, and reviews/ beside releases/",
        )
    return found


def _of_release(folder: Path) -> Subject:
    recipe = _recipe_of(folder)
    return Subject(
        title=f"{recipe.name} {folder.resolve().name}",
        recipe=recipe,
        workspace=_workspace_of(folder),
        evidence=read_evidence(folder),
        media=MediaOfRelease(folder),
        release=folder,
    )


@contextmanager
def _of_recipe(path: Path, progress: Progress) -> Iterator[Subject]:
    """The store is held while the page is open."""
    from curate.run.build import Options, opened
    from curate.run.publishing import evidence_of
    from curate.run.releasing import released

    recipe = read_recipe(path)
    with opened(recipe, Options(), progress) as (course, asking):
        course.run(asking)
        made = released(course, asking, None)
        yield Subject(
            title=recipe.name,
            recipe=recipe,
            workspace=recipe.workspace,
            evidence=evidence_of(course, asking, made.content),
            media=MediaOfCourse(course, asking, made.media),
            release=None,
        )

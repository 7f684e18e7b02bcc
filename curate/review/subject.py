"""What is under review: a release as it lies there, or a recipe's pairs as a build would decide them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.pairs.field import Fields, group_fields, media_fields
from curate.recipe import read_recipe
from curate.release.evidence import read_evidence
from curate.release.publish import read_manifest
from curate.review.media import Media, MediaOfCourse, MediaOfRelease
from curate.run.reviews import reviews_path

if TYPE_CHECKING:
    from curate.governance.audit import Audit
    from curate.governance.evidence import Evidence
    from curate.recipe.recipe import Recipe
    from curate.run.progress import Progress


@dataclass(frozen=True)
class Subject:
    """Pairs with their stories, and where opinions on them are written."""

    title: str
    recipe: Recipe
    workspace: Path
    pairs: pl.DataFrame
    """As `pairs.parquet` has them."""
    decisions: pl.DataFrame
    clusters: pl.DataFrame | None
    made: pl.DataFrame | None
    audit: Audit | None
    evaluation: Mapping[str, Any] | None
    media: Media
    release: Path | None
    """None where a recipe is under review."""

    @property
    def fields(self) -> Fields:
        return self.recipe.fields

    @property
    def media_fields(self) -> list[str]:
        return list(media_fields(self.fields))

    @property
    def reviews(self) -> Path:
        return reviews_path(self.workspace, self.recipe.name)

    @property
    def findings(self) -> Path:
        return self.reviews.with_suffix(".findings.jsonl")

    @cached_property
    def places(self) -> dict[str, int]:
        """Pair -> its row."""
        return {pair_id: place for place, pair_id in enumerate(self.pairs["pair_id"])}

    def pair(self, pair_id: str) -> dict[str, Any]:
        """A pair's row of the table; raises `KeyError`."""
        return self.pairs.row(self.places[pair_id], named=True)

    def story(self, pair_id: str) -> list[dict[str, Any]]:
        """A pair's lines of the ledger, in order."""
        lines = self.decisions.filter(pl.col("pair_id") == pair_id)
        return lines.sort("step", maintain_order=True).to_dicts()


@contextmanager
def under_review(target: Path, progress: Progress) -> Iterator[Subject]:
    """A release's folder or a recipe's file; raises `CurateError`."""
    if target.is_dir():
        yield _of_release(target)
    else:
        with _of_recipe(target, progress) as subject:
            yield subject


def _of_release(folder: Path) -> Subject:
    recipe = read_recipe(folder / "recipe.yaml") if read_manifest(folder) else _no_release(folder)
    evidence = read_evidence(folder)
    title = f"{recipe.name} {folder.resolve().name}"
    media = MediaOfRelease(folder, recipe.fields)
    workspace = folder.resolve().parents[2]
    return _subject(title, recipe, workspace, evidence, media, folder)


def _no_release(folder: Path) -> Recipe:
    from curate.errors import CurateError

    raise CurateError(
        f"{folder} is no release: it has no manifest.json",
        "name a folder such as releases/<name>/<version>, or a recipe",
    )


def _subject(
    title: str, recipe: Recipe, workspace: Path, told: Evidence, media: Media, folder: Path
) -> Subject:
    return Subject(
        title=title,
        recipe=recipe,
        workspace=workspace,
        pairs=told.pairs,
        decisions=told.decisions,
        clusters=told.clusters,
        made=told.made,
        audit=told.audit,
        evaluation=told.evaluation,
        media=media,
        release=folder,
    )


@contextmanager
def _of_recipe(path: Path, progress: Progress) -> Iterator[Subject]:
    from curate.governance.audit import audited
    from curate.run.build import Options, opened
    from curate.run.releasing import released

    recipe = read_recipe(path)
    with opened(recipe, Options(), progress) as (course, asking):
        course.run(asking)
        content = released(course, asking, None).content
        groups = list(group_fields(recipe.fields))
        texts = [name for name, field in recipe.fields.items() if field.type == "text"]
        settings = recipe.governance.audit
        yield Subject(
            title=recipe.name,
            recipe=recipe,
            workspace=recipe.workspace,
            pairs=content.pairs,
            decisions=content.decisions,
            clusters=content.clusters,
            made=content.made,
            audit=audited(content.pairs, content.decisions, content.made, groups, texts, settings),
            evaluation=None,
            media=MediaOfCourse(course.table, recipe.fields),
            release=None,
        )

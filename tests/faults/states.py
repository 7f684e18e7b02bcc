"""States of a workspace in which faults are tried."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from curate.recipe import read_recipe
from curate.run.build import Options, build
from tests.faults.harness import Scenario, Server, serving
from tests.forget.test_forget import holding, names_of, pair
from tests.workspace import FIELDS, FOLDER, STEPS, Workspace

BUILD = ("build", "{root}/recipes/ten.yaml", "--workers", "1", "--json")
OTHER = [{"filter": {"caption.words": {"min": 4}}}, *STEPS[1:]]
RECIPES = Path(__file__).parents[2] / "recipes"
_SAMPLE = 300
MANY = 20
"""Fragments of a measure; sixteen are put together."""


@contextmanager
def warmed(folder: Path, media: Path) -> Iterator[Server]:
    """A server that has imported all that a build needs."""
    with serving(folder) as started:
        place = ten(folder / "warm", media)
        ended = started.run(place.root, ["build", place.path], imports=True)
        assert ended.status == 0, ended.crash
        yield started


def ten(folder: Path, media: Path) -> Workspace:
    root = folder / "workspace"
    shutil.copytree(media, root / "media")
    return Workspace(root).having(
        name="ten", version="1.0.0", fields=FIELDS, sources=[{"folder": FOLDER}], steps=STEPS
    )


def first(folder: Path, media: Path, server: Server) -> Scenario:
    """Nothing was built yet."""
    return Scenario(ten(folder, media), BUILD, server)


def draft(folder: Path, media: Path, server: Server) -> Scenario:
    """A draft stands, and another takes its place."""
    place = ten(folder, media).having(version="draft")
    place.build()
    return Scenario(place.having(steps=OTHER), BUILD, server)


def scattered(folder: Path, media: Path, server: Server) -> Scenario:
    """The store has many small fragments, which are put together."""
    place = ten(folder, media)
    place.build()
    (path,) = (place.store / "values").glob("image.probe-*/*.parquet")
    for number in range(MANY):
        shutil.copy(path, path.with_name(f"{number:016x}.parquet"))
    shutil.rmtree(place.release)
    return Scenario(place, BUILD, server)


def forgetting(folder: Path, media: Path, server: Server) -> Scenario:
    """A pair that a release holds is forgotten."""
    place = ten(folder, media)
    place.build()
    owl = pair(place, "birds/owl.webp")
    command = ("forget", "--ids", str(owl["pair_id"]), "--workspace", "{root}", "--json")

    def gone(root: Path) -> None:
        assert holding(root, names_of(owl)) == []
        assert pl.read_parquet(root / "releases/ten/1.0.1/pairs.parquet").height == 9

    later = Workspace(place.root, {**place.recipe, "version": "1.0.1"})
    return Scenario(later, command, server, keeps_store=False, check=gone)


def openmoji(folder: Path, media: Path, server: Server) -> Scenario:
    """A sample of the recipe that the demo builds; half of its measures are in the store."""
    recipes = folder / "workspace/recipes"
    shutil.copytree(RECIPES, recipes)
    place = Workspace(folder / "workspace", {"name": "openmoji", "version": "draft"})
    build(read_recipe(place.path), Options(limit=_SAMPLE))
    for shelf in sorted((place.store / "values").iterdir())[::2]:
        shutil.rmtree(shelf)
    shutil.rmtree(place.root / "releases")
    command = ("build", "{root}/recipes/openmoji.yaml", "--workers", "1", "--limit", str(_SAMPLE))
    return Scenario(place, command, server)


STATES: dict[str, Callable[[Path, Path, Server], Scenario]] = {
    "first": first,
    "draft": draft,
    "scattered": scattered,
    "forgetting": forgetting,
}

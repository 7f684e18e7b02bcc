"""Releases say under which licence every pair stands, whom to name, and what binds all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.cards.attribution import attribution
from curate.errors import RecipeError
from curate.governance.licences import Licensing, licences
from curate.pairs.licence import read
from curate.steps.licence import GENERATORS
from tests.workspace import FIELDS, FOLDER, Workspace, curate, write_lines, write_media

FLIP = {"synthesize": {"augment": "image", "into": "image", "by": {"flip": 1}}}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    write_media(tmp_path / "media")
    return Workspace(tmp_path).having(
        name="birds", version="1.0.0", fields=FIELDS, sources=[{"folder": FOLDER}], steps=[]
    )


@pytest.fixture
def listed(tmp_path: Path) -> Workspace:
    written = ["CC BY 4.0", "https://creativecommons.org/publicdomain/zero/1.0/", "all mine", None]
    written += ["CC-BY-SA-4.0", "MIT OR GPL-2.0-only", "CC-BY-ND-4.0"]
    rows = [
        {
            "caption": f"A line, number {n}.",
            "terms": terms,
            "by": f"Painter {n % 2}" if n < 5 else None,
        }
        for n, terms in enumerate(written)
    ]
    write_lines(tmp_path / "media" / "rows.jsonl", rows)
    bound = {"path": "../media/rows.jsonl", **{name: name for name in rows[0]}}
    return Workspace(tmp_path).having(
        name="lines",
        version="1.0.0",
        fields={
            "caption": {"type": "text"},
            "terms": {"type": "metadata"},
            "by": {"type": "metadata"},
        },
        sources=[{"jsonl": bound}],
        steps=[],
    )


def said(place: Workspace) -> dict[str, tuple[Any, ...]]:
    """Caption -> verdict, reason, detail of the step."""
    pairs, lines, _ = place.tables()
    rows = lines.filter(pl.col("name") == "licence").join(pairs, on="pair_id")
    return {
        row[0]: row[1:]
        for row in rows.select("caption", "verdict", "reason", "detail").sort("caption").iter_rows()
    }


def test_names_are_read_and_what_is_not_allowed_goes(listed: Workspace) -> None:
    step = {
        "field": "terms",
        "authors": "by",
        "allow": ["CC0-1.0", "CC-BY-4.0", "mit"],
        "unknown": "flag",
    }
    place = listed.having(steps=[{"licence": step}])
    place.build()
    assert list(said(place).values()) == [
        ("keep", None, "CC-BY-4.0, read from 'CC BY 4.0'"),
        ("keep", None, "CC0-1.0, read from 'https://creativecommons.org/publicdomain/zero/1.0/'"),
        ("flag", "licence unknown", "'all mine'"),
        ("flag", "licence unknown", "nothing is said"),
        ("drop", "licence not allowed", "CC-BY-SA-4.0"),
        ("keep", None, "GPL-2.0-only OR MIT, read from 'MIT OR GPL-2.0-only'"),
        ("drop", "licence not allowed", "CC-BY-ND-4.0"),
    ]


def test_what_a_pair_lacks_its_source_says(listed: Workspace) -> None:
    step = {
        "field": "terms",
        "sources": {"jsonl": "CC-BY-3.0"},
        "credits": {"jsonl": "The lines' authors"},
    }
    place = listed.having(steps=[{"licence": step}])
    place.build()
    pairs, _, _ = place.tables()
    found = dict(pairs.select("caption", "license").iter_rows())
    assert found["A line, number 3."] == "CC-BY-3.0"
    assert found["A line, number 2."] is None
    assert set(pairs["attribution"]) == {"The lines' authors"}


def test_the_columns_reach_the_data_and_load(place: Workspace, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    step = {"sources": {"folder": "CC-BY-SA-4.0"}, "credits": {"folder": "A. Painter"}}
    place = place.having(steps=[{"licence": step}, {"split": {"train": 0.5, "test": 0.5}}])
    place.build()
    assert curate("verify", place.release).code == 0
    loaded = datasets.load_dataset(
        str(place.release), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded.features["license"].dtype == loaded.features["attribution"].dtype == "string"
    assert set(loaded["license"]) == {"CC-BY-SA-4.0"}
    assert set(loaded["attribution"]) == {"A. Painter"}


def test_children_stand_under_their_parents_licence_and_their_generators(place: Workspace) -> None:
    licence = {"sources": {"folder": "CC-BY-4.0"}, "credits": {"folder": "A. Painter"}}
    free = place.having(name="free", steps=[{"licence": {**licence, "allow": ["CC-BY-4.0"]}}, FLIP])
    free.build()
    children = free.tables()[0].filter(pl.col("origin") == "synthetic")
    assert set(children.select("license", "attribution", "status").iter_rows()) == {
        ("CC-BY-4.0", "A. Painter", "kept")
    }
    bound = {**licence, "allow": ["CC-BY-4.0"], "generators": {"flip": "GPL-3.0-only"}}
    place = place.having(name="bound", steps=[{"licence": bound}, FLIP])
    place.build()
    children = place.tables()[0].filter(pl.col("origin") == "synthetic")
    assert set(children["license"]) == {"CC-BY-4.0 AND GPL-3.0-only"}
    assert set(children["status"]) == {"dropped"}
    assert curate("verify", place.release).code == 0


def test_the_generator_that_comes_with_curate_is_under_the_licence_of_its_card() -> None:
    for reference, licence in GENERATORS.items():
        card = Path(__file__).parents[2] / reference.removeprefix("pkg:") / "README.md"
        (line,) = (one for one in card.read_text().splitlines() if one.startswith("license:"))
        assert read(line.removeprefix("license:")) == licence


def test_terms_of_the_whole_and_what_cannot_be_combined(listed: Workspace) -> None:
    place = listed.having(steps=[{"licence": {"field": "terms", "authors": "by"}}])
    place.build()
    pairs, _, _ = place.tables()
    found = licences(pairs)
    assert sum(found.counts.values()) == 5
    assert found.unknown == 2
    assert [(each.term, each.licences, each.pairs) for each in found.binding] == [
        ("attribution", ("CC-BY-4.0", "CC-BY-ND-4.0", "CC-BY-SA-4.0", "MIT"), 4),
        ("share-alike", ("CC-BY-SA-4.0",), 1),
        ("no-derivatives", ("CC-BY-ND-4.0",), 1),
    ]
    assert found.terms == ["attribution", "share-alike", "no-derivatives", "unknown"]
    assert all("CC-BY-ND-4.0" in each.licences for each in found.conflicts)
    text = attribution(pairs)
    assert "## CC-BY-SA-4.0\n\n[CC-BY-SA-4.0](https://spdx.org/licenses/CC-BY-SA-4.0.html)" in text
    assert "  - Painter 0: 1 pair\n" in text
    assert "## Licence unknown" in text
    assert attribution(pairs.sample(fraction=1, shuffle=True, seed=3)) == text


def test_made_of_what_allows_no_changes_is_a_conflict(place: Workspace) -> None:
    place = place.having(steps=[{"licence": {"sources": {"folder": "CC-BY-ND-4.0"}}}, FLIP])
    place.build()
    (conflict,) = licences(place.tables()[0]).conflicts
    assert conflict.pairs == 10
    assert conflict.words.startswith("CC-BY-ND-4.0 (10 pairs): allows no changed copies")


def test_without_the_step_nothing_is_known(place: Workspace) -> None:
    place.build()
    pairs, _, data = place.tables()
    assert "license" not in pairs.columns
    assert licences(pairs) == Licensing(unknown=data.height)
    assert attribution(pairs).endswith("## Licence unknown\n\n- folder: 10 pairs\n")


def test_a_source_that_is_not_there_is_told(place: Workspace) -> None:
    place = place.having(steps=[{"licence": {"sources": {"foldr": "MIT"}}}])
    with pytest.raises(RecipeError, match="there is no source 'foldr'"):
        place.build()

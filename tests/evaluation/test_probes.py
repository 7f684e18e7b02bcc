"""Probes: what is planted is found by the steps that look for it, and told where none does."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from curate.evaluation.probe import Probe, Probed
from curate.evaluation.probe_counterfactual import SWAPS, swapped
from curate.evaluation.probe_painted import paint
from curate.evaluation.probe_personal import secret
from curate.evaluation.probes import Probes
from curate.measures.personal import personal, text_personal
from curate.recipe import read_recipe
from curate.release.evidence import read_facts
from curate.release.verify import problems
from curate.run.probing import probed
from tests.workspace import Workspace, age, curate, photo, write_lines

THINGS = ("boat", "lamp", "horse", "bridge", "cup", "tower", "garden", "stone")
WHO = ("man", "woman", "boy", "girl", "cat")
STEPS: list[dict[str, Any]] = [
    {"privacy": {"text": "caption"}},
    {"privacy": {"strip": "image"}},
    {"dedup": {"near": "image"}},
    {"split": {"train": 0.5, "test": 0.5, "keep_together": ["near_duplicates"]}},
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two hundred pictures, each with a caption of its own."""
    root = tmp_path_factory.mktemp("probed")
    media = root / "media"
    media.mkdir()
    rows = []
    for number in range(200):
        photo(number).save(media / f"{number}.png")
        caption = f"Number {number} shows a {WHO[number % 5]} beside a {THINGS[number % 8]}"
        rows.append({"image": f"{number}.png", "caption": caption})
    write_lines(media / "pairs.jsonl", rows)
    age(media)
    recipe = {
        "name": "pictures",
        "version": "1.0.0",
        "fields": {"image": {"type": "image"}, "caption": {"type": "text", "language": "en"}},
        "sources": [
            {"jsonl": {"path": "../media/pairs.jsonl", "image": "image", "caption": "caption"}}
        ],
        "steps": STEPS,
    }
    return Workspace(root, recipe).having()


def found(workspace: Workspace) -> dict[str, Probe]:
    document = probed(read_recipe(workspace.path), Probes())
    return {probe.probe: probe for probe in document.probes}


def value(probe: Probe, name: str) -> float:
    return next(share.value for share in probe.shares if share.name == name)


def test_what_is_planted_is_found_where_steps_look(pictures: Workspace) -> None:
    probes = found(pictures)
    assert value(probes["personal"], "caught") == 1
    assert value(probes["personal"], "released") == 0
    assert value(probes["places"], "caught") == 1
    assert value(probes["places"], "kept without it") == 1
    assert value(probes["contaminated"], "caught") == 1
    assert value(probes["canaries"], "released") == 1
    assert value(probes["counterfactual"], "flipped") == 0
    assert all(share.n == 10 for share in probes["places"].shares[:1])


def test_what_nobody_looks_for_is_released(pictures: Workspace) -> None:
    split = {"split": {"train": 0.5, "test": 0.5}}
    probes = found(pictures.having(name="careless", steps=[split]))
    assert value(probes["personal"], "released") == 1
    assert value(probes["places"], "caught") == 0
    assert value(probes["contaminated"], "caught") < 1


def test_a_step_that_changes_pictures_finds_nothing_in_texts(
    pictures: Workspace, tmp_path: Path
) -> None:
    place = pictures.copied(tmp_path).having(name="places", steps=[{"privacy": {"strip": "image"}}])
    for path in place.media.glob("*.png"):
        with Image.open(path) as image:
            about = PngInfo()
            about.add_text("Author", "Somebody")
            image.save(path, pnginfo=about)
    age(place.media)
    probes = found(place)
    assert value(probes["personal"], "caught") == 0
    assert value(probes["personal"], "released") == 1


def test_what_does_not_apply_says_why(pictures: Workspace) -> None:
    probes = found(pictures.having(name="bare", steps=[{"dedup": {"exact": "pair"}}]))
    why = {name: probe.why for name, probe in probes.items() if probe.status != "measured"}
    assert why == {
        "contaminated": "no step splits the pairs",
        "mismatched": "no step scores how well the parts of a pair belong together",
        "painted": "no step scores pictures with texts",
        "injection": "no language model reads a text of the pairs",
        "opt_out": "the recipe has no `consent` step",
    }


def test_refusals_are_replayed(pictures: Workspace) -> None:
    (pictures.root / "recipes" / "refused.txt").write_text("example.org\n")
    fields = {**pictures.recipe["fields"], "url": {"type": "metadata"}}
    (source,) = pictures.recipe["sources"]
    told = {"jsonl": {**source["jsonl"], "url": "url"}}
    consent = {"consent": {"lists": ["refused.txt"], "urls": "url"}}
    workspace = pictures.having(name="asked", fields=fields, sources=[told], steps=[consent])
    lines = [json.loads(line) for line in (pictures.media / "pairs.jsonl").read_text().splitlines()]
    write_lines(
        pictures.media / "pairs.jsonl", ({**line, "url": "https://a.net/b"} for line in lines)
    )
    probe = found(workspace)["opt_out"]
    assert {share.name: share.value for share in probe.shares} == {
        "caught": 1.0,
        "caught: file": 1.0,
        "caught: domain": 1.0,
    }


def test_the_command_prints_a_table_or_a_document(pictures: Workspace, tmp_path: Path) -> None:
    pictures = pictures.having()
    told = curate("probe", pictures.path)
    assert told.code == 0
    assert re.search(r"personal\s*│ caught\s*│ 100.0%", told.out)
    out = tmp_path / "probes.json"
    document = curate("probe", pictures.path, "--json", "--out", out).document
    assert json.loads(out.read_text()) == document
    assert Probed.model_validate(document).recipe == "pictures"


def test_a_release_holds_its_probes_and_nothing_planted(pictures: Workspace) -> None:
    pictures = pictures.having(name="evaluated", evaluate=[{"probes": {"pairs": 5}}])
    pictures.build()
    text = (pictures.release / "evaluation.json").read_text()
    assert "personal: caught 100%" in json.loads(text)["evaluations"][0]["headline"]
    assert '"not_applicable"' in text
    assert read_facts(pictures.release).quality["probes.personal.caught"].value == 1
    assert problems(pictures.release) == []
    for table in pictures.tables():
        assert not any("canary-" in text or "example." in text for text in _strings(table))


def _strings(table: pl.DataFrame) -> list[str]:
    texts = table.select(pl.col(pl.String)).unpivot()["value"].drop_nulls()
    return texts.to_list()


@given(st.floats(0, 1, exclude_max=True), st.sampled_from(["en", "fr", "de", "es", "tr"]))
@pytest.mark.parametrize("kind", ["email", "iban", "card", "ip"])
def test_every_made_up_secret_is_one(kind: str, chance: float, language: str) -> None:
    text = f"A horse by the sea {secret(kind, chance, language)}"
    kinds = {span["kind"] for span in _finder(text)["found"][0] if span["score"] >= 0.4}
    assert kind in kinds, text


def _finder(text: str, made: list[Any] = []) -> pl.DataFrame:  # noqa: B006
    if not made:
        made.append(personal(text_personal(["email", "iban", "card", "ip"], None, []), {}))
    frame: pl.DataFrame = made[0]([text])
    return frame


def test_swapped_words_keep_their_capitals() -> None:
    assert swapped("The King and his MEN") == ("The Queen and her WOMEN", "gender")
    assert swapped("A gray truck") == ("A grey lorry", "dialect")
    assert swapped("A mangrove") == ("A mangrove", "none")
    assert all(word != other for swaps in SWAPS.values() for word, other in swaps.items())


def test_a_caption_is_painted_below() -> None:
    out = io.BytesIO()
    photo(1, 200, 160).save(out, "PNG")
    painted = paint(out.getvalue(), "a caption that is not that of this picture")
    assert painted != out.getvalue()
    assert painted == paint(out.getvalue(), "a caption that is not that of this picture")

"""The card of a release: only facts, no empty heading, and a block that the hub and `datasets` read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from curate.cards.hub import licence, objections
from curate.cards.markdown import code, table, text
from curate.release.evidence import front_matter_of, read_facts
from tests.conftest import Finished
from tests.workspace import Workspace, curate

HOSTILE = {
    "a | b": "a \\| b",
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[x](javascript:alert(1))": "\\[x\\](javascript:alert(1))",
    "two\nlines\r\nand\u2028three": "two lines and three",
    "`code` *bold* _it_": "\\`code\\` \\*bold\\* \\_it\\_",
}


def card_of(release: Path) -> str:
    return (release / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("said", HOSTILE)
def test_what_comes_from_data_is_shown_and_not_obeyed(said: str) -> None:
    assert text(said) == HOSTILE[said]
    assert code(said).count("`") == 2
    assert table(("a",), [(text(said),)]).count("\n") == 3


def test_no_heading_is_empty(finished: Finished) -> None:
    body = card_of(finished.release).split("---\n", 2)[2]
    sections = re.split(r"^#+ .*$", body, flags=re.MULTILINE)[1:]
    assert all(section.strip() for section in sections[1:])


def test_every_number_of_pairs_is_a_fact(finished: Finished) -> None:
    pairs = read_facts(finished.release).pairs
    card = card_of(finished.release)
    assert f"{pairs.kept.value} kept of {pairs.read.value} read" in card
    for loss in pairs.losses.value or ():
        assert f"| {text(loss.name)} | {text(loss.reason)} | {loss.pairs} |" in card


def test_what_nobody_said_is_told_by_who_should(finished: Finished) -> None:
    card = card_of(finished.release)
    assert "More Information Needed" not in card
    (line,) = [line for line in card.splitlines() if line.startswith("| who answers for data")]
    assert "`lawful_basis`" in line
    assert "`takedown`" in line
    assert "What people say" not in card
    assert "compliant" not in card.lower()


def test_answers_of_people_stand_in_the_card(workspace: Workspace) -> None:
    answers = "purpose: {value: To try <b>things</b> out., by: Ada, at: 2026-11-21}\n"
    (workspace.path.parent / "answers.yaml").write_text(answers)
    place = workspace.having(governance={"answers": "answers.yaml"})
    place.build()
    card = card_of(place.release)
    assert "| `purpose` | To try &lt;b&gt;things&lt;/b&gt; out. | Ada | 2026-11-21 |" in card
    assert (place.release / "answers.yaml").read_text() == answers
    assert curate("verify", place.release).code == 0


def test_the_block_is_what_the_hub_accepts(finished: Finished) -> None:
    block = front_matter_of(finished.release)
    assert list(objections(block)) == []
    info = block["dataset_info"]
    assert [split["num_examples"] for split in info["splits"]] == list(
        (read_facts(finished.release).pairs.splits.value or {}).values()
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"licence": "mit"}, "'licence' is no key of a dataset card"),
        ({"license": "bogus"}, "license: 'bogus' is not among what the hub knows"),
        ({"language": ["english"]}, "language: 'english' is no code of ISO 639"),
        ({"size_categories": ["many"]}, "size_categories: 'many' is not among what the hub knows"),
        ({"license": "other"}, "license: 'other' needs a license_name"),
    ],
)
def test_what_the_hub_would_refuse_is_told(wrong: dict[str, Any], told: str) -> None:
    assert list(objections(wrong)) == [told]


@pytest.mark.parametrize(
    ("spdx", "name"),
    [
        ("CC-BY-SA-4.0", "cc-by-sa-4.0"),
        ("GPL-2.0-or-later", "gpl-2.0"),
        ("ODbL-1.0", "odbl"),
        ("Parity-7.0.0", "other"),
        ("MIT OR Apache-2.0", "other"),
    ],
)
def test_licences_as_the_hub_calls_them(spdx: str, name: str) -> None:
    assert licence(spdx) == name


def test_features_in_the_block_are_those_of_the_files(finished: Finished) -> None:
    datasets = pytest.importorskip("datasets")
    told = datasets.Features._from_yaml_list(
        front_matter_of(finished.release)["dataset_info"]["features"]
    )
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(finished.release), split="train")
    assert loaded.features == told


def test_cards_are_filed_in_the_workspace(finished: Finished) -> None:
    filed = finished.workspace.root / "data_cards" / "ten" / "1.0.0.md"
    assert filed.read_text(encoding="utf-8") == card_of(finished.release)


def test_a_new_release_takes_the_place_of_an_old_card(workspace: Workspace) -> None:
    places = [
        workspace.root / path for path in ("data_cards/ten/1.0.0.md", "reports/ten/1.0.0.html")
    ]
    for path in places:
        path.parent.mkdir(parents=True)
        path.write_text("of a release that was taken away")
    workspace.build()
    assert not [path for path in places if "taken away" in path.read_text(encoding="utf-8")]
    for path in places:
        path.unlink()
    workspace.build()
    assert all(path.is_file() for path in places)


def test_pictures_are_shown_where_a_safety_step_looked(workspace: Workspace) -> None:
    pytest.importorskip("onnxruntime")
    assert "## Samples" not in card_of(workspace.build().path)
    steps = [{"safety": {"nsfw": "image"}}]
    release = workspace.having(version="1.1.0", steps=steps).build().path
    shown = re.findall(r"!\[\]\((samples/[0-9a-f]+\.png)\)", card_of(release))
    assert shown
    assert all((release / name).is_file() for name in shown)
    assert curate("verify", release).code == 0
    filed = workspace.root / "data_cards" / "ten" / "1.1.0.md"
    assert "samples/" not in filed.read_text(encoding="utf-8")


def test_what_is_flagged_as_private_or_not_to_be_used_is_not_shown(workspace: Workspace) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("presidio_analyzer")
    (workspace.media / "food" / "bread.txt").write_text("Bread from jane.doe@example.org\n")
    (workspace.path.parent / "refused.txt").write_text("birds/owl.webp\n")
    steps = [
        {"consent": {"lists": ["refused.txt"], "act": "flag"}},
        {"privacy": {"text": "caption", "act": "flag"}},
        {"safety": {"nsfw": "image"}},
    ]
    card = card_of(workspace.having(steps=steps).build().path)
    assert "A duck on a pond" in card
    assert "jane.doe" not in card
    assert "An owl at night" not in card

"""`governance/`: every sheet in both forms, made of facts, of people's answers, and of nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from curate.cards.lacking import lacking
from curate.cards.sheets import sheets, spelt
from curate.governance.facts import Facts, names
from curate.governance.questionnaire import wanted_by
from curate.governance.questions import QUESTIONS
from curate.governance.standards import STANDARDS
from tests.cards.conftest import document
from tests.conftest import Finished

FORMS = [f"{standard.key}.{form}" for standard in STANDARDS for form in ("json", "md")]


def test_a_release_holds_every_sheet_in_both_forms(told: Path) -> None:
    assert sorted(path.name for path in (told / "governance").iterdir()) == sorted(FORMS)


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.key)
def test_rows_ask_for_facts_that_there_are(standard: Any) -> None:
    known = set(names()) | {f"answers.{key}" for key in QUESTIONS}
    sections = {name.partition(".")[0] for name in known} | {"evaluation"}
    for row in standard.rows:
        assert row.facts, row.clause
        for fact in row.facts:
            there = fact[:-2] in sections if fact.endswith(".*") else fact in known
            assert there, (row.clause, fact)


def test_every_question_is_wanted_by_a_standard() -> None:
    assert [key for key in QUESTIONS if not wanted_by(key)] == []


def test_values_are_the_facts_and_nothing_is_computed(told: Path, facts: Facts) -> None:
    stated = dict(facts.statements())
    for standard in STANDARDS:
        for line in document(told, f"governance/{standard.key}.json")["lines"]:
            for shown in line["facts"]:
                fact = stated[shown["fact"]].model_dump(mode="json", exclude_none=True)
                assert {key: shown.get(key) for key in fact} == fact


def test_both_forms_say_the_same(told: Path) -> None:
    for standard in STANDARDS:
        sheet = document(told, f"governance/{standard.key}.json")
        text = (told / f"governance/{standard.key}.md").read_text()
        rows = [line for line in text.splitlines() if line.startswith("| `")]
        shown = [fact for line in sheet["lines"] for fact in line["facts"]]
        assert [cells(row)[0] for row in rows] == [f"`{fact['fact']}`" for fact in shown]
        assert [plain(cells(row)[2]).replace(" ", "_") for row in rows] == [
            fact["status"] for fact in shown
        ]
        for row, fact in zip(rows, shown, strict=True):
            said = fact.get("asked") or (spelt(fact["value"]) if "value" in fact else "")
            assert plain(cells(row)[1]) == said


def cells(row: str) -> list[str]:
    """Of a table's row; a bar with a backslash is text."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def plain(cell: str) -> str:
    return (
        re.sub(r"\\(.)", r"\1", cell)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )


def test_an_answer_stands_with_who_gave_it_and_when(told: Path) -> None:
    datasheet = document(told, "governance/datasheet.json")
    shown = [fact for line in datasheet["lines"] for fact in line["facts"]]
    authors = next(fact for fact in shown if fact["fact"] == "answers.authors")
    assert authors == {
        "fact": "answers.authors",
        "value": "A. Author; B. Author",
        "status": "declared",
        "evidence": "answers.yaml",
        "by": "A. Author",
        "at": "2026-11-20",
    }
    text = (told / "governance" / "datasheet.md").read_text()
    assert "| `answers.intended_uses` | Tests, and nothing \\| else. | declared |" in text


def test_who_must_answer_stands_where_nobody_did(finished: Finished) -> None:
    sheet = document(finished.release, "governance/eu-ai-act-article-10.json")
    row = next(line for line in sheet["lines"] if line["clause"] == "Art. 10(2)(d)")
    question = QUESTIONS["assumptions"]
    assert row["facts"] == [
        {
            "fact": "answers.assumptions",
            "status": "not_provided",
            "by": question.by,
            "asked": question.asked,
            "why": question.why,
        }
    ]


def test_no_document_claims_that_a_requirement_is_met(told: Path, finished: Finished) -> None:
    for release in (told, finished.release):
        texts = [path for path in release.rglob("*") if path.suffix in (".md", ".json", ".jsonl")]
        for path in texts:
            assert not re.search(r"complian|conformity|certif", path.read_text(), re.IGNORECASE), (
                path
            )


def test_sheets_are_a_function_of_the_facts(told: Path, facts: Facts) -> None:
    again = sheets(Facts.model_validate(json.loads(facts.model_dump_json())))
    assert again == {
        f"governance/{path.name}": path.read_text() for path in (told / "governance").iterdir()
    }


def test_hostile_answers_stay_in_their_cells(facts: Facts) -> None:
    said = facts.answers["purpose"].model_copy(
        update={"value": "<script>x</script> | # not a title\n## nor this `code` [link](x)"}
    )
    hostile = facts.model_copy(update={"answers": {**facts.answers, "purpose": said}})
    text = sheets(hostile)["governance/datasheet.md"]
    assert "<script>" not in text
    assert "\n## nor this" not in text
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert {len(cells(row)) for row in rows} == {4}


def test_what_is_lacking_by_standard(facts: Facts) -> None:
    found = lacking(facts)
    assert list(found) == [standard.title for standard in STANDARDS]
    datasheet = {lack.fact: lack for lack in found[STANDARDS[-1].title]}
    assert "answers.purpose" not in datasheet
    assert "answers.annotators" not in datasheet  # there is nothing to answer
    assert datasheet["answers.contact"].clauses == ("Maintenance",)
    assert datasheet["answers.contact"].asked == QUESTIONS["contact"].asked
    assert datasheet["licences.terms"].by == facts.licences.terms.by


def test_gates_can_ask_for_answers(facts: Facts) -> None:
    """An answer is a fact with a name, whether it was given or not."""
    stated = dict(facts.statements())
    assert {f"answers.{key}" for key in QUESTIONS} <= stated.keys()
    assert facts.completeness.value == pytest.approx(9 / len(QUESTIONS), abs=1e-6)

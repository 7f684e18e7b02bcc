"""`curate card`: questions are written, answers stay, and what is missing is said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from curate.errors import RecipeError
from curate.governance.questions import QUESTIONS
from curate.pairs.yaml import to_yaml
from curate.recipe.answers import read_answers
from tests.conftest import Finished
from tests.workspace import curate


def test_questions_can_be_read_back_without_an_answer(tmp_path: Path) -> None:
    said = curate("card", "--questions")
    assert said.code == 0
    (tmp_path / "answers.yaml").write_text(said.out)
    found = read_answers(tmp_path / "answers.yaml")
    assert [*found] == [*QUESTIONS]
    assert {answer.status for answer in found.values()} == {"not_provided"}


def test_every_question_says_who_and_why_and_for_what() -> None:
    blocks = curate("card", "--questions").out.split("\n\n")[1:]
    assert len(blocks) == len(QUESTIONS)
    for block, question in zip(blocks, QUESTIONS.values(), strict=True):
        text = re.sub(r"\s+", " ", block.replace("\n# ", " "))
        assert question.asked in text
        assert f"Who: {question.by}. Why: {question.why}" in text
        assert "Wanted by: " in text
        assert max(map(len, block.splitlines())) < 100


def test_answers_that_are_there_stay(finished: Finished, tmp_path: Path) -> None:
    place = finished.workspace.copied(tmp_path / "place")
    place = place.having(governance={"answers": "said.yaml"})
    path = place.path.with_name("said.yaml")
    path.write_text("# mine\npurpose: To teach.   # as agreed\n")
    said = curate("card", "--questions", "--recipe", place.path)
    assert said.out == f"{path}: {len(QUESTIONS) - 1} questions added\n"
    assert path.read_text().startswith("# mine\npurpose: To teach.   # as agreed\n")
    assert read_answers(path)["purpose"].value == "To teach."
    before = path.read_text()
    assert curate("card", "--questions", "--recipe", place.path).out.endswith("every question\n")
    assert path.read_text() == before


def test_a_recipe_without_answers_gets_a_file_called_after_it(
    finished: Finished, tmp_path: Path
) -> None:
    place = finished.workspace.copied(tmp_path / "place")
    said = curate("card", "--questions", "--recipe", place.path)
    assert said.code == 0
    assert place.path.with_name("ten.answers.yaml").exists()
    assert "governance: {answers: ten.answers.yaml}" in said.out


def test_check_says_what_is_missing_for_whom(finished: Finished) -> None:
    said = curate("card", finished.release, "--check")
    assert said.code == 0
    assert "EU AI Act, Article 10: data and data governance" in said.out
    assert "  Art. 10(2)(d): answers.assumptions\n" in said.out
    found = curate("card", finished.release, "--check", "--json").document
    facts = {lack["fact"] for lack in found["EU AI Act, Article 10: data and data governance"]}
    assert "answers.assumptions" in facts
    assert "pairs.kept" not in facts


def test_a_folder_that_is_no_release(tmp_path: Path) -> None:
    said = curate("card", tmp_path, "--check")
    assert said.code == 1
    assert "is no release" in said.err


@pytest.mark.parametrize(
    "arguments", [(), ("--check",), ("releases/x/1.0.0",), ("releases/x/1.0.0", "--questions")]
)
def test_either_questions_or_a_check(arguments: tuple[str, ...]) -> None:
    said = curate("card", *arguments)
    assert said.code == 1
    assert "either --questions, or RELEASE with --check" in said.err


def test_blanks_are_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text('purpose: "  "\n')
    assert read_answers(path)["purpose"].status == "not_provided"
    path.write_text('purpose: {value: "  "}\n')
    with pytest.raises(RecipeError, match="purpose"):
        read_answers(path)


def test_wrong_answers_are_complained_about_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    wrong = {
        "contct": "me@example.org",
        "consent": {"not_applicable": "Nobody.", "value": "Yes."},
        "licence": 5,
        "published": {"value": "soon", "at": "yesterday"},
    }
    path.write_text(to_yaml(wrong))
    shutil.copy(path, tmp_path / "said.yaml")
    with pytest.raises(Exception, match="4 problems") as raised:
        read_answers(path)
    text = str(raised.value)
    assert "answers.yaml:1:1: 'contct' is no question" in text
    assert "did you mean 'contact'?" in text
    assert "an answer has either a 'value' or says why it is 'not_applicable'" in text
    assert "'licence' must be a text" in text
    assert "at" in text

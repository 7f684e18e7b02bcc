"""The file of questions that only people can answer: written for them, and completed later."""

from __future__ import annotations

import textwrap
from collections.abc import Collection

from curate.governance.questions import QUESTIONS, Question
from curate.governance.standards import STANDARDS

HEAD = """\
# What only people can say of a release. Write answers behind the keys, as a text or as
#   {value: the answer, by: who says so, at: 2026-11-30}
# or, where there is nothing to answer,
#   {not_applicable: why, by: who says so}
# Keys without an answer stay open, and the release says who should answer them.
"""


def questionnaire(answered: Collection[str] = ()) -> str:
    """YAML with every question but those that a file has already; nothing where it has all."""
    open_ones = [one for key, one in QUESTIONS.items() if key not in answered]
    return "".join(f"\n{_asked(question)}" for question in open_ones)


def _asked(question: Question) -> str:
    wanted = "; ".join(f"{title} {clauses}" for title, clauses in wanted_by(question.key))
    told = [question.asked, f"Who: {question.by}. Why: {question.why}", f"Wanted by: {wanted}."]
    lines = [line for text in told for line in textwrap.wrap(text, 97)]
    return "".join(f"# {line}\n" for line in lines) + f"{question.key}:\n"


def wanted_by(key: str) -> list[tuple[str, str]]:
    """Standards whose tables ask for an answer, with the clauses."""
    found = []
    for standard in STANDARDS:
        clauses = dict.fromkeys(standard.clauses_of(f"answers.{key}"))
        if clauses:
            found.append((standard.short, ", ".join(clauses)))
    return found

"""`governance/`: what a release can show towards laws and standards, as JSON and as Markdown.

Each sheet is one table (`curate.governance.standards`) filled with facts: a value, how it is known
and by which file, or who would have to say it. Both forms show the same structure, and neither
computes anything. No sheet says that a requirement is met; that is for people to judge.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from curate.cards.markdown import code, section, table, text
from curate.governance.questions import QUESTIONS
from curate.governance.standards import STANDARDS
from curate.governance.statement import Statement, Status

if TYPE_CHECKING:
    from curate.governance.facts import Facts
    from curate.governance.standard import Row, Standard

FOLDER = "governance"
_ANSWERS = "answers."
_MOST = 12
"""Parts of a long value that Markdown shows; JSON has them all."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(_Frozen):
    """A fact beside a requirement."""

    fact: str
    status: Status
    value: Any = None
    evidence: str | None = None
    """The file of the release that proves it, or the reason that there is none."""
    by: str | None = None
    """Who said it, or who should."""
    at: str | None = None
    asked: str | None = None
    """The question, where a person must answer."""
    why: str | None = None


class Line(_Frozen):
    """A requirement with the facts that speak to it."""

    clause: str
    asks: str
    facts: list[Shown]


class Sheet(_Frozen):
    """One standard's table, filled."""

    title: str
    about: str
    release: str
    version: str
    digest: str
    lines: list[Line]


def sheets(facts: Facts) -> dict[str, str]:
    """Name in the release -> its text, of all sheets in both forms."""
    told = dict(facts.statements())
    files = {}
    for standard in STANDARDS:
        sheet = filled(standard, facts, told)
        document = json.dumps(sheet.model_dump(mode="json", exclude_none=True), indent=1)
        files[f"{FOLDER}/{standard.key}.json"] = document + "\n"
        files[f"{FOLDER}/{standard.key}.md"] = markdown(sheet)
    return files


def filled(standard: Standard, facts: Facts, told: Mapping[str, Statement[Any]]) -> Sheet:
    """A standard's table with the facts of a release."""
    return Sheet(
        title=standard.title,
        about=standard.about,
        release=str(facts.release.name.value),
        version=str(facts.release.version.value),
        digest=str(facts.release.digest.value),
        lines=[
            Line(clause=row.clause, asks=row.asks, facts=list(_facts(row, told)))
            for row in standard.rows
        ],
    )


def _facts(row: Row, told: Mapping[str, Statement[Any]]) -> Iterator[Shown]:
    for name in row.facts:
        if name.endswith(".*"):
            yield from (_shown(n, said) for n, said in told.items() if n.startswith(name[:-1]))
        else:
            yield _shown(name, told.get(name))


def _shown(name: str, said: Statement[Any] | None) -> Shown:
    key = name.removeprefix(_ANSWERS)
    question = QUESTIONS[key] if name.startswith(_ANSWERS) else None
    if said is None:
        said = Statement(status="not_provided")
    if question is None or said.status != "not_provided":
        return Shown(fact=name, **said.model_dump(mode="json", exclude_none=True))
    return Shown(
        fact=name,
        status=said.status,
        by=said.by or question.by,
        asked=question.asked,
        why=question.why,
    )


def markdown(sheet: Sheet) -> str:
    """The same sheet for people."""
    name = code(f"{sheet.release} {sheet.version}")
    head = (
        f"# {text(sheet.title)}\n",
        f"{text(sheet.about)}\n",
        f"Release {name}, digest {code(sheet.digest)}.\n",
        "Every line names facts of the release with how they are known, or who must say them.\n",
    )
    return "\n".join([*head, *(_line(line) for line in sheet.lines)])


def _line(line: Line) -> str:
    rows = [
        (code(one.fact), _value(one), text(one.status.replace("_", " ")), _where(one))
        for one in line.facts
    ]
    facts = table(("fact", "value", "known", "by what or whom"), rows)
    return section(text(line.clause), f"{text(line.asks)}\n", facts)


def _value(shown: Shown) -> str:
    if shown.asked is not None:
        return text(shown.asked)
    return "" if shown.value is None else text(spelt(shown.value))


def _where(shown: Shown) -> str:
    said = ", ".join(part for part in (shown.by, shown.at) if part)
    if shown.evidence is None:
        return text(said)
    proof = code(shown.evidence) if shown.status != "not_applicable" else text(shown.evidence)
    return f"{proof}; {text(said)}" if said else proof


def spelt(value: Any) -> str:
    """A value in a line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return _joined(
            [f"{name} {spelt(part)}" for name, part in value.items() if _told(part)], ", "
        )
    if isinstance(value, list):
        return _joined([spelt(part) for part in value], "; ")
    return str(value)


def _joined(parts: list[str], mark: str) -> str:
    if not parts:
        return "none"
    more = [f"and {len(parts) - _MOST} more"] if len(parts) > _MOST else []
    return mark.join([*parts[:_MOST], *more])


def _told(part: Any) -> bool:
    """Whether a part says anything; a nought does."""
    return part not in (None, "", {}, []) and part is not False

"""The report as one file of HTML that asks for nothing: `render_report(report) -> str`.

Templates, style and scripts are files beside this one. The page's own policy lets nothing run or load
but what is in it, by hash; all that came from data is escaped by the template or put in by scripts as
text, never as markup.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from curate.report import wording

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from curate.governance.facts import Facts
    from curate.report.charts import Chart
    from curate.report.content import Report, Scored

SCRIPTS = ("theme.js", "tables.js", "scores.js", "pairs.js", "map.js")
STYLES = ("house.css", "page.css")
"""What all pages of ours share, and what is the report's own."""


@dataclass(frozen=True)
class Lacked:
    """What somebody should say and has not."""

    fact: str
    by: str


@dataclass(frozen=True)
class Judged:
    """A step's scores with their histogram."""

    scored: Scored
    chart: Chart
    low: float
    high: float
    now: int
    """The place among the choices of the one nearest to the threshold."""


def render_report(report: Report) -> str:
    """One HTML document, the same for the same report."""
    return _environment().get_template("page.html").render(_context(report))


def _context(report: Report) -> dict[str, Any]:
    from curate.report.groups import compared, least_kept, records
    from curate.report.headline import headline
    from curate.report.payload import map_payload, pairs_payload
    from curate.report.quality import evaluated
    from curate.report.sankey import REACH, stretches
    from curate.report.spending import spent

    return {
        "report": report,
        "facts": report.facts,
        "policy": _policy(),
        "style": _style(),
        "scripts": [_asset(name) for name in SCRIPTS],
        "answers": headline(report),
        "stretches": stretches(report.flow),
        "reach": REACH,
        "judged": [_judged(scored) for scored in report.scores],
        "shown": {one.pair_id for one in report.shown},
        "compared": compared(report.audit) if report.audit else (),
        "least_kept": least_kept,
        "records": records,
        "spent": spent(report.energy) if report.energy else (),
        "evaluated": evaluated(report.evaluation),
        "lacking": list(_lacking(report.facts)),
        "charts": _charts(),
        "pairs_payload": _trusted(pairs_payload(report)),
        "map_payload": _trusted(map_payload(report.map)) if report.map else None,
    }


def _judged(scored: Scored) -> Judged:
    from curate.report.charts import histogram, span

    at = scored.thresholds[0] if scored.thresholds else 0.0
    away = [abs(choice.threshold - at) for choice in scored.choices]
    now = away.index(min(away)) if away else 0
    return Judged(scored, histogram(scored), *span(scored), now)


def _lacking(facts: Facts) -> Iterator[Lacked]:
    for name, said in facts.statements():
        if said.status == "not_provided":
            yield Lacked(name, said.by or "")


def _charts() -> Any:
    from curate.report import charts

    return charts


@cache
def _asset(name: str) -> Markup:
    return _trusted((files("curate.report") / "assets" / name).read_text("utf-8"))


@cache
def _style() -> Any:
    return _trusted("".join(map(str, map(_asset, STYLES))))


@cache
def _policy() -> str:
    """Nothing from anywhere; our style and scripts by their hashes; media out of the page itself."""
    scripts = " ".join(_hashed(_asset(name)) for name in SCRIPTS)
    return (
        f"default-src 'none'; script-src {scripts}; style-src {_hashed(_style())}; "
        "img-src data:; media-src blob:; base-uri 'none'; form-action 'none'"
    )


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"


def _trusted(text: str) -> Markup:
    """Text of ours, which the templates leave as it is."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("curate.report", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_spelled,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "share", "figure", "signed", "between", "of", "title"):
        made.filters[name] = getattr(wording, name)
    made.filters["kwh"] = _kwh
    made.filters["chance"] = _chance
    made.filters["tally"] = _tally
    return made


def _spelled(value: Any) -> Any:
    """What a template puts out: strings with nothing hidden in them."""
    if value is None:
        return wording.NOTHING
    if type(value) is str:
        return wording.visible(value)
    return value


def _kwh(value: float | None) -> str:
    from curate.governance.energy import kwh_in_words

    return wording.NOTHING if value is None else kwh_in_words(value)


def _tally(values: Sequence[str]) -> list[tuple[str, int]]:
    """Names with how often they occur, the most frequent first."""
    return Counter(values).most_common()


def _chance(value: float | None) -> str:
    from curate.governance.estimate import chance

    return wording.NOTHING if value is None else chance(value)

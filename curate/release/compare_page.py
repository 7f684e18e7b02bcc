"""A comparison as one HTML file that needs nothing else: no script, no font, no address is loaded.

Everything that comes from data is escaped in the one place where cells are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from curate.release.compare_words import drift_line

if TYPE_CHECKING:
    from curate.release.comparison import Comparison, Drifted, Share

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem;
  color: #1b1b1b; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
p.first { font-size: 1.1rem; font-weight: 600; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616; }
  th, td { border-color: #333; } }
"""


def page(found: Comparison) -> str:
    """The whole file."""
    title = f"{found.b.name} {found.b.version} against {found.a.name} {found.a.version}"
    first, *rest = found.headline
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="first">{escape(first)}</p>',
        _list(rest),
        *_sections(found),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _sections(found: Comparison) -> list[str]:
    return [
        _section("Pairs", _reasons(found)),
        _section("Splits", _splits(found)),
        _section("Drift", _drift(found.drift)),
        _section("Groups", _shares(found.shares)),
        _section("Evaluation", _findings(found)),
        _section("Figures", _figures(found)),
        _section("Recipe and lock", _lock(found)),
        _section("Not compared", _list(found.missing)),
    ]


def _section(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{content}" if content else ""


def _list(lines: Iterable[str]) -> str:
    items = "\n".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>\n{items}\n</ul>" if items else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Cells of numbers stand to the right; nothing at all where there are no rows."""
    body = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    if not body:
        return ""
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f'<div class="wide"><table>\n<tr>{names}</tr>\n{body}\n</table></div>'


def _cell(value: Any) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, int | float):
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        return f'<td class="number">{shown}</td>'
    if isinstance(value, list):
        return f"<td>{'<br>'.join(escape(str(each)) for each in value)}</td>"
    return f"<td>{escape(str(value))}</td>"


def _reasons(found: Comparison) -> str:
    head = ["", "pairs", "why", "ledger", "score", "threshold", "recipe", "such as"]
    rows = [
        [
            one.way,
            one.pairs,
            one.cause,
            one.reason,
            _turn(one.score_then, one.score_now),
            _turn(one.threshold_then, one.threshold_now),
            one.recipe,
            one.examples,
        ]
        for one in found.reasons
    ]
    return _table(head, rows) or "<p>Both hold the same pairs, and the same in them.</p>"


def _splits(found: Comparison) -> str:
    names = dict.fromkeys([*found.a.splits, *found.b.splits])
    sizes = [[n, found.a.splits.get(n, 0), found.b.splits.get(n, 0)] for n in names]
    moves = [[one.source, one.target, one.pairs, one.examples] for one in found.moved]
    return _table(["split", "then", "now"], sizes) + _table(
        ["from", "to", "pairs that moved", "such as"], moves
    )


def _drift(drift: Sequence[Drifted]) -> str:
    head = ["what", "", "n then", "n now", "distance", "p", "in words"]
    rows = [
        [one.of, one.kind, one.n_then, one.n_now, one.value, one.p, drift_line(one)]
        for one in drift
    ]
    return _table(head, rows)


def _shares(shares: Sequence[Share]) -> str:
    head = ["column", "group", "pairs then", "pairs now", "share then", "share now", "change"]
    rows = [
        [
            one.of,
            one.group,
            one.then["pairs"],
            one.now["pairs"],
            _interval(one.then),
            _interval(one.now),
            f"{one.change:+.1%} ({one.low:+.1%} to {one.high:+.1%})",
        ]
        for one in shares
    ]
    return _table(head, rows)


def _findings(found: Comparison) -> str:
    rows = [[name, both["then"], both["now"]] for name, both in found.findings.items()]
    return _table(["evaluation", "then", "now"], rows)


def _figures(found: Comparison) -> str:
    words = {None: "", True: "apart", False: "overlap"}
    rows = [[f.document, f.path, f.then, f.now, words[f.apart]] for f in found.figures]
    return _table(["document", "figure", "then", "now", "intervals"], rows)


def _lock(found: Comparison) -> str:
    rows = [[one.path, one.then, one.now] for one in found.lock]
    return _table(["entry", "then", "now"], rows)


def _turn(then: float | None, now: float | None) -> str | None:
    if then is None and now is None:
        return None
    told = ("?" if value is None else f"{value:.6g}" for value in (then, now))
    return " → ".join(told)


def _interval(share: dict[str, float | int]) -> str:
    return f"{share['value']:.1%} ({share['low']:.1%} to {share['high']:.1%})"

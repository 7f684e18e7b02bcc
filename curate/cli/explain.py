"""`curate explain`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from curate.ledger.explain import Explanation

EXAMPLES = """\b
Examples:
  curate explain releases/stamps/1.0.0 5f1c9a
  curate explain releases/stamps/1.0.0 5f1c9a --json
"""

_COLOURS = {"keep": "green", "drop": "red", "unreadable": "red", "refused": "red", "reject": "red"}


_LONGEST = 300


@click.command(epilog=EXAMPLES)
@click.argument("release", type=click.Path(path_type=Path))
@click.argument("pair_id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def explain(release: Path, pair_id: str, as_json: bool) -> None:
    """Say everything that was decided about a pair, with scores, thresholds and related pairs.

    The first characters of PAIR_ID are enough where they name one pair.
    """
    from curate.ledger.explain import explain as tell
    from curate.release.tombstone import check_not_forgotten

    check_not_forgotten(release)
    told = tell(release, pair_id)
    if as_json:
        click.echo(json.dumps(asdict(told), indent=1, ensure_ascii=True))
    else:
        _show(told)


def _show(told: Explanation) -> None:
    pair = told.pair
    click.echo(f"pair {pair['pair_id']}  {click.style(pair['status'], bold=True)}")
    for name, value in pair.items():
        if value not in (None, []) and name not in ("pair_id", "status"):
            click.echo(f"  {name:<20} {plain(value)}")
    for line in told.verdicts:
        _show_line(line, told)
    for line in told.made:
        click.echo(f"\nmade by machine: {line['field']}")
        for name, value in line.items():
            if value is not None and name not in ("pair_id", "field", "step"):
                click.echo(f"  {name:<20} {plain(value)}")


def _show_line(line: dict[str, Any], told: Explanation) -> None:
    verdict = click.style(f"{line['verdict']:<10}", fg=_COLOURS.get(line["verdict"], "yellow"))
    click.echo(f"\n{line['step']} {line['name']}\n   {verdict} {plain(line['reason'] or '')}")
    if line["score"] is not None:
        against = "" if line["threshold"] is None else f", threshold {line['threshold']:.6g}"
        click.echo(f"   score {line['score']:.6g}{against}")
    if line["detail"]:
        click.echo(f"   {plain(line['detail'])}")
    if line["related_id"] in told.related:
        other = told.related[line["related_id"]]
        click.echo(f"   related: {other['pair_id']}  {plain(other['row'])}  ({other['status']})")


def plain(value: Any) -> str:
    """What came from data, as much of it as a line may have."""
    from curate.pairs.printable import printable

    return printable(str(value)[:_LONGEST])[:_LONGEST]

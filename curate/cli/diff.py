"""`curate diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from curate.release.comparison import Comparison

EXAMPLES = """\b
Examples:
  curate diff releases/stamps/1.0.0 releases/stamps/1.1.0
  curate diff releases/stamps/1.0.0 releases/stamps/1.1.0 --html diff.html
  curate diff releases/stamps/1.0.0 releases/stamps/1.1.0 --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option("--html", type=click.Path(path_type=Path), help="Also write one page to read.")
def diff(a: Path, b: Path, as_json: bool, html: Path | None) -> None:
    """Say what tells release B from release A: pairs that came, went or changed, and why; drift of
    scores, groups and embeddings; quality and energy.
    """
    from curate.run.comparing import compare

    found = compare(a, b)
    if html is not None:
        from curate.release.compare_page import page

        html.write_text(page(found), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(found.document(), indent=1))
    else:
        _show(found)


def _show(found: Comparison) -> None:
    from curate.cli.explain import plain

    click.secho(plain(found.headline[0]), bold=True)
    for line in found.headline[1:]:
        click.echo(f"  {plain(line)}")
    for name, lines in _tables(found).items():
        if lines:
            click.echo(f"\n{name}")
            for line in lines:
                click.echo(f"  {plain(line)}")


def _tables(found: Comparison) -> dict[str, list[str]]:
    from curate.release.compare_words import drift_line, figure_line, share_line

    return {
        "splits": [
            f"{name:<12} {found.a.splits.get(name, 0):>10,} {found.b.splits.get(name, 0):>10,}"
            for name in dict.fromkeys([*found.a.splits, *found.b.splits])
        ],
        "drift": [drift_line(one) for one in found.drift],
        "groups": [share_line(one) for one in found.shares],
        "figures": [figure_line(one) for one in found.figures],
        "recipe and lock": [f"{one.path}: {one.then} -> {one.now}" for one in found.lock],
        "not compared": found.missing,
    }

"""`curate search`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = """\b
Examples:
  curate search releases/openmoji/1.0.0 "a red bird"
  curate search releases/openmoji/1.0.0 --like bird.png
  curate search releases/openmoji/1.0.0 --like bird.png --find caption
"""


@click.command(epilog=EXAMPLES)
@click.argument("release", type=click.Path(path_type=Path))
@click.argument("text", required=False)
@click.option("--like", type=click.Path(path_type=Path), help="A file to compare with.")
@click.option("--find", metavar="FIELD", help="The field to search.")
@click.option("--by", metavar="SCORE", help="The align step to go by, where there are several.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def search(
    release: Path,
    text: str | None,
    like: Path | None,
    find: str | None,
    by: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Find the pairs of a release that lie nearest to a text or a file.

    A text is compared with the field that the release's `align` step compares texts with, a file
    with others of its kind; --find says otherwise.
    """
    from curate.run.searching import search as look

    found = look(release, text, like=like, find=find, by=by, limit=limit)
    if as_json:
        click.echo(json.dumps(found.to_dicts(), indent=1))
    else:
        _show(found)


def _show(found: pl.DataFrame) -> None:
    from curate.cli.explain import plain

    for row in found.iter_rows(named=True):
        told = [plain(v) for k, v in row.items() if k not in ("score", "pair_id") and v is not None]
        click.echo(f"{row['score']:>8.3f}  {row['pair_id'][:12]}  {' · '.join(told)}")

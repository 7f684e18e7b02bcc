"""`curate store`."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import polars as pl

    from curate.store.store import MeasureStore

EXAMPLES = """\b
Examples:
  curate store
  curate store --json
  curate store prune --unused-for 30
  curate store prune --measure image.sketch --dry-run
"""


@click.group(epilog=EXAMPLES, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.pass_context
def store(ctx: click.Context, as_json: bool) -> None:
    """Show what was measured: how many values of each measure, their size, when last used.

    The store lies in .curate/store of the workspace, or where CURATE_STORE says.
    """
    if ctx.invoked_subcommand is not None:
        return
    kept = _store()
    from curate.governance.energy import kwh_in_words

    contents = kept.contents()
    if as_json:
        click.echo(json.dumps({"store": str(kept.root), "measures": contents.to_dicts()}, indent=1))
        return
    for row in contents.iter_rows(named=True):
        energy = "" if row["kwh"] is None else f" and {kwh_in_words(row['kwh'])}"
        click.echo(
            f"{row['measure']:<20} {row['values']:>10,} values {_size(row['bytes']):>10} "
            f"{row['seconds']:>9.1f} s{energy} to compute, used {_days(row['used']):.0f} days ago"
        )
    click.echo(f"{_size(contents['bytes'].sum())} in {kept.root}")


@store.command(epilog=EXAMPLES)
@click.option("--unused-for", type=click.FloatRange(0), metavar="DAYS", help="Not used so long.")
@click.option("--measure", help="Only this measure, such as image.sketch.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and keep it.")
def prune(unused_for: float | None, measure: str | None, dry_run: bool) -> None:
    """Remove values; a later build computes again what it needs."""
    if unused_for is None and measure is None:
        raise click.UsageError("say what to remove: --unused-for DAYS, --measure NAME, or both")
    kept = _store()
    if dry_run:
        _say("would free", _chosen(kept, unused_for, measure))
        return
    with kept.alone():
        chosen = _chosen(kept, unused_for, measure)
        kept.remove(chosen["fingerprint"].to_list())
    _say("freed", chosen)


def _chosen(kept: MeasureStore, unused_for: float | None, measure: str | None) -> pl.DataFrame:
    import polars as pl

    contents = kept.contents()
    if unused_for is not None:
        contents = contents.filter(pl.col("used") <= time.time() - unused_for * 86400)
    return contents if measure is None else contents.filter(pl.col("measure") == measure)


def _say(word: str, chosen: pl.DataFrame) -> None:
    values = chosen["values"].sum()
    click.echo(
        f"{word} {_size(chosen['bytes'].sum())}: {values:,} values of {chosen.height} measures"
    )


def _store() -> MeasureStore:
    """The store of the workspace that the current folder is in."""
    from curate.store.store import MeasureStore

    told = os.environ.get("CURATE_STORE")
    here = Path.cwd()
    found = (place / ".curate" / "store" for place in (here, *here.parents))
    root = Path(told) if told else next((p for p in found if p.is_dir()), None)
    if root is None or not root.is_dir():
        raise click.ClickException("there is no store here; a build makes one in its workspace")
    return MeasureStore(root)


def _size(size: Any) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.2f} MB"


def _days(moment: float) -> float:
    return max(0.0, (time.time() - moment) / 86400)

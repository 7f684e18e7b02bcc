"""`curate audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from curate.governance.audit import Audit
    from curate.governance.audit_change import AuditChange
    from curate.governance.audit_lines import Section
    from curate.governance.audit_settings import AuditSettings

EXAMPLES = """\b
Examples:
  curate audit releases/openmoji/1.0.0
  curate audit releases/openmoji/1.0.0 --groups gender --json
  curate audit pairs.csv --groups gender,accent --texts sentence
  curate audit releases/openmoji/1.0.0 releases/openmoji/1.1.0
"""

PIPED = 160
"""Characters of a line that no terminal bounds."""


@click.command(epilog=EXAMPLES)
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path), required=False)
@click.option("--groups", metavar="A,B", help="Group columns; default: those of the recipe.")
@click.option("--texts", metavar="A,B", help="Text columns; default: those of the recipe.")
@click.option(
    "--settings",
    "written",
    type=click.Path(path_type=Path),
    help="A YAML file with what a recipe says under governance: audit.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def audit(
    data: Path,
    other: Path | None,
    groups: str | None,
    texts: str | None,
    written: Path | None,
    as_json: bool,
) -> None:
    """Compare what became of groups of pairs, and what data holds of each.

    DATA is a release, a Parquet or CSV file, a folder of Parquet files, or a folder that datasets
    saved. A release is audited by its decisions; of other data is told who is in it. With OTHER,
    the later of two, what differs between them.
    """
    from curate.governance.audit_change import changes
    from curate.governance.audit_data import auditable

    chosen = _names(groups), _names(texts), _settings(written)
    first = auditable(data, *chosen).audit()
    found = first if other is None else changes(first, auditable(other, *chosen).audit())
    if as_json:
        click.echo(found.model_dump_json(indent=1))
    else:
        _show(found)


def _names(written: str | None) -> list[str] | None:
    if written is None:
        return None
    return [name.strip() for name in written.split(",") if name.strip()]


def _settings(path: Path | None) -> AuditSettings | None:
    if path is None:
        return None
    from pydantic import ValidationError
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from curate.errors import RecipeError
    from curate.governance.audit_settings import AuditSettings

    try:
        return AuditSettings.model_validate(YAML(typ="safe", pure=True).load(path) or {})
    except (YAMLError, ValidationError) as error:
        raise RecipeError(f"{path}: {error}") from None


def _show(found: Audit | AuditChange) -> None:
    from curate.governance.audit import Audit
    from curate.governance.audit_change import change_lines
    from curate.governance.audit_lines import preface, sections
    from curate.pairs.printable import printable

    if not isinstance(found, Audit):
        for line in change_lines(found):
            click.echo(printable(line))
        return
    click.secho(printable(found.headline), bold=True, fg="red" if found.flagged else None)
    for line in preface(found):
        click.echo(printable(line))
    for section in sections(found):
        _draw(section)


def _draw(section: Section) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from curate.pairs.printable import printable

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED
    table = Table(box=SIMPLE_HEAD, title=Text(printable(section.title)), title_justify="left")
    for place, name in enumerate(section.header):
        table.add_column(Text(printable(name)), justify="right" if place else "left")
    for row in section.rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)
    for note in section.notes:
        console.print(Text(printable(note)), style="dim")

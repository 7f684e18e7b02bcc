"""`curate forget`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  curate forget --ids 5f1c9a0e7b2d4c6f8a1b3c5d7e9f0a2b --dry-run
  curate forget --media portrait.jpg --workspace stamps
  curate forget --hash 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
  curate forget                      finish one that was interrupted
"""


@click.command(epilog=EXAMPLES)
@click.option("--ids", multiple=True, metavar="PAIR_ID", help="A pair, by its whole id.")
@click.option("--hash", "hashes", multiple=True, metavar="SHA256", help="A content, or a file.")
@click.option(
    "--media",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file; other encodings of the same picture or recording count too.",
)
@click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="Where recipes/ and releases/ are; default: here.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def forget(
    ids: tuple[str, ...],
    hashes: tuple[str, ...],
    media: tuple[Path, ...],
    workspace: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take pairs out of a workspace, with everything that was derived of them, for good.

    Releases that hold them become tombstones, and a next version without them is built; values,
    fits, reviews, cards and exports go; later builds refuse them. Cannot be undone. The receipt
    names the copies that are out of reach.
    """
    from curate.pairs.printable import printable
    from curate.run.forget_planning import Asked, planned
    from curate.run.forget_words import intent, lines
    from curate.run.forgetting import finish
    from curate.run.forgetting import forget as conduct
    from curate.watching import watching

    asked = Asked(_named(ids), _hashes(hashes), media)
    workspace = workspace.absolute()
    if dry_run:
        journal = planned(workspace, asked)
        told = journal.model_dump_json(indent=1, exclude={"marks", "derived"})
        click.echo(told if as_json else "\n".join(map(printable, intent(journal))))
        return
    with watching() as progress:
        nothing = not (ids or hashes or media)
        receipt = finish(workspace, progress) if nothing else conduct(workspace, asked, progress)
    if receipt is None:
        raise click.UsageError("say what to forget: --ids, --hash or --media")
    if as_json:
        click.echo(json.dumps(receipt.model_dump(), indent=1))
    else:
        click.echo("\n".join(map(printable, lines(receipt))))


def _named(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(part for value in values for part in re.split(r"[\s,]+", value) if part)


def _hashes(values: tuple[str, ...]) -> frozenset[str]:
    found = frozenset(value.lower() for value in _named(values))
    wrong = [value for value in found if not re.fullmatch(r"[0-9a-f]{64}", value)]
    if wrong:
        raise click.UsageError(f"'{wrong[0]}' is no SHA-256: 64 hexadecimal digits")
    return found

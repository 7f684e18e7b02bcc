"""`curate verify`."""

from __future__ import annotations

import json
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  curate verify releases/stamps/1.0.0
  curate verify releases/stamps/1.0.0 --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("release", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def verify(release: Path, as_json: bool) -> int:
    """Check every file of a release against its manifest, and its tables against one another.

    Exits with 3 when something does not agree.
    """
    from curate.release.publish import read_manifest
    from curate.release.tombstone import read_tombstone
    from curate.release.verify import problems

    found = problems(release)
    stone = read_tombstone(release)
    digest = stone.digest if stone else (read_manifest(release) or {}).get("digest")
    if as_json:
        click.echo(json.dumps({"release": str(release), "digest": digest, "problems": found}))
    elif found:
        for problem in found:
            click.echo(f"{click.style('wrong:', fg='red')} {problem}")
    else:
        click.echo(f"{release} agrees with its manifest: digest {digest}")
    return 3 if found else 0

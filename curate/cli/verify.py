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
    """Check every file of a release against its manifest, its tables against one another, and its
    documents against the tables and figures that they were made of.

    Exits with 3 when something does not agree.
    """
    from curate.pairs.printable import printable
    from curate.release.publish import read_manifest
    from curate.release.tombstone import read_tombstone
    from curate.release.verify import problems
    from curate.release.verify_documents import maker

    found = problems(release)
    stone = read_tombstone(release)
    digest = stone.digest if stone else (read_manifest(release) or {}).get("digest")
    other = None if found or stone else maker(release)
    if as_json:
        document = {"release": str(release), "digest": digest, "problems": found}
        click.echo(json.dumps({**document, **({"made_by": other} if other else {})}))
    elif found:
        for problem in found:
            click.echo(f"{click.style('wrong:', fg='red')} {printable(problem)}")
    else:
        click.echo(f"{release} agrees with its manifest: digest {digest}")
    if other and not as_json:
        click.echo(f"curate {other} made it: its documents were held to their hashes alone")
    return 3 if found else 0

"""`curate export`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  curate export releases/stamps/1.0.0 --to webdataset
  curate export releases/stamps/1.0.0 --to webdataset --shard-mb 200
  curate export releases/stamps/1.0.0 --to jsonl --out /data/stamps
  curate export releases/stamps/1.0.0 --to hub --repo me/stamps
"""


@click.command(epilog=EXAMPLES)
@click.argument("release", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "form",
    type=click.Choice(["webdataset", "jsonl", "hub"]),
    required=True,
    help="The form: tar shards, lines of JSON with files, or a dataset repository on a hub.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Where; default: exports/ beside.")
@click.option(
    "--shard-mb",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Most megabytes of a shard.",
)
@click.option("--repo", metavar="OWNER/NAME", help="The repository on the hub.")
@click.option("--public", is_flag=True, help="Make a new repository public; by default private.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def export(
    release: Path,
    form: str,
    out: Path | None,
    shard_mb: int,
    repo: str | None,
    public: bool,
    as_json: bool,
) -> None:
    """Write a release in another form, or upload it.

    Splits, origins and marks of what machines made stay. An export can be made again at any time
    and is no part of the release.
    """
    if form == "hub":
        if repo is None:
            raise click.UsageError("--to hub needs --repo owner/name")
        from curate.release.export_hub import push

        pushed = push(release, repo, private=not public)
        told = f"{pushed.url} holds {release} as {pushed.tag}"
        click.echo(json.dumps(asdict(pushed)) if as_json else told)
        return
    from curate.release.export import export as write

    done = write(release, form, shard_mb * 1_000_000, out)
    if as_json:
        click.echo(json.dumps({**asdict(done), "path": str(done.path)}))
    else:
        click.echo(f"{done.path} {'written' if done.written else 'was there already'}")

"""`curate review`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  curate review releases/stamps/1.0.0
  curate review recipes/stamps.yaml --by Ada
"""


@click.command(epilog=EXAMPLES)
@click.argument("target", type=click.Path(path_type=Path), metavar="RELEASE_OR_RECIPE")
@click.option("--by", metavar="NAME", help="Who reviews; otherwise the page asks.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default any free port.")
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser.")
def review(target: Path, by: str | None, port: int, browser: bool) -> None:
    """Look at the pairs that need a person most, and decide.

    Serves a page on this machine alone. What people say is appended to `reviews/<name>.jsonl` in
    the workspace; the next build heeds it. Stop with Ctrl+C.
    """
    from curate.review.serve import server
    from curate.review.subject import under_review
    from curate.watching import watching

    with ExitStack() as stack:
        with watching() as progress:
            subject = stack.enter_context(under_review(target, progress))
        server(subject, by, port).run(lambda address: _tell(address, browser))


def _tell(address: str, browser: bool) -> None:
    click.echo(f"review at {address}\nstop with Ctrl+C")
    if browser:
        import webbrowser

        webbrowser.open(address)

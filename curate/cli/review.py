"""`curate review`."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  curate review releases/stamps/1.0.0
  curate review recipes/stamps.yaml --by Ada
  curate review releases/stamps/1.0.0 --agreement
"""


@click.command(epilog=EXAMPLES)
@click.argument("target", type=click.Path(path_type=Path), metavar="RELEASE_OR_RECIPE")
@click.option("--by", metavar="NAME", help="Who reviews; otherwise the page asks.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default any free port.")
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser.")
@click.option("--agreement", is_flag=True, help="Tell how far reviewers agree, and leave.")
def review(target: Path, by: str | None, port: int, browser: bool, agreement: bool) -> None:
    """Look at the pairs that need a person most, and decide.

    Serves a page on this machine alone. What people say is appended to `reviews/<name>.jsonl` in
    the workspace; the next build heeds it. Of a recipe all steps are run first, as a build runs them,
    and nothing is published. Stop with Ctrl+C.
    """
    if agreement:
        _tell_agreement(target)
    else:
        _serve(target, by, port, browser)


def _serve(target: Path, by: str | None, port: int, browser: bool) -> None:
    from curate.errors import MissingExtra
    from curate.review.subject import under_review
    from curate.watching import watching

    try:
        from curate.review.serve import server
    except ImportError:
        raise MissingExtra("the review page", "review") from None
    with ExitStack() as stack:
        with watching() as progress:
            subject = stack.enter_context(under_review(target, progress))
        with suppress(KeyboardInterrupt):
            server(subject, by, port).run(lambda address: _tell(address, browser))


def _tell(address: str, browser: bool) -> None:
    click.echo(f"review at {address}\nstop with Ctrl+C")
    if browser:
        import webbrowser

        webbrowser.open(address)


def _tell_agreement(target: Path) -> None:
    from curate.pairs.printable import printable
    from curate.review.agreement import agreements, answers
    from curate.review.subject import reviews_of

    reviews = reviews_of(target)
    for by, said in sorted(answers(reviews).items()):
        click.echo(f"{printable(by)}: {len(said)} pairs")
    found = agreements(reviews)
    if not found:
        click.echo("no two people have judged the same pair")
    for one in found:
        kappa = "not defined" if one.kappa is None else f"{one.kappa:.2f}"
        same = f"{one.same:.0%} of {one.pairs} pairs alike"
        click.echo(f"{printable(one.one)} and {printable(one.other)}: kappa {kappa}, {same}")

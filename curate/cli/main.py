"""The command line: finds the command, calls it, and turns what went wrong into words and a code.

Nothing but click is imported before a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command is, and what the overview says of it."""

    section: str
    target: str
    summary: str


COMMANDS = {
    "init": Entry("Start", "curate.cli.init:init", "Make a workspace with a first recipe."),
    "steps": Entry("Start", "curate.cli.steps:steps", "List the steps, or explain one."),
    "schema": Entry("Start", "curate.cli.schema:schema", "Print the JSON Schema of recipes."),
    "plan": Entry("Build", "curate.cli.plan:plan", "Show what a build would do and how long."),
    "build": Entry("Build", "curate.cli.build:build", "Turn a recipe into a release."),
    "explain": Entry("Ask", "curate.cli.explain:explain", "Say why a pair was kept or dropped."),
    "diff": Entry("Ask", "curate.cli.diff:diff", "Say what tells two releases apart, and why."),
    "search": Entry("Ask", "curate.cli.search:search", "Find what lies near a text or a file."),
    "audit": Entry("Ask", "curate.cli.audit:audit", "Compare what became of groups of pairs."),
    "probe": Entry("Ask", "curate.cli.probe:probe", "See what is planted and gets through."),
    "review": Entry("Ask", "curate.cli.review:review", "Look at pairs in a browser and decide."),
    "verify": Entry("Ask", "curate.cli.verify:verify", "Check a release against itself."),
    "card": Entry("Ask", "curate.cli.card:card", "Ask people what no file can tell."),
    "export": Entry(
        "Keep", "curate.cli.export:export", "Write a release in another form, or upload it."
    ),
    "forget": Entry(
        "Keep", "curate.cli.forget:forget", "Take pairs out for good, and all they led to."
    ),
    "store": Entry("Keep", "curate.cli.store:store", "Show and prune what was measured."),
}

EPILOG = (
    "Exit codes: 0 done, 2 the recipe is wrong, 3 the data is wrong, 4 a gate failed, "
    "5 a budget is spent, 1 anything else."
)


class Commands(click.Group):
    """Knows its commands by name and loads one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            rows = [(n, e.summary) for n, e in COMMANDS.items() if e.section == section]
            with formatter.section(section):
                formatter.write_dl(rows, col_max=12)


def _version(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        import curate

        click.echo(f"curate {curate.__version__}")
        ctx.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
def cli() -> None:
    """Turn raw media into releases of paired data, with the reason for every pair."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; words about what went wrong go to stderr."""
    try:
        code = cli.main(arguments, prog_name="curate", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            "\nstopped; what was measured stays measured, and nothing was published", err=True
        )
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:
        from curate.cli.failure import told

        return told(error, as_json="--json" in arguments)
    return int(code or 0)

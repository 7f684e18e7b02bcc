"""The reference, made from the code: commands, steps, the recipe, facts, and what Python sees."""

from __future__ import annotations

import click

from curate.cli.main import COMMANDS, cli
from curate.steps import registry
from docs.make.example import ROOT
from docs.make.parameters import table


def reference() -> dict[str, str]:
    """Pages of `reference/`, by name."""
    return {"commands": commands(), "steps": steps()}


def commands() -> str:
    """Every command, as its own `--help` says it."""
    parts = ["# Commands\n"]
    for name, entry in COMMANDS.items():
        context = click.Context(cli, info_name="curate")
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, max_content_width=88)
        parts.append(
            f"## curate {name}\n\n{entry.summary}\n\n```text\n{command.get_help(inner)}\n```\n"
        )
    return "\n".join(parts)


def steps() -> str:
    """Every step with what it is for."""
    rows = [
        (f"[`{word}`](../steps/{word}.md)", step.summary)
        for word, step in registry().items()
        if (ROOT / "docs" / "steps" / f"{word}.md").exists()
    ]
    return f"# Steps\n\n{table(('step', 'what it does'), rows)}\n"

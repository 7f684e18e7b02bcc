"""The reference, made from the code: commands, the recipe and its words, facts, what Python sees."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from textwrap import dedent
from typing import Any, get_args, get_origin

import click

import curate
from curate.cli.main import COMMANDS, cli
from curate.governance.facts import Facts, Section
from curate.governance.statement import Statement
from curate.measures.endpoint import Endpoint
from curate.recipe.fields import MODELS
from curate.recipe.outline import Outline
from curate.recipe.vocabulary import Part, vocabulary
from docs.make.parameters import forms, parameters_of, table


def reference() -> dict[str, str]:
    """Pages of `reference/`, by name."""
    words = vocabulary()
    return {
        "commands": _commands(),
        "recipe": _recipe(),
        "sources": _parts("Sources", words.sources),
        "steps": _steps(words.steps),
        "evaluations": _parts("Evaluations", words.evaluations),
        "facts": _facts(),
        "python": _python(),
    }


def _commands() -> str:
    return "\n\n".join(["# Commands", *map(_command, COMMANDS)])


def of_command(name: str) -> click.Context:
    """As the command line itself makes it: click keeps the help option that it finds first."""
    parent = click.Context(cli, info_name="curate", **cli.context_settings)
    command = cli.get_command(parent, name)
    assert command is not None
    return click.Context(command, info_name=name, parent=parent)


def _command(name: str) -> str:
    """A command as its own `--help` says it."""
    context = of_command(name)
    context.max_content_width = 88
    told = f"```text\n{context.get_help()}\n```"
    return f"## curate {name}\n\n{COMMANDS[name].summary}\n\n{told}"


def _recipe() -> str:
    parts = ["# The recipe", RECIPE, parameters_of(Outline), "## Fields"]
    for kind, model in MODELS.items():
        parts += [f"### {kind}", inspect.cleandoc(model.__doc__ or ""), parameters_of(model)]
    endpoint = [
        "## Endpoints",
        "Where a step takes a model `by` reference, this stands for one behind a URL.",
    ]
    return "\n\n".join([*parts, *endpoint, parameters_of(Endpoint)])


RECIPE = """\
One YAML document. Editors complete and check it with `curate schema > recipe.schema.json`. Its words are
[sources](sources.md), [steps](steps.md) and [evaluations](evaluations.md)."""


def _parts(title: str, parts: Mapping[str, type[Part]]) -> str:
    return "\n\n".join([f"# {title}", *(_part(word, part) for word, part in parts.items())])


def _part(word: str, part: type[Part]) -> str:
    """A word of recipes with what it says of itself."""
    said = [] if part.shapes()[0].leads else [inspect.cleandoc(part.__doc__ or "")]
    examples = [example for form in part.shapes() for example in form.examples]
    shown = "```yaml\n" + "\n".join(examples) + "\n```"
    return "\n\n".join([f"## {word}", part.summary, *said, shown, *forms(part, 3)])


def _steps(steps: Mapping[str, type[Part]]) -> str:
    rows = [(f"[`{word}`](../steps/{word}.md)", step.summary) for word, step in steps.items()]
    return f"# Steps\n\n{table(('step', 'what it does'), rows)}"


def _facts() -> str:
    rows = [(f"`{name}`", kind, said) for name, kind, said in _statements(Facts)]
    return f"# Facts\n\n{FACTS}\n\n{table(('fact', 'value', 'what it says'), rows)}"


FACTS = """\
What `facts.json` states of every release, under the names that gates use ([governance](../governance.md#gates)).
A name that ends in `.*` stands for one fact for each field, evaluation or question."""


def _statements(model: type[Section], parent: str = "") -> Iterator[tuple[str, str, str]]:
    said = _attributes(model)
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        of = get_args(kind)[1] if get_origin(kind) is dict else kind
        if issubclass(of, Section):
            yield from _statements(of, f"{parent}{name}.")
        elif issubclass(of, Statement):
            held = of.__pydantic_generic_metadata__["args"][0]
            every = "" if of is kind else ".*"
            yield f"{parent}{name}{every}", _WORDS[get_origin(held) or held], said.get(name, "")


_WORDS = {str: "text", int: "number", float: "number", list: "list", dict: "mapping"}


def _attributes(model: type) -> dict[str, str]:
    """The docstrings that stand below attributes."""
    (body,) = ast.parse(dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for line, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(line, ast.AnnAssign) and isinstance(below, ast.Expr):
            found[ast.unparse(line.target)] = inspect.cleandoc(ast.literal_eval(below.value))
    return found


def _python() -> str:
    names = (name for name in dir(curate) if not name.startswith("_"))
    return "\n\n".join(["# Python", "What `import curate` gives.", *map(_object, names)])


def _object(name: str) -> str:
    """A public name with its signature and what it says of itself."""
    found: Any = getattr(curate, name)
    if not callable(found):
        return f"## curate.{name}"
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(found)))
    shown = f"```python\ncurate.{name}{signature}\n```"
    return f"## curate.{name}\n\n{shown}\n\n{inspect.getdoc(found) or ''}\n\n{_methods(found)}".rstrip()


def _methods(found: Any) -> str:
    """Of a class, what its objects answer."""
    if not inspect.isclass(found):
        return ""
    public = [name for name in vars(found) if not name.startswith("_")]
    rows = [(f"`.{name}`", inspect.getdoc(getattr(found, name)) or "") for name in public]
    return table(("name", "what it says"), rows) if rows else ""

"""`curate steps`."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from curate.steps.step import Step

EXAMPLES = """\b
Examples:
  curate steps
  curate steps dedup
  curate steps --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("word", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def steps(word: str | None, as_json: bool) -> None:
    """List the steps a recipe can have, or explain one with its parameters and examples."""
    from curate.steps import registry

    known = registry()
    if word is not None and word not in known:
        near = difflib.get_close_matches(word, known, 1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(known)}"
        raise click.ClickException(f"there is no step '{word}'{hint}")
    shown = known if word is None else {word: known[word]}
    if as_json:
        click.echo(json.dumps({name: _document(step) for name, step in shown.items()}, indent=1))
    elif word is None:
        width = max(map(len, shown))
        for name, step in shown.items():
            click.echo(f"{name:<{width}}  {step.summary}")
    else:
        _explain(known[word])


def _document(step: type[Step]) -> dict[str, Any]:
    return {
        "summary": step.summary,
        "forms": [
            {
                "parameters": form.model_json_schema(),
                "examples": list(form.examples),
            }
            for form in step.shapes()
        ],
    }


def _explain(step: type[Step]) -> None:
    click.echo(f"{step.word}: {step.summary}")
    for form in step.shapes():
        if step.forms:
            click.echo(f"\n── {step.word} {form.leads}: {form.summary}")
        _explain_form(form)


def _explain_form(form: type[Step]) -> None:
    click.echo(f"\n{_text(form.__doc__)}\n\nParameters:")
    for name, description, default in _parameters(form):
        shown = "" if default in (None, [], {}) else f" (default: {json.dumps(default)})"
        click.echo(f"  {name:<20} {description}{shown}")
    if form.word == "filter":
        _explain_properties()
    if form.word == "dedup":
        _explain_misses()
    click.echo("\nExamples:")
    for example in form.examples:
        click.echo(f"  {example}")


def _parameters(model: type[BaseModel], parent: str = "") -> Iterator[tuple[str, str, Any]]:
    """Name, description and default of each; those of a mapping follow it as `minhash.ngram`."""
    for name, field in model.model_fields.items():
        nested: Any = field.annotation if hasattr(field.annotation, "model_fields") else None
        required = field.is_required() or nested is not None
        yield (
            f"{parent}{field.alias or name}",
            field.description or "",
            None if required else field.default,
        )
        if nested is not None:
            yield from _parameters(nested, f"{parent}{name}.")


def _explain_properties() -> None:
    from curate.steps.property import PROPERTIES

    for modality, properties in PROPERTIES.items():
        click.echo(f"\n  of {modality} fields, as field.property:")
        for name, prop in properties.items():
            bare = {"min": "at least", "max": "at most"}.get(prop.bare or "", "")
            click.echo(
                f"    {name:<12} {prop.meaning}{f'; a plain number: {bare}' if bare else ''}"
            )


def _explain_misses() -> None:
    from curate.steps.like_text import promise

    click.echo("\n  how often near texts are missed:")
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        click.echo(f"    {promise(threshold, 'jaccard')}")
    click.echo(f"    {promise(0.8, 'containment')}")


def _text(doc: str | None) -> str:
    import inspect

    return inspect.cleandoc(doc or "")

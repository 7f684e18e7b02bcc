"""The last screen of a build: what became of the pairs, where the time went, what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from curate.governance.energy import in_words
from curate.pairs.printable import printable

if TYPE_CHECKING:
    from curate.run.build import Built
    from curate.run.usage import Spent


def show_built(built: Built, recipe: Path, warnings: dict[str, int]) -> None:
    """Print the summary on stdout."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(_pairs(built))
    console.print(_time(built))
    for stage in built.stages:
        if stage.note:
            console.print(printable(f"{stage.name}: {stage.note}"), markup=False)
    for name, spent in built.usage.measures.items():
        if spent.prompt_tokens:
            console.print(f"{name}: {_paid(spent)}", markup=False)
    console.print(f"energy: {in_words(built.energy)}", markup=False)
    for word, finding in built.facts.evaluation.items():
        console.print(printable(f"{word}: {finding.value}"), markup=False)
    for held in built.held:
        state = "holds" if held.passed else "FAILED, not enforced on a sample"
        console.print(printable(f"gate {held.fact} {state}: {held.why}"), markup=False)
    for kind, count in warnings.items():
        console.print(printable(f"{count} times: {kind}"), style="yellow", markup=False)
    state = "published" if built.published else "already published, and this build is equal to it"
    console.print(f"\n{_short(built.path)}  {state}", style="bold", markup=False)
    console.print(f"digest {built.digest[:16]}…  in {built.seconds:.1f} s")
    if built.report.exists():
        console.print(f"report {_short(built.report)}", markup=False)
    console.print("\nnext:", style="dim")
    for line in _next(built, recipe):
        console.print(f"  {line}", markup=False)


def _pairs(built: Built) -> Table:
    pairs = built.facts.pairs
    title = f"{pairs.read.value:,} pairs read"
    table = Table("pairs", "what became of them", title=title, title_justify="left")
    table.columns[0].justify = "right"
    for name, count in built.kept.items():
        table.add_row(f"{count:,}", Text(printable(f"kept in {name}")), style="green")
    for reason, count in built.left.items():
        table.add_row(f"{count:,}", Text(printable(reason)))
    for word, fact in (
        ("equal rows merged", pairs.merged),
        ("parts joined to pairs", pairs.parts),
        ("formed of parts", pairs.formed),
        ("synthetic, taken or rejected", pairs.made),
        ("kept with a content changed", pairs.changed),
    ):
        if fact.value:
            table.add_row(f"{fact.value:,}", word, style="dim")
    return table


def _time(built: Built) -> Table:
    table = Table("step", "pairs in", "seconds", title="time", title_justify="left")
    table.columns[1].justify = table.columns[2].justify = "right"
    for stage in built.stages:
        table.add_row(Text(printable(stage.name)), f"{stage.pairs:,}", f"{stage.seconds:.1f}")
    return table


def _paid(spent: Spent) -> str:
    """What endpoints took in this build alone."""
    told = (
        f"{spent.prompt_tokens:,} tokens read and {spent.completion_tokens:,} written in this build"
    )
    return f"{told}, cost {spent.cost:.4g}" if spent.cost else told


def _short(path: Path) -> str:
    """The path from here when it is below, else as it is."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _next(built: Built, recipe: Path) -> list[str]:
    import polars as pl

    release = _short(built.path)
    pairs = pl.scan_parquet(built.path / "pairs.parquet").select("pair_id", "status")
    shown = pairs.filter(pl.col("status") == "dropped").head(1).collect()
    pair_id = shown["pair_id"][0] if shown.height else "PAIR_ID"
    return [
        f"curate explain {release} {pair_id}",
        f"curate verify {release}",
        f"python -c \"import datasets; print(datasets.load_dataset('{release}'))\"",
    ]

"""The README of a release: the YAML block that hubs and `datasets` read, and the counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.pairs.field import Fields
from curate.pairs.yaml import to_yaml

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class Copies:
    """What one step that looks for copies found."""

    step: str
    clusters: int
    gone: int
    largest: int
    """Pairs of the largest cluster, the one that stayed included."""


@dataclass(frozen=True)
class Generated:
    """What one step had a generator make."""

    step: str
    field: str
    generator: str
    made: int
    taken: int


@dataclass(frozen=True)
class CardFacts:
    """What the card tells."""

    name: str
    version: str
    description: str | None
    fields: Fields
    splits: Mapping[str, int]
    """Split -> pairs."""
    seen: int
    joined: int
    """Of these so many were parts of pairs."""
    added: int
    """Pairs that steps made, of parts or whole."""
    left: Mapping[str, int]
    """Why pairs went -> how many."""
    copies: Sequence[Copies]
    """By step; empty where no step looked for copies, or found any."""
    looked: bool
    """Whether any step looked for copies."""
    generated: Sequence[Generated]
    """By step and generator; empty where machines made nothing."""
    digest: str
    evaluation: Mapping[str, str]
    """Evaluation -> its finding in a line."""


def render_card(facts: CardFacts) -> str:
    """Markdown with a front matter that `datasets.load_dataset` follows."""
    parts = [
        f"---\n{to_yaml(_front_matter(facts))}---\n",
        f"# {facts.name} {facts.version}\n",
        *([facts.description.strip() + "\n"] if facts.description else []),
        _counts(facts),
        *([_copies(facts.copies)] if facts.copies else []),
        *([_generated(facts.generated)] if facts.generated else []),
        *([_evaluation(facts)] if facts.evaluation else []),
        _columns(facts.fields),
        _files(facts),
    ]
    return "\n".join(parts)


def _front_matter(facts: CardFacts) -> dict[str, Any]:
    total = sum(facts.splits.values())
    # `datasets` names its cache by folder and patterns alone: without the digest in them, two
    # releases of one version would be taken for one another.
    files = [
        {"split": name, "path": f"data/{name}/*-{facts.digest[:12]}.parquet"}
        for name in facts.splits
    ]
    languages = {getattr(field, "language", None) for field in facts.fields.values()}
    return {
        "pretty_name": facts.name,
        **({"language": sorted(languages - {None})} if languages - {None} else {}),
        "size_categories": [next((name for most, name in _SIZES if total < most), "n>1M")],
        "configs": [{"config_name": "default", "data_files": files}],
    }


def _counts(facts: CardFacts) -> str:
    rows = [f"| kept in `{name}` | {count:,} |" for name, count in facts.splits.items()]
    rows += [f"| {reason} | {count:,} |" for reason, count in facts.left.items()]
    head = f"{facts.seen:,} pairs were seen. `decisions.parquet` has the reason for every one."
    if facts.joined:
        head = (
            f"{facts.seen:,} rows were read; {facts.joined:,} of them are parts of the "
            f"{facts.added:,} pairs formed. `decisions.parquet` has the reason for every one."
        )
    return "\n".join(
        ["## Pairs", "", head, "", "| what became of them | pairs |", "|---|---:|", *rows, ""]
    )


def _copies(copies: Sequence[Copies]) -> str:
    rows = [f"| {c.step} | {c.clusters:,} | {c.gone:,} | {c.largest:,} |" for c in copies]
    head = (
        "A pair went only for one that stayed and is alike to it; likeness was never passed along a "
        "chain. `clusters.parquet` names them all, with how alike they are."
    )
    table = [
        "| step | clusters | pairs that went | largest cluster |",
        "|---|---:|---:|---:|",
        *rows,
    ]
    return "\n".join(["## Copies", "", head, "", *table, ""])


def _generated(generated: Sequence[Generated]) -> str:
    rows = [
        f"| {g.step} | `{g.field}` | `{g.generator}` | {g.made:,} | {g.taken:,} |"
        for g in generated
    ]
    head = (
        "The column `origin` says of every pair whether it was `collected`, has a field that was "
        "`pseudo_labelled`, is `synthetic`, or came with a mark that says so "
        "(`declared_synthetic`). `made.parquet` names every content that a machine "
        "made, taken or rejected, with its generator, prompt and settings."
    )
    table = ["| step | field | generator | made | taken |", "|---|---|---|---:|---:|", *rows]
    return "\n".join(["## Made by machines", "", head, "", *table, ""])


def _evaluation(facts: CardFacts) -> str:
    rows = [f"| {word} | {finding} |" for word, finding in facts.evaluation.items()]
    return "\n".join(["## Evaluation", "", "| what | found |", "|---|---|", *rows, ""])


def _columns(fields: Fields) -> str:
    rows = [
        f"| `{name}` | {field.type} | {getattr(field, 'language', None) or ''} |"
        for name, field in fields.items()
    ]
    return "\n".join(["## Columns", "", "| column | type | language |", "|---|---|---|", *rows, ""])


def _files(facts: CardFacts) -> str:
    told = "| `evaluation.json` | what was measured of the release |\n" if facts.evaluation else ""
    looked = (
        "| `clusters.parquet` | copies, and what they are copies of |\n" if facts.looked else ""
    )
    made = "| `made.parquet` | what machines made, and how |\n" if facts.generated else ""
    return f"""## Files

| file | what it holds |
|---|---|
| `data/<split>/*.parquet` | the pairs kept |
| `pairs.parquet` | every pair ever seen, kept or not |
| `decisions.parquet` | what every step said of every pair, and why |
{looked}{made}| `recipe.yaml`, `recipe.lock.yaml` | how it was made: as written, and as resolved |
{told}| `manifest.json` | SHA-256 of every file, and the content digest `{facts.digest[:16]}…` |

```python
from datasets import load_dataset

pairs = load_dataset("path/to/this/folder")
```
"""

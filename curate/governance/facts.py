"""Everything that a release says of itself, as `facts.json`; every document is a rendering of it.

Facts follow from the release's other files alone (`curate.governance.gathering`), so that
`curate verify` can derive them again. Each is a `Statement`: a value, and how it is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from curate.governance.statement import Statement, derived

FORMAT = 1
FILE = "facts.json"


class Section(BaseModel):
    """Facts of one kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(Section):
    """A column of a pair."""

    name: str
    type: str
    language: str | None = None
    group: bool = False
    optional: bool = False


class Loss(Section):
    """Why pairs went, and how many."""

    step: str
    name: str
    reason: str
    pairs: int


class Stage(Section):
    """What one step saw and said."""

    step: str
    name: str
    pairs: int
    """That it saw."""
    left: int
    verdicts: dict[str, int]
    note: str | None = None
    figures: dict[str, float] = {}
    """What it found over all pairs, by name."""


class Copies(Section):
    """What one step that looks for copies found."""

    step: str
    clusters: int
    gone: int
    largest: int
    """Pairs of the largest cluster, the one that stayed included."""


class Generated(Section):
    """What one step had a generator make."""

    step: str
    field: str
    generator: str
    made: int
    taken: int


class Acted(Section):
    """What the steps of one word (`privacy`, `safety`) did, in pairs."""

    dropped: Statement[int]
    redacted: Statement[int]
    flagged: Statement[int]
    """And kept."""
    reasons: Statement[dict[str, int]]


class Release(Section):
    """Which release this is."""

    name: Statement[str]
    version: Statement[str]
    description: Statement[str]
    digest: Statement[str]
    tool: Statement[str]


class Inputs(Section):
    """What it was made of."""

    fields: Statement[list[Field]]
    sources: Statement[dict[str, int]]
    """Source -> pairs that it gave."""
    models: Statement[dict[str, str]]
    """Reference -> hash of the model's files."""


class Pairs(Section):
    """What became of the pairs."""

    read: Statement[int]
    parts: Statement[int]
    """Of those read, parts that live on in pairs."""
    formed: Statement[int]
    made: Statement[int]
    """Synthetic pairs, taken or rejected."""
    merged: Statement[int]
    """Rows wholly equal to another."""
    kept: Statement[int]
    kept_share: Statement[float]
    """Of collected pairs."""
    splits: Statement[dict[str, int]]
    losses: Statement[list[Loss]]
    unreadable: Statement[int]
    changed: Statement[int]
    not_assessed: Statement[int]
    """Kept pairs of which a step could not judge one side."""
    reviewed: Statement[int] = derived(0, "decisions.parquet")
    """That people decided something of; nobody had a way to in releases that do not tell."""
    origins: Statement[dict[str, int]]
    """Origin -> kept pairs."""
    synthetic_share: Statement[float]
    labelled_share: Statement[float]
    duplicates_across_splits: Statement[int]
    """Kept pairs with a medium that a pair of another split has too."""


class Making(Section):
    """What machines and steps found, by step."""

    stages: Statement[list[Stage]]
    copies: Statement[list[Copies]]
    generated: Statement[list[Generated]]
    expected_mismatch_share: Statement[float]


class Bias(Section):
    """What the audit found."""

    headline: Statement[str]
    groups: Statement[list[str]]
    """Fields whose groups were compared."""
    judged: Statement[int]
    """Groups that are large enough to be judged."""
    flagged: Statement[int]
    """Groups kept less or more often than the rest: by much, and not by chance."""
    flagged_in: dict[str, Statement[int]]
    """The same, by field."""
    lowest_ratio: Statement[float]
    """Of the selection rates of a flagged group and the rest; 1 where no group is flagged."""


class Footprint(Section):
    """What it cost in energy."""

    kwh: Statement[float]
    g_co2e: Statement[float]
    kwh_saved: Statement[float]
    kwh_per_1000_kept: Statement[float]
    sci_per_1000_kept: Statement[float]


class Licences(Section):
    """Under which terms the kept pairs stand."""

    counts: Statement[dict[str, int]]
    """SPDX id -> kept pairs."""
    unknown: Statement[int]
    terms: Statement[list[str]]
    """That bind the release as a whole."""
    conflicts: Statement[list[str]]


class Facts(Section):
    """All of it."""

    format: int = FORMAT
    release: Release
    inputs: Inputs
    pairs: Pairs
    making: Making
    quality: dict[str, Statement[float]]
    """Figures of the evaluations: `retrieval.image_to_caption.recall@10`."""
    evaluation: dict[str, Statement[str]]
    """Evaluation -> its finding in a line."""
    bias: Bias
    energy: Footprint
    privacy: Acted
    safety: Acted
    consent: Acted
    licences: Licences
    answers: dict[str, Statement[str]]
    """What only people can say, by question."""
    completeness: Statement[float]
    """Share of the questions that were answered."""

    def statements(self) -> Iterator[tuple[str, Statement[Any]]]:
        """Every statement with its name: `pairs.kept`, `answers.purpose`."""
        return _statements(self, ())


def _statements(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Statement[Any]]]:
    if isinstance(value, Statement):
        yield ".".join(path), value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _statements(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _statements(part, (*path, str(name)))


def names() -> tuple[str, ...]:
    """The statements that every release has; those of dictionaries have names of their own."""
    return tuple(_names(Facts, ()))


def _names(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Statement):
            yield ".".join((*path, name))
        elif isinstance(kind, type) and issubclass(kind, Section):
            yield from _names(kind, (*path, name))

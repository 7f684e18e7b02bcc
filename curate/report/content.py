"""What a report shows, before it is drawn.

Made from a release's evidence by `curate.report.gathering`, with media from whoever can read them;
drawn by `curate.report.page` as one file of HTML. Everything in it that came from data is untrusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from curate.governance.audit import Audit
    from curate.governance.energy import Energy
    from curate.governance.facts import Facts
    from curate.governance.gates import Held
    from curate.ledger.rethreshold import Rethresholded

Kind: TypeAlias = Literal["kept", "dropped", "borderline", "relabelled", "synthetic"]
"""Why a pair is shown. `borderline`: nearest to a threshold, on either side."""


@dataclass(frozen=True)
class Exit:
    """Pairs that a step took out for one reason."""

    verdict: str
    reason: str
    pairs: int


@dataclass(frozen=True)
class Passage:
    """One step of the flow: `before + added == after + sum of exits`."""

    step: str
    name: str
    before: int
    added: int
    exits: tuple[Exit, ...]
    after: int
    note: str | None


@dataclass(frozen=True)
class Bar:
    """Scores from `low` to below `high`; the last bar holds its `high` too."""

    low: float
    high: float
    stayed: int
    left: int


@dataclass(frozen=True)
class Scored:
    """A step's scores, its thresholds, and what others would do."""

    step: str
    name: str
    keeps: Literal["above", "below"]
    """The side of the threshold that stays."""
    thresholds: tuple[float, ...]
    """One, or one for each group."""
    bars: tuple[Bar, ...]
    choices: tuple[Rethresholded, ...]
    """At thresholds spread over the scores, in order; those that the scores can tell of."""
    reason: str | None = None
    """For which it took pairs out, where the step judges several things."""
    one_sided: bool = False
    """Whether only what left has a score: bars hold nothing else, choices are all milder."""


@dataclass(frozen=True)
class Medium:
    """A thumbnail (PNG, JPEG or WebP) or a short clip (Ogg Opus or MP3, MP4)."""

    modality: Literal["image", "audio", "video"]
    mime: str
    data: bytes
    seconds: tuple[float, float] | None = None
    """Of a clip: what is played, and how long the whole is."""


@dataclass(frozen=True)
class Line:
    """A line of the ledger."""

    step: str
    name: str
    verdict: str
    reason: str | None
    score: float | None
    threshold: float | None
    related_id: str | None
    detail: str | None


@dataclass(frozen=True)
class Made:
    """A content that a machine made for a pair: a line of `made.parquet`."""

    step: str
    name: str
    field: str
    value: str | None
    """A text or a label; of media the hash."""
    replaced: str | None
    generator: str
    confidence: float | None
    accepted: bool


@dataclass(frozen=True)
class Shown:
    """One pair with its story."""

    pair_id: str
    kinds: tuple[Kind, ...]
    """At least one of `kept` and `dropped`: whether it is in the release, or not."""
    status: str
    split: str | None
    origin: str
    parents: tuple[str, ...]
    source: str
    texts: Mapping[str, str]
    metadata: Mapping[str, Any]
    media: Mapping[str, Medium]
    withheld: str | None
    """Why neither media, texts nor metadata are shown, if they are not."""
    lines: tuple[Line, ...]
    """Without details, and so are all words of the data, where the pair is withheld."""
    row: str | None = None
    """Where in its source it lay."""
    made: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Member:
    """A pair of a cluster; its `Shown` is in the report."""

    pair_id: str
    role: str
    related_id: str | None
    likeness: float | None
    detail: str | None


@dataclass(frozen=True)
class Cluster:
    """Copies of one another, as a step found them."""

    step: str
    name: str
    size: int
    members: tuple[Member, ...]
    """Some, if it is large."""


@dataclass(frozen=True)
class Map:
    """Embeddings of pairs in two dimensions."""

    title: str
    """What was embedded, by what, and how much of the variance two axes show."""
    pair_ids: Sequence[str]
    x: Sequence[float]
    y: Sequence[float]
    colours: Mapping[str, Sequence[str]]
    """What points can be coloured by (`status`, `split`, a group field) -> a name per point."""
    of: int
    """Pairs that the points were drawn from."""


@dataclass(frozen=True)
class Report:
    """All of it."""

    facts: Facts
    held: Sequence[Held]
    audit: Audit | None
    energy: Energy | None
    flow: Sequence[Passage]
    scores: Sequence[Scored]
    shown: Sequence[Shown]
    clusters: Sequence[Cluster]
    clusters_in_all: int
    map: Map | None = None
    evaluation: Mapping[str, Any] | None = None
    """`evaluation.json`: figures with intervals, of which the facts hold the values alone."""
    notes: Sequence[str] = field(default_factory=tuple)
    """What the report leaves out, and why."""

"""What a step is: a pure decision over the table of pairs, with measures for the asking.

    step.decide(table, ask) -> Outcome

The table holds the pairs still alive, one row each, sorted by `position`:

    pair_id, position, origin, parents, source, row        text, int, text, list[text], text, text
                                                           (origins: `curate.pairs.origin`)
    sources                                                list of text: all that its parts are from
    <field>, <field>_sha256                                text fields: the text, its content hash
    <field>_sha256                                         media fields (null when absent)
    <field>_file_sha256, <field>_start, <field>_end        audio, video, sensor: the file, and the
                                                           span of it in seconds (null: all of it)
    <field>                                                metadata: text, number or truth value
    reviewed                                               list of text: fields that a person
                                                           decided, which no step changes; null
                                                           for none, left out where there are none
    decided                                                text: `keep` or `drop`, where a person said
                                                           what should become of the pair; null and
                                                           left out likewise
    and whatever earlier steps added: `split`, scores by name (`align`), what they publish

A step cannot see the engine, the store, files or other steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import polars as pl

    from curate.fits.fit import Fit
    from curate.measures.measure import Measure
    from curate.pairs.field import Fields


class Ask(Protocol):
    """How a step gets values; what is already in the store is not computed again."""

    fields: Fields

    def measure(self, measures: Measure | Sequence[Measure], keys: pl.Series) -> pl.DataFrame:
        """Values of contents: one row per distinct non-null key, sorted: `key`, `error`, values.

        Several measures of the same modality share one reading and decoding of each content.
        `error` is null, or why the content cannot be measured. What a measure makes stands as a
        key in `made`, and can be measured and compared from now on.
        """

    def compare(self, measure: Measure, edges: pl.DataFrame) -> pl.DataFrame:
        """Values of ordered pairs of contents: `left`, `right`, `error`, values, and what is `made`."""

    def texts(self, measure: Measure, texts: Sequence[str]) -> pl.DataFrame:
        """Values of texts that stand in no pair (labels, prompts), in the order given."""

    def hold(self, texts: pl.Series) -> pl.Series:
        """The keys of texts that a step made, which can be measured and compared from now on."""

    def fit(self, fit: Fit, table: pl.DataFrame) -> pl.DataFrame:
        """A fit's result on a table, cached by the fit and the table's content."""

    def others(self, path: str) -> pl.DataFrame:
        """Other data that lies beside the recipe: `field`, `kind`, `value`, as `curate.steps.against`
        says. What `kind` calls `content` can be measured and compared from now on.
        """

    def document(self, path: str) -> str:
        """The text of a file that lies beside the recipe; what it says enters the lock as a hash."""

    def components(self) -> pl.DataFrame:
        """`pair_id`, `component`: which pairs are copies of one another, directly or by a chain."""


@dataclass(frozen=True)
class Outcome:
    """What a step says: one verdict per pair it saw, and columns it adds to the table."""

    verdicts: pl.DataFrame
    """Columns of `curate.ledger.verdict.VERDICT`, one row per pair of the table."""
    columns: pl.DataFrame | None = None
    """`pair_id` and new columns for later steps."""
    added: pl.DataFrame | None = None
    """New pairs: `parents` (ids), `reason`, `score` and `detail` (each may be left out), and the
    columns of their fields as the table has them. Media that the step made stand as bytes in
    `<field>_bytes`, contents that a measure made as `<field>_sha256`; recordings and spans need
    `<field>_file_sha256`, `_start` and `_end`. What was used up for them gets the verdict `paired`,
    with the new pair's id left to the conductor.

    A synthetic pair says so: it has its `pair_id` (`curate.pairs.identity.synthetic_id`), its
    `origin`, and a `verdict`: `add`, or `reject` if it is not trusted. It is in the split of its
    first parent, and to every fit a copy of it."""
    changed: pl.DataFrame | None = None
    """`pair_id` and the columns of fields whose content is another now, written as in `added`; and
    `origin`, where a machine made it."""
    clusters: pl.DataFrame | None = None
    """Which pairs are copies of one that stays: columns of `curate.ledger.cluster.CLUSTER`."""
    made: pl.DataFrame | None = None
    """Contents that a machine made, taken or not: columns of `curate.ledger.made.MADE`."""
    note: str | None = None
    """What the step found over all pairs, in a line for people."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """The same in numbers, by name, for facts and gates."""


@dataclass(frozen=True)
class Concealed:
    """What no table of a release may tell, each with what it tells instead."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """Whole texts of a field."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """What was found in them, wherever else it is told."""


@dataclass(frozen=True)
class Objection:
    """One thing wrong with a step's parameters, given the recipe's fields."""

    path: tuple[str | int, ...]
    """Keys below the step's word, for example `("near",)`."""
    message: str
    expected: str | None = None
    """What would have been right."""
    candidates: tuple[str, ...] = ()
    """Valid names; the reader suggests the nearest."""


class Step(BaseModel):
    """Base of every step; a subclass is a frozen pydantic model of the step's parameters.

    Every parameter has a `description`; `examples` are YAML lists of one step each and are
    shown by `curate steps` and tested.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    word: ClassVar[str]
    summary: ClassVar[str]
    examples: ClassVar[tuple[str, ...]] = ()
    fits: ClassVar[bool] = False
    """Whether `decide` learns from pairs; the split is assigned before the first that does."""
    leads: ClassVar[str] = ""
    """Of several steps with one word: the key by which this one is recognised."""
    forms: ClassVar[tuple[type[Step], ...]] = ()
    """The steps that share this word, told apart by what they lead with."""

    @property
    def title(self) -> str:
        """The ledger's `name`: begins with the step's word."""
        return self.word

    @property
    def gives(self) -> tuple[str, ...]:
        """Names of the score columns that this step adds."""
        return ()

    @property
    def publishes(self) -> tuple[str, ...]:
        """Columns that it adds and that releases show.

        Pairs that machines make later have what their first parent has there; the step then decides
        on them too, in a table of theirs alone with the column `generators`, a list of text.
        """
        return ()

    @property
    def takes(self) -> tuple[str, ...]:
        """Names of the score columns that an earlier step must have added."""
        return ()

    @property
    def joins(self) -> tuple[str, ...]:
        """Names of the sources whose rows are only parts of pairs until this step joins them."""
        return ()

    @property
    def speaks_of(self) -> tuple[str, ...]:
        """Names of the sources of which its settings say something."""
        return self.joins

    @property
    def fills(self) -> tuple[str, ...]:
        """Names of the fields that pairs may lack until this step has run."""
        return ()

    @property
    def proposes(self) -> bool:
        """Whether it makes contents by machine; the split is assigned before the first that does."""
        return bool(self.fills)

    @property
    def makes_media(self) -> bool:
        """Whether it makes files that lie in no source."""
        return False

    @property
    def judges(self) -> bool:
        """Whether it drops by quality, so that a person who keeps a pair outweighs it. What law,
        consent or safety demand, and what cannot be read or is there twice, no person outweighs.
        """
        return False

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong with these parameters for these fields."""
        yield from ()

    @property
    def extras(self) -> tuple[str, ...]:
        """Extras of `curate` that must be installed for this step."""
        return ()

    def parts(self, fields: Fields) -> tuple[Step, ...]:
        """The steps that this one runs as; cheap decisions of a mixed step go first."""
        return (self,)

    def decodes(self, fields: Fields) -> bool:
        """Whether every medium must have been decoded whole before this step decides."""
        return True

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        """Measures asked for at first, each with its field; for planning."""
        return []

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        raise NotImplementedError

    @property
    def hides(self) -> tuple[str, ...]:
        """Names of the text fields of which it conceals something."""
        return ()

    @property
    def withholds(self) -> bool:
        """Whether the texts of pairs that it drops are told by no table of a release."""
        return False

    def conceals(self, name: str, texts: pl.Series, ask: Ask) -> Concealed:
        """What of a field's texts no table of a release may tell, also of pairs that this step never
        saw: those that left before it, or were made after it.
        """
        raise NotImplementedError

    @classmethod
    def shapes(cls) -> tuple[type[Step], ...]:
        """The steps that this word stands for."""
        return cls.forms or (cls,)

    @classmethod
    def parse(cls, value: Any) -> Step:
        """Validate what stands behind the step's word in a recipe."""
        return cls.model_validate(value)


@runtime_checkable
class FindsCopies(Protocol):
    """A step that can say which pairs are copies of one another, as `dedup` does."""

    def field_edges(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`left`, `right`: pairs alike in any one field, which a split must not tear apart."""

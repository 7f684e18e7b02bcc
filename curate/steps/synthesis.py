"""What all steps that make new pairs share: of which pairs, how many, and what becomes of them.

A child is its parent with one field made anew; its metadata are its parent's. Everything that is
made is measured as collected data are, and only then taken or rejected; either way its parent,
generator, prompt, settings and seed stand in `made.parquet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.measures.signature import Signature, signed
from curate.pairs.field import CLOCKED, Fields, metadata_fields
from curate.pairs.identity import canonical_json, synthetic_id
from curate.pairs.manifest import KINDS
from curate.pairs.origin import SYNTHETIC
from curate.steps.acceptance import Accept
from curate.steps.step import Ask, Objection, Outcome, Step
from curate.steps.targets import Targets
from curate.steps.trial import Trial

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

_OWN = frozenset(
    {"index", "place", "turn", "value", "generator", "prompt", "settings", "seed", "error"}
    | {"parent", "verdict", "reason", "score", "threshold", "detail", "related_id"}
)
"""Columns that stand beside those of fields while children are made and judged."""


class Synthesis(Step):
    """Base of the steps that make new pairs; a subclass says what makes them."""

    word: ClassVar[str] = "synthesize"
    asks: ClassVar[tuple[str, ...]]
    """What `accept` asks of it unless the recipe says otherwise."""
    needed: ClassVar[tuple[str, ...]] = ()
    """Extras of `curate` that making needs."""

    into: str = Field(description="The field that is made.")
    each: int = Field(1, ge=1, description="How many are made of one pair.")
    seed: int = Field(0, description="Another seed makes others.")
    targets: Targets = Field(Targets(), description="Of which pairs, and how many at most.")
    accept: Accept = Field(Accept(), description="What is asked of everything that is made.")
    sign: Signature | None = Field(
        None, description="With what a C2PA manifest in every file that is made is signed."
    )

    @property
    def source_types(self) -> tuple[str, ...]:
        """The modalities that something can be made of."""
        raise NotImplementedError

    @property
    def made_type(self) -> str:
        """The modality that is made."""
        raise NotImplementedError

    @property
    def makes_media(self) -> bool:
        return self.made_type != "text"

    @property
    def source(self) -> str:
        """The field that children are made of: what stands behind the leading word."""
        return str(getattr(self, self.leads))

    @property
    def title(self) -> str:
        return f"{self.word} {self.leads} {self.source}"

    @property
    def proposes(self) -> bool:
        return True

    @property
    def extras(self) -> tuple[str, ...]:
        signing = ("c2pa",) if self.sign else ()
        return tuple(sorted({*self.needed, *signing, *self.accept.extras(self)}))

    def check(self, fields: Fields) -> Iterator[Objection]:
        for name in sorted(_OWN & fields.keys()):
            message = f"'{name}' is also what the step calls a column of its own"
            yield Objection((), message, "another name for the field")
        yield from typed((self.leads,), self.source, self.source_types, fields)
        yield from typed(("into",), self.into, (self.made_type,), fields)
        yield from self.targets.check(fields)
        yield from self.accept.check(fields, self)
        if self.sign and self.made_type not in KINDS:
            message = f"what is made of type {self.made_type} has no place for a manifest"
            yield Objection(("sign",), message, f"a field of type {' or '.join(KINDS)}")

    @property
    def turns(self) -> int:
        """How many generators take turns."""
        return 1

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        """A generator's name, and the measure that makes the child of this index of a content of the
        source: `made`, or `text` where texts are made.
        """
        raise NotImplementedError

    def signing_maker(self, turn: int, index: int) -> tuple[str, Measure]:
        """The same, with its files signed where the recipe says so."""
        generator, measure = self.maker(turn, index)
        return generator, signed(measure, self.sign) if self.sign else measure

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        turns = [(turn, index) for turn in range(self.turns) for index in range(self.each)]
        return [(self.signing_maker(turn, index)[1], self.source) for turn, index in turns]

    def make(self, parents: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id` and `index` of every row with what was made of it: `value` (a text, or the key
        of a medium), `generator`, `prompt`, `settings`, `seed`, and `error` where nothing was.
        """
        import polars as pl

        prompt = self.prompted(ask.fields)
        rows = parents.with_columns(
            prompt=pl.lit(None, pl.String) if prompt is None else pl.col(prompt),
            turn=pl.col("place") % self.turns,
            seed=pl.col("index") + self.seed,
        )
        made = []
        for (turn, index), part in rows.partition_by("turn", "index", as_dict=True).items():
            generator, measure = self.signing_maker(int(turn), int(index))
            told = part.select(
                "pair_id",
                "index",
                "prompt",
                "seed",
                generator=pl.lit(generator),
                settings=pl.lit(canonical_json(dict(measure.params))),
            )
            made.append(told.hstack(self.asked(measure, part, ask)))
        every = pl.concat(made)
        order = rows.select("pair_id", "index")
        return order.join(every, on=["pair_id", "index"], maintain_order="left")

    def prompted(self, fields: Fields) -> str | None:
        """The text field that says what is to be made, if there is one."""
        return self.source if fields[self.source].type == "text" else None

    def asked(self, measure: Measure, rows: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """What a generator made of each row, in order: `error` and `value`."""
        import polars as pl

        column = "text" if measure.makes is None else "made"
        keys = rows.select(key=f"{self.source}_sha256")
        values = ask.measure(measure, keys["key"]).select("key", "error", value=column)
        found = keys.join(values, on="key", how="left", maintain_order="left")
        absent = pl.when(pl.col("key").is_null()).then(pl.lit(f"no {self.source}"))
        return found.select("value", error=pl.coalesce("error", absent))

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        """Make in the targets' order, judge, and go on until they are met or parents run out."""
        import polars as pl

        from curate.ledger.verdict import verdicts

        said = verdicts(table.select("pair_id"))
        rounds: list[pl.DataFrame] = []
        plan = self.targets.plan(table, self.source, ask.fields, self.each, self.seed)
        while (wanted := plan.next(rounds)).height:
            children = self._children(wanted, table, ask)
            before = _accepted(rounds, children)
            rounds.append(self.accept.judged(Trial(self, children, before, table), ask))
        if not rounds:
            return Outcome(said, note=plan.short(rounds) or "nothing to make new pairs of")
        children = pl.concat(rounds)
        added = children.drop("value", "error", "generator", "prompt", "settings", "seed", "parent")
        note = "; ".join(filter(None, [_note(children), plan.short(rounds)]))
        return Outcome(said, added=added, made=self._made(children), note=note)

    def _children(self, wanted: pl.DataFrame, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """Rows of new pairs: their parents' contents and metadata but for the field made anew."""
        import polars as pl

        parents = wanted.join(table, on="pair_id", how="inner", maintain_order="left")
        made = self.make(parents, ask)
        kept = [column for name in ask.fields for column in _columns(name, ask.fields)]
        others = parents.select("pair_id", "index", *(c for c in kept if c in parents.columns))
        lost = _columns(self.into, ask.fields)
        rows = made.join(
            others.drop(lost, strict=False),
            on=["pair_id", "index"],
            how="left",
            maintain_order="left",
        )
        ids = [
            synthetic_id([parent], canonical_json([self.title, self.into, *how]))
            for parent, *how in rows.select(
                "pair_id", "generator", "prompt", "settings", "seed", "index"
            ).iter_rows()
        ]
        named = rows.rename({"pair_id": "parent"}).with_columns(
            pl.Series("pair_id", ids, pl.String),
            parents=pl.concat_list("parent"),
            origin=pl.lit(SYNTHETIC),
        )
        return self._with_content(named, ask)

    def _with_content(self, rows: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """The made contents under the names of a table's columns."""
        import polars as pl

        if self.made_type == "text":
            keys = ask.hold(rows["value"])
            return rows.with_columns(
                keys.alias(f"{self.into}_sha256"), pl.col("value").alias(self.into)
            )
        places = ["sha256", *(["file_sha256"] if self.made_type in CLOCKED else [])]
        return rows.with_columns(pl.col("value").alias(f"{self.into}_{place}") for place in places)

    def _made(self, children: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        from curate.ledger.made import made

        return made(
            children.with_columns(
                field=pl.lit(self.into),
                accepted=pl.col("verdict") == "add",
                confidence=pl.lit(None, pl.Float64),
            )
        )


def typed(
    path: tuple[str | int, ...], name: str, kinds: tuple[str, ...], fields: Fields
) -> Iterator[Objection]:
    """What is wrong with a field's name where one of these modalities is wanted."""
    able = tuple(n for n, field in fields.items() if field.type in kinds)
    if name not in fields:
        yield Objection(path, f"'{name}' is no field", candidates=able)
    elif name not in able:
        message = f"'{name}' is a field of type {fields[name].type}"
        yield Objection(path, message, f"a field of type {' or '.join(kinds)}", able)


def _columns(name: str, fields: Fields) -> list[str]:
    """The columns of a table by which a field's content is named in `Outcome.added`."""
    if name in metadata_fields(fields):
        return [name]
    own = [f"{name}_sha256"]
    if fields[name].type == "text":
        return [name, *own]
    if fields[name].type in CLOCKED:
        return [*own, f"{name}_file_sha256", f"{name}_start", f"{name}_end"]
    return own


def _accepted(rounds: list[pl.DataFrame], like: pl.DataFrame) -> pl.DataFrame:
    """The children that earlier rounds took."""
    import polars as pl

    if not rounds:
        return like.clear()
    return pl.concat(rounds).filter(pl.col("verdict") == "add")


def _note(children: pl.DataFrame) -> str:
    """How many were made and taken, and why the others were not."""
    import polars as pl

    taken = children.filter(pl.col("verdict") == "add").height
    why = children.drop_nulls("reason").group_by("reason").len().sort("len", descending=True)
    told = ", ".join(f"{count} {reason}" for reason, count in why.iter_rows())
    return f"{taken} of {children.height} taken" + (f"; {told}" if told else "")

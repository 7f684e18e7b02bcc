"""Form pairs of rows from several sources that have the same key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import mul
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import Fields, metadata_fields
from curate.steps.expression import beyond_the_row, names_in
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

PLACES = ("row", "stem", "name", "parent")
"""What a key may say of where a row lies in its source; a field of the same name goes first."""
_SHOWN = 80
"""Characters of a key that the ledger repeats."""


class PairKey(Step):
    """Form pairs of the rows of several sources whose keys are equal.

    A key is an SQL expression over the row's text and metadata fields and its place: `row` (as the
    source names it, for a folder the file's path), its file `name`, the `stem` of that without its
    last suffix, and its `parent` folder. Keys are compared as text, and a key that is null matches
    nothing. A row may go into several pairs; it counts as used up then.
    """

    word: ClassVar[str] = "pair"
    leads: ClassVar[str] = "key"
    summary: ClassVar[str] = "form pairs of rows from several sources that have the same key"
    examples: ClassVar[tuple[str, ...]] = (
        "- pair: {key: [photos, captions], on: stem}",
        "- pair: {key: [photos, captions], on: {photos: stem, captions: \"replace(file, '.jpg', '')\"}}",
        "- pair: {key: [photos, captions, speech], on: stem, many: refuse, unmatched: keep}",
    )

    key: list[str] = Field(min_length=2, description="The sources whose rows are joined, in order.")
    on: str | dict[str, str] = Field(
        description="The key: one SQL expression for all sources, or one for each."
    )
    many: Literal["all", "first", "refuse"] = Field(
        "all",
        description="Several rows of a source with one key: every combination, the first row of "
        "each source only, or none.",
    )
    most: int = Field(
        1000, ge=1, description="A key that would make more combinations than this makes none."
    )
    unmatched: Literal["drop", "keep"] = Field(
        "drop", description="What becomes of rows that match nothing; kept, they stay as they are."
    )

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, *self.key])

    @property
    def joins(self) -> tuple[str, ...]:
        return tuple(self.key)

    def decodes(self, fields: Fields) -> bool:
        return False

    def check(self, fields: Fields) -> Iterator[Objection]:
        for index, name in enumerate(self.key):
            if name in self.key[:index]:
                yield Objection(("key", index), f"'{name}' is named twice", "another source")
        if isinstance(self.on, str):
            yield from _check_key(("on",), self.on, fields)
            return
        for name, expression in self.on.items():
            if name not in self.key:
                message = f"'{name}' is none of the sources joined"
                yield Objection(("on", name), message, candidates=tuple(self.key))
            yield from _check_key(("on", name), expression, fields)
        for name in self.key:
            if name not in self.on:
                yield Objection(("on",), f"no key is given for '{name}'", f"'{name}: ' and its key")

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts
        from curate.steps.formed import formed

        rows = self._rows(table, ask.fields)
        keys = self._judged(rows)
        parents = self._parents(keys)
        matches = parents.with_columns(reason=pl.lit("paired by key"))
        said = self._said(rows, keys, parents["parents"].explode().unique())
        everyone = table.select("pair_id").join(
            said, on="pair_id", how="left", maintain_order="left"
        )
        return Outcome(verdicts(everyone), added=formed(table, matches, self.key, ask.fields))

    def _rows(self, table: pl.DataFrame, fields: Fields) -> pl.DataFrame:
        """`pair_id`, `slot` (which of the sources), `key` of every row to be joined."""
        import polars as pl

        placed = _placed(table.sort("position"), fields)
        parts = []
        for slot, name in enumerate(self.key):
            on = self.on if isinstance(self.on, str) else self.on[name]
            own = placed.filter(pl.col("source") == name)
            parts.append(
                own.select("pair_id", pl.lit(slot).alias("slot"), _keys(own, name, on, fields))
            )
        return pl.concat(parts)

    def _judged(self, rows: pl.DataFrame) -> pl.DataFrame:
        """One row per key: `key`, per slot the ids that have it, `reason` and `detail`.

        `reason` is null where the key makes pairs.
        """
        import polars as pl

        slots = range(len(self.key))
        ids = [pl.col("pair_id").filter(pl.col("slot") == n).alias(str(n)) for n in slots]
        keys = rows.drop_nulls("key").group_by("key", maintain_order=True).agg(ids)
        counts = [pl.col(str(n)).list.len().cast(pl.Float64) for n in slots]
        combinations = reduce(mul, counts)
        limit = {"all": float(self.most), "first": float("inf"), "refuse": 1.0}[self.many]
        named = pl.format("key '{}'", pl.col("key").str.slice(0, _SHOWN))
        return keys.with_columns(
            reason=pl.when(combinations == 0)
            .then(pl.lit("no match"))
            .when(combinations > limit)
            .then(pl.lit("ambiguous key")),
            detail=pl.when(combinations == 0)
            .then(named + " is not in " + self._lacking())
            .when(combinations > limit)
            .then(named + ": " + self._counted())
            .otherwise(named),
        )

    def _lacking(self) -> pl.Expr:
        import polars as pl

        absent = [
            pl.when(pl.col(str(slot)).list.len() == 0).then(pl.lit(name))
            for slot, name in enumerate(self.key)
        ]
        return pl.concat_str(absent, separator=", ", ignore_nulls=True)

    def _counted(self) -> pl.Expr:
        import polars as pl

        counted = [
            pl.format("{} of {}", pl.col(str(slot)).list.len(), pl.lit(name))
            for slot, name in enumerate(self.key)
        ]
        return pl.concat_str(counted, separator=", ")

    def _parents(self, keys: pl.DataFrame) -> pl.DataFrame:
        """`parents`, `detail`: every pair that the keys make."""
        import polars as pl

        slots = [str(slot) for slot in range(len(self.key))]
        whole = keys.filter(pl.col("reason").is_null()).select("detail", *slots)
        if self.many == "first":
            whole = whole.with_columns(pl.col(slots).list.head(1))
        for slot in slots:
            whole = whole.explode(slot)
        return whole.select("detail", parents=pl.concat_list(slots))

    def _said(self, rows: pl.DataFrame, keys: pl.DataFrame, used: pl.Series) -> pl.DataFrame:
        """`pair_id`, `verdict`, `reason`, `detail` of every row of the sources joined."""
        import polars as pl

        known = rows.join(keys.select("key", "reason", "detail"), on="key", how="left")
        paired = pl.col("pair_id").is_in(used.implode())
        none = pl.col("key").is_null()
        second = pl.col("reason").is_null() & ~paired & ~none
        reason = (
            pl.when(none)
            .then(pl.lit("no match"))
            .when(second)
            .then(pl.lit("not the first of its key"))
            .otherwise("reason")
        )
        kept = (reason == "no match") & pl.lit(self.unmatched == "keep")
        return known.select(
            "pair_id",
            verdict=pl.when(paired)
            .then(pl.lit("paired"))
            .when(~kept.fill_null(False))
            .then(pl.lit("drop")),
            reason=pl.when(paired).then(pl.lit("paired by key")).otherwise(reason),
            detail=pl.when(none).then(pl.lit("the key is null")).otherwise("detail"),
        )


def _check_key(path: tuple[str, ...], expression: str, fields: Fields) -> Iterator[Objection]:
    known = _names(fields)
    foreign = beyond_the_row(expression, known)
    if foreign:
        message = f"a key cannot read tables, and '{foreign}' would"
        yield Objection(path, message, "an expression over the row's own fields")
        return
    used = names_in(expression)
    if isinstance(used, str):
        yield Objection(path, f"the key cannot be read: {used}", "an SQL expression")
        return
    if not used:
        yield Objection(path, "the key is the same for all rows", f"a name such as '{known[0]}'")
    for name in used:
        if name in fields and name not in known:
            kind = fields[name].type
            message = f"'{name}' is a field of type {kind}, which no key is made of"
            yield Objection(path, message, candidates=known)
        elif name not in known:
            yield Objection(path, f"a key knows no '{name}'", candidates=known)


def _names(fields: Fields) -> tuple[str, ...]:
    """What a key may be made of."""
    texts = [name for name, field in fields.items() if field.type == "text"]
    return tuple(dict.fromkeys([*PLACES, *metadata_fields(fields), *texts]))


def _placed(table: pl.DataFrame, fields: Fields) -> pl.DataFrame:
    """The table with `name`, `stem` and `parent` of each row, where no field is called so."""
    import polars as pl

    row = pl.col("row")
    name = row.str.replace(r"^.*/", "")
    places = {
        "name": name,
        "stem": name.str.replace(r"(.)\.[^.]*$", "${1}"),
        "parent": row.str.replace(r"/?[^/]*$", ""),
    }
    return table.with_columns(**{k: v for k, v in places.items() if k not in fields})


def _keys(rows: pl.DataFrame, source: str, on: str, fields: Fields) -> pl.Series:
    """The rows' keys as text."""
    import polars as pl

    from curate.errors import DataError

    own = rows.select(name for name in _names(fields) if name in rows.columns)
    try:
        keys = own.with_columns(pl.sql_expr(on).cast(pl.String).alias("key\0"))["key\0"]
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"the key {on} fails on the rows of '{source}': {error}",
            "a key is one text, number or date per row; CAST(year AS VARCHAR) makes text",
        ) from error
    return keys.rename("key")

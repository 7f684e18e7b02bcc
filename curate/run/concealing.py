"""What a step redacts or withholds is told by no table of a release.

A step changes the pairs that are alive when it runs. Others have left by then, and are published
all the same, in `pairs.parquet`; what was said of a pair stands in the ledger, what was made of it in
`made.parquet`. So every text that a step conceals is looked for among all that was ever seen or
made, whole texts are replaced, and what was found in them is replaced wherever else it is told.
Of pairs that a step drops and withholds, such as those that somebody does not want used, texts are
told nowhere; their hashes stay. Of their details, which may quote them, as what a person corrected does,
those of the withholding steps alone are told. Nor are texts told of pairs that a person calls unsafe,
nor any details.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate.pairs.keys import content_hashes
from curate.steps.step import Concealed

if TYPE_CHECKING:
    from curate.run.asking import Asking
    from curate.run.course import Course

_TOLD = {
    "decisions": ("reason", "detail"),
    "clusters": ("detail",),
    "made": ("value", "replaced", "prompt"),
}
"""Columns of free words."""


@dataclass(frozen=True)
class Hidden:
    """By text field, what a release does not tell."""

    fields: Mapping[str, Concealed]
    texts: Collection[str]
    """All text fields."""
    withheld: pl.Series
    """Ids of pairs of which none is told."""
    unsafe: pl.Series
    """Ids of those that people fear: of these no details are told either."""
    guards: Collection[str]
    """Titles of the steps that withhold, whose details are told of the others."""

    def in_pairs(self, pairs: pl.DataFrame, living: pl.Series) -> pl.DataFrame:
        """The table of all pairs; those that live were changed by the steps themselves."""
        pairs = self.without(self.texts, pairs, self.withheld)
        gone = ~pairs["pair_id"].is_in(living.implode())
        for name, concealed in self.fields.items():
            hidden = gone & pairs[name].is_in(list(concealed.texts))
            instead = pairs[name].replace(concealed.texts)
            told = pl.DataFrame({name: instead, f"{name}_sha256": content_hashes(instead)})
            pairs = pairs.with_columns(
                pl.when(hidden).then(column).otherwise(column.name).alias(column.name)
                for column in told
            )
        return pairs

    @staticmethod
    def without(columns: Collection[str], table: pl.DataFrame, pairs: pl.Series) -> pl.DataFrame:
        """A table with these columns empty for these pairs."""
        there = ~pl.col("pair_id").is_in(pairs.implode())
        return table.with_columns(pl.when(there).then(pl.col(name)).alias(name) for name in columns)

    def in_words(self, name: str, table: pl.DataFrame) -> pl.DataFrame:
        """A table of what was said or made."""
        if name == "made":
            table = self.without(_TOLD["made"], table, self.withheld)
        else:
            of_others = ~pl.col("name").is_in(list(self.guards))
            quotes = pl.col("pair_id").is_in(self.withheld.implode()) & of_others
            quotes |= pl.col("pair_id").is_in(self.unsafe.implode())
            table = table.with_columns(detail=pl.when(~quotes).then("detail"))
        parts = {part: said for one in self.fields.values() for part, said in one.parts.items()}
        if not parts:
            return table
        longest = dict(sorted(parts.items(), key=lambda part: (-len(part[0]), part[0])))
        return table.with_columns(
            pl.col(column).str.replace_many(longest, leftmost=True) for column in _TOLD[name]
        )


def hidden_of(course: Course, asking: Asking) -> Hidden:
    """What steps conceal, of pairs in and out, of all that was read or made."""
    names = {name for step in course.recipe.steps for name in step.hides}
    fields = {name: _of_field(name, course, asking) for name in sorted(names)}
    texts = [name for name, field in course.fields.items() if field.type == "text"]
    feared = course.reviews.unsafe if course.reviews else ()
    unsafe = pl.Series("pair_id", sorted(feared), pl.String)
    guards = [step.title for step in course.recipe.steps if step.withholds]
    said = course.ledger.lines("drop")
    withheld = said.filter(pl.col("name").is_in(guards))["pair_id"]
    return Hidden(fields, texts, pl.concat([withheld, unsafe]), unsafe, guards)


def _of_field(name: str, course: Course, asking: Asking) -> Concealed:
    """Of several steps each conceals what those before it left."""
    texts = pl.concat(list(_texts(name, course))).drop_nulls().unique().sort()
    whole, parts = {text: text for text in texts}, dict[str, str]()
    for step in (step for step in course.recipe.steps if name in step.hides):
        told = pl.Series("text", list(whole.values()), pl.String)
        concealed = step.conceals(name, told, asking)
        whole = {text: concealed.texts.get(said, said) for text, said in whole.items()}
        parts |= concealed.parts
    return Concealed({text: said for text, said in whole.items() if said != text}, parts)


def _texts(name: str, course: Course) -> Iterator[pl.Series]:
    made = course.all_made.filter(pl.col("field") == name)
    of_pairs = (course.gathered.table[name], course.table[name])
    yield from (texts.rename("text") for texts in (*of_pairs, made["value"], made["replaced"]))

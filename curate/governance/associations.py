"""Which words stand with which group, before the decisions and after.

A word (`curate.pairs.wording.parted`) counts once a text. Two figures for each: how far word and
group keep together, normalised pointwise mutual information (Bouma 2009, -1 never, 0 by chance,
1 always), and how certain it is that the group uses the word more than the rest, the z score of the
log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, eq. 22): as many
words as `PRIOR`, distributed as in all texts, are added to each side, so that rare words do not come
first. Named are words whose z is at least 1.96 and whose nPMI is above 0. Figures after the
decisions have the same prior.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.governance.estimate import Record
from curate.governance.population import Counts, Field
from curate.pairs.wording import parted

PRIOR = 1000.0
TOP = 10
"""Words named of each group, by z before and by z after."""
FEWEST = 5
"""Texts that a word must be in."""
SURE = 1.96
_TEXTS = 200_000
"""Parted at once; all words of a million texts would not fit."""
Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


class Figures(Record):
    """A word and a group."""

    texts: int
    """Of the group, with the word."""
    npmi: float
    z: float


class Word(Record):
    """A word that stands with a group more than with others."""

    word: str
    before: Figures | None
    after: Figures | None
    """None where no text with it is left."""


class Association(Record):
    """A group and its words."""

    level: str
    texts_before: int
    texts_after: int
    words: tuple[Word, ...]


class FieldAssociations(Record):
    """A text field's words by the groups of a group field; of groups that are judged."""

    text: str
    field: str
    levels: tuple[Association, ...]


def associations(
    pairs: pl.DataFrame, texts: Sequence[str], counts: Counts, smallest_group: int
) -> tuple[FieldAssociations, ...]:
    """Of each text field with each group field; `pairs` is the release's table."""
    found = []
    for name in texts:
        rows = counts.pairs.join(pairs.select("pair_id", text=name), on="pair_id").drop_nulls(
            "text"
        )
        words = _words(rows)
        sizes = rows.group_by("cell", "kept").len()
        for field in counts.fields:
            levels = tuple(_levels(words, sizes, counts, field, smallest_group))
            found.append(FieldAssociations(text=name, field=field.name, levels=levels))
    return tuple(found)


def _words(rows: pl.DataFrame) -> pl.DataFrame:
    """`word`, `cell`, `kept`, `len`: texts with the word; only words in enough texts."""
    parts = []
    for start in range(0, rows.height, _TEXTS):
        some = rows.slice(start, _TEXTS).select("text", "cell", "kept")
        distinct = some["text"].unique()
        units = pl.Series(
            "word", [list(dict.fromkeys(parted(text))) for text in distinct], pl.List(pl.String)
        )
        each = some.join(pl.DataFrame({"text": distinct, "word": units}), on="text")
        parts.append(each.drop("text").explode("word").group_by("word", "cell", "kept").len())
    empty = {"word": pl.String, "cell": pl.UInt64, "kept": pl.Boolean, "len": pl.UInt32}
    every = pl.concat([pl.DataFrame(schema=empty), *parts]).drop_nulls("word")
    often = every.group_by("word").agg(pl.col("len").sum()).filter(pl.col("len") >= FEWEST)
    return every.join(often.select("word"), on="word", how="semi")


def _levels(
    words: pl.DataFrame, sizes: pl.DataFrame, counts: Counts, field: Field, smallest_group: int
) -> Iterator[Association]:
    places = [place for place, n, _ in counts.by(field).iter_rows() if n >= smallest_group]
    if len(places) < 2 or not words.height:
        return
    before = _table(words, sizes, counts, field)
    kept = _table(words.filter("kept"), sizes.filter("kept"), counts, field, before.names)
    after = replace(kept, prior=before.prior)
    for place in places:
        yield _association(field.levels[place], place, before, after)


@dataclass(frozen=True)
class _Table:
    """Texts by word and group."""

    names: pl.Series
    matrix: Numbers
    """A row per word, a column per group."""
    texts: Mapping[int, int]
    """By group, with the word or without."""
    prior: Numbers

    @cached_property
    def words(self) -> Numbers:
        """Texts of any group, by word."""
        sums: Numbers = self.matrix.sum(axis=1)
        return sums

    def z(self, place: int) -> Numbers:
        """Log-odds ratio over its standard deviation."""
        mine, rest = self.matrix[:, place], self.words - self.matrix[:, place]
        odds = [_log_odds(side, self.prior) for side in (mine, rest)]
        variance: Numbers = 1 / (mine + self.prior) + 1 / (rest + self.prior)
        z: Numbers = (odds[0] - odds[1]) / np.sqrt(variance)
        return z

    def npmi(self, place: int) -> Numbers:
        total = max(1, sum(self.texts.values()))
        both = self.matrix[:, place] / total
        alone = self.words / total * (self.texts.get(place, 0) / total)
        there = (both > 0) & (both < 1)
        found: Numbers = np.where(both == 1, 1.0, -1.0)
        found[there] = np.log(both[there] / alone[there]) / -np.log(both[there])
        return found


def _table(
    words: pl.DataFrame,
    sizes: pl.DataFrame,
    counts: Counts,
    field: Field,
    names: pl.Series | None = None,
) -> _Table:
    """Of these words; the prior is as they are distributed."""
    names = words["word"].unique().sort() if names is None else names
    number = names.to_frame("word").with_row_index("at")
    rows = counts.of(words, field, "word").join(number, on="word")
    matrix = np.zeros((len(names), len(field.levels)))
    matrix[rows["at"].to_numpy(), rows[field.column].to_numpy()] = rows["len"].to_numpy()
    often = matrix.sum(axis=1)
    prior = PRIOR * often / max(1.0, float(often.sum()))
    return _Table(names, matrix, dict(counts.of(sizes, field).iter_rows()), prior)


def _log_odds(side: Numbers, prior: Numbers) -> Numbers:
    total = float(side.sum() + prior.sum())
    odds: Numbers = (side + prior) / (total - side - prior)
    return np.log(odds)


def _association(level: str, place: int, *stages: _Table) -> Association:
    """`stages` are before and after; words are in the order of their z, first before, then after."""
    top = dict.fromkeys(at for stage in stages for at in _top(stage, place))
    figures = [_figures(stage, place, list(top)) for stage in stages]
    return Association(
        level=level,
        texts_before=stages[0].texts.get(place, 0),
        texts_after=stages[1].texts.get(place, 0),
        words=tuple(
            Word(word=stages[0].names[at], before=before, after=after)
            for at, before, after in zip(top, *figures, strict=True)
        ),
    )


def _top(stage: _Table, place: int) -> list[int]:
    """The words that surely stand with a group."""
    z, npmi = stage.z(place), stage.npmi(place)
    best = np.argsort(-z, kind="stable")
    return [int(at) for at in best[(z[best] >= SURE) & (npmi[best] > 0)][:TOP]]


def _figures(stage: _Table, place: int, words: Sequence[int]) -> Iterator[Figures | None]:
    z, npmi = stage.z(place), stage.npmi(place)
    for at in words:
        texts = int(stage.matrix[at, place])
        known = Figures(texts=texts, npmi=round(float(npmi[at]), 4), z=round(float(z[at]), 3))
        yield known if stage.words[at] else None

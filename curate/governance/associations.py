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
from curate.governance.population import Counts, Field, Places
from curate.pairs.wording import parted

PRIOR = 1000.0
TOP = 10
"""Words named of each group, by z before and by z after."""
FEWEST = 5
"""Texts that a word must be in."""
SURE = 1.96
MOST_WORDS = 50_000
_TEXTS = 200_000
"""Parted at once, so that only numbers of words are held of all."""
Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
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


@dataclass(frozen=True)
class _Words:
    """Which text has which words."""

    names: pl.Series
    word: Places
    """Places in `names`; a word counts once a text."""
    text: Places
    """Whose: places among the pairs."""
    there: Flags
    """Of every pair, whether it has a text."""


def associations(
    pairs: pl.DataFrame, texts: Sequence[str], counts: Counts, smallest_group: int
) -> tuple[FieldAssociations, ...]:
    """Of each text field with each group field; `pairs` is the release's table."""
    found = []
    for name in texts:
        words = _words(pairs[name].gather(counts.pairs["row"]))
        for field in counts.fields:
            levels = tuple(_levels(words, counts, field, smallest_group))
            found.append(FieldAssociations(text=name, field=field.name, levels=levels))
    return tuple(found)


def _words(texts: pl.Series) -> _Words:
    """The words that are in enough texts, the most frequent ones where there are very many."""
    parts, known = [], dict[str, None]()
    for start in range(0, len(texts), _TEXTS):
        each = _parted(texts.slice(start, _TEXTS)).with_columns(pl.col("text") + start)
        known.update(dict.fromkeys(each["word"].unique()))
        code = each["word"].cast(pl.Enum(list(known))).to_physical()
        parts.append((code.to_numpy(), each["text"].to_numpy()))
    empty = np.empty(0, np.int64)
    word, text = (np.concatenate([empty, *(part[at] for part in parts)]) for at in (0, 1))
    often = np.bincount(word, minlength=len(known))
    names = pl.Series("word", list(known), pl.String)
    order = pl.DataFrame({"word": names, "n": often, "at": np.arange(len(known))})
    chosen = order.filter(pl.col("n") >= FEWEST).sort(["n", "word"], descending=[True, False])
    chosen = chosen.head(MOST_WORDS).sort("word")
    place = np.full(len(known), -1)
    place[chosen["at"].to_numpy()] = np.arange(chosen.height)
    here = place[word] >= 0
    return _Words(chosen["word"], place[word][here], text[here], texts.is_not_null().to_numpy())


def _parted(texts: pl.Series) -> pl.DataFrame:
    """`text` (its place) and `word`, each once a text. What is ASCII is parted by polars, to the same
    end as `parted`, and ten times as fast.
    """
    rows = pl.DataFrame({"text": np.arange(len(texts)), "said": texts}).drop_nulls()
    ascii_only = pl.col("said").str.len_bytes() == pl.col("said").str.len_chars()
    plain, other = rows.filter(ascii_only), rows.filter(~ascii_only)
    units = pl.col("said").str.to_lowercase().str.extract_all("[a-z0-9]+")
    split = pl.Series("word", [parted(text) for text in other["said"]], pl.List(pl.String))
    both = [plain.select("text", word=units), other.select("text", split)]
    words = pl.concat(both).with_columns(pl.col("word").list.unique())
    return words.explode("word").drop_nulls()


def _levels(
    words: _Words, counts: Counts, field: Field, smallest_group: int
) -> Iterator[Association]:
    places = [
        place
        for place, part in counts.by(field).items()
        if part.n >= smallest_group and place != field.early
    ]
    if len(places) < 2 or not len(words.names):
        return
    before = _table(words, counts, field, kept_only=False)
    after = replace(_table(words, counts, field, kept_only=True), prior=before.prior)
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


def _table(words: _Words, counts: Counts, field: Field, *, kept_only: bool) -> _Table:
    """Counted over all pairs, or those kept; the prior is as words are distributed among them."""
    places, width = counts.places(field), len(field.levels)
    chosen = counts.pairs["kept"].to_numpy() | (not kept_only)
    here = chosen[words.text]
    both = words.word[here] * width + places[words.text[here]]
    flat = np.bincount(both, minlength=len(words.names) * width).astype(np.float64)
    matrix = flat.reshape(len(words.names), width)
    often = matrix.sum(axis=1)
    texts = np.bincount(places[chosen & words.there], minlength=width)
    prior = PRIOR * often / max(1.0, float(often.sum()))
    return _Table(words.names, matrix, {at: int(n) for at, n in enumerate(texts)}, prior)


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

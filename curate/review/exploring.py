"""Free exploration: what lies near words, by the release's embeddings or, without them, by the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.errors import CurateError
from curate.review.subject import Subject

MANY = 24


@dataclass(frozen=True)
class Found:
    """A pair that a search brought up."""

    pair_id: str
    text: str
    status: str
    picture: str | None
    """An image field to show, unless the pair is withheld."""
    withheld: str | None
    score: float | None = None


@dataclass(frozen=True)
class Search:
    """What was found, and how it was looked for."""

    query: str
    found: Sequence[Found]
    how: str


def explore(subject: Subject, query: str) -> Search:
    """The pairs nearest to the words, the best first."""
    if subject.release is None:
        how = "Pairs whose texts hold these words. A release can be searched by what pairs mean."
        return Search(query, _by_words(subject, query), how)
    try:
        return _by_meaning(subject, query)
    except CurateError as error:
        how = f"Pairs whose texts hold these words; not by what they mean, since {error.message}."
        return Search(query, _by_words(subject, query), how)


def _by_meaning(subject: Subject, query: str) -> Search:
    from curate.run.searching import search

    assert subject.release is not None
    best = search(subject.release, query, limit=MANY)
    found = [_found(subject, one, score) for one, score in best.select("pair_id", "score").rows()]
    return Search(
        query, found, "Released pairs nearest to these words, by the release's embeddings."
    )


def _by_words(subject: Subject, query: str) -> list[Found]:
    texts = [name for name, field in subject.fields.items() if field.type == "text"]
    if not texts:
        return []
    holds = pl.any_horizontal(
        pl.col(name).str.to_lowercase().str.contains(query.lower(), literal=True) for name in texts
    )
    best = subject.pairs.filter(holds)["pair_id"].head(MANY)
    return [_found(subject, pair_id) for pair_id in best]


def _found(subject: Subject, pair_id: str, score: float | None = None) -> Found:
    pair, why = subject.pair(pair_id), subject.withheld.get(pair_id)
    texts = (pair[n] for n, field in subject.fields.items() if field.type == "text")
    images = (n for n, field in subject.fields.items() if field.type == "image")
    there = (n for n in images if pair[f"{n}_sha256"] is not None)
    held = subject.release is None or pair["status"] == "kept"
    return Found(
        pair_id=pair_id,
        text="" if why else next((text for text in texts if text), ""),
        status=pair["status"],
        picture=next(there, None) if held and not why else None,
        withheld=why,
        score=score,
    )

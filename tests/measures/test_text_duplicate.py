"""Shingles, signatures and overlaps against what anyone would count by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.engines.work import implementation
from curate.measures.text_duplicate import (
    NOTHING,
    TEXT_FORMS,
    shingles,
    text_minhash,
    text_overlap,
)
from curate.pairs.wording import apart, normal, plain

TEXTS = st.lists(st.text("ab cé日本\u0e01\u0e31!?\n", max_size=12), min_size=1, max_size=6)
UNITS = st.sampled_from(["character", "word"])


def by_hand(text: str, ngram: int, unit: str) -> set[tuple[str, ...]]:
    units = list(plain(text)) if unit == "character" else apart(plain(text)).split()
    if not units:
        return set()
    last = max(len(units) - ngram, 0)
    return {tuple(units[start : start + ngram]) for start in range(last + 1)}


@given(texts=TEXTS, ngram=st.integers(1, 6), unit=UNITS)
@settings(deadline=None)
def test_shingles(texts: list[str], ngram: int, unit: str) -> None:
    """As many distinct hashes as runs; the same whatever stands beside a text."""
    hashes, counts = shingles([plain(text) for text in texts], ngram, unit)
    for text, part in zip(texts, np.split(hashes, np.cumsum(counts)[:-1]), strict=True):
        assert len(set(part.tolist())) == len(by_hand(text, ngram, unit))
        alone, _ = shingles([plain(text)], ngram, unit)
        assert alone.tolist() == part.tolist()


@given(texts=TEXTS, ngram=st.integers(1, 4), unit=UNITS)
@settings(deadline=None)
def test_overlap(texts: list[str], ngram: int, unit: str) -> None:
    couples = [(left, right) for left in texts for right in texts]
    found = implementation(text_overlap(ngram, unit), {})(couples)
    for (left, right), (jaccard, containment) in zip(couples, found.iter_rows(), strict=True):
        one, other = by_hand(left, ngram, unit), by_hand(right, ngram, unit)
        common = len(one & other)
        assert jaccard == pytest.approx(common / max(len(one | other), 1))
        assert containment == pytest.approx(common / max(min(len(one), len(other)), 1))


def test_signatures_estimate_the_overlap() -> None:
    chance = np.random.default_rng(0)
    words = [f"w{n}" for n in range(1000)]
    left = " ".join(chance.choice(words, 300))
    right = " ".join([*left.split()[:200], *chance.choice(words, 100)])
    compute = implementation(text_minhash(1, "word"), {})
    signatures = compute([left, right])["signature"].to_numpy()
    true = implementation(text_overlap(1, "word"), {})([(left, right)])["jaccard"][0]
    assert (signatures[0] == signatures[1]).mean() == pytest.approx(true, abs=0.12)


def test_nothing_to_sign() -> None:
    found = implementation(text_minhash(5, "character"), {})(["", " ?!", "a"])
    assert found["error"].to_list() == [NOTHING, NOTHING, None]
    assert found["signature"].is_null().to_list() == [True, True, False]


def test_forms() -> None:
    texts = ["Straße, 2 ", "STRASSE,\n2", "strasse 2", "!!", "??"]
    found = implementation(TEXT_FORMS, {})(texts)
    numbers = [pl.Series(found[name]).rank("dense").to_list() for name in ("normal", "plain")]
    assert numbers[0][0] == numbers[0][1] != numbers[0][2]
    assert numbers[0][3] != numbers[0][4]
    assert numbers[1][:3] == [1, 1, 1]
    assert numbers[1][3:] == [None, None]


@pytest.mark.parametrize(
    ("text", "as_normal", "as_plain"),
    [
        ("  \uff21\u00a0b \ufb01 ", "a b fi", "a b fi"),
        ("don't — stop_now!", "don't — stop_now!", "dont stopnow"),
        ("किताब", "किताब", "किताब"),
        ("\ud800x", "\ud800x", "x"),
    ],
)
def test_wording(text: str, as_normal: str, as_plain: str) -> None:
    assert (normal(text), plain(text)) == (as_normal, as_plain)

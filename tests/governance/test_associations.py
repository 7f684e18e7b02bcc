"""Words that stand with groups: the figures are those of the papers, and words are words."""

from __future__ import annotations

import math
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.governance.associations import PRIOR, Association, _parted, associations
from curate.governance.population import counted
from curate.pairs.wording import parted
from tests.governance.counts import decided

TEXTS = {
    "woman": ["a nurse reads"] * 60 + ["a doctor walks"] * 40 + ["a cat"] * 30,
    "man": ["a nurse reads"] * 10 + ["a doctor walks"] * 90 + ["a cat"] * 30,
}


def found(texts: dict[str, list[str]], dropped: str | None = None) -> dict[str, Association]:
    rows = [
        (group, text, "dropped" if dropped and dropped in text else "kept")
        for group, said in texts.items()
        for text in said
    ]
    frame = pl.DataFrame(rows, ["gender", "caption", "status"], orient="row")
    pairs, decisions = decided(frame)
    counts = counted(pairs, decisions, ["gender"]).whole
    (field,) = associations(pairs, ["caption"], counts, 100)
    return {level.level: level for level in field.levels}


def test_figures_by_hand() -> None:
    """Bouma 2009, eq. 3; Monroe, Colaresi & Quinn 2008, eq. 15 to 22."""
    word = next(one for one in found(TEXTS)["woman"].words if one.word == "nurse")
    assert word.before is not None
    total, both, texts, group = 260, 60, 70, 130
    pmi = math.log(both * total / (texts * group))
    assert word.before.npmi == pytest.approx(pmi / -math.log(both / total), abs=1e-4)
    counts = {g: Counter(w for t in said for w in t.split()) for g, said in TEXTS.items()}
    words = sum(counts["woman"].values()), sum(counts["man"].values())
    prior = PRIOR * texts / sum(words)
    odds = [(y + prior) / (n + PRIOR - y - prior) for y, n in zip((60, 10), words, strict=True)]
    z = math.log(odds[0] / odds[1]) / math.sqrt(1 / (60 + prior) + 1 / (10 + prior))
    assert word.before.z == pytest.approx(z, abs=1e-3)


def test_each_group_has_its_words() -> None:
    words = {level: [word.word for word in one.words] for level, one in found(TEXTS).items()}
    assert words["woman"][:2] == ["nurse", "reads"]
    assert set(words["man"]) == {"doctor", "walks"}
    assert "cat" not in words["woman"] + words["man"]


def test_before_and_after_are_side_by_side() -> None:
    level = found(TEXTS, dropped="nurse")["woman"]
    (nurse,) = (word for word in level.words if word.word == "nurse")
    assert (level.texts_before, level.texts_after) == (130, 70)
    assert nurse.before is not None
    assert nurse.after is None


def test_groups_that_are_not_judged_have_no_words() -> None:
    assert set(found(TEXTS | {"few": ["a nurse reads"] * 20})) == {"woman", "man"}


def test_a_text_field_that_nobody_filled() -> None:
    rows = [("a", None, "kept")] * 150 + [("b", None, "kept")] * 150
    frame = pl.DataFrame(
        rows, {"gender": pl.String, "caption": pl.String, "status": pl.String}, orient="row"
    )
    pairs, decisions = decided(frame)
    counts = counted(pairs, decisions, ["gender"]).whole
    (field,) = associations(pairs, ["caption"], counts, 100)
    assert field.levels == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Medium-light skin, don't!", ["medium", "light", "skin", "don", "t"]),
        ("L\u2019été à Straße", ["l", "été", "à", "strasse"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("我喜欢猫 cats 狗", ["我喜", "喜欢", "欢猫", "cats", "狗"]),
        ("…", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert parted(text) == words


@given(st.text())
def test_words_are_words_of_the_normal_form(text: str) -> None:
    assert all(word and not word.isspace() for word in parted(text))
    assert parted(text + ".") == parted(text)


@given(st.lists(st.text(st.characters(max_codepoint=300)), max_size=8))
def test_many_texts_at_once_are_parted_as_one(texts: list[str]) -> None:
    found = _parted(pl.Series(texts, dtype=pl.String)).rows()
    assert sorted(found) == sorted(
        (place, word) for place, text in enumerate(texts) for word in set(parted(text))
    )

"""`pair: {key: …}`: which rows make pairs, what the pairs say, and what is said of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import DataError
from curate.steps.pair_key import PairKey
from curate.steps.step import Outcome
from tests.steps.pools import FIELDS, Answers, pools
from tests.workspace import Workspace

TWO = {"key": ["photos", "captions"], "on": "file"}


def decide(step: Mapping[str, Any], **sources: Sequence[Mapping[str, Any]]) -> Outcome:
    table = pools(sources)
    outcome = PairKey.parse(step).decide(table, Answers())
    assert outcome.verdicts["pair_id"].to_list() == table["pair_id"].to_list()
    return outcome


def added(outcome: Outcome) -> pl.DataFrame:
    assert outcome.added is not None
    return outcome.added


def parents(outcome: Outcome) -> list[tuple[str, ...]]:
    return [tuple(ids) for ids in added(outcome)["parents"]]


def said(outcome: Outcome) -> dict[str, tuple[str, str | None, str | None]]:
    rows = outcome.verdicts.select("pair_id", "verdict", "reason", "detail").rows()
    return {row[0]: row[1:] for row in rows}


def files(*names: str | None) -> list[dict[str, Any]]:
    return [{"file": name} for name in names]


def test_equal_keys_make_pairs() -> None:
    photos = [{"row": "birds/duck.png", "image": "a duck"}, {"row": "owl.png", "image": "an owl"}]
    captions = [
        {"file": "duck.png", "caption": "A duck.", "kind": "birds"},
        {"file": "crow.png", "caption": "A crow."},
    ]
    step = {**TWO, "on": {"photos": "stem", "captions": "replace(file, '.png', '')"}}
    outcome = decide(step, photos=photos, captions=captions, notes=files("duck"))
    (pair,) = added(outcome).to_dicts()
    table = pools({"photos": photos, "captions": captions})
    assert pair == {
        "parents": ["photos:birds/duck.png", "captions:0"],
        "reason": "paired by key",
        "detail": "key 'duck'",
        "image_sha256": table["image_sha256"][0],
        "caption": "A duck.",
        "caption_sha256": table["caption_sha256"][2],
        **dict.fromkeys(["speech_sha256", "speech_file_sha256", "speech_start", "speech_end"]),
        "kind": "birds",
        "file": "duck.png",
    }
    assert said(outcome) == {
        "photos:birds/duck.png": ("paired", "paired by key", "key 'duck'"),
        "photos:owl.png": ("drop", "no match", "key 'owl' is not in captions"),
        "captions:0": ("paired", "paired by key", "key 'duck'"),
        "captions:1": ("drop", "no match", "key 'crow' is not in photos"),
        "notes:0": ("keep", None, None),
    }


@pytest.mark.parametrize(
    ("row", "on", "key"),
    [
        ("birds/sea/gull.x.png", "row", "birds/sea/gull.x.png"),
        ("birds/sea/gull.x.png", "name", "gull.x.png"),
        ("birds/sea/gull.x.png", "stem", "gull.x"),
        ("birds/sea/gull.x.png", "parent", "birds/sea"),
        ("birds/sea/gull.x.png", "split_part(row, '/', 1) || '-' || stem", "birds-gull.x"),
        ("gull", "stem", "gull"),
        (".gull", "stem", ".gull"),
        ("gull.png", "parent", ""),
        ("7", "CAST(row AS INT) + 1", "8"),
    ],
)
def test_places(row: str, on: str, key: str) -> None:
    step = {**TWO, "on": {"photos": on, "captions": "file"}}
    outcome = decide(step, photos=[{"row": row}], captions=files(key))
    assert parents(outcome) == [(f"photos:{row}", "captions:0")]


def test_a_field_called_as_a_place_goes_first() -> None:
    fields = {**FIELDS, "stem": FIELDS["kind"]}
    table = pools({"photos": [{"stem": "x"}], "captions": files("x")}, fields)
    step = PairKey.parse({**TWO, "on": {"photos": "stem", "captions": "file"}})
    assert added(step.decide(table, Answers(fields))).height == 1


def test_nulls_never_match() -> None:
    outcome = decide(TWO, photos=files(None, "a"), captions=files(None, "b"))
    assert parents(outcome) == []
    assert said(outcome)["photos:0"] == ("drop", "no match", "the key is null")
    assert added(outcome).schema["parents"] == pl.List(pl.String)


def test_unmatched_rows_may_stay() -> None:
    step = {**TWO, "unmatched": "keep"}
    outcome = decide(step, photos=files("a", None), captions=files("b"))
    assert {verdict for verdict, _, _ in said(outcome).values()} == {"keep"}
    assert said(outcome)["photos:0"][1:] == ("no match", "key 'a' is not in captions")


MANY = {"photos": files("a", "a", "b"), "captions": files("a", "a", "b")}


@pytest.mark.parametrize(
    ("step", "pairs", "out"),
    [
        ({}, ["00", "01", "10", "11", "22"], {}),
        ({"many": "first"}, ["00", "22"], {"not the first of its key": 2}),
        ({"many": "refuse"}, ["22"], {"ambiguous key": 4}),
        ({"most": 3}, ["22"], {"ambiguous key": 4}),
        ({"most": 4}, ["00", "01", "10", "11", "22"], {}),
        ({"many": "refuse", "unmatched": "keep"}, ["22"], {"ambiguous key": 4}),
    ],
)
def test_many_of_one_key(step: dict[str, Any], pairs: list[str], out: dict[str, int]) -> None:
    outcome = decide({**TWO, **step}, **MANY)
    assert ["".join(p[-1] for p in ids) for ids in parents(outcome)] == pairs
    gone = outcome.verdicts.filter(pl.col("verdict") == "drop")
    assert Counter(gone["reason"]) == out
    if "ambiguous key" in out:
        assert gone["detail"][0] == "key 'a': 2 of photos, 2 of captions"


def test_three_sources() -> None:
    step = {**TWO, "key": ["photos", "captions", "sounds"]}
    sounds: list[dict[str, Any]] = [
        {"file": "a", "speech": "one"},
        {"file": "a", "speech": "two", "speech_start": 1.0},
    ]
    outcome = decide(step, photos=files("a", "b"), captions=files("a"), sounds=sounds)
    assert parents(outcome) == [
        ("photos:0", "captions:0", "sounds:0"),
        ("photos:0", "captions:0", "sounds:1"),
    ]
    assert added(outcome)["speech_start"].to_list() == [None, 1.0]
    assert said(outcome)["photos:1"][2] == "key 'b' is not in captions, sounds"


def test_the_first_source_speaks_first_and_conflicts_are_told() -> None:
    photos = [{"file": "a", "kind": None, "caption": "One."}]
    captions = [{"file": "a", "kind": "x", "caption": "Two."}]
    sounds = [{"file": "a", "kind": "y", "caption": "One."}]
    step = {**TWO, "key": ["photos", "captions", "sounds"]}
    outcome = decide(step, photos=photos, captions=captions, sounds=sounds)
    (pair,) = added(outcome).to_dicts()
    assert (pair["kind"], pair["caption"]) == ("x", "One.")
    assert pair["detail"] == (
        "key 'a'; caption of photos, not of captions; kind 'x' of captions, not 'y' of sounds"
    )


def test_spans_go_with_their_recording() -> None:
    """A whole recording is not given the ends of another source's span."""
    photos = [{"file": "a", "speech": "whole"}]
    captions = [{"file": "a", "speech": "film", "speech_start": 1.0, "speech_end": 2.0}]
    for order, ends in ((["photos", "captions"], (None, None)), (["captions", "photos"], (1, 2))):
        outcome = decide({**TWO, "key": order}, photos=photos, captions=captions)
        (pair,) = added(outcome).to_dicts()
        assert (pair["speech_start"], pair["speech_end"]) == ends
        assert pair["speech_file_sha256"] == pair["speech_sha256"]


def test_keys_are_compared_as_text() -> None:
    step = {**TWO, "on": {"photos": "CAST(file AS INT)", "captions": "file"}}
    assert parents(decide(step, photos=files("7"), captions=files("7", "07"))) == [
        ("photos:0", "captions:0")
    ]


def test_a_key_that_fails_on_the_data() -> None:
    with pytest.raises(DataError, match="fails on the rows of 'photos'"):
        decide({**TWO, "on": "CAST(file AS INT)"}, photos=files("x"), captions=files("x"))


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ({**TWO, "on": "fil"}, ("on",), "a key knows no 'fil'"),
        ({**TWO, "on": "image"}, ("on",), "'image' is a field of type image, which no key"),
        ({**TWO, "on": "lower("}, ("on",), "the key cannot be read"),
        ({**TWO, "on": ""}, ("on",), "the key cannot be read"),
        ({**TWO, "on": "'a'"}, ("on",), "the key is the same for all rows"),
        ({**TWO, "on": "frob(file)"}, ("on",), "unsupported function 'frob'"),
        ({**TWO, "on": "file IN (SELECT a FROM b)"}, ("on",), "a key cannot read tables"),
        ({**TWO, "on": "file IN (FROM read_csv('x'))"}, ("on",), "'read_csv' would"),
        ({**TWO, "on": {"photos": "file"}}, ("on",), "no key is given for 'captions'"),
        (
            {**TWO, "on": {"photos": "file", "caption": "file", "captions": "file"}},
            ("on", "caption"),
            "'caption' is none of the sources joined",
        ),
        ({**TWO, "key": ["photos", "photos"]}, ("key", 1), "'photos' is named twice"),
    ],
)
def test_wrong(step: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    (objection,) = PairKey.parse(step).check(FIELDS)
    assert objection.path == path
    assert message in objection.message


def test_right() -> None:
    step = PairKey.parse({**TWO, "on": "lower(file) || parent"})
    assert not list(step.check(FIELDS))
    assert step.joins == ("photos", "captions")


def test_a_release_of_photos_and_their_captions(workspace: Workspace) -> None:
    """Two folders that know nothing of each other, joined by the names of their files."""
    photos = {"folder": {"name": "photos", "path": "../media", "image": "**/*.png"}}
    texts = {"folder": {"name": "texts", "path": "../media", "caption": "birds/*.txt"}}
    kinds = {"image": {"type": "image"}, "caption": {"type": "text"}}
    steps = [{"pair": {"key": ["photos", "texts"], "on": "parent || stem"}}]
    built = workspace.having(fields=kinds, sources=[photos, texts], steps=steps).build()
    assert built.kept == {"train": 2}
    pairs = workspace.having(fields=kinds, sources=[photos, texts], steps=steps).tables()[0]
    kept = pairs.filter(pl.col("status") == "kept")
    assert set(kept["row"]) == {f"birds/{n}.png + birds/{n}.txt" for n in ("duck", "tiny")}


KEYS = st.lists(st.sampled_from([None, "a", "b", "c"]), max_size=8)


@given(left=KEYS, right=KEYS, many=st.sampled_from(["all", "first", "refuse"]))
def test_every_row_is_accounted_for(
    left: list[str | None], right: list[str | None], many: str
) -> None:
    """Rows are paired if they are in a pair, and pairs are what a plain loop would make."""
    outcome = decide({**TWO, "many": many}, photos=files(*left), captions=files(*right))
    found = parents(outcome)
    used = {row for ids in found for row in ids}
    assert used == {row for row, line in said(outcome).items() if line[0] == "paired"}
    loop = {
        (f"photos:{i}", f"captions:{j}")
        for i, one in enumerate(left)
        for j, other in enumerate(right)
        if one == other and one is not None and _allowed(left, right, i, j, many)
    }
    assert set(found) == loop
    assert len(found) == len(loop)


def _allowed(left: list[str | None], right: list[str | None], i: int, j: int, many: str) -> bool:
    key = left[i]
    if many == "first":
        return left.index(key) == i and right.index(key) == j
    return many == "all" or left.count(key) == right.count(key) == 1

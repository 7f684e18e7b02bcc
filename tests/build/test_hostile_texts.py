"""The same hostile words through every reader of texts: kept as they are, or refused in words."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.release.verify import problems
from tests.build.test_hostile_words import HOSTILE, assert_tame
from tests.workspace import Workspace, age, curate, tone

TEXTS = [*HOSTILE, "-- DROP TABLE pairs; --", "a\ttab", "\"quotes\" and 'others'", "\ufeffa mark"]
ONE_LINE = [text for text in TEXTS if "\n" not in text and not {*"\u2028\u0085"} & set(text)]
FIELDS: dict[str, Any] = {"caption": {"type": "text"}}


def of_csv(media: Path) -> dict[str, Any]:
    with (media / "t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["words"], *([text] for text in TEXTS)])
    return {"csv": {"path": "../media/t.csv", "caption": "words"}}


def of_jsonl(media: Path) -> dict[str, Any]:
    lines = [json.dumps({"words": text}, ensure_ascii=False) for text in TEXTS]
    (media / "t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return {"jsonl": {"path": "../media/t.jsonl", "caption": "words"}}


def of_parquet(media: Path) -> dict[str, Any]:
    pl.DataFrame({"words": TEXTS}).write_parquet(media / "t.parquet")
    return {"parquet": {"path": "../media/t.parquet", "caption": "words"}}


def of_files(media: Path) -> dict[str, Any]:
    for number, text in enumerate(TEXTS):
        (media / f"{number}.txt").write_bytes(text.encode())
    return {"folder": {"path": "../media", "caption": "*.txt"}}


@pytest.mark.parametrize("source", [of_csv, of_jsonl, of_parquet, of_files])
def test_texts_come_out_as_they_went_in(
    source: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "w/media").mkdir(parents=True)
    place = Workspace(tmp_path / "w")
    sources = [source(place.media)]
    age(place.media)
    made = place.having(name="t", version="1.0.0", fields=FIELDS, sources=sources, steps=[])
    assert_tame(curate("build", made.path))
    kept = set(pl.read_parquet(made.release / "pairs.parquet")["caption"])
    wanted = {text.strip().removeprefix("\ufeff") for text in TEXTS}
    assert {text.removeprefix("\ufeff") for text in kept} == wanted
    assert problems(made.release) == []
    for form in ("jsonl", "webdataset"):
        assert_tame(curate("export", made.release, "--to", form))
    lines = (made.root / "exports/t/1.0.0/jsonl/train.jsonl").read_bytes().split(b"\n")
    assert {json.loads(line)["caption"] for line in lines if line} == kept


def test_subtitles(tmp_path: Path) -> None:
    (tmp_path / "w/media").mkdir(parents=True)
    place = Workspace(tmp_path / "w")
    tone(place.media / "talk.wav", seconds=len(ONE_LINE) + 1)
    cues = [f"{at}\n00:{at:02},000 --> 00:{at:02},900\n{t}\n" for at, t in enumerate(ONE_LINE)]
    (place.media / "talk.srt").write_text("\n".join(cues), encoding="utf-8")
    age(place.media)
    made = place.having(
        name="t",
        version="1.0.0",
        fields={"speech": {"type": "audio"}, **FIELDS},
        sources=[{"subtitles": {"path": "../media", "speech": "*.wav", "caption": "{stem}.srt"}}],
        steps=[],
    )
    assert_tame(curate("build", made.path))
    kept = pl.read_parquet(made.release / "pairs.parquet")["caption"].drop_nulls()
    assert 0 < kept.len() <= len(ONE_LINE)
    assert problems(made.release) == []


@pytest.mark.parametrize("word", ["csv", "jsonl", "parquet"])
def test_bytes_that_are_no_text(word: str, tmp_path: Path) -> None:
    (tmp_path / "w/media").mkdir(parents=True)
    place = Workspace(tmp_path / "w")
    bad = {"csv": b"words\n\xff\xfe\n", "jsonl": b'{"words": "\xed\xa0\x80"}\n', "parquet": b"PAR1"}
    (place.media / f"t.{word}").write_bytes(bad[word])
    sources = [{word: {"path": f"../media/t.{word}", "caption": "words"}}]
    said = curate(
        "build",
        place.having(name="t", version="1.0.0", fields=FIELDS, sources=sources, steps=[]).path,
    )
    assert said.code == 3
    assert_tame(said)
    assert f"t.{word}" in said.err

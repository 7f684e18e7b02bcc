"""Common Voice, LJ Speech and AVSpeech, in the layouts in which they are published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from curate.errors import DataError
from tests.sources.conftest import make_fields, ogg, problems

Rows = Callable[..., pl.DataFrame]
SPEECH = make_fields(
    speech={"type": "audio"},
    caption={"type": "text"},
    gender={"type": "metadata"},
    votes={"type": "metadata"},
)
VOICE = {
    "path": "cv/en", "speech": "path", "caption": "sentence",
    "gender": "gender", "votes": "up_votes",
}  # fmt: skip
HEADER = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale\n"
FILM = make_fields(
    film={"type": "video"},
    speech={"type": "audio", "optional": True},
    x={"type": "metadata"},
    start={"type": "metadata"},
)
STRETCHES = {"path": "av", "file": "train.csv", "film": "clips/{id}.mp4"}


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_common_voice(tmp_path: Path, rows: Rows) -> None:
    lines = [
        'c1\ta.mp3\t"Quiet", she said.\t2\t0\ttwenties\tfemale\t\ten',
        'c2\tb.mp3\t"He said ""no""."\t3\t1\t\t\t\ten',
        'c3\tc.mp3\t"Loud"\t2\t0\t\tmale\t\ten',
        "c4\tgone.mp3\t \t2\t0\t\t\t\ten",
        "c5\t../a.mp3\tx\t2\t0\t\t\t\ten",
        "c6\t\tx\t2\t0\t\t\t\ten",
    ]
    write(tmp_path / "cv/en/validated.tsv", HEADER + "\r\n".join(lines))
    for name in "abc":
        write(tmp_path / f"cv/en/clips/{name}.mp3", ogg())
    frame = rows("common_voice", SPEECH, **VOICE)
    assert frame.select("speech_uri", "caption", "gender", "votes").rows()[:3] == [
        ("clips/a.mp3", '"Quiet", she said.', "female", "2"),
        ("clips/b.mp3", 'He said "no".', None, "3"),
        ("clips/c.mp3", '"Loud"', "male", "2"),
    ]
    refused = "a path with '..'; only files below the source's folder are read"
    assert problems(frame) == {
        "3": ("unreadable", "speech", "no such file: clips/gone.mp3"),
        "4": ("refused", "speech", refused),
        "5": ("unreadable", "speech", "no file is named"),
    }


def test_common_voice_that_lost_a_cell(tmp_path: Path, rows: Rows) -> None:
    write(tmp_path / "cv/en/train.tsv", HEADER + "c1\ta.mp3\n")
    with pytest.raises(DataError, match=r"train.tsv: line 2 has 2 cells, the first line 9"):
        rows("common_voice", SPEECH, **VOICE, file="train.tsv")
    with pytest.raises(DataError, match=r"the list 'validated.tsv' is not there"):
        rows("common_voice", SPEECH, **VOICE)


def test_ljspeech(tmp_path: Path, rows: Rows) -> None:
    given = make_fields(
        speech={"type": "audio"}, caption={"type": "text"}, written={"type": "metadata"}
    )
    lines = 'LJ001-0001|"Dr." 2 in.|"Doctor" two inches\nLJ001-0002|b|\n../x|c|c\n'
    write(tmp_path / "LJ/metadata.csv", lines)
    write(tmp_path / "LJ/wavs/LJ001-0001.wav", ogg())
    write(tmp_path / "LJ/wavs/LJ001-0002.wav", ogg())
    frame = rows("ljspeech", given, path="LJ", speech="id", caption="normalized", written="text")
    assert frame.row(0, named=True)["caption"] == '"Doctor" two inches'
    assert frame["written"].to_list() == ['"Dr." 2 in.', "b", "c"]
    assert frame["speech_uri"][0] == "wavs/LJ001-0001.wav"
    assert [(row, kind) for row, (kind, _, _) in problems(frame).items()] == [
        ("1", "missing"),
        ("2", "refused"),
    ]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "metadata.csv: is empty"),
        ("a|b\n", "metadata.csv: there is no column 'normalized'"),
        ("a|b|c|d\n", "metadata.csv: line 1 has 4 cells, not id | text | normalized"),
        ("a|b|c\n\nd|e\n", "metadata.csv: line 3 has 2 cells, the first line 3"),
        (b"a|b|c\nd|caf\xe9|f\n", "metadata.csv: line 2 is not UTF-8: byte 0xe9"),
    ],
)
def test_ljspeech_of_another_form(
    tmp_path: Path, rows: Rows, lines: str | bytes, words: str
) -> None:
    given = make_fields(caption={"type": "text"})
    write(tmp_path / "LJ/metadata.csv", lines)
    with pytest.raises(DataError) as caught:
        rows("ljspeech", given, path="LJ", caption="normalized")
    assert caught.value.message == words


@pytest.mark.parametrize("header", ["", "YouTube ID,start segment,end segment,X,Y\n"])
def test_avspeech(tmp_path: Path, rows: Rows, header: str) -> None:
    lines = [
        "-abC_1,12.0,15.5,0.25,0.5",
        "-abC_1,20,20.1,0.75,0.5",
        "gone,1,2,0,0",
        "../../etc/passwd,1,2,0,0",
        "-abC_1,3,2,0,0",
        "-abC_1,nan,2,0,0",
        "-abC_1,-1,2,,0",
        ",1,2,0,0",
    ]
    write(tmp_path / "av/train.csv", header + "\n".join(lines) + "\n")
    write(tmp_path / "av/clips/-abC_1.mp4", b"film")
    write(tmp_path / "av/sound/-abC_1.wav", ogg())
    frame = rows("avspeech", FILM, **STRETCHES, speech="sound/{id}.wav", x="x", start="start")
    spans = frame.select("film_uri", "film_start", "film_end", "speech_start", "x").rows()
    assert spans[:2] == [
        ("clips/-abC_1.mp4", 12.0, 15.5, 12.0, 0.25),
        ("clips/-abC_1.mp4", 20.0, 20.1, 20.0, 0.75),
    ]
    assert frame.schema["film_end"] == pl.Float64
    refused = "a path with '..'; only files below the source's folder are read"
    assert problems(frame) == {
        "2": ("unreadable", "film", "no such file: clips/gone.mp4"),
        "3": ("refused", "film", refused),
        "4": ("unreadable", "film", "ends at 2 s, begins at 3 s"),
        "5": ("unreadable", "film", "'nan' to '2' is no stretch in seconds"),
        "6": ("unreadable", "film", "'-1' to '2' is no stretch in seconds"),
        "7": ("unreadable", "film", "no film is named"),
    }


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "train.csv: is empty"),
        ("a,1\n", "train.csv: line 1 has 2 cells, not id, start, end, x, y"),
        ("a,1,2,0,0\nb,1,2,3\n", "train.csv: line 2 has 4 cells, the first line 5"),
        ("a,1,2\n", "train.csv: there is no column 'x'"),
    ],
)
def test_avspeech_of_another_form(tmp_path: Path, rows: Rows, lines: str, words: str) -> None:
    write(tmp_path / "av/train.csv", lines)
    with pytest.raises(DataError) as caught:
        rows("avspeech", FILM, **STRETCHES, x="x")
    assert caught.value.message == words

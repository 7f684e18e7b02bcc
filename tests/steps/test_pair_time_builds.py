"""`pair` by time in whole builds: subtitles beside recordings, and streams of one scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf

from curate.pairs.sensor import Stream, read_stream, write_stream
from curate.pairs.span import Recording
from tests.film import film
from tests.spoken import RATE, overlap, recording
from tests.workspace import Workspace, age


def subtitles(spans: np.ndarray) -> str:
    """SubRip, whose times are in milliseconds."""

    def clock(seconds: float) -> str:
        minutes, rest = divmod(round(seconds * 1000), 60_000)
        return f"00:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"

    cues = [
        f"{number}\n{clock(start)} --> {clock(end)}\nWord {number}.\n"
        for number, (start, end) in enumerate(spans, 1)
    ]
    return "\n".join(cues)


def talk(root: Path, suffix: str, truth: np.ndarray, offset: float, drift: float) -> Workspace:
    """One recording with subtitles whose clock is off."""
    (root / "media" / "talk.srt").write_text(subtitles((truth - offset) / (1 + drift)))
    age(root / "media")
    kind = "video" if suffix == ".mp4" else "audio"
    return Workspace(root).having(
        name="talks",
        version="draft",
        fields={"speech": {"type": kind}, "caption": {"type": "text"}},
        sources=[
            {"subtitles": {"path": "../media", "speech": f"*{suffix}", "caption": "{stem}.srt"}}
        ],
        steps=[{"pair": {"time": ["speech", "caption"], "clock": "repair"}}],
    )


@pytest.mark.parametrize(
    ("suffix", "offset", "drift"), [(".flac", 0.7, 0.005), (".flac", 2.0, 0.0), (".mp4", 1.2, 0.0)]
)
def test_subtitles_are_put_where_they_are_spoken(
    tmp_path: Path, suffix: str, offset: float, drift: float
) -> None:
    (tmp_path / "media").mkdir()
    sound, truth = recording(90)
    path = tmp_path / "media" / f"talk{suffix}"
    if suffix == ".mp4":
        path.write_bytes(film(np.arange(0, 90, 0.2), sound))
    else:
        sf.write(path, sound.samples, RATE)
    truth = truth[truth[:, 0] > offset]
    place = talk(tmp_path, suffix, truth, offset, drift)
    built = place.build()
    pairs, decisions, data = place.tables()
    changes = decisions.filter(pl.col("verdict") == "change")
    assert set(changes["reason"]) == {"clock repaired"}
    assert sum(built.kept.values()) == data.height == len(truth)
    kept = pairs.filter(pl.col("status") == "kept").sort("speech_start")
    spans = kept.select("speech_start", "speech_end").to_numpy()
    assert overlap(spans, truth).min() > 0.9
    assert kept["caption"].to_list() == [f"Word {n}." for n in range(1, len(truth) + 1)]


def content(cell: Any) -> bytes:
    """A medium as it stands in a released table."""
    found: bytes = cell["bytes"] if isinstance(cell, dict) else cell
    return found


def test_scenes_become_windows(tmp_path: Path) -> None:
    """Two scenes of eight and five seconds, one sensor at the other's ticks."""
    (tmp_path / "media").mkdir()
    chance = np.random.default_rng(0)
    for name, seconds in (("walk", 8), ("run", 5)):
        for suffix, rate in (("gaze", 25), ("accel", 50)):
            times = np.arange(seconds * rate) / rate
            stream = Stream(times, chance.normal(size=(len(times), 2)), ("x", "y"))
            (tmp_path / "media" / f"{name}.{suffix}").write_bytes(write_stream(stream))
    age(tmp_path / "media")
    place = Workspace(tmp_path).having(
        name="scenes",
        version="draft",
        fields={"gaze": {"type": "sensor"}, "accel": {"type": "sensor"}},
        sources=[
            {
                "folder": {
                    "path": "../media",
                    "gaze": "*.gaze",
                    "accel": "{stem}.accel",
                }
            }
        ],
        steps=[{"pair": {"time": ["gaze", "accel"], "window": 2.0, "nearest": True}}],
    )
    built = place.build()
    pairs, decisions, data = place.tables()
    kept = pairs.filter(pl.col("status") == "kept")
    assert sum(built.kept.values()) == data.height == kept.height == 6
    assert sorted(kept.select("gaze_start", "gaze_end").iter_rows()) == sorted(
        [(0, 2), (2, 4), (4, 6), (6, 8), (0, 2), (2, 4)]
    )
    used = decisions.filter(pl.col("verdict") == "paired")
    assert sorted(used["detail"]) == ["windows made: 2", "windows made: 4"]
    assert set(kept["parents"].explode()) == set(used["pair_id"])
    assert set(used["related_id"]) <= set(kept["pair_id"])
    frame = pl.concat(map(pl.read_parquet, sorted(place.release.glob("data/*/*.parquet"))))
    for gaze, accel in frame.select("gaze", "accel").iter_rows():
        times = read_stream(Recording(content(gaze))).times
        assert len(times) == 50
        assert read_stream(Recording(content(accel))).times.tolist() == times.tolist()


def test_subtitles_go_to_the_windows_of_their_film(tmp_path: Path) -> None:
    """Whole films from one source, what is said in them from another."""
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "talk.mp4").write_bytes(film(np.arange(0, 6, 0.1)))
    said = np.array([[0.5, 1.5], [1.6, 2.4], [4.5, 5.5]])
    (tmp_path / "media" / "talk.srt").write_text(subtitles(said))
    age(tmp_path / "media")
    caption = {"type": "text", "optional": True}
    place = Workspace(tmp_path).having(
        name="talks",
        version="draft",
        fields={"film": {"type": "video"}, "caption": caption},
        sources=[
            {"folder": {"path": "../media", "film": "*.mp4"}},
            {"subtitles": {"path": "../media", "film": "*.mp4", "caption": "{stem}.srt"}},
        ],
        steps=[{"pair": {"time": ["film"], "window": 2, "texts": ["caption"]}}],
    )
    place.build()
    pairs = place.tables()[0].filter(pl.col("status") == "kept").sort("film_start")
    assert pairs.select("film_start", "caption").rows() == [
        (0.0, "Word 1. Word 2."),
        (2.0, "Word 2."),
        (4.0, "Word 3."),
    ]
    assert pairs["parents"].list.len().to_list() == [3, 2, 2]

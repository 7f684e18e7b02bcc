"""Six minutes of film, made of real pictures and what people say of them, under a wrong clock."""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.spoken import RATE, STAMPS, overlap
from tests.workspace import Workspace, age

SECONDS, FRAMES_A_SECOND, SIDE = 360, 5, 128


@cache
def scenes() -> list[tuple[Path, np.ndarray, str]]:
    """Pictures that someone speaks of in English: the picture, the sound at `RATE`, the caption."""
    from tests.spoken import clips

    sounds = dict(zip(sorted(STAMPS.glob("**/*_desc.ogg")), clips(), strict=True))
    found = []
    for ogg, sound in sounds.items():
        stem = str(ogg).removesuffix("_desc.ogg")
        picture, text = Path(f"{stem}.png"), Path(f"{stem}.txt")
        if picture.exists() and text.exists():
            found.append((picture, sound, text.read_text().split("\n")[0].strip()))
    return found


@cache
def film() -> tuple[bytes, np.ndarray, list[str]]:
    """An MP4, when each caption is spoken in it, and the captions."""
    import av

    chance = np.random.default_rng(0)
    sound = np.zeros(SECONDS * RATE, np.float32)
    shown: list[tuple[float, Path]] = []
    spans: list[tuple[float, float]] = []
    captions: list[str] = []
    at = 3.0
    while True:
        picture, clip, caption = scenes()[len(spans) % len(scenes())]
        length = len(clip) / RATE
        if at + length > SECONDS - 4:
            break
        first = round(at * RATE)
        sound[first : first + len(clip)] += clip
        shown.append((at, picture))
        spans.append((at, at + length))
        captions.append(caption)
        at += length + chance.uniform(0.6, 4.0)
    out = BytesIO()
    with av.open(out, "w", format="mp4") as container:
        pictures = container.add_stream("mpeg4", rate=FRAMES_A_SECOND)
        pictures.width = pictures.height = SIDE
        pictures.pix_fmt = "yuv420p"
        track = container.add_stream("aac", rate=RATE, layout="mono")
        for number in range(SECONDS * FRAMES_A_SECOND):
            begun = [path for start, path in shown if start <= number / FRAMES_A_SECOND]
            pixels = _pixels(begun[-1] if begun else shown[0][1])
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(pictures.encode())
        heard = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        heard.sample_rate, heard.pts = RATE, 0
        container.mux(track.encode(heard))
        container.mux(track.encode())
    return out.getvalue(), np.array(spans), captions


@cache
def _pixels(path: Path) -> np.ndarray:
    from PIL import Image

    drawn = Image.open(path).convert("RGBA")
    sheet = Image.new("RGBA", drawn.size, "white")
    sheet.alpha_composite(drawn)
    return np.asarray(sheet.convert("RGB").resize((SIDE, SIDE)))


def subtitles(spans: np.ndarray, captions: list[str]) -> str:
    def clock(seconds: float) -> str:
        minutes, rest = divmod(round(max(seconds, 0) * 1000), 60_000)
        return f"00:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"

    cues = zip(spans, captions, strict=True)
    return "\n".join(
        f"{number}\n{clock(start)} --> {clock(end)}\n{caption}\n"
        for number, ((start, end), caption) in enumerate(cues, 1)
    )


@pytest.mark.parametrize(
    ("offset", "drift"),
    [(0.0, 0.0), (0.7, 0.0), (2.0, 0.0), (0.0, 0.005), (0.7, 0.005), (2.0, 0.005)],
)
def test_the_clock_of_subtitles_is_found_and_repaired(
    tmp_path: Path, offset: float, drift: float
) -> None:
    """Within 0.1 s and 0.1 %, and repaired spans cover at least 95 % of the true ones."""
    data, truth, captions = film()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "film.mp4").write_bytes(data)
    told = subtitles((truth - offset) / (1 + drift), captions)
    (tmp_path / "media" / "film.srt").write_text(told)
    age(tmp_path / "media")
    place = Workspace(tmp_path).having(
        name="film",
        version="draft",
        fields={"film": {"type": "video"}, "caption": {"type": "text", "language": "en"}},
        sources=[{"subtitles": {"path": "../media", "film": "*.mp4", "caption": "{stem}.srt"}}],
        steps=[{"pair": {"time": ["film", "caption"], "clock": "repair"}}],
        release={"media": "reference"},
    )
    place.build()
    pairs, decisions, _ = place.tables()
    said = decisions.filter(pl.col("name").str.starts_with("pair time"))
    found = re.search(r"offset ([+-][\d.]+) s, drift ([+-][\d.]+) %", said["detail"][0])
    assert found is not None, said["detail"][0]
    assert float(found[1]) == pytest.approx(offset, abs=0.1)
    assert float(found[2]) / 100 == pytest.approx(drift, abs=0.001)
    kept = pairs.filter(pl.col("status") == "kept").sort("film_start")
    spans = kept.select("film_start", "film_end").to_numpy()
    covered = overlap(spans, truth)
    print(
        f"offset {found[1]} for {offset}, drift {found[2]} for {drift:.2%}, covered {covered.mean():.3f}"
    )
    assert covered.mean() >= 0.95
    assert kept["caption"].to_list() == captions

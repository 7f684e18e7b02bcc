"""Near-duplicate images: copies found per corruption, merges that are not copies, speed, growth.

    python benchmarks/near_image.py [--pictures 300] [--peer PYTHON_ENVIRONMENT] [--sheets FOLDER]

Pictures are OpenMoji's drawings at 500 pixels and Tux Paint's stamps, as PNG files over white.

- recall: of so many of each, copies are made by every corruption and put among all the others;
  found are those that `Images` proposes and verifies against their original.
- merges: what is found among all the pictures as they are, with none planted. With `--sheets`,
  300 of the couples at random are drawn side by side for looking at.
- speed: the same JPEG files through a bare scaled decode, through both measures, and through
  proposals and verification, measures on two threads and the rest on one; beside Data-Juicer's and
  imagededup's hashing alone, which find less, on two processes in the peer's environment (see
  `benchmarks/throughput.py` for how it is made).
- growth: seconds of `near` over generated sketches, a tenth of them copies.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image, ImageDraw, ImageOps
from workspace import show

from curate.engines.work import implementation
from curate.measures.image_duplicate import SIDE
from curate.measures.measure import Measure
from curate.pairs import svg
from curate.pairs.image import decode_image
from curate.sources.openmoji import _drawings
from curate.steps.forest import near
from curate.steps.like_image import FINE, ROUGH, Images

STAMPS = Path("/usr/share/tuxpaint/stamps")
LIKENESS = 0.945
CHUNK = 64
GROWTH = (10_000, 100_000, 1_000_000)
HASHING = """
import json, sys, time
import torch
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
from concurrent.futures import ProcessPoolExecutor
from imagededup.methods import PHash
from PIL import Image

hasher = PHash(verbose=False)

def encode(path):
    return hasher.encode_image(path)

def juicer(path):
    return str(hasher.encode_image(image_array=__import__("numpy").array(Image.open(path))))

if __name__ == "__main__":
    paths, said = json.load(sys.stdin), {}
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(encode, paths[:8]))
        for name, work in (("imagededup's hash", encode), ("Data-Juicer's hash", juicer)):
            start = time.perf_counter()
            hashes = list(pool.map(work, paths, chunksize=32))
            said[name] = time.perf_counter() - start
    start = time.perf_counter()
    hasher.find_duplicates(encoding_map=dict(zip(paths, hashes)), max_distance_threshold=8)
    said["imagededup's search"] = time.perf_counter() - start
    print(json.dumps(said))
"""
"""Hashes as `PHash.encode_images` and Data-Juicer's `image_deduplicator` call them, without the
framework around the latter, which only makes it faster."""


class Asked:
    """Measures files in memory on two threads, each once; beside files that were measured."""

    def __init__(self, files: Mapping[str, bytes], beside: Asked | None = None) -> None:
        self.files = files
        self.beside = beside
        self.known: dict[str, pl.DataFrame] = {}

    def measure(self, measures: Measure | Sequence[Measure], keys: pl.Series) -> pl.DataFrame:
        wanted = [measures] if isinstance(measures, Measure) else list(measures)
        if missing := [each for each in wanted if each.name not in self.known]:
            self._fill(missing)
        frame = keys.rename("key").unique().sort().to_frame().with_columns(error=pl.lit(None))
        for each in wanted:
            values = self.known[each.name]
            if self.beside:
                values = pl.concat([values, self.beside.known[each.name]])
            frame = frame.join(values.drop("error"), on="key")
        return frame.sort("key").cast({"error": pl.String})

    def _fill(self, measures: Sequence[Measure]) -> None:
        names = sorted(self.files)
        chunks = [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)]

        def work(chunk: list[str]) -> list[pl.DataFrame]:
            files = [self.files[name] for name in chunk]
            made = (implementation(each, {})(files) for each in measures)
            return [frame.with_columns(key=pl.Series(chunk)) for frame in made]

        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(work, chunks))
        for number, each in enumerate(measures):
            self.known[each.name] = pl.concat(part[number] for part in parts)


def main() -> None:
    chosen = arguments()
    pictures = all_pictures()
    ask = Asked({name: saved(picture) for name, picture in pictures.items()})
    plain = found(ask)
    recall(pictures, ask, neighbours(plain), chosen.pictures)
    merges(pictures, plain, chosen.sheets)
    speed(pictures, chosen.peer)
    growth()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=300, help="of each data set")
    parser.add_argument("--peer", type=Path, help="environment in which Data-Juicer is installed")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets of merges")
    return parser.parse_args()


def all_pictures() -> dict[str, Image.Image]:
    """`drawing …` and `stamp …` -> the picture over white."""
    svg.LONGEST_SIDE = 500
    drawings = {f"drawing {code}": Path(path) for code, path in _drawings().items()}
    stamps = {f"stamp {path.relative_to(STAMPS)}": path for path in STAMPS.rglob("*.png")}
    found = sorted((drawings | stamps).items())
    return {name: Image.fromarray(decode_image(path.read_bytes())) for name, path in found}


def saved(picture: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, **({"format": "PNG", "compress_level": 1} | options))
    return out.getvalue()


def jpeg(quality: int) -> Callable[[Image.Image, random.Random], bytes]:
    return lambda picture, chance: saved(picture, format="JPEG", quality=quality)


def resized(share: float) -> Callable[[Image.Image, random.Random], bytes]:
    def made(picture: Image.Image, chance: random.Random) -> bytes:
        width, height = (max(1, round(side * share)) for side in picture.size)
        return saved(picture.resize((width, height), Image.Resampling.LANCZOS))

    return made


def gamma(exponent: float) -> Callable[[Image.Image, random.Random], bytes]:
    levels = [round(255 * (level / 255) ** exponent) for level in range(256)] * 3
    return lambda picture, chance: saved(picture.point(levels))


def cut(picture: Image.Image, chance: random.Random) -> bytes:
    """95 % of each side, from anywhere."""
    width, height = (max(1, round(0.95 * side)) for side in picture.size)
    left = chance.randint(0, picture.width - width)
    top = chance.randint(0, picture.height - height)
    return saved(picture.crop((left, top, left + width, top + height)))


def bordered(picture: Image.Image, chance: random.Random) -> bytes:
    """1 to 3 % of the shorter side, of any colour."""
    wide = max(1, round(min(picture.size) * chance.choice((0.01, 0.02, 0.03))))
    colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
    return saved(ImageOps.expand(picture, wide, colour))


CORRUPTIONS: dict[str, Callable[[Image.Image, random.Random], bytes]] = {
    **{f"JPEG q{quality}": jpeg(quality) for quality in (30, 50, 70, 90)},
    **{f"resize {share}": resized(share) for share in (0.25, 0.5, 0.75, 1.5, 2)},
    "crop 5 %": cut,
    "border": bordered,
    "gamma 0.8": gamma(0.8),
    "gamma 1.25": gamma(1.25),
}


def found(ask: Any, new: Mapping[str, bytes] | None = None) -> pl.DataFrame:
    """The couples that are alike, or those of them that hold a new picture."""
    kind = Images(LIKENESS)
    if new is None:
        return kind.verify(kind.propose(pl.Series(sorted(ask.files)), ask), ask)
    both: Any = Asked(new, beside=ask)
    couples = kind.propose(pl.Series([*sorted(ask.files), *sorted(new)]), both)
    return kind.verify(couples.filter(pl.any_horizontal(pl.all().is_in(list(new)))), both)


def recall(
    pictures: Mapping[str, Image.Image], ask: Asked, plain: Mapping[str, set[str]], count: int
) -> None:
    """Copies of a sample among everything; a couple counts as right that holds a copy and its
    original, or another picture that the original is alike to.
    """
    chance = random.Random(1)
    sets = {word: [n for n in pictures if n.startswith(word)] for word in ("drawing", "stamp")}
    sample = {word: chance.sample(names, min(count, len(names))) for word, names in sets.items()}
    rows = []
    for corruption, made in CORRUPTIONS.items():
        names = [name for some in sample.values() for name in some]
        copies = {f"~{name}": made(pictures[name], chance) for name in names}
        couples = neighbours(found(ask, copies))
        shares = [
            np.mean([name in couples.get(f"~{name}", ()) for name in some])
            for some in sample.values()
        ]
        claims = [(name, other) for name in names for other in couples.get(f"~{name}", ())]
        wrong = [
            other for name, other in claims if other.lstrip("~") not in plain.get(name, {name})
        ]
        precision = 1 - len(wrong) / max(len(claims), 1)
        rows.append([corruption, *(f"{share:.3f}" for share in shares), f"{precision:.3f}"])
        print(rows[-1], flush=True)
    show([f"{2 * count} copies each", "drawings", "stamps", "precision"], rows)


def neighbours(couples: pl.DataFrame) -> dict[str, set[str]]:
    """Each picture's look-alikes, and itself."""
    near_by: dict[str, set[str]] = {}
    for left, right in couples.select("left", "right").iter_rows():
        near_by.setdefault(left, {left}).add(right)
        near_by.setdefault(right, {right}).add(left)
    return near_by


def merges(pictures: Mapping[str, Image.Image], couples: pl.DataFrame, folder: Path | None) -> None:
    print(f"\n{len(pictures)} pictures, none planted: {couples.height} couples are alike")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        some = couples.sample(min(300, couples.height), seed=1, shuffle=True).sort("likeness")
        for number, part in enumerate(some.iter_slices(100)):
            draw_sheet(pictures, part, folder / f"sheet{number}.png")


def draw_sheet(pictures: Mapping[str, Image.Image], couples: pl.DataFrame, path: Path) -> None:
    side, across = 84, 6
    sheet = Image.new("RGB", (across * (2 * side + 14), -(-couples.height // across) * (side + 16)))
    draw = ImageDraw.Draw(sheet)
    for number, (left, right, likeness) in enumerate(
        couples.select("left", "right", "likeness").iter_rows()
    ):
        x, y = number % across * (2 * side + 14), number // across * (side + 16)
        for place, name in enumerate((left, right)):
            sheet.paste(ImageOps.contain(pictures[name], (side, side)), (x + place * (side + 2), y))
        draw.text((x, y + side + 2), f"{likeness:.3f} {left[-20:]}", fill="white")
    sheet.save(path)


def speed(pictures: Mapping[str, Image.Image], peer: Path | None) -> None:
    """Images a second of the drawings as JPEG files, files read from disk."""
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder:
        paths = []
        for name, picture in pictures.items():
            if name.startswith("drawing"):
                paths.append(Path(folder, f"{hashlib.md5(name.encode()).hexdigest()}.jpg"))
                picture.save(paths[-1], quality=90)
        took = {"bare scaled decode": bare(paths), **ours(paths)}
        if peer:
            command = [str(peer / "bin" / "python"), "-c", HASHING]
            names = json.dumps([str(path) for path in paths])
            out = subprocess.run(command, input=names, text=True, capture_output=True, check=True)
            took |= json.loads(out.stdout.splitlines()[-1])
        rows = [[name, f"{len(paths) / seconds:.0f}"] for name, seconds in took.items()]
        show([f"{len(paths)} JPEG files", "a second"], rows)


def bare(paths: Sequence[Path]) -> float:
    def decode(path: Path) -> None:
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            picture.draft("YCbCr", (SIDE, SIDE))
            picture.load()

    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(decode, paths))
    return time.perf_counter() - start


def ours(paths: Sequence[Path]) -> dict[str, float]:
    start = time.perf_counter()
    ask: Any = Asked({path.stem: path.read_bytes() for path in paths})
    kind, keys = Images(LIKENESS), pl.Series(sorted(ask.files))
    ask.measure(kind.measures(), keys)
    measured = time.perf_counter() - start
    couples = kind.propose(keys, ask)
    proposed = time.perf_counter() - start
    kind.verify(couples, ask)
    return {
        "measures": measured,
        "and proposals": proposed,
        "and verification": time.perf_counter() - start,
    }


def growth() -> None:
    chance = np.random.default_rng(1)
    rows, took = [], []
    for count in GROWTH:
        vectors = chance.normal(0, 25, (count, 81)).clip(-127, 127).astype(np.int8)
        copies = vectors[: count // 10] + chance.integers(-2, 3, (count // 10, 81), dtype=np.int8)
        vectors[-len(copies) :] = copies
        start = time.perf_counter()
        couples = len(near(vectors, *FINE)) + len(near(np.concatenate([vectors, vectors]), *ROUGH))
        took.append(time.perf_counter() - start)
        rows.append([f"{count:,}", f"{took[-1]:.1f}", f"{couples:,}"])
    show(["sketches", "seconds", "couples"], rows)
    slope = np.polyfit(np.log(GROWTH), np.log(took), 1)[0]
    print(f"log-log slope {slope:.2f}")


if __name__ == "__main__":
    main()

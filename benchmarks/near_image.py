"""Near-duplicate images: copies found per corruption, merges that are not copies, speed, growth.

    python benchmarks/near_image.py [recall|variants|merges|speed|growth ...] [--pictures 300]
        [--among 500] [--peer PYTHON_ENVIRONMENT] [--sheets FOLDER]

Pictures are OpenMoji's drawings at 500 pixels and Tux Paint's stamps, as PNG files over white: all, or
so many of each.

- recall: of so many of each, copies are made by every corruption and put among all the others;
  found are those that `Images` proposes and verifies against their original.
- variants: the same for what a recipe must ask for.
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
from PIL import Image, ImageDraw, ImageFont, ImageOps
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
        self._fill(wanted)
        frame = keys.rename("key").unique().sort().to_frame().with_columns(error=pl.lit(None))
        for each in wanted:
            values = self.known[each.name]
            if self.beside:
                self.beside._fill(wanted)
                values = pl.concat([values, self.beside.known[each.name]])
            frame = frame.join(values.drop("error"), on="key")
        return frame.sort("key").cast({"error": pl.String})

    def _fill(self, measures: Sequence[Measure]) -> None:
        measures = [each for each in measures if each.name not in self.known]
        if not measures:
            return
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
    pictures = all_pictures(chosen.among)
    ask = Asked({name: saved(picture) for name, picture in pictures.items()})
    plain = found(ask, Images(LIKENESS))
    work: dict[str, Callable[[], None]] = {
        "recall": lambda: recall(pictures, ask, neighbours(plain), chosen.pictures),
        "variants": lambda: variants(pictures, ask, neighbours(plain), chosen.pictures),
        "merges": lambda: merges(pictures, plain, chosen.sheets),
        "speed": lambda: speed(pictures, chosen.peer),
        "growth": growth,
    }
    for name in chosen.parts or work:
        work[name]()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help="what is measured; everything by default")
    parser.add_argument("--pictures", type=int, default=300, help="copied of each data set")
    parser.add_argument("--among", type=int, help="so many pictures of each data set, not all")
    parser.add_argument("--peer", type=Path, help="environment in which Data-Juicer is installed")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets of merges")
    return parser.parse_args()


def all_pictures(among: int | None) -> dict[str, Image.Image]:
    """`drawing …` and `stamp …` -> the picture over white."""
    svg.LONGEST_SIDE = 500
    drawings = {f"drawing {code}": Path(path) for code, path in _drawings().items()}
    stamps = {f"stamp {path.relative_to(STAMPS)}": path for path in STAMPS.rglob("*.png")}
    chance = random.Random(2)
    some: dict[str, Path] = {}
    for paths in (drawings, stamps):
        names = sorted(paths)
        some |= {n: paths[n] for n in chance.sample(names, min(among or len(names), len(names)))}
    found = sorted(some.items())
    return {name: Image.fromarray(decode_image(path.read_bytes())) for name, path in found}


def saved(picture: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    chosen: dict[str, Any] = {"format": "PNG", "compress_level": 1} | options
    picture.save(out, **chosen)
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


def cut(share: float) -> Callable[[Image.Image, random.Random], bytes]:
    """So much of each side, from anywhere."""

    def made(picture: Image.Image, chance: random.Random) -> bytes:
        width, height = (max(1, round(share * side)) for side in picture.size)
        left = chance.randint(0, picture.width - width)
        top = chance.randint(0, picture.height - height)
        return saved(picture.crop((left, top, left + width, top + height)))

    return made


def transposed(*ways: Image.Transpose) -> Callable[[Image.Image, random.Random], bytes]:
    """One of the ways, as a JPEG file."""
    return lambda picture, chance: saved(
        picture.transpose(chance.choice(ways)), format="JPEG", quality=80
    )


def logo(picture: Image.Image, chance: random.Random) -> bytes:
    """A disc of 18 % of the shorter side with a square in it, in any corner, of any colour and of
    128, 200 or 255 parts of 255 paint.
    """
    side, (width, height) = round(0.18 * min(picture.size)), picture.size
    gap = round(0.03 * min(picture.size))
    left, top = (chance.choice((gap, end - side - gap)) for end in (width, height))
    paint = chance.choice((128, 200, 255))
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    draw.ellipse((left, top, left + side, top + side), (*_colour(chance), paint))
    third = side // 3
    inner = (left + third, top + third, left + side - third, top + side - third)
    draw.rectangle(inner, (255, 255, 255, paint))
    return _overlaid(picture, layer)


def line(picture: Image.Image, chance: random.Random) -> bytes:
    """Words on a strip of 8 % of the height along the upper or the lower edge, painted as `logo` is."""
    width, height = picture.size
    tall = max(8, round(0.08 * height))
    top = chance.choice((0, max(height - tall, 0)))
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    paint = chance.choice((128, 200, 255))
    draw.rectangle((0, top, width, top + tall), (*_colour(chance), paint))
    font = ImageFont.load_default(max(6, 0.7 * tall))
    draw.text((0.1 * width, top), "pictures for sale", "white", font)
    return _overlaid(picture, layer)


def _overlaid(picture: Image.Image, layer: Image.Image) -> bytes:
    both = Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")
    return saved(both, format="JPEG", quality=85)


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


def bordered(picture: Image.Image, chance: random.Random) -> bytes:
    """1 to 3 % of the shorter side, of any colour."""
    wide = max(1, round(min(picture.size) * chance.choice((0.01, 0.02, 0.03))))
    return saved(ImageOps.expand(picture, wide, _colour(chance)))


CORRUPTIONS: dict[str, Callable[[Image.Image, random.Random], bytes]] = {
    **{f"JPEG q{quality}": jpeg(quality) for quality in (30, 50, 70, 90)},
    **{f"resize {share}": resized(share) for share in (0.25, 0.5, 0.75, 1.5, 2)},
    "crop 5 %": cut(0.95),
    "border": bordered,
    "gamma 0.8": gamma(0.8),
    "gamma 1.25": gamma(1.25),
}


FLIPS = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM
TURNS = Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270
VARIANTS: dict[str, tuple[str, Callable[[Image.Image, random.Random], bytes]]] = {
    "mirrored, JPEG q80": ("flip", transposed(*FLIPS)),
    "turned, JPEG q80": ("rotate", transposed(*TURNS)),
    **{f"crop {cut_off} %": ("crop", cut(1 - cut_off / 100)) for cut_off in (10, 15, 20, 25)},
    "logo, JPEG q85": ("watermark", logo),
    "line of text, JPEG q85": ("watermark", line),
}
"""What is made, and which variant finds it."""


def found(ask: Any, kind: Images, new: Mapping[str, bytes] | None = None) -> pl.DataFrame:
    """The couples that are alike, or those of them that hold a new picture."""
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
    kind = Images(LIKENESS)
    rows = [
        planted(pictures, ask, plain, count, corruption, kind, made)
        for corruption, made in CORRUPTIONS.items()
    ]
    show([f"{2 * count} copies each", "drawings", "stamps", "precision"], rows)


def variants(
    pictures: Mapping[str, Image.Image], ask: Asked, plain: Mapping[str, set[str]], count: int
) -> None:
    """The same for variants; of `flip` and `rotate` others that are alike lie otherwise too."""
    rows, known = [], {"crop": plain, "watermark": plain}
    for name, (variant, made) in VARIANTS.items():
        kind = Images(LIKENESS, (variant,))
        if variant not in known:
            known[variant] = neighbours(found(ask, kind))
        rows.append(planted(pictures, ask, known[variant], count, name, kind, made))
    show([f"{2 * count} variants each", "drawings", "stamps", "precision"], rows)
    before = found(ask, Images(LIKENESS)).height
    for variant in dict.fromkeys(variant for variant, _ in VARIANTS.values()):
        more = found(ask, Images(LIKENESS, (variant,))).height - before
        print(f"{variant}: {more} couples more among {len(pictures)} pictures as they are")


def planted(
    pictures: Mapping[str, Image.Image],
    ask: Asked,
    plain: Mapping[str, set[str]],
    count: int,
    corruption: str,
    kind: Images,
    made: Callable[[Image.Image, random.Random], bytes],
) -> list[str]:
    """A row: of drawings and stamps the share found, and the share of what was found that is right."""
    chance = random.Random(1)
    sets = {word: [n for n in pictures if n.startswith(word)] for word in ("drawing", "stamp")}
    sample = {word: chance.sample(names, min(count, len(names))) for word, names in sets.items()}
    names = [name for some in sample.values() for name in some]
    copies = {f"~{name}": made(pictures[name], chance) for name in names}
    couples = neighbours(found(ask, kind, copies))
    shares = [
        np.mean([name in couples.get(f"~{name}", ()) for name in some]) for some in sample.values()
    ]
    claims = [
        (name, other.lstrip("~"))
        for name in names
        for other in couples.get(f"~{name}", ())
        if other != f"~{name}"
    ]
    wrong = [other for name, other in claims if other not in plain.get(name, {name})]
    precision = 1 - len(wrong) / max(len(claims), 1)
    row = [corruption, *(f"{share:.3f}" for share in shares), f"{precision:.3f}"]
    print(row, flush=True)
    return row


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

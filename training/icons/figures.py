"""How good the icon generator is: a picture grid, and figures for its card.

    python -m training.icons.figures

The grid shows what is drawn for 60 learned names and for the 60 held-out ones, each beside the
learned picture nearest to it. The figures:

- AUC: how often a picture drawn for a held-out prompt scores higher with its own prompt than with
  another held-out one, by the embedded encoders and a head that learned from OpenMoji's drawings;
  the interval is of 1,000 resamplings of the prompts. OpenMoji's own pictures of the held-out
  prompts show what the score itself can tell
- decibels: how near the autoencoder comes to the held-out drawings
- found: the share of pictures to which, of all OpenMoji's drawings here, also the held-out ones, the
  one of the very prompt is the nearest, pixel by pixel at a quarter of the size
- memorised: the share that the step `dedup` would call copies of a learned picture, as it looks at
  the 30 learned ones that are nearest
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from curate.fits.head import Head
from curate.fits.sides import Lefts, Sides, matrix
from curate.measures.embedding import embed_images, embed_texts, image_features, text_embedding
from curate.measures.image_duplicate import IMAGE_THUMBNAIL, thumbnail
from curate.measures.measure import Measure
from curate.models.painter import Painter, painter
from curate.models.reference import locate
from curate.steps.like_image import LIKENESS
from curate.steps.look import looks
from curate.steps.pictures import Pictures
from training.icons import autoencoder
from training.icons.drawings import SIDE, Drawing, drawings, held_out

FOLDER = Path("curate/generators/icons")
SHOWN, COLUMNS, GAP, LINE = 60, 10, 6, 24
NEAREST = 30
"""Learned pictures that each is looked at beside."""
ROUNDS = 1000


@dataclass(frozen=True)
class Drawn:
    """A picture beside the drawing that was wanted, and what else it is like."""

    wanted: Drawing
    picture: np.ndarray
    closest: Drawing
    """Of all."""
    nearest: Drawing
    """Of the learned ones; `likeness` is `dedup`'s of the two."""
    likeness: float


@dataclass(frozen=True)
class Known:
    """OpenMoji's drawings, learned ones first."""

    drawings: list[Drawing]
    learned: int
    quarters: np.ndarray
    thumbs: Pictures

    @classmethod
    def of(cls, learned: list[Drawing], unseen: list[Drawing]) -> Known:
        pixels = [drawing.pixels for drawing in learned + unseen]
        return cls(learned + unseen, len(learned), _quarters(pixels), _thumbs(pixels))

    def beside(self, wanted: Drawing, picture: np.ndarray) -> Drawn:
        off = np.abs(self.quarters - _quarters([picture])).mean((1, 2, 3))
        near = off[: self.learned].argsort()[:NEAREST]
        likeness, _ = looks(_thumbs([picture] * NEAREST), self.thumbs[near])
        nearest = self.drawings[near[likeness.argmax()]]
        return Drawn(wanted, picture, self.drawings[off.argmin()], nearest, float(likeness.max()))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=FOLDER)
    parser.add_argument("--grid", type=Path, default=Path("training/icons/grid.png"))
    parser.add_argument("--guidance", type=float)
    asked = parser.parse_args(arguments)
    drawn = drawings()
    secret = held_out(drawn)
    learned = [drawing for drawing in drawn if secret.isdisjoint(drawing.captions)]
    unseen = [drawing for drawing in drawn if drawing.name in secret]
    seen = sorted((d for d in learned if d.kind == "plain"), key=lambda d: _hash(d.name))[:SHOWN]
    draw, known = painter(f"file:{asked.model}", guidance=asked.guidance), Known.of(learned, unseen)
    of_seen, of_unseen = (_drawn(draw, some, known) for some in (seen, unseen))
    _grid(of_seen, of_unseen).quantize(256).save(asked.grid, optimize=True)
    print(f"autoencoder: {_faithfulness(asked.model, unseen):.1f} dB on held-out drawings")
    _tell_nearness("learned prompts", of_seen)
    _tell_nearness("held-out prompts", of_unseen)
    _tell_alignment(_head(learned), of_unseen)


def _hash(name: str) -> bytes:
    return hashlib.sha256(f"shown\0{name}".encode()).digest()


def _drawn(draw: Painter, wanted: list[Drawing], known: Known) -> list[Drawn]:
    pictures = draw([drawing.name for drawing in wanted], range(len(wanted)))
    return [known.beside(*each) for each in zip(wanted, pictures, strict=True)]


def _faithfulness(model: Path, unseen: list[Drawing]) -> float:
    from diffusers import AutoencoderDC

    network = AutoencoderDC.from_pretrained(model / "vae")
    pixels = torch.stack([torch.from_numpy(drawing.pixels.copy()) for drawing in unseen])
    return float(autoencoder.faithfulness(network, pixels, "cpu"))


def _tell_nearness(which: str, drawn: list[Drawn]) -> None:
    found = np.mean([one.closest is one.wanted for one in drawn])
    copies = np.mean([one.likeness >= LIKENESS for one in drawn])
    print(f"{which}: n = {len(drawn)}, {found:.1%} found, {copies:.1%} memorised")


def _tell_alignment(head: Head, drawn: list[Drawn]) -> None:
    names = [one.wanted.name for one in drawn]
    theirs = [one.wanted.pixels for one in drawn]
    for whose, pictures in (("drawn", [one.picture for one in drawn]), ("OpenMoji's", theirs)):
        scores = head.matrix(*_vectors(pictures, names))
        print(f"{whose}, all: {_told(scores)}")
        for kind in ("colour", "tone"):
            rows = np.flatnonzero([one.wanted.kind == kind for one in drawn])
            print(f"{whose}, {kind}: {_told(scores[np.ix_(rows, rows)])}")


def _quarters(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures (n, 64, 64, 3) at a quarter of their size."""
    cells = np.stack(pictures).reshape(-1, SIDE // 4, 4, SIDE // 4, 4, 3)
    return np.asarray(cells.mean((2, 4), dtype=np.float32))


def _thumbs(pictures: list[np.ndarray]) -> Pictures:
    return Pictures.of(thumbnail(IMAGE_THUMBNAIL, {})([_png(picture) for picture in pictures]))


def _png(picture: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _head(learned: list[Drawing]) -> Head:
    """From OpenMoji's own drawings, in their own colours."""
    known = [drawing for drawing in learned if drawing.kind != "colour"]
    names = [drawing.name for drawing in known]
    left, right = _vectors([drawing.pixels for drawing in known], names)
    chance = np.random.default_rng(0).random(len(known))
    return Head.learn(Sides(left, right, chance))


def _vectors(pictures: list[np.ndarray], texts: list[str]) -> tuple[Lefts, np.ndarray]:
    see, read = image_features(), text_embedding()
    seen = embed_images(see, _models(see))(pictures)
    said = embed_texts(read, _models(read))(texts)
    return Lefts.of(seen.rename({"features": "left", "embedding": "left_in_right"})), matrix(
        said["embedding"]
    )


def _models(measure: Measure) -> dict[str, Path]:
    return {role: locate(reference) for role, reference in measure.models.items()}


def _told(scores: np.ndarray) -> str:
    """AUC of own against other prompts, and its interval."""
    auc = _auc(scores)
    chance = np.random.default_rng(0)
    some = [chance.integers(0, len(scores), len(scores)) for _ in range(ROUNDS)]
    low, high = np.quantile([auc[rows].mean() for rows in some], [0.025, 0.975])
    return f"AUC {auc.mean():.3f} [{low:.3f}, {high:.3f}], n = {len(scores)}"


def _auc(scores: np.ndarray) -> np.ndarray:
    """For each picture, the share of other prompts that score below its own; ties are half."""
    own = scores.diagonal()[:, None]
    beaten = (own > scores) + 0.5 * (own == scores)
    return np.asarray((beaten.sum(1) - 0.5) / (len(scores) - 1))


def _grid(*parts: list[Drawn]) -> Image.Image:
    width, height = 2 * SIDE + GAP, SIDE + LINE
    rows = sum(-(-len(part) // COLUMNS) for part in parts) + len(parts) - 1
    canvas = Image.new("RGB", (COLUMNS * width, rows * height), "white")
    row = 0
    for part in parts:
        for number, one in enumerate(part):
            at = (number % COLUMNS * width, (row + number // COLUMNS) * height)
            _show(canvas, one, at)
        row += -(-len(part) // COLUMNS) + 1
    return canvas


def _show(canvas: Image.Image, one: Drawn, at: tuple[int, int]) -> None:
    x, y = at
    canvas.paste(Image.fromarray(one.picture), (x, y))
    canvas.paste(Image.fromarray(one.nearest.pixels).point(lambda v: 128 + v // 2), (x + SIDE, y))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(9)
    pen.text((x + 2, y + SIDE), one.wanted.name[:26], "black", font)
    pen.text((x + 2, y + SIDE + 10), one.nearest.name[:26], "gray", font)


if __name__ == "__main__":
    main()

"""A workspace as a user has it, and media that are made here: small, real, the same every time."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile as sf
from PIL import Image

from curate.cli.main import run
from curate.recipe import read_recipe
from curate.run.build import Built, Options, build, opened
from curate.run.progress import Silence

LONG_AGO = 1_600_000_000
"""When the media were written; the hash of a file of this moment would not be remembered."""

FIELDS: dict[str, dict[str, Any]] = {
    "image": {"type": "image"},
    "caption": {"type": "text", "language": "en"},
    "caption_fr": {"type": "text", "language": "fr", "optional": True},
    "speech": {"type": "audio", "language": "en", "optional": True},
    "speech_fr": {"type": "audio", "language": "fr", "optional": True},
    "category": {"type": "metadata", "group": True},
}
FOLDER: dict[str, Any] = {
    "path": "../media",
    "image": ["**/*.png", "**/*.jpg", "**/*.webp", "**/*.svg"],
    "caption": "{stem}.txt#1",
    "caption_fr": "{stem}.txt#fr.utf8",
    "speech": "{stem}.wav",
    "speech_fr": "{stem}_fr.ogg",
    "category": "{parent0}",
}
STEPS: list[dict[str, Any]] = [
    {"filter": {"image.min_side": 48, "caption.words": {"min": 2}}},
    {"dedup": {"exact": "pair"}},
    {"dedup": {"near": "image"}},
    {"split": {"train": 0.5, "test": 0.5}},
]

PAIRS = {
    "birds/duck.png": ("A duck on a pond.", "Un canard sur un étang."),
    "birds/duck_again.jpg": ("A duck, seen once more.", None),
    "birds/owl.webp": ("An owl at night.", "Un hibou la nuit."),
    "birds/tiny.png": ("A very small bird.", None),
    "food/apple.png": ("A red apple.", "Une pomme rouge."),
    "food/bread.jpg": ("A loaf of bread.", None),
    "food/soup.webp": ("Soup", None),
    "things/ball.svg": ("A blue ball.", "Une balle bleue."),
    "things/chair.png": ("A chair by the window.", None),
    "things/lamp.jpg": ("A lamp that is on.", None),
}
"""Of these `duck_again` is `duck` compressed, `tiny` is tiny and `soup` says but one word."""
KEPT = 7

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<circle cx="32" cy="32" r="28" fill="#36c"/></svg>'
)


def photo(seed: int, width: int = 96, height: int = 80) -> Image.Image:
    """Soft shapes and some grain, as photographs have them; every seed another."""
    chance = np.random.default_rng(seed)
    shapes = Image.fromarray(chance.integers(0, 256, (6, 7, 3), dtype=np.uint8))
    smooth = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = chance.integers(-6, 7, smooth.shape, dtype=np.int16)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def tone(path: Path, pitch: float = 440.0, seconds: float = 0.3) -> None:
    """A sound of one pitch, in the format that the file's name says."""
    moments = np.arange(int(16_000 * seconds)) / 16_000
    sf.write(path, (0.4 * np.sin(2 * np.pi * pitch * moments)).astype("f4"), 16_000)


def write_media(folder: Path) -> None:
    """The ten pairs."""
    for number, (name, (caption, french)) in enumerate(PAIRS.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_image(path, number)
        lines = [caption, *([f"fr.utf8={french}"] if french else [])]
        path.with_suffix(".txt").write_text("\n".join(lines) + "\n")
    for number, name in enumerate(("birds/duck", "food/apple", "things/lamp")):
        tone(folder / f"{name}.wav", 300 + 50 * number)
    for number, name in enumerate(("birds/owl", "food/apple")):
        tone(folder / f"{name}_fr.ogg", 600 + 50 * number)
    age(folder)


def _write_image(path: Path, number: int) -> None:
    if path.suffix == ".svg":
        path.write_text(_SVG)
    elif path.stem == "duck_again":
        photo(0).save(path, quality=60)
    elif path.stem == "tiny":
        photo(number, 20, 20).save(path)
    else:
        photo(number).save(path)


def age(folder: Path) -> None:
    """Make files old: what was written a moment ago is hashed again at the next build."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (LONG_AGO, LONG_AGO))


@dataclass(frozen=True)
class Said:
    """What a command printed and the code it left with."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """All of stdout as one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Workspace:
    """A folder with `recipes/` and `media/`."""

    root: Path
    recipe: dict[str, Any] = field(default_factory=dict)

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def store(self) -> Path:
        return self.root / ".curate" / "store"

    @property
    def path(self) -> Path:
        return self.root / "recipes" / f"{self.recipe['name']}.yaml"

    @property
    def release(self) -> Path:
        return self.root / "releases" / str(self.recipe["name"]) / str(self.recipe["version"])

    def having(self, **keys: Any) -> Workspace:
        """The same place with other keys in its recipe, which is YAML spelt as JSON."""
        changed = Workspace(self.root, {**self.recipe, **keys})
        changed.path.parent.mkdir(parents=True, exist_ok=True)
        changed.path.write_text(json.dumps(changed.recipe, indent=1))
        return changed

    def copied(self, root: Path) -> Workspace:
        """The recipe and its media somewhere else, without what was built."""
        for name in ("recipes", "media"):
            shutil.copytree(self.root / name, root / name)
        return Workspace(root, self.recipe)

    def build(self, **options: Any) -> Built:
        """Build in this process; a warning is an error here as everywhere in the tests."""
        return build(read_recipe(self.path), Options(**options))

    def decide(self, step: dict[str, Any]) -> pl.DataFrame:
        """What one step says of the pairs as they were read: `row` and the ledger's columns."""
        read = read_recipe(self.having(steps=[step]).path)
        with opened(read, Options(), Silence()) as (course, asking):
            outcome = read.steps[0].decide(course.living, asking)
            rows = course.table.select("pair_id", "row")
            return rows.join(outcome.verdicts, on="pair_id", maintain_order="left")

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Pairs, decisions and released rows; of media only the hashes or nothing."""
        release = self.release
        data = [
            pl.read_parquet(path, columns=["pair_id"]).with_columns(split=pl.lit(path.parent.name))
            for path in sorted(release.glob("data/*/*.parquet"))
        ]
        pairs = pl.read_parquet(release / "pairs.parquet")
        return pairs, pl.read_parquet(release / "decisions.parquet"), pl.concat(data)


def curate(*arguments: str | Path) -> Said:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())


def command(*arguments: str | Path) -> list[str]:
    """The same command for a process of its own."""
    start = "from curate.cli.main import main; main()"
    return [sys.executable, "-c", start, *(str(argument) for argument in arguments)]


def started(*arguments: str | Path, **more: Any) -> subprocess.Popen[str]:
    """A command in a process of its own, still running."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*arguments), stdout=pipe, stderr=pipe, text=True, **more)


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """A table of JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    age(path.parent)

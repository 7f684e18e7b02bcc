"""A workspace of its own for one measurement: a recipe, an empty store, and the command over them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CURATE = str(Path(sys.executable).with_name("curate"))
RECIPES = Path(__file__).resolve().parent.parent / "recipes"


@dataclass(frozen=True)
class Workspace:
    """A recipe in a folder that nobody else builds in."""

    recipe: Path

    @property
    def releases(self) -> Path:
        return self.recipe.parent.parent / "releases" / self.recipe.stem

    def edit(self, old: str, new: str) -> None:
        """Write something else in the recipe; the passage must be there."""
        text = self.recipe.read_text()
        if old not in text:
            raise LookupError(f"{self.recipe.name} does not say '{old}'")
        self.recipe.write_text(text.replace(old, new))

    def command(self, *options: str) -> list[str]:
        return [CURATE, "build", str(self.recipe), "--json", *options]

    def build(self, *options: str) -> dict[str, Any]:
        """Run `curate build` and return its document, with `wall` seconds from outside."""
        start = time.perf_counter()
        document = run(self.command(*options))
        return {**json.loads(document), "wall": time.perf_counter() - start}


@contextmanager
def workspace(name: str) -> Iterator[Workspace]:
    """`recipes/<name>.yaml`, but for what it evaluates, where its releases and store begin empty."""
    with TemporaryDirectory(prefix="curate-bench-") as folder:
        recipe = Path(folder, "recipes", f"{name}.yaml")
        recipe.parent.mkdir()
        text = (RECIPES / recipe.name).read_text()
        recipe.write_text(re.split(r"(?m)^(?:#.*\n)*evaluate:", text)[0])
        shutil.copytree(RECIPES / "answers", recipe.parent / "answers")
        yield Workspace(recipe)


def environment() -> dict[str, str]:
    """This one, but with the store in the workspace."""
    return {name: value for name, value in os.environ.items() if name != "CURATE_STORE"}


def run(command: Sequence[str]) -> str:
    """What a command prints; what it says on stderr is shown only when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} left with {done.returncode}:\n{done.stderr}")
    return done.stdout


def show(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table, numbers to the right."""
    print("|", " | ".join(header), "|")
    print("|", " | ".join(["---", *["---:"] * (len(header) - 1)]), "|")
    for row in rows:
        print("|", " | ".join(map(str, row)), "|")
    print(flush=True)

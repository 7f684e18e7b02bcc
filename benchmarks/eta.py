"""How well a build knows how long it will take: `curate plan` before it, and what it says while it runs.

`recipes/openmoji.yaml` is built of 600 rows, each time in a process and with a store of its own: where nothing ever ran;
where the same rows were built once, but no value is left; where only a sample of 150 was built; where
everything is known. What was said when 10, 25 and 50 % of the wall time had gone by stands against what was
really left. Wanted: within 25 % from a tenth on, and a plan within twice, on a machine that it has
measured once. A time that is not known yet is told as "at least", with the names of what never ran.

    python benchmarks/eta.py
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workspace import Workspace, run, show, workspace

from curate.recipe import read_recipe
from curate.run.build import Options, build
from curate.run.plan import plan
from curate.run.progress import Left, Silence

ROWS, SAMPLE = 600, 150
MOMENTS = (0.10, 0.25, 0.50)


@dataclass
class Listening(Silence):
    """Notes what is said to be left, and when."""

    start: float = field(default_factory=time.perf_counter)
    said: list[tuple[float, float, int]] = field(default_factory=list)

    def left(self, left: Left) -> None:
        self.said.append((time.perf_counter() - self.start, left.seconds, len(left.unknown)))


def one(recipe: str, rows: str, store: str, planned: str) -> dict[str, Any]:
    """Plan or build once, in this process."""
    read, options = read_recipe(Path(recipe)), Options(limit=int(rows), store=Path(store))
    if planned == "plan":
        found = plan(read, options)
        return {"seconds": found.at_least, "unknown": len(found.unknown)}
    listening = Listening()
    build(read, options, listening)
    return {"seconds": time.perf_counter() - listening.start, "said": listening.said}


def apart(place: Workspace, rows: int, store: Path, what: str) -> dict[str, Any]:
    """The same in a process of its own."""
    arguments = [str(place.recipe), str(rows), str(store), what]
    found: dict[str, Any] = json.loads(run([sys.executable, __file__, *arguments]))
    return found


def situations(place: Workspace, home: Path) -> Iterator[tuple[str, Path]]:
    """What is known, and a store that knows so much; each is built in before the next is asked for."""
    yield "nothing ever ran", home / "first"
    yield "everything is known", home / "first"
    shutil.copytree(home / "first" / "speeds", home / "once" / "speeds")
    yield "built once, no value left", home / "once"
    apart(place, SAMPLE, home / "sample", "build")
    yield f"a sample of {SAMPLE} was built", home / "sample"


def row(said: str, planned: dict[str, Any], built: dict[str, Any]) -> list[str]:
    """Plan and build, and the errors of what was said at each moment."""
    whole, least = built["seconds"], ">" if planned["unknown"] else ""
    errors = [_error(built["said"], whole, moment) for moment in MOMENTS]
    ratio = f"{least}{planned['seconds'] / whole:.2f}"
    return [said, f"{least}{planned['seconds']:.0f}", f"{whole:.0f}", ratio, *errors]


def _error(said: list[tuple[float, float, int]], whole: float, moment: float) -> str:
    """The last word up to a moment, corrected by the time since, against what was left then."""
    before = [each for each in said if each[0] <= moment * whole]
    if not before:
        return "not said"
    when, left, unknown = before[-1]
    error = (left - (moment * whole - when)) / (whole - moment * whole) - 1
    return f"{error:+.0%}" + (f", {unknown} unknown" if unknown else "")


def main() -> None:
    header = [
        "known before",
        "plan s",
        "build s",
        "plan / build",
        *(f"at {m:.0%}" for m in MOMENTS),
    ]
    rows = []
    with workspace("openmoji") as place:
        for said, store in situations(place, place.recipe.parent.parent):
            planned = apart(place, ROWS, store, "plan")
            rows.append(row(said, planned, apart(place, ROWS, store, "build")))
            print(*rows[-1], sep="; ", file=sys.stderr, flush=True)
    show(header, rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(one(*sys.argv[1:])))
    else:
        main()

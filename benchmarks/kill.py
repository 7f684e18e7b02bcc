"""Whether what stops or steers a build shows in what it makes.

A build with an empty store is killed (SIGKILL) at ten random moments and once while it writes its
release; the same command is then run to its end. Releases are looked at all along, for one that is
not whole. Then the same build in batches of other sizes and with other numbers of workers, each
with an empty store. Wanted is one digest everywhere.

    python benchmarks/kill.py [ROWS [KILLS]]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from workspace import Workspace, environment, show, workspace

RECIPE = "openmoji"
BATCH_SIZES, WORKERS = (1, 7, 64), (1, 2, 4)


def partial(place: Workspace) -> bool:
    """Whether a release can be seen that is not whole."""
    visible = [path for path in place.releases.glob("*") if not path.name.startswith(".")]
    return not all(whole(release) for release in visible)


def whole(release: Path) -> bool:
    try:
        manifest = json.loads((release / "manifest.json").read_text())
        return all((release / n).stat().st_size == f["size"] for n, f in manifest["files"].items())
    except OSError:
        return False


def kill(place: Workspace, due: Callable[[], bool], *options: str) -> tuple[str, bool]:
    """Start a build and kill it when that is due: its last words, and if a part of a release showed."""
    words, showed = place.recipe.with_suffix(".log"), False
    with words.open("w") as log:
        command = place.command(*options)
        build = subprocess.Popen(command, stdout=log, stderr=log, env=environment())
        while build.poll() is None and not due():
            showed |= partial(place)
            time.sleep(0.005)
        build.kill()
        build.wait()
    said = words.read_text().splitlines() or ["starting"]
    return said[-1].strip(), showed | partial(place)


def kills(count: int, reference: dict[str, Any], *options: str) -> Iterator[list[object]]:
    moments = sorted(random.Random(7).uniform(0, reference["wall"]) for _ in range(count))
    for seconds in [*moments, None]:
        with workspace(RECIPE) as place:
            start = time.perf_counter()

            def due(
                place: Workspace = place, end: float | None = seconds and start + seconds
            ) -> bool:
                if end is None:
                    return any(place.releases.glob(".staging-*/data"))
                return time.perf_counter() > end

            doing, showed = kill(place, due, *options)
            after = place.build(*options)
            same = after["digest"] == reference["digest"]
            yield [
                "release being written" if seconds is None else f"{seconds:.1f} s",
                doing,
                f"{1 - after['computed'] / reference['computed']:.0%}",
                "yes" if showed or partial(place) else "no",
                "equal" if same else "DIFFERENT",
            ]


def steered(reference: dict[str, Any], *options: str) -> Iterator[list[object]]:
    for size in BATCH_SIZES:
        cells = []
        for workers in WORKERS:
            with workspace(RECIPE) as place:
                chosen = ("--batch-size", str(size), "--workers", str(workers))
                digest = place.build(*options, *chosen)["digest"]
            cells.append("equal" if digest == reference["digest"] else "DIFFERENT")
        yield [f"batch size {size}", *cells]


def main(rows: str = "200", count: str = "10") -> None:
    options = ("--limit", rows)
    with workspace(RECIPE) as place:
        reference = place.build(*options)
    print(f"uninterrupted: {reference['wall']:.1f} s, digest {reference['digest'][:16]}\n")
    show(
        ["killed at", "last words", "values that outlived it", "partial release seen", "digest"],
        kills(int(count), reference, *options),
    )
    show(["digest", *(f"{n} workers" for n in WORKERS)], steered(reference, *options))


if __name__ == "__main__":
    main(*sys.argv[1:])

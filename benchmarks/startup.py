"""How soon `curate --help` answers, against what its one import at that point costs.

Both commands are run in turn, many times, so that a busy machine slows both alike; wanted is a
median ratio of at most 2.

    python benchmarks/startup.py [PAIRS]
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

from workspace import CURATE, show

WANTED = 2.0
HELP = [CURATE, "--help"]
IMPORT = [sys.executable, "-c", "import click"]


def seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(pairs: int = 40) -> None:
    seconds(HELP), seconds(IMPORT)  # bytecode is written, files are in memory
    found = [(seconds(HELP), seconds(IMPORT)) for _ in range(pairs)]
    ratio = median(asked / imported for asked, imported in found)
    asked, imported = (median(column) for column in zip(*found, strict=True))
    show(
        [f"median of {pairs} pairs", "value", "wanted"],
        [
            ["`curate --help`", f"{asked * 1000:.0f} ms", ""],
            ['`python -c "import click"`', f"{imported * 1000:.0f} ms", ""],
            ["ratio", f"{ratio:.2f}", f"≤ {WANTED:.0f}"],
        ],
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

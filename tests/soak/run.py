"""Builds of recipes by chance over data by chance, with faults by chance.

    python -m tests.soak.run [--builds 200] [--seed 1]

Each seed is a world of its own and can be played alone (`--builds 1 --seed N`). Ends with 1 where any
failed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.faults import states
from tests.faults.harness import Server
from tests.soak.world import World
from tests.workspace import write_media


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    seen: Counter[str] = Counter()
    failed, start = [], time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_media(folder / "media")
        with states.warmed(folder, folder / "media") as server:
            for seed in range(told.seed, told.seed + told.builds):
                if not _lived(seed, folder / "world", server, seen):
                    failed.append(seed)
    minutes = (time.monotonic() - start) / 60
    for what, count in sorted(seen.items()):
        print(f"{count:6} {what}")
    print(f"{told.builds} worlds from seed {told.seed} in {minutes:.1f} minutes; failed: {failed}")
    return bool(failed)


def _lived(seed: int, folder: Path, server: Server, seen: Counter[str]) -> bool:
    """Whether a seed's world came to a good end; what happened is counted."""
    shutil.rmtree(folder, ignore_errors=True)
    happened: list[str] = []
    try:
        World(seed, folder, server, happened).live()
    except Exception:
        print(f"FAILED seed {seed}: {happened}\n{traceback.format_exc()}", flush=True)
        return False
    finally:
        seen.update(_kind(what) for what in happened)
    print(f"{seed}: {'; '.join(happened)}", file=sys.stderr, flush=True)
    return True


def _kind(happened: str) -> str:
    return happened.partition(" at ")[0]


if __name__ == "__main__":
    sys.exit(main())

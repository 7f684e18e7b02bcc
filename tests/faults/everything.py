"""Every fault at every class of points of all scenarios, or at every point, as a table.

    python -m tests.faults.everything [--every] [--most N] [SCENARIO …]

A class is the kind of a call and its path without what is random in it. Scenarios: first, draft,
scattered, forgetting. Ends with 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults import states
from tests.faults.harness import Fault, Scenario, Server
from tests.workspace import write_media


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--most", type=int, help="of each scenario, drawn by chance")
    parser.add_argument("scenarios", nargs="*", default=[])
    told = parser.parse_args()
    lost = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_media(folder / "media")
        with states.warmed(folder, folder / "media") as server:
            for state in told.scenarios or states.STATES:
                lost += _tried(state, folder, server, told.every, told.most)
    return bool(lost)


def _tried(state: str, folder: Path, server: Server, every: bool, most: int | None) -> int:
    (folder / state).mkdir()
    scenario = states.STATES[state](folder / state, folder / "media", server)
    jobs = list(_jobs(scenario, every))
    random.Random(7).shuffle(jobs)
    failed: Counter[str] = Counter()
    start = time.monotonic()
    for at, fault in jobs[:most]:
        try:
            scenario.hold(at, fault)
        except AssertionError as error:
            failed[fault.name] += 1
            print(f"LOST {error}\n", flush=True)
    played = Counter(fault.name for _, fault in jobs[:most])
    points, classes = len(scenario.undisturbed.points), len(scenario.classes)
    print(f"\n{state}: {points} points in {classes} classes, {time.monotonic() - start:.0f} s\n")
    print("| fault | played | lost |\n|---|---:|---:|")
    for fault_name, count in sorted(played.items()):
        print(f"| {fault_name} | {count} | {failed[fault_name]} |")
    sys.stdout.flush()
    return failed.total()


def _jobs(scenario: Scenario, every: bool) -> Iterator[tuple[int, Fault]]:
    for numbers in scenario.classes.values():
        for number in numbers if every else numbers[:1]:
            yield from ((number, fault) for fault in scenario.faults(number))


if __name__ == "__main__":
    sys.exit(main())

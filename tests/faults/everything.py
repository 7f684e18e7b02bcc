"""Every fault at every class of points of all scenarios, or at every point, as a table.

    python -m tests.faults.everything [--brief] [--every] [--most N] [SCENARIO …]

A class is the kind of a call and its path without what is random in it or one of many alike. A point can
have faults of four kinds: the process dies; it dies within a write; a call fails; all calls
that change something fail from there on. First each class has one fault of each kind, then another, until all were played; `--brief`
ends after the first. Scenarios: first, draft, scattered, forgetting, openmoji (300 of its pairs, not played
unless it is named). Ends with 1 where anything was lost.
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
from tests.faults.harness import Fault, Scenario
from tests.workspace import write_media

_KINDS = [("killed",), ("torn",), ("EIO", "EACCES", "EMFILE"), ("ENOSPC", "EROFS", "forbidden")]
_ROUNDS = max(len(names) for names in _KINDS)
_TOLD = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--most", type=int, help="of each scenario, in an order of chance")
    parser.add_argument("scenarios", nargs="*", default=[])
    told = parser.parse_args()
    lost = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_media(folder / "media")
        with states.warmed(folder, folder / "media") as server:
            for state in told.scenarios or states.STATES:
                (folder / state).mkdir()
                made = states.openmoji if state == "openmoji" else states.STATES[state]
                scenario = made(folder / state, folder / "media", server)
                jobs = list(_jobs(scenario, told.every, 1 if told.brief else _ROUNDS))
                lost += _tried(state, scenario, jobs[: told.most])
    return bool(lost)


def _tried(state: str, scenario: Scenario, jobs: list[tuple[int, Fault]]) -> int:
    failed: Counter[str] = Counter()
    start = time.monotonic()
    for count, (at, fault) in enumerate(jobs, 1):
        try:
            scenario.hold(at, fault)
        except AssertionError as error:
            failed[fault.name] += 1
            print(f"LOST {error}\n", flush=True)
        if not count % _TOLD:
            print(f"{state}: {count} of {len(jobs)}, {failed.total()} lost", file=sys.stderr)
    played = Counter(fault.name for _, fault in jobs)
    points, classes = len(scenario.undisturbed.points), len(scenario.classes)
    print(f"\n{state}: {points} points in {classes} classes, {time.monotonic() - start:.0f} s\n")
    print("| fault | played | lost |\n|---|---:|---:|")
    for fault_name, count in sorted(played.items()):
        print(f"| {fault_name} | {count} | {failed[fault_name]} |")
    sys.stdout.flush()
    return failed.total()


def _jobs(scenario: Scenario, every: bool, rounds: int) -> Iterator[tuple[int, Fault]]:
    """Round by round, each in an order of chance, so that what was played when one stops is a fair part."""
    places = [n for numbers in scenario.classes.values() for n in numbers[: None if every else 1]]
    for turn in range(rounds):
        jobs = [(at, fault) for at in places for fault in _turns(scenario.faults(at), at, turn)]
        random.Random(7).shuffle(jobs)
        yield from jobs


def _turns(faults: list[Fault], at: int, turn: int) -> Iterator[Fault]:
    """Of each kind the one whose turn it is; another at the next point."""
    for names in _KINDS:
        fitting = [fault for fault in faults if fault.name in names]
        if turn < len(fitting):
            yield fitting[(at + turn) % len(fitting)]


if __name__ == "__main__":
    sys.exit(main())

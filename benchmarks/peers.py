"""The same work through this project and through each peer: time, memory, and what came of it.

    python benchmarks/peers.py --install build/peers    # makes an environment per peer, once
    python benchmarks/peers.py [--only ROW ...] [--rounds N] [--peers build/peers]

Everybody reads the same files, may use two processes, and writes what it keeps. What they are asked is
in `benchmarks/beside/<row>/`, in the words and with the settings that each one's documentation has.
Contestants take turns, each in a process and a folder of its own that begins empty; time is that of
the whole process, from start to end, and a ratio is the median of those within one round. Figures
are written into `benchmarks/results.md`, a row at a time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import peer_environments
from peer_output import Output
from peer_process import Spent, spent
from peer_rows import ROWS, Row, Truth
from peer_section import write_part
from workspace import CURATE, environment

BESIDE = Path(__file__).with_name("beside")
SIZES = "size"
PEERS = Path(__file__).resolve().parent.parent / "build" / "peers"

SIZES_WHY = """\
Data-Juicer's is what it needs for these rows, and has Ray, Streamlit and Matplotlib in it. Curate's has
decoders of films and sounds, energy, audits and charts in it, which every release uses."""


def main() -> None:
    given = arguments()
    if given.install:
        peer_environments.install(given.install.resolve())
        return
    peers = given.peers.resolve()
    failed = []
    for row in [row for row in ROWS if given.only is None or row.name in given.only]:
        start = time.perf_counter()
        try:
            write_part(row.title, run(row, peers, given.rounds or row.rounds))
        except RuntimeError as error:
            failed.append(f"{row.name}: {error}")
        print(f"{row.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    if given.only is None or SIZES in given.only:
        write_part("What is installed", sizes(peers))
    if failed:
        sys.exit("\n\n".join(failed))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--install", type=Path, metavar="FOLDER", help="make the environments")
    parser.add_argument("--peers", type=Path, default=PEERS, help="where the environments are")
    parser.add_argument("--only", nargs="*", choices=[*(row.name for row in ROWS), SIZES])
    parser.add_argument("--rounds", type=int, help="instead of what each row says")
    return parser.parse_args()


@dataclass(frozen=True)
class Contestant:
    """Who is asked, and the file that says what."""

    name: str
    asked: Path
    environment: Path

    @property
    def command(self) -> list[str]:
        if self.asked.suffix == ".sh":
            program, *options = self.asked.read_text().split()
            return [str(self._programs / program), *options]
        if self.asked.suffix == ".py":
            return [str(self._programs / "python"), "-P", self.asked.name]
        if self.is_curate:
            return [CURATE, "build", self.asked.name, "--json"]
        return [str(self._programs / "dj-process"), "--config", self.asked.name]

    @property
    def is_curate(self) -> bool:
        return self.name.startswith("curate")

    @property
    def _programs(self) -> Path:
        return Path(CURATE).parent if self.is_curate else self.environment / "bin"

    @property
    def lines(self) -> int:
        """Of what a user writes, but for empty ones, comments and docstrings."""
        return sum(bool(line.strip()) and line[0] not in '#"' for line in _lines(self.asked))

    def surroundings(self, folder: Path) -> dict[str, str]:
        """Peers find no index to install from, no hub, and caches that begin empty."""
        if self.is_curate:
            return environment()
        nowhere = str(folder / "nowhere")
        mine = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return mine | {
            "UV_OFFLINE": "1",
            "UV_CACHE_DIR": nowhere,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": nowhere,
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(folder / "cache"),
            "DATA_JUICER_CACHE_HOME": str(folder / "cache"),
            "DATA_JUICER_MODELS_CACHE": str(self.environment.with_name("models")),
        }


def run(row: Row, peers: Path, rounds: int) -> list[str]:
    """The row's part of the section, in lines."""
    people = [_contestant(row, name, peers) for name in row.contestants]
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="curate-bench-") as place:
        inputs = Path(place, "inputs")
        inputs.mkdir()
        truth = row.prepare(inputs)
        took: dict[str, list[Spent]] = {each.name: [] for each in people}
        came: dict[str, Mapping[str, float]] = {}
        for _ in range(rounds):
            for each in people:
                used, came[each.name] = turn(each, row, inputs, truth)
                took[each.name].append(used)
                print(f"  {each.name}: {used} {came[each.name]}", file=sys.stderr)
    lines = {each.name: each.lines for each in people}
    said = (
        f"Median of {rounds} rounds; {load:.1f} processes ran or waited when they began. {row.why}"
    )
    return [*table(took, came, lines), "", *textwrap.wrap(said, 100), ""]


def turn(each: Contestant, row: Row, inputs: Path, truth: Truth) -> tuple[Spent, dict[str, float]]:
    with TemporaryDirectory(prefix="curate-bench-", dir=inputs.parent) as place:
        folder = Path(place, "work")
        shutil.copytree(inputs, folder, copy_function=os.link)
        shutil.copy(each.asked, folder)
        used = spent(each.command, folder, each.surroundings(folder))
        if row.again:
            edit(folder / each.asked.name, *row.again)
            used = spent(each.command, folder, each.surroundings(folder))
        return used, dict(truth(Output(each.name, folder)))


def edit(asked: Path, old: str, new: str) -> None:
    """Write another bound in the last line that has one."""
    before, found, after = asked.read_text().rpartition(f"-{old}")
    if not found:
        raise LookupError(f"{asked.name} does not say '-{old}'")
    asked.write_text(f"{before}-{new}{after}")


def sizes(peers: Path) -> list[str]:
    """Of each environment, packages and megabytes on the disk, without pip and compiled Python."""
    rows = [
        [name, str(found.packages), f"{found.bytes / 1e6:,.0f}", f"{found.torch / 1e6:,.0f}"]
        for name in peer_environments.environments()
        if name != peer_environments.MODELS
        for found in [peer_environments.size(peer_environments.place(peers, name))]
    ]
    return [
        *markdown(["installed", "packages", "MB", "torch's of it"], rows),
        "",
        *SIZES_WHY.splitlines(),
        "",
    ]


def table(
    took: Mapping[str, Sequence[Spent]],
    came: Mapping[str, Mapping[str, float]],
    lines: Mapping[str, int],
) -> list[str]:
    ours = took["curate"]
    figures = list(came["curate"])
    head = ["by", "seconds", "of curate's", "processor s", "of curate's", "MB", *figures, "lines"]
    rows = [
        [
            name,
            f"{statistics.median(s.wall for s in each):.1f}",
            f"{_ratio([s.wall for s in each], [s.wall for s in ours]):.1f}",
            f"{statistics.median(s.busy for s in each):.1f}",
            f"{_ratio([s.busy for s in each], [s.busy for s in ours]):.1f}",
            f"{statistics.median(s.memory for s in each):,.0f}",
            *(f"{came[name][figure]:.4f}" for figure in figures),
            str(lines[name]),
        ]
        for name, each in took.items()
    ]
    return markdown(head, rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    bars = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(row)} |" for row in [head, bars, *rows]]


def _ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=True))


def _contestant(row: Row, name: str, peers: Path) -> Contestant:
    asked = next((BESIDE / row.asks).glob(f"{name}.*"))
    owner = "data-juicer" if name.startswith("data-juicer") else name
    return Contestant(name, asked, peer_environments.place(peers, owner))


def _lines(path: Path) -> list[str]:
    text = path.read_text()
    if text.startswith('"""'):
        text = text.split('"""', 2)[2]
    return text.splitlines()


if __name__ == "__main__":
    main()

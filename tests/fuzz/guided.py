"""Files that coverage guides: what reaches new code of a reader is kept, and harmed again.

    python -m tests.fuzz.guided [--minutes 5] [TARGET …]

atheris and libFuzzer do it, for readers that are Python, each in a process of its own. It ends at its
first find: a file that crashes it, takes 30 seconds or 8 GB, or raises what is no `CurateError`. Finds
are written to tests/fuzz/finds/<target>/ and are tests from then on. What reached new code lies in
build/fuzz/<target>/, from where the next run goes on.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.targets import FINDS, PLAIN, REPOSITORY, target

MISSING = "atheris is not installed; it has no wheel for every Python"
_PROGRAM = ("-m", "tests.fuzz.instrumented")
_LIMITS = ("-timeout=30", "-report_slow_units=30", "-rss_limit_mb=8192")
_FIGURES = re.compile(
    r"^#(\d+)\s+(?:INITED|DONE)\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE
)


@dataclass(frozen=True)
class Seen:
    """What became of the files of a target."""

    files: int
    known: int
    """Edges of the code that its seeds reach, and what earlier runs left."""
    edges: int
    features: int
    """Edges, told apart by how often a file passes them."""
    kept: int
    """Files, each of which has a feature that the others lack."""
    seconds: float
    """Of the processor, with those of starting."""

    def row(self, name: str) -> str:
        gained = f"{self.known:,} | {self.edges:,} | {self.features:,} | {self.kept:,}"
        return f"| {name} | {self.files:,} | {gained} | {self.seconds:.0f} |"


class Found(Exception):
    """The process ended before its time; says what it said last, with the path of the file."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="in all")
    parser.add_argument("targets", nargs="*")
    told = parser.parse_args()
    if find_spec("atheris") is None:
        print(f"nothing is guided: {MISSING}")
        return 0
    chosen, finds = told.targets or PLAIN, 0
    bound = f"-max_total_time={told.minutes * 60 / len(chosen):.0f}"
    print("| reader | files | edges of seeds | edges | features | kept | seconds |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in chosen:
        try:
            print(guided(name, REPOSITORY / "build/fuzz" / name, bound).row(name), flush=True)
        except Found as found:
            print(f"{name}: {found}", flush=True)
            finds += 1
    return bool(finds)


def guided(name: str, corpus: Path, bound: str, finds: Path = FINDS) -> Seen:
    """Fuzz a reader until an option of libFuzzer's ends it; `Found` where a file does."""
    folder, spent = finds / name, _spent()
    corpus.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="curate-fuzz-") as scratch:
        options = [*_LIMITS, bound, f"-artifact_prefix={folder}/", *_known(name, Path(scratch))]
        done = subprocess.run(
            [sys.executable, *_PROGRAM, name, *options, str(corpus), f"{scratch}/seeds"],
            cwd=REPOSITORY,
            env={**os.environ, "TMPDIR": scratch},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    if done.returncode:
        raise Found(f"ended with {done.returncode}\n{done.stdout[-3000:]}")
    return _seen(done.stdout, _spent() - spent)


def _known(name: str, folder: Path) -> list[str]:
    """Write the seeds and the words of a target, as libFuzzer reads them."""
    known, seeds, words = target(name), folder / "seeds", folder / "words"
    seeds.mkdir()
    for number, seed in enumerate(known.seeds):
        (seeds / str(number)).write_bytes(seed)
    quoted = ("".join(f"\\x{byte:02x}" for byte in token) for token in known.tokens)
    words.write_text("".join(f'"{token}"\n' for token in quoted))
    return [f"-dict={words}"] if known.tokens else []


def _seen(told: str, seconds: float) -> Seen:
    (_, known, _, _), (files, edges, features, kept) = (
        map(int, line.groups()) for line in _FIGURES.finditer(told)
    )
    return Seen(files, known, edges, features, kept, seconds)


def _spent() -> float:
    """Seconds of the processor of all processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())

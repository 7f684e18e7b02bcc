"""Faults at every point of a command: the process killed there, or the call failing there.

A point is a call below the workspace that can fail (`points.c` counts them). A `Scenario` is a state
of a workspace and a command; `Server.run` plays it in a copy of its own.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.workspace import Said, Workspace

KILL, TORN = -1, -2
HERE = Path(__file__).parent
_PATIENCE = 120.0
_RANDOM = re.compile(r"[0-9a-f]{12,64}|\d+\.tmp")
_ALIKE = re.compile(r"((?:media|governance)/(?:.*/)?)[^/]+(\.\w+)$")
"""Files of one folder that the same lines of code treat one by one."""
_LEFT = re.compile(r"(^|/)\.staging-|\.tmp$|-old$|\.damaged$")


@dataclass(frozen=True)
class Fault:
    """What happens at a point."""

    name: str
    code: int
    lasting: bool = False
    """Whether all later changes fail in the same way, as on a full disk."""
    kinds: frozenset[str] = frozenset()
    """The kinds of points that it can happen at; none for all."""

    def fits(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


_CHANGES = frozenset({"open", "write", "rename", "exchange", "link", "mkdir", "sync", "utime"})
FAULTS = [
    # Where nothing is changed, a kill leaves what it leaves at the next change.
    Fault("killed", KILL, kinds=_CHANGES | {"unlink"}),
    Fault("torn", TORN, kinds=frozenset({"write"})),
    Fault("EIO", errno.EIO),
    Fault("ENOSPC", errno.ENOSPC, lasting=True, kinds=_CHANGES),
    Fault("EMFILE", errno.EMFILE, kinds=frozenset({"open", "look", "list"})),
    Fault("EACCES", errno.EACCES, kinds=_CHANGES | {"unlink", "look", "list"}),
    Fault("EROFS", errno.EROFS, lasting=True, kinds=_CHANGES | {"unlink"}),
    Fault("forbidden", errno.EACCES, lasting=True, kinds=_CHANGES | {"unlink"}),
]


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    status: int | None
    """The exit code of the child, negative for a signal; None where it hung."""
    seconds: float
    said: list[Said]
    points: list[str]
    """`kind path` of each, in order."""
    crash: str


@dataclass
class Server:
    """A process that plays commands in children; `points.c` is loaded in it."""

    process: subprocess.Popen[str]
    folder: Path

    def run(
        self,
        root: Path,
        *commands: Sequence[str | Path],
        at: int | None = None,
        fault: Fault | None = None,
        clock: tuple[int, int] | None = None,
        stops: Sequence[float] = (),
        memory: int | None = None,
        together: bool = False,
        imports: bool = False,
    ) -> Ended:
        """Play commands in a workspace, one after another or `together`, each in a process of its own.

        Of the first, points are counted if `at` is given (0 for none that fails). The `clock` is so
        many seconds off from the call of that number on. Ctrl-C is pressed at `stops`, in seconds. There
        are so many megabytes of `memory` left.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        job = {
            "root": str(root),
            "folder": str(self.folder),
            "commands": [[str(word) for word in command] for command in commands],
            "at": at,
            "fault": fault.code if fault else 0,
            "lasting": int(fault.lasting) if fault else 0,
            "patience": _PATIENCE,
            "clock": clock,
            "stops": list(stops),
            "memory": memory,
            "together": together,
            "imports": imports,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        said = json.loads(self._text("said.json") or "[]")
        return Ended(
            answer["status"],
            answer["seconds"],
            [Said(**each) for each in said],
            self._text("points.txt").splitlines(),
            self._text("crash.txt"),
        )

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""


def compiled(folder: Path) -> Path:
    """`points.c` as a library."""
    library = folder / "points.so"
    flags = ["-O1", "-Wall", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, "-o", library, HERE / "points.c", "-ldl"], check=True)
    return library


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server with one thread for everything, so that points come in the same order each time."""
    environment = {
        **os.environ,
        "LD_PRELOAD": str(compiled(folder)),
        "POLARS_MAX_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        [sys.executable, HERE / "server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield Server(process, folder / "job")
    finally:
        process.communicate()


@dataclass(frozen=True)
class Undisturbed:
    """A scenario in which nothing went wrong."""

    points: list[str]
    digest: str
    sights: Counter[str]


@dataclass(frozen=True)
class Scenario:
    """A state of a workspace, and a command that ends in a release; `{root}` in it is the workspace."""

    workspace: Workspace
    command: tuple[str, ...]
    server: Server
    keeps_store: bool = True
    """Whether every value that is in the store before stays there."""
    check: Callable[[Path], None] = lambda root: None
    """What else has to be so in a workspace in the end."""

    @cached_property
    def undisturbed(self) -> Undisturbed:
        place, (ended, *_) = self._copy("undisturbed"), self._play("undisturbed", at=0)
        assert ended.status == 0, ended.crash
        assert ended.said[0].code == 0, ended.said[0].err
        self.check(place)
        return Undisturbed(ended.points, digest_of(self.release(place)), sights(place))

    @cached_property
    def classes(self) -> dict[str, list[int]]:
        """Class -> the numbers of the points."""
        found: dict[str, list[int]] = {}
        for number, point in enumerate(self.undisturbed.points, 1):
            found.setdefault(class_of(point), []).append(number)
        return found

    def faults(self, number: int) -> list[Fault]:
        """Those that a point can have."""
        kind = self.undisturbed.points[number - 1].partition(" ")[0]
        return [fault for fault in FAULTS if fault.fits(kind)]

    def release(self, place: Path) -> Path:
        return place / self.workspace.release.relative_to(self.workspace.root)

    def hold(self, at: int, fault: Fault) -> None:
        """Play it with a fault at a point, then undisturbed; raise AssertionError where anything is lost."""
        expected = self.undisturbed
        place, (ended, told) = self._copy("disturbed"), self._play("disturbed", at, fault)
        assert ended.status is not None, f"hung: {told}"
        assert ended.status in {0, -9}, f"crashed: {told}\n{ended.crash}"
        if ended.said:
            _check_words(ended.said[0], told)
        before, release = committed(place), self.release(place)
        visible = [path for path in release.parent.glob("*") if not path.name.startswith(".")]
        whole = [["verify", str(path)] for path in visible if _stands(path)]
        after = self.server.run(place, *whole, self._words(place), ["verify", str(release)])
        assert after.status == 0, f"{told}\n{after.crash}"
        for said in after.said:
            assert said.code == 0, f"{told}\n{said.out}{said.err}"
        assert digest_of(release) == expected.digest, told
        there = committed(place)
        lost = {name for name, keys in before.items() if keys - there.get(name, set())}
        assert not (self.keeps_store and lost), f"values were lost: {told}: {lost}"
        if self.keeps_store:
            assert sights(place) == expected.sights, told
        assert not left_over(place), f"left over: {told}: {left_over(place)}"
        self.check(place)

    def _copy(self, name: str) -> Path:
        return self.workspace.root.parent / name

    def _play(self, name: str, at: int, fault: Fault | None = None) -> tuple[Ended, str]:
        """In a copy; how it ended, and what was done to it."""
        place = self._copy(name)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.workspace.root, place, symlinks=True)
        ended = self.server.run(place, self._words(place), at=at, fault=fault)
        point = ended.points[at - 1] if 0 < at <= len(ended.points) else "not reached"
        return ended, f"{fault.name if fault else 'nothing'} at {at}: {point}"

    def _words(self, place: Path) -> list[str]:
        return [word.format(root=place) for word in self.command]


def class_of(point: str) -> str:
    """Kind and path of a point, without what is random in the path or one of many alike."""
    return _ALIKE.sub(r"\1*\2", _RANDOM.sub("*", point))


def _check_words(said: Said, told: str) -> None:
    """A process that was left alive has done its work, or says in words that it has not."""
    assert "Traceback" not in said.err, f"{told}\n{said.err}"
    assert not said.code or "error: " in said.err, f"{told}\n{said.err}"


def _stands(release: Path) -> bool:
    """What is visible and no tombstone has to be whole."""
    return not (release / "TOMBSTONE.json").exists()


def left_over(root: Path) -> list[str]:
    names = (path.relative_to(root).as_posix() for path in root.rglob("*"))
    return sorted(name for name in names if _LEFT.search(name))


def digest_of(release: Path) -> str:
    return str(json.loads((release / "manifest.json").read_text())["digest"])


def sights(root: Path) -> Counter[str]:
    """Every file of a workspace, random parts of names aside; of values only that there are some."""
    names = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    found = Counter(_RANDOM.sub("*", name) for name in names)
    return Counter({n: 1 if n.startswith(".curate/store/") else c for n, c in found.items()})


def committed(root: Path) -> dict[str, set[str]]:
    """Measure -> the keys that whole fragments hold."""
    import pyarrow.parquet as pq

    found: dict[str, set[str]] = {}
    for path in (root / ".curate/store/values").glob("*/*.parquet"):
        keys = pq.read_table(path, columns=["key"])["key"].to_pylist()
        found.setdefault(path.parent.name, set()).update(keys)
    return found

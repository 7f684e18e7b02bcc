"""A process that has imported everything and runs commands in children of its own: a build costs no start.

It reads jobs, a line of JSON each, and answers each with how its child ended. Children run with
`points.c` loaded before all else; a job that names a point arms it. What takes a process long once and
touches no workspace (looking for meters, compiling templates, drawing a chart) is done before.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

_LOOK = 0.002


def serve() -> None:
    for line in sys.stdin:
        print(json.dumps(_done(json.loads(line))), flush=True)


def _done(job: dict[str, Any]) -> dict[str, Any]:
    start, child = time.monotonic(), os.fork()
    if not child:
        _run(job)
    status = _ended(child, start, job)
    if job["imports"]:
        _warm(Path(job["folder"]) / "modules.json")
    return {"status": status, "seconds": time.monotonic() - start}


def _ended(child: int, start: float, job: dict[str, Any]) -> int | None:
    """The exit code, negative for a signal; None for a child that hung and was killed."""
    stops = list(job["stops"])
    while (seconds := time.monotonic() - start) < job["patience"]:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        while stops and seconds >= stops[0]:
            os.kill(child, signal.SIGINT)
            del stops[0]
        time.sleep(_LOOK)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _run(job: dict[str, Any]) -> None:
    """In the child: all commands, then what they said; never returns."""
    folder = Path(job["folder"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.chdir(job["root"])
        if job["memory"] is not None:
            _leave(job["memory"] << 20)
        run = _together if job["together"] else _in_turn
        said = run(job, folder)
        (folder / "said.json").write_text(json.dumps(said))
        if job["imports"]:
            (folder / "modules.json").write_text(json.dumps(sorted(sys.modules)))
        os._exit(0)
    except BaseException:
        (folder / "crash.txt").write_text(traceback.format_exc())
        os._exit(99)


def _leave(memory: int) -> None:
    """Let no more be asked for than so many bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _in_turn(job: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    first, *others = job["commands"]
    plain = job | {"at": None, "clock": None}
    return [_said(first, job, folder), *(_said(command, plain, folder) for command in others)]


def _together(job: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    children = []
    for number, command in enumerate(job["commands"]):
        child, path = os.fork(), folder / f"said-{number}.json"
        if not child:
            path.write_text(json.dumps(_said(command, job | {"at": None}, folder)))
            os._exit(0)
        children.append((child, path))
    for child, _ in children:
        os.waitpid(child, 0)
    return [json.loads(path.read_text()) for _, path in children]


def _said(command: list[str], job: dict[str, Any], folder: Path) -> dict[str, Any]:
    from tests.workspace import curate

    points = ctypes.CDLL(None)
    if job["clock"] is not None:
        points.points_clock(*(ctypes.c_long(number) for number in job["clock"]))
    if job["at"] is not None:
        log = os.fsencode(folder / "points.txt")
        points.points_arm(
            os.fsencode(job["root"]), ctypes.c_long(job["at"]), job["fault"], job["lasting"], log
        )
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        said = curate(*command)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    points.points_disarm()
    points.points_clock(ctypes.c_long(0), ctypes.c_long(0))
    return {"code": said.code, "out": said.out, "err": said.err}


def _warm(modules: Path) -> None:
    for name in json.loads(modules.read_text()):
        with suppress(Exception):
            importlib.import_module(name)
    from curate.governance.instrument import Instrument
    from curate.pairs.limited import stay
    from curate.report import page

    stay()  # decoders see no file; each would start anew in every child
    Instrument()
    for template in page._environment().list_templates(["html"]):
        page._environment().get_template(template)
    _remember_charts(modules.parent.with_name("charts"))


def _remember_charts(folder: Path) -> None:
    """What draws them is slow to start, and cannot be started before a fork."""
    import vl_convert

    folder.mkdir(exist_ok=True)
    draw = vl_convert.vegalite_to_svg

    def drawn(spec: dict[str, Any]) -> str:
        known = folder / hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
        if not known.exists():
            known.write_text(draw(spec))
        return known.read_text()

    setattr(vl_convert, "vegalite_to_svg", drawn)  # noqa: B010 - of fewer parameters than it has


if __name__ == "__main__":
    serve()

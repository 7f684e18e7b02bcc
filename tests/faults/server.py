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
    status = _ended(child, start + job["patience"])
    if job["imports"]:
        _warm(Path(job["folder"]) / "modules.json")
    return {"status": status, "seconds": time.monotonic() - start}


def _ended(child: int, end: float) -> int | None:
    """The exit code, negative for a signal; None for a child that hung and was killed."""
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_LOOK)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _run(job: dict[str, Any]) -> None:
    """In the child: all commands, then what they said; never returns."""
    folder = Path(job["folder"])
    try:
        os.chdir(job["root"])
        said = [_said(command, job, folder) for command in job["commands"]]
        (folder / "said.json").write_text(json.dumps(said))
        if job["imports"]:
            (folder / "modules.json").write_text(json.dumps(sorted(sys.modules)))
        os._exit(0)
    except BaseException:
        (folder / "crash.txt").write_text(traceback.format_exc())
        os._exit(99)


def _said(command: list[str], job: dict[str, Any], folder: Path) -> dict[str, Any]:
    from tests.workspace import curate

    points = ctypes.CDLL(None)
    if job["at"] is not None:
        log = os.fsencode(folder / "points.txt")
        points.points_arm(
            os.fsencode(job["root"]), ctypes.c_long(job["at"]), job["fault"], job["lasting"], log
        )
        job = job | {"at": None}
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        said = curate(*command)
    points.points_disarm()
    return {"code": said.code, "out": said.out, "err": said.err}


def _warm(modules: Path) -> None:
    for name in json.loads(modules.read_text()):
        with suppress(Exception):
            importlib.import_module(name)
    from curate.governance.instrument import Instrument
    from curate.report import page

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

    vl_convert.vegalite_to_svg = drawn


if __name__ == "__main__":
    serve()

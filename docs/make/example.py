"""Run the examples of a page in a folder of its own, as a reader would.

`replayed` gives the page as it should be: with what its examples print now wherever that is not what
stands there. A page whose examples hold comes back unchanged.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from docs.make.page import Block, Page

ROOT = Path(__file__).parents[2]
_PLAIN = re.compile(r"[^|<>;&$`*]*")
"""A command without anything that only a shell understands."""

_TIMES = re.compile(r"^time\n.*", re.DOTALL | re.MULTILINE)
"""What a build prints below its pairs, which differs every time."""


def replayed(page: Page, folder: Path) -> str:
    """The page with what its examples print, run in `folder`, with a copy of `recipes/` in it."""
    lines = page.text.splitlines(keepends=True)
    for block, said in reversed(list(_run(page, folder))):
        shown = page.printed(block)
        if shown is not None and not holds(shown.text, said):
            lines[shown.begin : shown.end] = [_TIMES.sub("...\n", _plain(said))]
    return "".join(lines)


def _run(page: Page, folder: Path) -> Iterator[tuple[Block, str]]:
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    with chdir(folder), _environment():
        for block in page.blocks():
            if block.is_file:
                _write(folder / block.title, block.text)
            elif block.runs:
                yield block, _say(block)


def holds(expected: str, said: str) -> bool:
    """Whether what was printed is what the page shows, but for what it leaves out."""
    parts = (re.escape(line).replace(r"\.\.\.", "[^\n]*") for line in _plain(expected).splitlines())
    pattern = "".join("(?:[^\n]*\n)*?" if part == "[^\n]*" else f"{part}\n" for part in parts)
    return re.fullmatch(pattern, _plain(said)) is not None


def _plain(text: str) -> str:
    """Without what nobody sees: white space at the ends of lines, and empty lines around."""
    return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _say(block: Block) -> str:
    if block.language == "python":
        return _process([sys.executable, "-c", block.text])
    return "".join(map(_command, commands(block.text)))


def commands(text: str) -> list[str]:
    """One command a line, but for lines that end in a backslash; without comments."""
    joined = text.replace("\\\n", " ").splitlines()
    bare = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined)
    return [line for line in bare if line]


def _command(line: str) -> str:
    """What a command prints: in this process where it is ours, which spares the imports."""
    if line.startswith("curate ") and _PLAIN.fullmatch(line):
        return _curate(shlex.split(line)[1:])
    return _process(["bash", "-c", line])


def _curate(arguments: list[str]) -> str:
    from curate.cli.main import run

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return _told(out.getvalue(), err.getvalue(), code)


def _process(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return _told(done.stdout, done.stderr, done.returncode)


def _told(out: str, err: str, code: int) -> str:
    """Of what went wrong the error alone: a terminal shows progress only as long as it lasts."""
    return out if code == 0 else f"{out}{err[max(err.find('error: '), 0) :]}exit code {code}\n"


@contextmanager
def _environment() -> Iterator[None]:
    """Tables as wide as a page, and `curate` where shells look for it."""
    before = dict(os.environ)
    os.environ["COLUMNS"] = "100"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), before.get("PYTHONPATH", "")])
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before["PATH"]])
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

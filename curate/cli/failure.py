"""What the command line says when something goes wrong, and the code it leaves with."""

from __future__ import annotations

import errno
import json
from typing import Any

import click

from curate.errors import BudgetSpent, CurateError
from curate.pairs.printable import printable_lines

_SYSTEM = {
    errno.ENOSPC: "there is no space left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.EMFILE: "too many files are open",
}
_STANDS = "nothing was published; what was measured before stays measured"


def told(error: Exception, as_json: bool) -> int:
    """Print an error for people, and as a document where a script asked for one."""
    if isinstance(error, CurateError):
        message, hint, code = error.message, error.hint, error.exit_code
    elif isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        words = _SYSTEM.get(error.errno or 0, (error.strerror or str(error)).lower())
        message, hint, code = f"{words}{where}", _STANDS, 1
    elif isinstance(error, MemoryError):
        message, hint, code = (
            "there is not enough memory",
            f"try a smaller --batch-size; {_STANDS}",
            1,
        )
    else:
        raise error
    click.echo(f"{_label(error)} {printable_lines(message)}", err=True)
    if hint:
        click.echo(f"{click.style('hint:', fg='cyan')} {printable_lines(hint)}", err=True)
    if as_json:
        click.echo(json.dumps({"error": _document(error, message, hint, code)}))
    return code


def _label(error: Exception) -> str:
    """A build that did what it was allowed to has met no error."""
    if isinstance(error, BudgetSpent):
        return click.style("stopped:", fg="yellow")
    return click.style("error:", fg="red")


def _document(error: Exception, message: str, hint: str | None, code: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": message,
        "hint": hint,
        "exit_code": code,
    }
    complaints = getattr(error, "complaints", None)
    if complaints:
        found["complaints"] = [dict(complaint) for complaint in complaints]
    return found

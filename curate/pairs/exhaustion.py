"""Trouble of the machine is no fact about a file: it ends a build in words and is never a verdict.

Too many open files, no memory, a disk or a mount that fails: the same file may be read a moment
later, and a release that lacked it would differ from one that was built in peace.
"""

from __future__ import annotations

import errno

_TROUBLE = frozenset(
    {
        errno.EAGAIN,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)


def check_machine(error: OSError) -> None:
    """Raise the error again where it says nothing about the file itself."""
    if error.errno in _TROUBLE:
        raise error

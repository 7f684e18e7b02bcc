"""Opens a file of a source, and nothing that has taken its place since it was looked at.

Without waiting, so that a pipe cannot hold a build up; only regular files; and, of a path that names
the file itself, no link. A folder on the way that is exchanged for a link in that moment is followed.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

from curate.errors import Unreadable

_QUIET = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0)


def opened(path: str, *, links: bool = False) -> BufferedReader:
    """The file, to be read; raises `Unreadable` and `OSError`."""
    try:
        descriptor = os.open(path, _QUIET | (0 if links else os.O_NOFOLLOW))
    except OSError as error:
        if error.errno == errno.ELOOP and not links:
            raise Unreadable("a link has taken its place") from None
        if error.errno == errno.ENXIO:  # a socket
            raise Unreadable("not a regular file") from None
        raise
    file = open(descriptor, "rb")  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise Unreadable("not a regular file")
    return file

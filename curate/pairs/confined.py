"""The start of a decoder: `python -m curate.pairs.confined [SOCKET MEMORY PARENT [FOLDER …]]`.

Before it sees a byte, or loads what reads them, the process gives up what decoding does not need. By
limits of the system: memory beyond a bound, new files, core dumps. On Linux by Landlock (landlock(7)), as
far as the kernel knows it: every file and folder but those that programs are loaded from, changes to any,
starting programs, TCP, signals to other processes; and by seccomp (seccomp(2)): new sockets, by which the
local services of a machine are reached. What is given up cannot be had again, whatever runs in here then.
Without arguments it tells why it cannot start, if so.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress

_FILES = 64
_STACK = 8 << 20
"""What overflows it does so whatever shell a build was started from."""
_FIRST_TO_GO = "1000"
"""When a machine has no memory left, Linux ends what decodes, not what builds."""

_DIE_WITH_PARENT, _FILTER_CALLS, _NO_NEW_RIGHTS = 1, 22, 38
"""Of prctl(2)."""

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _BENEATH = 1, 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""From which version of Landlock on how many rights to files are known."""
_TCP, _SCOPES = 0b11, 0b11
"""To bind and to connect; abstract sockets and signals."""
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/opt", "/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew"),
    *("/etc/ld.so.cache", "/etc/localtime"),
    *("/dev/null", "/dev/zero", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"),
    *("/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/fs/cgroup"),
)
"""What libraries look at as they are loaded."""

_CALLS = {"x86_64": (0xC000003E, 41, 53, 425), "aarch64": (0xC00000B7, 198, 199, 425)}
"""Machine -> its number, and the numbers of socket, socketpair, io_uring_setup."""
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE = 0, 4
_ALLOWED, _DENIED = 0x7FFF0000, 0x00050001
_OTHER_TABLE = 0x40000000
"""Of x86-64: from here on the same calls have other numbers."""


def confine(memory: int, parent: int, folders: Iterable[str] = ()) -> None:
    """This process, for good; it may read these folders beside those of Python."""
    bound(resource.RLIMIT_AS, memory)
    bound(resource.RLIMIT_CORE, 0)
    bound(resource.RLIMIT_FSIZE, 0)
    bound(resource.RLIMIT_NOFILE, _FILES)
    bound(resource.RLIMIT_STACK, _STACK, soft=True)
    if sys.platform.startswith("linux"):
        system = ctypes.CDLL(None, use_errno=True)
        system.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        system.prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write(_FIRST_TO_GO)
        _leave_files(system, (*_SYSTEM, *_of_python(), *folders))
        _leave_sockets(system)
    if os.getppid() != parent:
        os._exit(0)


def bound(kind: int, most: int, *, soft: bool = False) -> None:
    """No higher than it is; both bounds, or only the one that may be raised again."""
    _, hard = resource.getrlimit(kind)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (limit, hard if soft else limit))


def _of_python() -> list[str]:
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return [sys.prefix, sys.base_prefix, *sys.path, *filter(None, libraries)]


def _leave_files(system: ctypes.CDLL, readable: Iterable[str]) -> None:
    """All but these, and TCP and signals; nothing where the kernel has no Landlock."""
    version = system.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return
    rights = (1 << max(n for first, n in _FILE_RIGHTS.items() if first <= version)) - 1
    handled = [rights, *[_TCP] * (version >= 4), *[_SCOPES] * (version >= 6)]
    told = struct.pack(f"<{len(handled)}Q", *handled)
    rules = system.syscall(_CREATE_RULESET, told, len(told), 0)
    if rules < 0:
        return
    for path in dict.fromkeys(map(os.path.realpath, readable)):
        with suppress(OSError):
            _let_read(system, rules, path)
    system.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _let_read(system: ctypes.CDLL, rules: int, path: str) -> None:
    rights = _READ_FILE | (_READ_FOLDER if os.path.isdir(path) else 0)
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    system.syscall(_ADD_RULE, rules, _BENEATH, struct.pack("<Qi", rights, place), 0)
    os.close(place)


def _leave_sockets(system: ctypes.CDLL) -> None:
    """New ones; nothing on machines whose numbers of calls are not known here."""
    if (machine := os.uname().machine) not in _CALLS:
        return
    number, *calls = _CALLS[machine]
    last = len(calls) + 5
    program = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 0, last - 2, number), (_LOAD, 0, 0, _NUMBER)]
    program.append((_AT_LEAST, last - 4, 0, _OTHER_TABLE))
    program += [(_EQUAL, last - at - 1, 0, call) for at, call in enumerate(calls, len(program))]
    program += [(_RETURN, 0, 0, _ALLOWED), (_RETURN, 0, 0, _DENIED)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *each) for each in program))
    told = struct.pack("@HP", len(program), ctypes.addressof(code))
    system.prctl(_FILTER_CALLS, 2, told, 0, 0)


if __name__ == "__main__":
    descriptor, memory, parent = map(int, sys.argv[1:4] or (-1, 8 << 30, os.getppid()))
    confine(memory, parent, sys.argv[4:])

    from curate.pairs.decoding import main

    if descriptor >= 0:
        with socket.socket(fileno=descriptor) as there:
            main(there)

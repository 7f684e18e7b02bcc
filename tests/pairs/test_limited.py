"""A decoder may crash, hang or eat: whoever asked hears of it in words, and the next content is decoded."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError, Unreadable
from curate.pairs import limited
from curate.pairs.image import ImageHeader
from curate.pairs.sensor import Stream
from curate.pairs.span import Recording, Span
from curate.pairs.wire import packed, unpacked
from tests.pairs import faulty


def _has_landlock() -> bool:
    """In its sixth version, which bounds signals."""
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None).syscall(444, None, 0, 1)) >= 6


landlocked = pytest.mark.skipif(not _has_landlock(), reason="the kernel has no Landlock 6")


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A second, a gibibyte, and twice the time on the wall; decoders of other tests have other bounds."""
    limited._pool.close()
    small = replace(limited.LIMITS, memory=1 << 30, seconds=1, patience=2.0)
    monkeypatch.setattr(limited, "LIMITS", small)
    monkeypatch.setattr(limited, "_ended", {})
    yield
    limited._pool.close()


@pytest.mark.parametrize("fault", faulty.FAULTS)
def test_an_end_is_unreadable_in_words_and_the_next_is_decoded(fault: bytes) -> None:
    if (
        fault == b"loop"
    ):  # the processor's time runs out before the wall's, however busy the machine is
        limited.LIMITS = replace(limited.LIMITS, patience=120.0)
    with pytest.raises(Unreadable) as error:
        faulty.decode(fault)
    assert error.value.message == f"{limited.PASSING}{faulty.FAULTS[fault][1]}"
    assert faulty.decode(b"sound").tobytes() == b"sound"


def test_what_a_decoder_says_costs_no_process() -> None:
    before = faulty.who(b"")
    with pytest.raises(Unreadable, match="^broken: it says so$"):
        faulty.decode(b"unreadable")
    assert faulty.who(b"") == before != os.getpid()


def test_what_ended_once_is_tried_again_in_a_fresh_process() -> None:
    first = faulty.who(b"")
    assert faulty.crash_unless_new(b"fine") == "fine"
    assert faulty.who(b"") != first


def test_what_ended_twice_is_not_tried_again_whatever_is_asked() -> None:
    with pytest.raises(Unreadable):
        faulty.decode(b"crash")
    with pytest.raises(Unreadable, match="SIGSEGV"):
        faulty.who(b"crash")
    assert faulty.who(b"other")


def test_a_mistake_of_ours_is_no_verdict() -> None:
    with pytest.raises(CurateError, match="ZeroDivisionError") as error:
        faulty.fail(b"1")
    assert not isinstance(error.value, Unreadable)


def test_a_process_that_cannot_be_started_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refused)
        with pytest.raises(OSError, match="Too many open files"):
            faulty.decode(b"x")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(CurateError, match="cannot be started"):
            faulty.decode(b"x")
    assert faulty.decode(b"x").tobytes() == b"x"


def test_it_is_bound_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "a key of somebody's")
    memory, none, few = 1 << 30, 0, 64
    assert faulty.bounds(b"") == [(most, most) for most in (memory, none, none, few)]
    assert "somebody" not in " ".join(faulty.environment(b""))


def test_it_writes_no_file(tmp_path: Path) -> None:
    """Wherever it runs: of a system without Landlock, the name is all that there is of a file."""
    faulty.attempt("write", str(tmp_path / "file"))
    assert not any(file.stat().st_size for file in tmp_path.iterdir())


@landlocked
@pytest.mark.parametrize("deed", faulty.DEEDS)
def test_who_takes_it_over_gets_no_further(tmp_path: Path, deed: str) -> None:
    known = tmp_path / "known"
    known.write_text("a secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        targets = {
            "list": str(tmp_path),
            **dict.fromkeys(("write", "make a folder", "make a link"), str(tmp_path / "new")),
            **dict.fromkeys(("connect", "send"), str(server.getsockname()[1])),
            **dict.fromkeys(("signal", "look into"), str(os.getpid())),
        }
        assert faulty.attempt(deed, targets.get(deed, str(known))) in ("EACCES", "EPERM")
    assert [path.name for path in tmp_path.iterdir()] == ["known"]
    assert known.read_text() == "a secret"


def test_threads_have_decoders_of_their_own() -> None:
    barrier = threading.Barrier(3)

    def work(number: int) -> int:
        barrier.wait()
        for turn in range(40):
            data = bytes([number]) * (1000 * turn + 1)
            assert faulty.decode(data).tobytes() == data
        return number

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(3))) == [0, 1, 2]
    assert 1 <= len(limited._pool._idle) <= 3


def test_it_outlives_the_thread_that_first_asked() -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(faulty.who, b"").result()
    assert faulty.who(b"") == first


def test_ctrl_c_ends_the_call_and_not_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    pid = faulty.who(b"")
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        faulty.decode(b"sleep")
    assert gone(pid)
    assert faulty.decode(b"x").tobytes() == b"x"


PARENT = """
import os, sys
from tests.pairs import faulty
print(faulty.who(b""), flush=True)
{then}
"""


@pytest.mark.parametrize(
    "then", ["os._exit(0)", "os.kill(os.getpid(), 9)", "faulty.decode(b'sleep')", ""]
)
def test_nothing_outlives_its_parent(then: str) -> None:
    command = [sys.executable, "-c", PARENT.format(then=then)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        if "sleep" in then:
            process.kill()
        process.wait()
    assert gone(pid)


def gone(pid: int) -> bool:
    """Whether a process ends within moments."""
    for _ in range(200):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_copy_of_the_process_has_decoders_of_its_own() -> None:
    ours = faulty.who(b"")
    child = os.fork()
    if not child:
        os._exit(0 if faulty.who(b"") != ours else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert faulty.who(b"") == ours


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, 3),
        (float, 0.5),
        (str | None, None),
        (str, "caf\u00e9 \ud800"),
        (bytes, b"\0" * 3),
        (ImageHeader, ImageHeader("PNG", 1, 2, 1, "RGB")),
        (Recording, Recording(b"abc", Span(0.5, 1.25))),
        (tuple[bytes | None, tuple[str, ...]], (None, ("exif", "gps"))),
    ],
)
def test_what_travels_arrives(hint: object, value: object) -> None:
    assert unpacked(hint, *packed(value)) == value


@given(st.lists(st.integers(0, 4), max_size=3), st.sampled_from(["u1", "<i8", ">f4", "?", "<c16"]))
def test_arrays_arrive_in_their_shape(shape: list[int], kind: str) -> None:
    array = np.ones(shape, kind)
    arrived = unpacked(np.ndarray, *packed(array[..., ::-1] if shape else array))
    assert arrived.shape == array.shape
    assert np.array_equal(arrived, array)


def test_plain_classes_of_arrays_arrive() -> None:
    stream = Stream(np.arange(3.0), np.ones((3, 2)), ("x", "y"))
    arrived = unpacked(Stream, *packed(stream))
    assert isinstance(arrived, Stream)
    assert arrived.names == stream.names
    assert np.array_equal(arrived.values, stream.values)


@pytest.mark.parametrize(
    ("hint", "tree"),
    [
        (int, "3"),
        (str, 3),
        (bool, 1),
        (bytes, -1),
        (np.ndarray, ["|O", [1], 0]),
        (np.ndarray, ["|u1", [100], 0]),
        (np.ndarray, ["|u1", [-1], 0]),
        (ImageHeader, ["PNG", 1, 2, 1]),
        (tuple[int, int], [1]),
        (list[int], {"a": 1}),
        (ImageHeader, None),
    ],
)
def test_what_is_of_another_type_is_refused(hint: object, tree: object) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)):
        unpacked(hint, tree, [b"abc"])

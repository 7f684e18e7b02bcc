"""A real server of the protocol with a tiny vision model, started once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.models.talkers import vision_talker

START = "from transformers.cli.transformers import main; main()"


@dataclass(frozen=True)
class Served:
    """Where the server is, and what it serves."""

    url: str
    model: str


@pytest.fixture(scope="session")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model."""
    return vision_talker(tmp_path_factory.mktemp("talker"))


@pytest.fixture(scope="session")
def served(talker: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`transformers serve`, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-c", START, "serve", str(talker), "--port", str(port)]
    command += ["--host", "127.0.0.1", "--device", "cpu"]
    log = tmp_path_factory.mktemp("server") / "log"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
    try:
        _await(port, process, log)
        yield Served(f"http://127.0.0.1:{port}/v1", str(talker))
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        with suppress(httpx2.TransportError):
            if httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())

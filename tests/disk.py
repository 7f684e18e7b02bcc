"""Small disks, which fill and turn read-only."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def mounted(folder: Path, size: str) -> bool:
    """Whether a small file system in memory could be put there."""
    folder.mkdir(exist_ok=True)
    tool = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return (
        tool is not None
        and subprocess.run([tool, *options], capture_output=True, check=False).returncode == 0
    )


def unmounted(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remounted(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def fill(folder: Path, but: int) -> Path:
    """Take all room of a disk but so many bytes."""
    free = shutil.disk_usage(folder).free
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(max(0, free - but)))
    return ballast

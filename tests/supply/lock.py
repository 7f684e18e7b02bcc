"""Writes `requirements.lock` and `requirements-dev.lock`: every version with the hash of its file.

    python -m tests.supply.lock

Versions come from `constraints.txt` alone; pip says which file each of them is. It is for the machines that
builds are tested on: Linux on x86-64 with CPython 3.11. Of torch it is the CPU's wheel, which PyTorch's own
index has (https://download.pytorch.org/whl/cpu); of others what PyPI has.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
_HEAD = "# Written by `make lock` from constraints.txt, for Linux on x86-64 with CPython 3.11.\n"


def main() -> None:
    product = _resolved([".[all]"])
    everything = _resolved([".[all]", "-r", "requirements-dev.txt"])
    _write("requirements.lock", product)
    _write("requirements-dev.lock", everything - product)


def _resolved(wanted: list[str]) -> set[str]:
    """Lines of all packages that pip would install."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--dry-run", "--ignore-installed", "--report", str(report)]
        command = [*_PIP, *options, "-c", "constraints.txt", *wanted]
        subprocess.run(command, cwd=REPOSITORY, check=True)
        found = json.loads(report.read_text())["install"]
    return {line(one) for one in found if "archive_info" in one["download_info"]}


def line(one: dict[str, dict[str, object]]) -> str:
    """A package of pip's report as it stands in the lock."""
    archive = one["download_info"]["archive_info"]
    assert isinstance(archive, dict)
    told = one["metadata"]
    return f"{told['name']}=={told['version']} --hash=sha256:{archive['hashes']['sha256']}\n"


def _write(name: str, lines: set[str]) -> None:
    (REPOSITORY / name).write_text(_HEAD + "".join(sorted(lines, key=str.lower)))


if __name__ == "__main__":
    main()

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

REPOSITORY = Path(__file__).parents[2]
_COMMAND = [
    *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
    *("--dry-run", "--ignore-installed", "-c", "constraints.txt"),
    *(".[all]", "-r", "requirements-dev.txt", "--report"),
]
_CURATE = canonicalize_name("curate")
_HEAD = "# Written by `make lock` from constraints.txt, for Linux on x86-64 with CPython 3.11.\n"
Installed: TypeAlias = "dict[NormalizedName, dict[str, Any]]"
"""What pip would install, by names in their canonical form."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        subprocess.run([*_COMMAND, str(report)], cwd=REPOSITORY, check=True)
        write(json.loads(report.read_text()), REPOSITORY)


def write(report: dict[str, Any], folder: Path) -> None:
    """Both locks from what pip reports: of the product, and of what its tests need besides."""
    found = {canonicalize_name(one["metadata"]["name"]): one for one in report["install"]}
    product = _closure(found)
    del found[_CURATE]
    own, others = found.keys() & product, found.keys() - product
    for name, packages in ("requirements.lock", own), ("requirements-dev.lock", others):
        lines = (_line(found[package]) for package in sorted(packages))
        (folder / name).write_text(_HEAD + "".join(lines))


def _closure(found: Installed) -> set[NormalizedName]:
    """What `curate[all]` needs, and what that needs in turn."""
    waiting = [(_CURATE, frozenset({"all"}))]
    seen: set[tuple[NormalizedName, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += _needs(found[one[0]], one[1])
    return {name for name, _ in seen}


def _needs(
    one: dict[str, Any], extras: frozenset[str]
) -> Iterator[tuple[NormalizedName, frozenset[str]]]:
    for line in one["metadata"].get("requires_dist", ()):
        need = Requirement(line)
        if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras or {""}):
            yield canonicalize_name(need.name), frozenset(need.extras)


def _line(one: dict[str, Any]) -> str:
    told = one["metadata"]
    sha256 = one["download_info"]["archive_info"]["hashes"]["sha256"]
    return f"{told['name']}=={told['version']} --hash=sha256:{sha256}\n"


if __name__ == "__main__":
    main()

"""Asks a database of known weaknesses about every pinned package, with pip-audit.

    python tests/supply/audit.py PIP_AUDIT

Leaves with 0 where every package was looked up and none has a weakness that is known, with 1 where one has,
and with 3 where packages could not be looked up: no database is no answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
_OPTIONS = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
_LOCKS = ["-r", "requirements.lock", "-r", "requirements-dev.lock"]


def main(program: str) -> int:
    command = [str(Path(program).absolute()), *_OPTIONS, *_LOCKS]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        print(f"no database of weaknesses can be reached from here: {said[-1]}")
        return 3
    words, code = told(found)
    print(words)
    return code


def told(found: list[dict[str, Any]]) -> tuple[str, int]:
    """What was found, in words and as a code."""
    weak = [one for one in found if one.get("vulns")]
    skipped = [one["name"] for one in found if "skip_reason" in one]
    lines = [f"{one['name']} {one['version']}: {_ids(one)}" for one in weak]
    if len(skipped) == len(found):
        lines.append("no database of weaknesses can be reached from here: nothing was looked up")
    elif skipped:
        lines.append(f"{len(skipped)} of {len(found)} were not looked up: {', '.join(skipped)}")
    else:
        lines.append(f"{len(found)} packages looked up, {len(weak)} with known weaknesses")
    return "\n".join(lines), 1 if weak else 3 if skipped else 0


def _ids(one: dict[str, Any]) -> str:
    return ", ".join(
        f"{weakness['id']} (mended in {', '.join(weakness['fix_versions']) or 'none'})"
        for weakness in one["vulns"]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

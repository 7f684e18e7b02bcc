"""The section of `results.md` that `peers.py` writes, a part at a time: others' words stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("results.md")
HEAD = "## Beside peers: `python benchmarks/peers.py`"


def write_part(title: str, lines: Sequence[str]) -> None:
    """Put a part in the place of the one that has its title, or after all others."""
    before, section, after = _parted(RESULTS.read_text())
    intro, *parts = re.split(r"(?m)^(?=### )", section)
    new = "\n".join([f"### {title}", "", *lines]) + "\n"
    place = next((n for n, p in enumerate(parts) if p.startswith(f"### {title}\n")), len(parts))
    parts[place : place + 1] = [new]
    RESULTS.write_text(before + intro + "".join(parts) + after)


def _parted(text: str) -> tuple[str, str, str]:
    """What stands before the section, the section, and what comes after."""
    if HEAD not in text:
        return text.rstrip("\n") + "\n\n", f"{HEAD}\n\n", ""
    start = text.index(HEAD)
    end = text.find("\n## ", start)
    end = len(text) if end < 0 else end + 1
    return text[:start], text[start:end], text[end:]

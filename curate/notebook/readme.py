"""A release's README, drawn as what it is: Markdown."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from curate.release.samples import FOLDER


@dataclass(frozen=True, repr=False)
class Readme:
    """The card of a release; `str()` gives it whole, as it stands in the file."""

    release: Path

    def __str__(self) -> str:
        return (self.release / "README.md").read_text(encoding="utf-8")

    def __repr__(self) -> str:
        return self.body

    @property
    def body(self) -> str:
        """Without the block that hubs read."""
        return str(self).split("---\n", 2)[2].lstrip()

    def _repr_markdown_(self) -> str:
        """Pictures of samples stand in it, since a notebook lies elsewhere."""
        shown = self.body
        for path in sorted((self.release / FOLDER).glob("*.png")):
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            shown = shown.replace(f"]({FOLDER}/{path.name})", f"](data:image/png;base64,{data})")
        return shown

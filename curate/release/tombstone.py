"""What is left of a release whose pairs had to be forgotten: that it was, and what came after it.

`releases/<name>/<version>/TOMBSTONE.json` stands alone in its folder. It names no pair.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from curate.errors import Forgotten
from curate.release.reading import read_document

FILE = "TOMBSTONE.json"
FORMAT = 1


class Tombstone(BaseModel):
    """A release that is no more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    name: str
    version: str
    digest: str
    """Of what was there."""
    at: str
    """When it was taken away."""
    pairs: int
    """How many had to be forgotten; the others are in the successor."""
    successor: str | None
    """The version without them; None where nothing was left to release."""

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(self.model_dump_json(indent=1) + "\n")


def read_tombstone(folder: Path) -> Tombstone | None:
    """The stone that stands in a release's place, or None."""
    path = folder / FILE
    stone: Tombstone | None = read_document(path, Tombstone) if path.is_file() else None
    return stone


def check_not_forgotten(folder: Path) -> None:
    """Raise `Forgotten`, with what took its place, where a release is no more."""
    stone = read_tombstone(folder)
    if stone is None:
        return
    pairs = "a pair" if stone.pairs == 1 else f"{stone.pairs:,} pairs"
    raise Forgotten(
        f"{stone.title} is no more: {pairs} of it had to be forgotten ({stone.at})",
        "nothing was left to release"
        if stone.successor is None
        else f"its successor is {folder.parent / stone.successor}",
    )


def left_beside(folder: Path) -> list[str]:
    """Files that stand beside a tombstone and should be gone; nothing where there is no tombstone."""
    if not (folder / FILE).is_file():
        return []
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name != FILE)


def card(stone: Tombstone) -> str:
    """What takes the place of a release's card, where cards are kept apart."""
    after = f"Use {stone.name} {stone.successor}." if stone.successor else "It has no successor."
    return (
        f"# {stone.title}\n\nThis release was taken back on {stone.at[:10]}: something in it had to be "
        f"forgotten. {after} Its digest began with `{stone.digest[:16]}`.\n"
    )

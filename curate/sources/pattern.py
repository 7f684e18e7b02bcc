"""How recipes name files: globs that find them, templates that find what belongs to one of them.

A glob's parts match names of one level, `**` any number of folders; letters' case counts. Names
that begin with a dot are matched only by parts that do (`._duck.png` is a file system's litter).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

MAGIC = re.compile(r"[*?\[]")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLACES = ("stem", "name", "path", "folder", "parent0", "parent1")


@dataclass(frozen=True)
class Pattern:
    """A glob over the relative paths of a source."""

    text: str

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in self.text.split("/") if part not in ("", "."))

    @cached_property
    def hidden(self) -> bool:
        """Whether it asks for names that begin with a dot."""
        return any(part.startswith(".") for part in self.parts)

    def matches(self, relative: str) -> bool:
        return _match(self.parts, tuple(relative.split("/")))

    def leads_into(self, folder: str) -> bool:
        """Whether something below this folder could match."""
        names = folder.split("/") if folder else []
        for part, name in zip(self.parts, names, strict=False):
            if part == "**":
                return True
            if not matches_name(part, name):
                return False
        return len(names) < len(self.parts)


def matches_name(part: str, name: str) -> bool:
    """Whether a part of a glob matches the name of a file or folder."""
    if name.startswith(".") and not part.startswith("."):
        return False
    return _regex(part).fullmatch(name) is not None


def _match(parts: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Row by row over the parts, so that no glob takes more than parts times names."""
    reached = {0}
    for part in parts:
        if part == "**":
            reached = _through_folders(reached, names)
        else:
            reached = {
                at + 1 for at in reached if at < len(names) and matches_name(part, names[at])
            }
    return len(names) in reached and (parts[-1:] != ("**",) or len(names) > 0)


def _through_folders(reached: set[int], names: tuple[str, ...]) -> set[int]:
    further = set(reached)
    for at in range(min(reached, default=len(names)), len(names)):
        if at in further and not names[at].startswith("."):
            further.add(at + 1)
    return further


@cache
def _regex(part: str) -> re.Pattern[str]:
    return re.compile(_translate(part), re.DOTALL)


def _translate(part: str) -> str:
    out, at = [], 0
    for piece in re.finditer(r"\*+|\?|\[(!?\]?[^\]]*)\]", part):
        out.append(re.escape(part[at : piece.start()]))
        at = piece.end()
        out.append({"*": ".*", "?": "."}.get(piece[0][0]) or _choice(piece[1]))
    return "".join(out) + re.escape(part[at:])


def _choice(inside: str) -> str:
    negated = inside.startswith("!")
    body = inside[negated:].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
    return f"[{'^' if negated else ''}{body.replace(']', chr(92) + ']')}]"


@dataclass(frozen=True)
class Template:
    """A path with placeholders that the file which makes the row fills in.

    Without a slash it lies in that file's folder, with one it starts at the source's path.
    """

    text: str

    @cached_property
    def unknown(self) -> list[str]:
        """Placeholders that do not exist."""
        names = PLACEHOLDER.findall(self.text)
        return [
            name for name in names if not re.fullmatch(r"stem|name|path|folder|parent\d+", name)
        ]

    def fill(self, relative: str) -> str | None:
        """The text for one file; null when it asks for a parent that the file does not have."""
        places = _places(relative)
        if any(name not in places for name in PLACEHOLDER.findall(self.text)):
            return None
        return PLACEHOLDER.sub(lambda found: places[found[1]], self.text)

    def locate(self, relative: str) -> str | None:
        """The relative path that it names for one file."""
        filled = self.fill(relative)
        if filled is None:
            return None
        if "/" in self.text or "{path}" in self.text:
            return filled.removeprefix("/") if self.text.startswith("{folder}/") else filled
        folder = relative.rpartition("/")[0]
        return f"{folder}/{filled}" if folder else filled


def _places(relative: str) -> dict[str, str]:
    folder, _, name = relative.rpartition("/")
    stem = name.rpartition(".")[0] or name
    parents = folder.split("/") if folder else []
    places = {f"parent{at}": parent for at, parent in enumerate(parents)}
    return places | {"stem": stem, "name": name, "path": relative, "folder": folder}

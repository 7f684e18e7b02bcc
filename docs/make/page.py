"""A page of Markdown and the fenced blocks in it.

What a block is for stands in its fence, where readers see it too:

    ```yaml title="recipes/birds.yaml"     a file, which is written before the next command runs
    ```sh                                  commands, run in the page's own workspace
    ```python                              a program, run there as well
    ```text                                right after one of these: what it prints
    ```sh title="needs a GPU"              not run by the tests, only held against the command line

In what is printed a line `...` stands for any lines, and `...` within one for the rest of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

_TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class Block:
    """What stands between two fences; `begin` and `end` are the lines of the text itself."""

    language: str
    title: str
    text: str
    begin: int
    end: int

    @property
    def needs(self) -> bool:
        """Whether it asks for what not every machine has."""
        return self.title.startswith("needs ")

    @property
    def is_file(self) -> bool:
        return bool(self.title) and not self.needs

    @property
    def runs(self) -> bool:
        return not self.title and self.language in ("sh", "python")


@dataclass(frozen=True)
class Page:
    """A page's text; line numbers begin with 0."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> Page:
        return cls(path, path.read_text(encoding="utf-8"))

    def blocks(self) -> Iterator[Block]:
        for token in MarkdownIt().parse(self.text):
            if token.type == "fence" and token.map:
                language, _, rest = token.info.strip().partition(" ")
                title = _TITLE.search(rest)
                begin, end = token.map
                yield Block(language, title[1] if title else "", token.content, begin + 1, end - 1)

    def printed(self, block: Block) -> Block | None:
        """The block right after this one that shows what it prints."""
        later = next((other for other in self.blocks() if other.begin > block.begin), None)
        if later is None or later.language != "text" or later.title:
            return None
        between = self.text.splitlines()[block.end + 1 : later.begin - 1]
        return None if any(line.strip() for line in between) else later

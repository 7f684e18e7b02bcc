"""What stands in a page as a comment and is made from the code: `<!-- parameters: dedup -->`.

Where the pages are read as they are, the comment is not seen, and `curate steps dedup` says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from docs.make.parameters import parameters

MADE: dict[str, Callable[[str], str]] = {"parameters": parameters}
_MARK = re.compile(r"^<!-- (\w+): (.*?) -->$", re.MULTILINE)


def filled(text: str) -> str:
    """The page with what its comments ask for."""
    return _MARK.sub(lambda mark: MADE[mark[1]](mark[2]), text)


def marks(text: str) -> Iterator[tuple[str, str]]:
    """What a page asks for: kind and name."""
    for mark in _MARK.finditer(text):
        yield mark[1], mark[2]

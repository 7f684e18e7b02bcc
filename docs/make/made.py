"""What stands in a page as a comment and is made: `<!-- parameters: dedup -->`.

Where pages are read as they are, the comment is not seen, and `curate steps dedup` says the same.
"""

from __future__ import annotations

import re
from pathlib import Path

from docs.make.parameters import parameters
from docs.make.picture import picture

_MARK = re.compile(r"^<!-- (parameters|picture): (.*?) -->$", re.MULTILINE)


def filled(text: str, workspace: Path) -> str:
    """The page with what its comments ask for; `workspace` is where its examples ran."""
    return _MARK.sub(lambda mark: _made(mark[1], mark[2], workspace), text)


def _made(kind: str, wish: str, workspace: Path) -> str:
    return parameters(wish) if kind == "parameters" else picture(wish, workspace)

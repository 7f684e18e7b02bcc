"""What stands in a page as a comment and is made.

    <!-- parameters: dedup -->                                   from the code
    <!-- picture: releases/roles/1.0.0 dedup near image -->      from what the page's examples built
    <!-- report: releases/roles/1.0.0 -->                        the same, its report

Where pages are read as they are, the comment is not seen, and `curate steps dedup` says the same.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from docs.make.parameters import parameters
from docs.make.picture import picture

_MARK = re.compile(r"^<!-- (parameters|picture|report): (.*?) -->$", re.MULTILINE)


def asks_for_a_release(text: str) -> bool:
    """Whether the page's examples must have been run before it can be filled."""
    return any(mark[1] != "parameters" for mark in _MARK.finditer(text))


def filled(text: str, workspace: Path, page: Path) -> str:
    """The page with what its comments ask for.

    Its examples ran in `workspace`; files that it shows come to lie beside `page`.
    """

    def made(mark: re.Match[str]) -> str:
        if mark[1] == "parameters":
            return parameters(mark[2])
        if mark[1] == "picture":
            return picture(mark[2], workspace)
        return _report(workspace / mark[2], page)

    return _MARK.sub(made, text)


def _report(release: Path, page: Path) -> str:
    name = f"{page.stem}-{release.parent.name}.html"
    shutil.copy(release / "report.html", page.with_name(name))
    frame = f'<iframe class="report" src="{name}" title="The report"></iframe>'
    return f'{frame}\n\n<a href="{name}">Open it alone</a>'

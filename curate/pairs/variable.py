"""Environment variables in paths: `${NAME}`, and only where its value is a path itself.

A recipe of a stranger could otherwise read any variable, keys among them, into a path that a message or
a log then shows. So a variable stands for nothing but an absolute path of what is there.
"""

from __future__ import annotations

import os
import re

OPENING = re.compile(r"\$\{([^}]*)(\}?)")


def value_of(name: str) -> str | None:
    """What a variable stands for; None where it may stand for nothing."""
    value = os.environ.get(name)
    return value if value and os.path.isabs(value) and os.path.exists(value) else None


def expanded(text: str) -> str:
    """A path with its variables replaced; one that stands for nothing stays as it is written."""
    return OPENING.sub(lambda found: value_of(found[1]) or found[0], text)

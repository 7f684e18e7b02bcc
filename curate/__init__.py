"""Turn raw media into releases of paired data, with the reason for every pair kept or dropped."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {"search": "curate.run.searching"}
"""What a notebook calls, loaded when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'curate' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)

"""Turn raw media into releases of paired data, with the reason for every pair kept or dropped."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Release": "curate.notebook.release",
    "build": "curate.notebook.building",
    "load_release": "curate.notebook.release",
    "plan": "curate.notebook.building",
    "search": "curate.run.searching",
}
"""Where each name is; loaded when it is first asked for, so that importing `curate` costs nothing.
What type checkers see of them stands in `__init__.pyi`."""


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'curate' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, "__version__"])

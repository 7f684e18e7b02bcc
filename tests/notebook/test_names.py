"""What `import curate` offers: light to import, and seen by type checkers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import curate

PUBLIC = {"Release", "build", "load_release", "plan", "search"}


def test_names() -> None:
    assert set(dir(curate)) == PUBLIC | {"__version__"}
    assert all(getattr(curate, name).__module__.startswith("curate.") for name in PUBLIC)


def test_type_checkers_see_the_same() -> None:
    stub = ast.parse((Path(curate.__file__).parent / "__init__.pyi").read_text())
    named = {
        alias.asname
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert named == PUBLIC
    assert (Path(curate.__file__).parent / "py.typed").exists()


def test_what_there_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'buidl'"):
        _ = curate.buidl  # type: ignore[attr-defined]


def test_a_release_is_read_without_models_and_notebooks() -> None:
    code = "import curate; curate.load_release; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"torch", "datasets", "IPython", "tensorflow", "rich", "PIL"}

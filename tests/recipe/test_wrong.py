"""What wrong recipes are told, word for word.

Each `wrong/<name>.yaml` has its complaints in `wrong/<name>.txt`. After a change that is meant,
`CURATE_REGENERATE=1 pytest tests/recipe/test_wrong.py` writes them anew; read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from curate.errors import RecipeError
from curate.recipe import extras, read_recipe

WRONG = Path(__file__).parent / "wrong"


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WRONG)
    monkeypatch.delenv("CURATE_NOT_SET", raising=False)
    monkeypatch.setattr(extras, "PROBES", {"language": ("a_module_that_nobody_has",)})


@pytest.mark.parametrize("name", sorted(path.stem for path in WRONG.glob("*.yaml")))
def test_complaints_read_as_agreed(name: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read_recipe(f"{name}.yaml")
    golden = WRONG / f"{name}.txt"
    if os.environ.get("CURATE_REGENERATE"):
        golden.write_text(f"{caught.value.message}\n", encoding="utf-8")
    assert f"{caught.value.message}\n" == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(WRONG.glob("*.txt")), ids=lambda path: path.stem)
def test_no_complaint_speaks_like_the_validator(path: Path) -> None:
    told = path.read_text(encoding="utf-8")
    assert path.with_suffix(".yaml").exists()
    for jargon in ("Input should", "pydantic", "errors.", "Value error", "None", "dict", "token"):
        assert jargon not in told


def test_enough_wrong_recipes_are_kept() -> None:
    assert len(list(WRONG.glob("*.yaml"))) > 60

"""Pictures from pictures by a pipeline of diffusers: a tiny one that the test makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curate.errors import CurateError
from curate.models.varier import Varier, varier
from tests.diffusion import stable_diffusion
from tests.workspace import photo

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn.t accept a copy keyword:DeprecationWarning"
)
WIDE, HIGH, OTHER = (
    np.asarray(photo(seed, *size)) for seed, size in enumerate([(64, 32), (30, 60), (64, 32)])
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stable_diffusion(tmp_path_factory.mktemp("diffusion"))


@pytest.fixture(scope="module")
def vary(folder: Path) -> Varier:
    return varier(f"file:{folder}", strength=0.6, steps=4)


def test_a_variation_has_its_pictures_shape_at_the_networks_size(vary: Varier) -> None:
    made = vary([WIDE, HIGH, OTHER], ["a cat", "a dog", "a cow"], [1, 2, 3])
    assert [each.shape for each in made] == [(16, 32, 3), (32, 16, 3), (16, 32, 3)]
    assert {each.dtype.name for each in made} == {"uint8"}


def test_a_variation_depends_on_its_picture_prompt_and_seed_alone(vary: Varier) -> None:
    together = vary([HIGH, WIDE, OTHER, WIDE], ["a", "b", "b", "b"], [1, 2, 2, 3])
    (alone,) = vary([WIDE], ["b"], [2])
    assert np.array_equal(together[1], alone)
    assert not np.array_equal(together[1], together[2])
    assert not np.array_equal(together[1], together[3])


def test_little_strength_changes_little(folder: Path) -> None:
    weak, strong = (varier(f"file:{folder}", strength=s, steps=20) for s in (0.05, 1.0))
    (near,), (far,) = (each([WIDE], ["a cat"], [0]) for each in (weak, strong))
    (again,) = weak([WIDE], ["a cat"], [1])
    assert _apart(near, again) < _apart(near, far)


def test_what_is_not_repainted_is_the_originals(folder: Path) -> None:
    repaint = varier(f"file:{folder}", strength=1.0, repaint=0.25, steps=2)
    square = np.asarray(photo(5, 32, 32))
    made = repaint([square] * 4, ["a cat"] * 4, range(4))
    changed = [(each != square).any(axis=2) for each in made]
    assert all(0 < part.mean() <= 0.25 for part in changed)
    assert len({part.tobytes() for part in changed}) == 4


def test_a_pipeline_that_cannot_says_so(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "PixArtSigmaPipeline"}')
    with pytest.raises(CurateError, match="cannot be loaded"):
        varier(f"file:{tmp_path}", strength=0.5)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())

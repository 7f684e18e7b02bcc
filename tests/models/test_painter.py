"""Pictures from texts by a pipeline of diffusers: a tiny one that the test makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.errors import CurateError
from curate.measures.embedding import TEXT_MODEL
from curate.models.painter import Painter, painter
from curate.models.pipeline import BATCH, Pipeline, references
from tests.diffusion import stable_diffusion

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn.t accept a copy keyword:DeprecationWarning"
)


@pytest.fixture(scope="module")
def diffusion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stable_diffusion(tmp_path_factory.mktemp("diffusion"))


@pytest.fixture(scope="module")
def draw(diffusion: Path) -> Painter:
    return painter(f"file:{diffusion}", steps=2)


def test_no_prompts_are_no_pictures(draw: Painter) -> None:
    assert draw([], []) == []


def test_every_prompt_has_a_seed(draw: Painter) -> None:
    with pytest.raises(ValueError, match="zip"):
        draw(["a cat"], [1, 2])


def test_pictures_are_of_bytes_and_each_its_own(draw: Painter) -> None:
    pictures = draw([f"cat {number}" for number in range(BATCH + 1)], range(BATCH + 1))
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {((32, 32, 3), "uint8")}
    assert len({picture.tobytes() for picture in pictures}) == BATCH + 1


def test_a_picture_depends_on_its_prompt_and_its_seed_alone(draw: Painter) -> None:
    together = draw(["a cat", "a dog", "a cat"], [1, 2, 2])
    (alone,) = draw(["a dog"], [2])
    assert np.array_equal(together[1], alone)
    assert not np.array_equal(together[0], together[2])


def test_a_whole_pipeline_depends_on_itself_alone(diffusion: Path) -> None:
    assert references(f"file:{diffusion}") == (f"file:{diffusion}",)


def test_half_precision_draws_nearly_the_same(diffusion: Path, draw: Painter) -> None:
    (exact,) = draw(["a cat"], [0])
    (rough,) = painter(f"file:{diffusion}", steps=2, precision="bfloat16")(["a cat"], [0])
    assert np.abs(exact.astype(int) - rough).mean() < 8


def test_numbers_that_run_over_are_no_picture(diffusion: Path) -> None:
    endless = painter(f"file:{diffusion}", steps=1, guidance=float("inf"))
    with pytest.raises(CurateError, match="ran over") as caught:
        endless(["a cat"], [0])
    assert caught.value.hint == "ask for precision: bfloat16 or float32"


def test_a_batch_that_does_not_fit_says_what_to_do() -> None:
    def full(**said: Any) -> None:
        raise pytest.importorskip("torch").OutOfMemoryError

    with pytest.raises(CurateError, match="8 at a time do not fit") as caught:
        Pipeline(full, {}, BATCH)([{"prompt": "a cat"}], [0])
    assert caught.value.hint == "ask for a smaller batch, or for precision: bfloat16"


def test_fewer_at_a_time_draw_nearly_the_same(diffusion: Path, draw: Painter) -> None:
    (many,) = draw(["a cat"], [0])
    (few,) = painter(f"file:{diffusion}", steps=2, batch=1)(["a cat"], [0])
    assert np.abs(many.astype(int) - few).max() <= 1


def test_a_folder_without_a_pipeline_says_so(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="is no pipeline of diffusers"):
        painter(f"file:{tmp_path}")


def test_weights_that_are_pickles_are_refused(diffusion: Path, tmp_path: Path) -> None:
    folder = _copy(diffusion, tmp_path)
    for weights in folder.rglob("*.safetensors"):
        weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(CurateError, match="cannot be loaded"):
        painter(f"file:{folder}")


def test_code_beside_a_pipeline_is_not_run(diffusion: Path, tmp_path: Path) -> None:
    folder = _copy(diffusion, tmp_path)
    (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Mine: pass\n")
    _change(folder, _class_name=["mine", "Mine"])
    with pytest.raises(CurateError):
        painter(f"file:{folder}")
    assert not (tmp_path / "ran").exists()


def test_a_part_from_elsewhere_is_of_a_known_library(diffusion: Path, tmp_path: Path) -> None:
    folder = _copy(diffusion, tmp_path)
    _change(folder, tokenizer=["os", "system"])
    (folder / "curate.json").write_text(json.dumps({"parts": {"tokenizer": TEXT_MODEL}}))
    with pytest.raises(CurateError, match="which is no class") as caught:
        painter(f"file:{folder}")
    assert caught.value.hint == "model_index.json lists classes of diffusers and transformers"


def _copy(folder: Path, under: Path) -> Path:
    from shutil import copytree

    return Path(copytree(folder, under / "copy"))


def _change(folder: Path, **changes: Any) -> None:
    index = folder / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | changes))

"""The generator of icons that comes with the package, loaded and used without a network."""

from __future__ import annotations

import json

import numpy as np
import pytest

from curate.measures.embedding import TEXT_MODEL
from curate.models.painter import Painter, painter
from curate.models.pipeline import references
from curate.models.reference import locate

diffusers = pytest.importorskip("diffusers")

ICONS = "pkg:curate/generators/icons"

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn.t accept a copy keyword:DeprecationWarning"
)


@pytest.fixture(scope="module")
def icons() -> Painter:
    return painter(ICONS, steps=4)


def test_a_picture_depends_on_its_prompt_and_its_seed_alone(icons: Painter) -> None:
    prompts = ["red apple", "grinning face", "fire engine"]
    together = icons(prompts, [1, 2, 3])
    (alone,) = icons(prompts[1:2], [2])
    assert np.array_equal(together[1], alone)
    other, same_prompt = icons(["red apple", "red apple"], [2, 1])
    assert np.array_equal(same_prompt, together[0])
    assert not np.array_equal(other, together[0])


def test_icons_are_small_and_of_bytes(icons: Painter) -> None:
    (picture,) = icons(["a star"], [0])
    assert (picture.shape, picture.dtype.name) == ((64, 64, 3), "uint8")


def test_what_is_drawn_follows_the_words(icons: Painter) -> None:
    red, blue = icons(["red circle", "blue circle"], [0, 0])
    middle = np.s_[24:40, 24:40]
    assert red[middle][..., 0].mean() > red[middle][..., 2].mean() + 50
    assert blue[middle][..., 2].mean() > blue[middle][..., 0].mean() + 50


def test_icons_name_the_model_that_reads_their_prompts() -> None:
    assert references(ICONS) == (ICONS, TEXT_MODEL)


def test_the_folder_of_icons_is_plain_diffusers() -> None:
    folder = locate(ICONS)
    index = json.loads((folder / "model_index.json").read_text())
    assert index["_class_name"] == "PixArtSigmaPipeline"
    diffusers.PixArtTransformer2DModel.from_pretrained(folder / "transformer")
    diffusers.AutoencoderDC.from_pretrained(folder / "vae")


def test_weights_of_icons_are_safe_and_fit() -> None:
    folder = locate(ICONS)
    weights = list(folder.rglob("*.safetensors"))
    assert {path.parent.name for path in weights} == {"transformer", "vae"}
    assert sum(path.stat().st_size for path in weights) <= 25_000_000
    assert not [path for path in folder.rglob("*") if path.suffix in {".bin", ".pt", ".pkl", ".py"}]

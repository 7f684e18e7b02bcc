"""Cross-encoders: the scores that their makers' own calls give, for a pair whatever its company."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.errors import CurateError
from curate.models.scorer import load_scorer
from curate.models.shapes import Array
from tests.models import tiny

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")

TEXTS = ["a cat", "the red dog on a boat under the tree in a big house of the bird", "sky", "a"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scorers")


@pytest.fixture(scope="module")
def images() -> list[Array]:
    chance = np.random.default_rng(4)
    return [chance.integers(0, 256, (40, 30, 3), dtype=np.uint8) for _ in TEXTS]


def test_blip_scores_as_transformers_does(root: Path, images: list[Array]) -> None:
    folder = tiny.blip(root)
    pixels = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")(
        images=[Image.fromarray(image) for image in images], return_tensors="pt"
    )
    words = transformers.AutoTokenizer.from_pretrained(folder)
    tokens = words(TEXTS, padding=True, return_tensors="pt", return_token_type_ids=False)
    network = transformers.BlipForImageTextRetrieval.from_pretrained(folder).eval()
    with torch.inference_mode():
        theirs = network(**pixels, **tokens).itm_score.softmax(dim=1)[:, 1].numpy()
    ours = load_scorer(folder).score(list(zip(images, TEXTS, strict=True)))
    assert ours.dtype == np.float64
    assert np.abs(ours - theirs).max() < 1e-5


def test_text_pairs_score_as_sentence_transformers_does(root: Path) -> None:
    from sentence_transformers import CrossEncoder

    folder = tiny.cross_encoder(root)
    pairs = list(zip(TEXTS, TEXTS[::-1], strict=True))
    theirs = CrossEncoder(str(folder)).predict(pairs)
    assert np.abs(load_scorer(folder).score(pairs) - theirs).max() < 1e-5


def test_a_score_depends_on_no_neighbour(root: Path, images: list[Array]) -> None:
    for folder, lefts in ((tiny.blip(root), images), (tiny.cross_encoder(root), TEXTS)):
        scorer = load_scorer(folder)
        pairs = list(zip(lefts, TEXTS, strict=True))
        together = scorer.score(pairs)
        alone = np.concatenate([scorer.score([pair]) for pair in pairs[::-1]])[::-1]
        assert together.tobytes() == alone.tobytes()


def test_the_order_of_a_pair_matters(root: Path) -> None:
    scorer = load_scorer(tiny.cross_encoder(root))
    there, back = scorer.score([("a cat", "blue sky"), ("blue sky", "a cat")])
    assert there != back


def test_a_classifier_of_many_labels_is_no_scorer(root: Path) -> None:
    with pytest.raises(CurateError, match="says 3 things of a pair"):
        load_scorer(tiny.cross_encoder(root, labels=3))


def test_an_encoder_is_no_scorer(root: Path) -> None:
    with pytest.raises(CurateError, match="'clip' is CLIPModel, which scores no pairs"):
        load_scorer(tiny.clip(root))

"""Vectors and scores of foundation models, as the local engine brings them from files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.engines.engine import Content, Item, Media, Task, Text
from curate.engines.local import LocalEngine
from curate.errors import CurateError
from curate.measures.encoder import FRAMES, embedding, pair_score
from curate.measures.measure import Measure
from curate.models.encoder import load_encoder
from curate.models.reference import locate
from curate.models.scorer import load_scorer
from curate.pairs.identity import content_hash
from curate.pairs.image import decode_image
from curate.pairs.span import Recording
from tests.models import tiny

pytest.importorskip("sentence_transformers")

TEXTS = ["a cat", "the red dog on a boat under the tree in a big house", "blue sky"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("measures")


@pytest.fixture(scope="module")
def clip(root: Path) -> Path:
    return tiny.clip(root)


@pytest.fixture(scope="module")
def pictures(root: Path) -> list[Path]:
    chance = np.random.default_rng(5)
    paths = [root / f"{number}.png" for number in range(5)]
    for path in paths:
        Image.fromarray(chance.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(path)
    return paths


@pytest.fixture(scope="module")
def films(root: Path) -> list[Path]:
    paths = [root / "two.mp4", root / "one.mp4"]
    write_film(paths[0], ["navy", "gold"])
    write_film(paths[1], ["white"])
    return paths


def write_film(path: Path, colours: Sequence[str]) -> None:
    """A second of every colour."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for colour in colours:
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), colour))
            for _ in range(10):
                film.mux(stream.encode(frame))
        film.mux(stream.encode())


def medium(modality: str, path: Path) -> Item:
    return item(Media(modality, str(path), None, content_hash(path.read_bytes())))


def text(value: str) -> Item:
    return item(Text(value))


def item(*contents: Content) -> Item:
    keys = [c.sha256 if isinstance(c, Media) else content_hash(c.value) for c in contents]
    return Item("".join(keys), contents)


def run(measure: Measure, items: Iterable[Item], workers: int = 2, size: int = 2) -> pl.DataFrame:
    """The values in the order of the items."""
    items = list(items)
    keys = [one.key for one in items]
    models = {role: locate(reference) for role, reference in measure.models.items()}
    engine = LocalEngine(workers, size)
    batches = engine.run(items, [Task(measure, models, frozenset(keys))])
    values = pl.concat([batch.values for batch in batches])
    order = pl.DataFrame({"key": keys})
    return order.join(values, on="key", how="left", maintain_order="left")


def test_images_and_texts_of_one_space(clip: Path, pictures: list[Path]) -> None:
    model, encoder = f"file:{clip}", load_encoder(clip)
    images = run(embedding("image", model), [medium("image", path) for path in pictures])
    texts = run(embedding("text", model), [text(value) for value in TEXTS])
    pixels = [decode_image(path.read_bytes()) for path in pictures]
    assert np.array_equal(images["embedding"].to_list(), encoder.encode("image", pixels))
    assert np.array_equal(texts["embedding"].to_list(), encoder.encode("text", TEXTS))
    assert images.schema["embedding"] == pl.List(pl.Float32)


@pytest.mark.parametrize(("workers", "size"), [(1, 1), (3, 4)])
def test_a_value_depends_on_no_engine(
    workers: int, size: int, clip: Path, pictures: list[Path]
) -> None:
    measure = embedding("image", f"file:{clip}")
    items = [medium("image", path) for path in pictures]
    assert run(measure, items, workers, size).equals(run(measure, items))


def test_what_cannot_be_read_has_an_error(clip: Path, pictures: list[Path], root: Path) -> None:
    broken = root / "broken.png"
    broken.write_bytes(pictures[0].read_bytes()[:200])
    values = run(embedding("image", f"file:{clip}"), [medium("image", broken)])
    assert values["embedding"].to_list() == [None]
    assert values["error"].item()


def test_a_film_is_where_its_scenes_are(clip: Path, films: list[Path]) -> None:
    video = pytest.importorskip("curate.pairs.video")
    values = run(embedding("video", f"file:{clip}"), [medium("video", path) for path in films])
    seen = [video.scene_frames(Recording(path.read_bytes()), FRAMES) for path in films]
    frames = [[frame for _, frame in scenes] for scenes in seen]
    assert [len(scenes) for scenes in frames] == [2, 1]
    wanted = load_encoder(clip).encode("video", frames)
    assert np.array_equal(values["embedding"].to_list(), wanted)


def test_a_broken_film_spoils_no_other(clip: Path, films: list[Path], root: Path) -> None:
    pytest.importorskip("curate.pairs.video")
    broken = root / "broken.mp4"
    broken.write_bytes(films[0].read_bytes()[:500])
    measure = embedding("video", f"file:{clip}")
    items = [medium("video", path) for path in (films[0], broken)]
    values = run(measure, items)
    assert values["embedding"].is_null().to_list() == [False, True]
    assert values["error"].is_null().to_list() == [True, False]


def test_what_a_model_cannot_do_ends_the_build(clip: Path) -> None:
    with pytest.raises(CurateError, match="embeds text and image, not audio"):
        run(embedding("audio", f"file:{clip}"), [text("taken for a sound")])


def test_an_image_and_a_text_read_together(root: Path, pictures: list[Path]) -> None:
    folder = tiny.blip(root)
    pairs = list(zip(pictures, TEXTS, strict=False))
    items = [item(*medium("image", path).contents, Text(said)) for path, said in pairs]
    scores = run(pair_score(f"file:{folder}", "image", "text"), items)["score"]
    decoded = [(decode_image(path.read_bytes()), said) for path, said in pairs]
    assert scores.to_list() == load_scorer(folder).score(decoded).tolist()


def test_a_pair_in_the_other_order_is_refused(root: Path) -> None:
    measure = pair_score(f"file:{tiny.blip(root)}", "text", "image")
    with pytest.raises(CurateError, match="scores image with text, not text with image"):
        run(measure, [item(Text("a"), Text("b"))])


def test_the_same_model_means_other_values_of_other_modalities() -> None:
    measures = [embedding(of, "file:clip") for of in ("text", "image", "audio", "video")]
    documents = [measure.document({"encoder": "1"}) for measure in measures]
    assert len({str(document["params"]) for document in documents}) == len(measures)
    assert len({measure.name for measure in measures}) == len(measures)


@pytest.mark.parametrize("modality", ["text", "image", "video"])
def test_nothing_gives_nothing(modality: str, clip: Path) -> None:
    from curate.measures.encoder import embed

    assert embed(embedding(modality, f"file:{clip}"), {"encoder": clip})([]).is_empty()

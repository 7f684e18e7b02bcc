"""Foundation encoders: what transformers itself says, whatever runs beside it, and never a pickle."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from curate.errors import CurateError
from curate.models.encoder import Encoder, load_encoder, pooled, unit
from curate.models.inference import BATCH
from curate.models.shapes import Array, Precision
from curate.models.sound import mono, windows
from curate.pairs.audio import Waveform
from tests.models import tiny

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")

TEXTS = ["a cat", "the red dog on a boat under the tree in a big house", "blue sky", "zebra"] * 3
RATE = 8_000
TOWERS = ("align", "clip", "siglip", "siglip2")
SENTENCES = ("bert", "sentence", "sentence_clip", "static")
KINDS = (*TOWERS, "clap", "clap_fused", *SENTENCES)


@pytest.fixture(scope="module")
def images() -> list[Array]:
    chance = np.random.default_rng(1)
    sides = chance.integers(20, 90, (BATCH + 3, 2))
    return [chance.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in sides]


@pytest.fixture(scope="module")
def sounds() -> list[Waveform]:
    chance = np.random.default_rng(2)
    counts = (900, 8_000, 16_000, 12_345)
    return [Waveform(_noise(chance, count), RATE) for count in counts]


def _noise(chance: np.random.Generator, count: int) -> Array:
    return chance.normal(scale=0.1, size=(count, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {kind: getattr(tiny, kind)(root / kind) for kind in KINDS}


@pytest.fixture(scope="module")
def encoders(folders: dict[str, Path]) -> dict[str, Encoder]:
    return {kind: load_encoder(folder) for kind, folder in folders.items()}


def _theirs(folder: Path, tower: str, **inputs: Any) -> Array:
    """What transformers itself says of inputs that its own processors made."""
    network = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        values = getattr(network, f"get_{tower}_features")(**inputs).pooler_output
    return unit(values.numpy())


@pytest.mark.parametrize("kind", TOWERS)
def test_images_as_transformers_has_them(
    kind: str, folders: dict[str, Path], encoders: dict[str, Encoder], images: list[Array]
) -> None:
    processor = transformers.AutoImageProcessor.from_pretrained(folders[kind], backend="pil")
    pixels = processor(images=[Image.fromarray(image) for image in images], return_tensors="pt")
    theirs = _theirs(folders[kind], "image", **pixels)
    assert np.abs(encoders[kind].encode("image", images) - theirs).max() < 1e-5


@pytest.mark.parametrize("kind", ["clap", *TOWERS])
def test_texts_as_transformers_has_them(
    kind: str, folders: dict[str, Path], encoders: dict[str, Encoder]
) -> None:
    words = transformers.AutoTokenizer.from_pretrained(folders[kind])
    padding = "max_length" if kind.startswith("siglip") else True
    tokens = words(TEXTS, padding=padding, truncation=True, return_tensors="pt")
    theirs = _theirs(folders[kind], "text", **tokens)
    assert np.abs(encoders[kind].encode("text", TEXTS) - theirs).max() < 1e-5


def test_sound_as_transformers_has_it(
    folders: dict[str, Path], encoders: dict[str, Encoder], sounds: list[Waveform]
) -> None:
    ears = transformers.AutoFeatureExtractor.from_pretrained(folders["clap"])
    raw = [sound.samples[:, 0] for sound in sounds]
    theirs = _theirs(folders["clap"], "audio", **ears(raw, sampling_rate=RATE, return_tensors="pt"))
    assert np.abs(encoders["clap"].encode("audio", sounds) - theirs).max() < 1e-5


@pytest.mark.parametrize("kind", SENTENCES)
def test_texts_as_sentence_transformers_has_them(
    kind: str, folders: dict[str, Path], encoders: dict[str, Encoder]
) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(folders[kind])).encode(TEXTS, normalize_embeddings=True)
    assert np.abs(encoders[kind].encode("text", TEXTS) - theirs).max() < 1e-5


def test_clip_is_the_same_in_either_layout(
    encoders: dict[str, Encoder], images: list[Array]
) -> None:
    plain, layered = (encoders[kind] for kind in ("clip", "sentence_clip"))
    for modality, payloads in (("image", images), ("text", TEXTS)):
        ours, theirs = plain.encode(modality, payloads), layered.encode(modality, payloads)
        assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_depends_on_no_neighbour(
    kind: str, encoders: dict[str, Encoder], images: list[Array], sounds: list[Waveform]
) -> None:
    encoder = encoders[kind]
    contents: dict[str, Sequence[Any]] = {"text": TEXTS[:4], "image": images, "audio": sounds}
    for modality in encoder.modalities:
        if modality == "video":
            continue
        _check_alone(partial(encoder.encode, modality), contents[modality])


def _check_alone(encode: Callable[[Sequence[Any]], Array], contents: Sequence[Any]) -> None:
    together = encode(contents)
    backwards = encode(contents[::-1])[::-1]
    alone = np.concatenate([encode([content]) for content in contents[-4:]])
    assert together.tobytes() == backwards.tobytes()
    assert together[-4:].tobytes() == alone.tobytes()
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-6


def test_a_value_does_not_depend_on_the_number_of_threads(
    encoders: dict[str, Encoder], images: list[Array]
) -> None:
    before = torch.get_num_threads()
    values = []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            values.append(encoders["clip"].encode("image", images).tobytes())
    finally:
        torch.set_num_threads(before)
    assert len(set(values)) == 1


@pytest.mark.slow
def test_the_same_holds_for_kernels_of_a_real_width(tmp_path: Path, images: list[Array]) -> None:
    shallow = {"num_hidden_layers": 2}
    config = transformers.CLIPConfig(text_config=shallow, vision_config=shallow)
    transformers.CLIPModel(config).save_pretrained(tmp_path)
    transformers.CLIPImageProcessorPil().save_pretrained(tmp_path)
    tiny.letter_tokenizer(77).save_pretrained(tmp_path)
    encoder = load_encoder(tmp_path)
    _check_alone(partial(encoder.encode, "image"), images)
    _check_alone(partial(encoder.encode, "text"), TEXTS[:4])


def test_a_video_is_the_mean_of_its_frames(
    encoders: dict[str, Encoder], images: list[Array]
) -> None:
    videos = [images[:3], images[3:4], images[4:]]
    vectors = encoders["clip"].encode("video", videos)
    frames = encoders["clip"].encode("image", images[:3])
    assert np.abs(vectors[0] - unit(frames.mean(axis=0, keepdims=True))[0]).max() < 1e-6
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6


def test_a_long_recording_is_the_mean_of_its_windows(encoders: dict[str, Encoder]) -> None:
    chance = np.random.default_rng(3)
    parts = [Waveform(_noise(chance, 2 * RATE), RATE) for _ in range(2)]
    long = Waveform(np.concatenate([part.samples for part in parts]), RATE)
    mean = pooled(encoders["clap"].encode("audio", parts), [2])
    assert np.array_equal(encoders["clap"].encode("audio", [long]), mean)


def test_windows_cover_the_recording_to_its_end() -> None:
    samples = np.arange(25.0)
    assert [(part[0], part[-1]) for part in windows(samples, 10)] == [(0, 9), (10, 19), (15, 24)]
    assert [len(part) for part in windows(samples[:20], 10)] == [10, 10]
    assert [len(part) for part in windows(samples[:3], 10)] == [3]


def test_sound_is_brought_to_the_networks_rate() -> None:
    time = np.arange(16_000) / 16_000
    tone = np.sin(2 * np.pi * 440 * time, dtype=np.float32)
    heard = mono(Waveform(np.stack([tone, tone], axis=1), 16_000), RATE)
    wanted = np.sin(2 * np.pi * 440 * np.arange(8_000) / 8_000)
    assert heard.dtype == np.float32
    assert np.abs(heard - wanted)[200:-200].max() < 1e-3


@pytest.mark.parametrize(
    ("kind", "modality", "said"),
    [
        ("clip", "audio", "embeds text and image, not audio"),
        ("clap", "image", "embeds text and audio, not image"),
        ("bert", "video", "embeds text, not video"),
    ],
)
def test_what_a_model_cannot_do_is_said(
    kind: str, modality: str, said: str, encoders: dict[str, Encoder]
) -> None:
    with pytest.raises(CurateError, match=f"'{kind}' {said}"):
        encoders[kind].encode(modality, [None])


@pytest.mark.parametrize("kind", ["clip", "sentence"])
def test_pickled_weights_are_refused(kind: str, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders[kind], tmp_path / "pickled")
    for weights in folder.rglob("*.safetensors"):
        weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(CurateError, match=r"'pytorch_model\.bin', which may run code"):
        load_encoder(folder)


def test_a_pickle_beside_safetensors_is_not_opened(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(folders["clip"], tmp_path / "both")
    (folder / "pytorch_model.bin").write_bytes(b"no pickle at all")
    assert load_encoder(folder).modalities == ("text", "image", "video")


def test_code_beside_a_model_is_not_run(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["sentence"], tmp_path / "code")
    (folder / "own.py").write_text("raise SystemExit('this ran')", "utf-8")
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    modules[1]["type"] = "own.Pooling"
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    with pytest.raises(CurateError, match="cannot be loaded"):
        load_encoder(folder)


def test_a_caption_that_is_a_link_is_a_text(encoders: dict[str, Encoder]) -> None:
    link = "http://127.0.0.1:9/cat.jpg"
    assert encoders["sentence_clip"].encode("text", [link, "data:image/png"]).shape == (2, 16)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match=r"neither config\.json nor modules\.json"):
        load_encoder(tmp_path)


def test_weights_that_are_broken_say_so(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["clip"], tmp_path / "broken")
    (folder / "model.safetensors").write_bytes(b"cut off")
    with pytest.raises(CurateError, match="the model 'broken' cannot be loaded: "):
        load_encoder(folder)


def test_a_hub_model_without_safetensors_is_named(folders: dict[str, Path], tmp_path: Path) -> None:
    hub = tmp_path / "models--some--clip" / "snapshots" / "1"
    folder = shutil.copytree(folders["clip"], hub)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CurateError, match="the model 'some/clip' has no safetensors"):
        load_encoder(folder)


@pytest.mark.parametrize("precision", ["bf16", "fp16", "int8"])
def test_fewer_digits_say_nearly_the_same(tmp_path: Path, precision: Precision) -> None:
    folder = tiny.clip(tmp_path)
    texts = ["a red boat", "the blue bird of the sky", "a dog"]
    exact = load_encoder(folder).encode("text", texts)
    rounded = load_encoder(folder, precision).encode("text", texts)
    assert rounded.dtype == np.float32
    assert 0 < np.abs(exact - rounded).max() < 0.05
    again = load_encoder(folder, precision).encode("text", texts[1:])
    assert np.array_equal(again, rounded[1:])

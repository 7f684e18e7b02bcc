"""Image-text scores a second: the model's bare loop, curate's engine, and Data-Juicer.

    python benchmarks/throughput.py [--pairs 256] [--rounds 3] [--peer PYTHON_ENVIRONMENT]

The model has the size of CLIP ViT-B/32 and random weights, which cost what learned ones do. Pairs
are Tux Paint's stamps, as JPEG files with their captions. Rows, interleaved in every round:

- bare loop: images already decoded; batches of 32 through the model's own processor and towers
- curate: `curate.measures.encoder` in the local engine; files are read, hashed and decoded, and a
  caption that many pairs share is embedded once
- curate, bf16: the same with `precision: bf16`
- Data-Juicer: `image_text_similarity_filter` of 1.6.1, two processes, in an environment of its
  own; its time is the operator's as its log has it, less that for two pairs alone, which is what
  loading costs. Without `--peer` the row is skipped. To make that environment:

    python -m venv peer && peer/bin/pip install torch==2.13.0
    peer/bin/pip install py-data-juicer==1.6.1 aiohttp
    echo torch==2.13.0 > c.txt
    peer/bin/pip install -c c.txt ray scipy imagededup "datasets>=4.7,<5" transformers==4.57.1
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from workspace import show

from curate.engines.engine import Item, Media, Task, Text
from curate.engines.local import LocalEngine
from curate.measures.encoder import embedding
from curate.measures.measure import Measure
from curate.models.inference import BATCH
from curate.pairs.identity import content_hash
from curate.pairs.image import decode_image

STAMPS = Path("/usr/share/tuxpaint/stamps")
SITE = """
import torch
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
"""
"""torchvision's wheel asks for operators that torch without a GPU does not have."""


@dataclass(frozen=True)
class Pair:
    """A JPEG file and what it shows."""

    path: Path
    caption: str


def main() -> None:
    chosen = arguments()
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder:
        root = Path(folder)
        pairs = write_pairs(root / "images", chosen.pairs)
        write_model(root / "model", [pair.caption for pair in pairs])
        print(f"{len(pairs)} pairs, {len({pair.caption for pair in pairs})} distinct captions\n")
        report(compare(root, pairs, chosen), len(pairs))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=Path, help="environment in which Data-Juicer is installed")
    return parser.parse_args()


def compare(
    root: Path, pairs: Sequence[Pair], chosen: argparse.Namespace
) -> dict[str, list[Spent]]:
    """What each way spent, round by round; what the ways say must agree."""
    ways: dict[str, Any] = {"bare loop": Bare(root / "model", pairs)}
    ways["curate"] = Ours(root / "model", pairs)
    ways["curate, bf16"] = Ours(root / "model", pairs, "bf16")
    if chosen.peer:
        ways["Data-Juicer"] = Peer(root, chosen.peer.resolve(), pairs)
    for warm in (Bare(root / "model", pairs[:BATCH]), Ours(root / "model", pairs[:BATCH])):
        warm.run()
    Ours(root / "model", pairs[:BATCH], "bf16").run()
    spent: dict[str, list[Spent]] = {name: [] for name in ways}
    for _ in range(chosen.rounds):
        for name, way in ways.items():
            spent[name].append(way.run())
    for name, way in ways.items():
        far = np.abs(way.scores - ways["bare loop"].scores).max()
        print(f"{name}: scores are within {far:.1e} of the bare loop's")
    return spent


def report(spent: Mapping[str, Sequence[Spent]], count: int) -> None:
    wanted = {"bare loop": ">= 0.85", "Data-Juicer": ">= 3"}
    rows = [
        (
            name,
            f"{count / statistics.median(one.wall for one in each):.2f}",
            _ratio(each, spent["curate"]),
            _ratio(each, spent["curate, bf16"]),
            wanted.get(name, ""),
        )
        for name, each in spent.items()
    ]
    print()
    ratios = ("curate / it (wall, processor)", "bf16 / it (wall, processor)")
    show(("scored by", "pairs/s", *ratios, "wanted"), rows)
    if "Data-Juicer" not in spent:
        print("Data-Juicer is skipped: name its environment with --peer.")


def _ratio(each: Sequence[Spent], ours: Sequence[Spent]) -> str:
    """How many times faster ours is, on the wall and in processor time; medians of rounds."""
    rounds = list(zip(each, ours, strict=True))
    wall = statistics.median(one.wall / own.wall for one, own in rounds)
    busy = statistics.median(one.busy / own.busy for one, own in rounds)
    return f"{wall:.2f}, {busy:.2f}"


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall, and of all processors together."""

    wall: float
    busy: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.busy - other.busy)


def clock() -> Spent:
    """Now; `busy` counts what this process and its finished children have used."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Spent(time.perf_counter(), sum(u.ru_utime + u.ru_stime for u in used))


class Bare:
    """The processor and both towers over decoded images, batch by batch; a caption per pair."""

    def __init__(self, model: Path, pairs: Sequence[Pair]) -> None:
        from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel

        self.network = CLIPModel.from_pretrained(model).eval()
        self.words = AutoTokenizer.from_pretrained(model)
        self.pictures = AutoImageProcessor.from_pretrained(model, backend="pil")
        self.images = [decode_image(pair.path.read_bytes()) for pair in pairs]
        self.captions = [pair.caption for pair in pairs]
        self.scores = np.zeros(0)

    def run(self) -> Spent:
        start = clock()
        starts = range(0, len(self.images), BATCH)
        self.scores = np.concatenate([self.batch(slice(at, at + BATCH)) for at in starts])
        return clock() - start

    def batch(self, rows: slice) -> np.ndarray:
        import torch

        tokens = self.words(self.captions[rows], padding=True, truncation=True, return_tensors="pt")
        pixels = self.pictures(images=self.images[rows], return_tensors="pt")
        with torch.inference_mode():
            texts = self.network.get_text_features(**tokens).pooler_output
            images = self.network.get_image_features(**pixels).pooler_output
            return torch.nn.functional.cosine_similarity(texts, images).numpy()


class Ours:
    """Both measures in the local engine, from the files; what a step would ask for."""

    def __init__(self, model: Path, pairs: Sequence[Pair], precision: str = "fp32") -> None:
        self.models = {"encoder": model}
        self.measures = [embedding(of, f"file:{model}", precision) for of in ("image", "text")]
        self.images = [_media(pair.path) for pair in pairs]
        self.texts = [Item(content_hash(p.caption), (Text(p.caption),)) for p in pairs]
        self.scores = np.zeros(0)

    def run(self) -> Spent:
        start = clock()
        images, texts = map(self.vectors, self.measures, (self.images, self.texts))
        self.scores = (images * texts).sum(axis=1)
        return clock() - start

    def vectors(self, measure: Measure, items: Sequence[Item]) -> np.ndarray:
        once = {item.key: item for item in items}
        task = Task(measure, self.models, frozenset(once))
        found: dict[str, np.ndarray] = {}
        for batch in LocalEngine().run(once.values(), [task]):
            rows = batch.values["embedding"].to_list()
            found |= zip(batch.values["key"], rows, strict=True)
        return np.array([found[item.key] for item in items], dtype=np.float32)


class Peer:
    """Data-Juicer's filter over the same files, all of them kept."""

    def __init__(self, root: Path, environment: Path, pairs: Sequence[Pair]) -> None:
        self.root, self.environment = root, environment
        (root / "site").mkdir()
        (root / "site" / "sitecustomize.py").write_text(SITE)
        self.pairs = pairs
        self.loading = self.filter(pairs[:2])

    def run(self) -> Spent:
        return self.filter(self.pairs) - self.loading

    def filter(self, pairs: Sequence[Pair]) -> Spent:
        start = clock()
        write_peer_inputs(self.root, pairs)
        command = [self.environment / "bin" / "dj-process", "--config", self.root / "peer.yaml"]
        offline = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "HF_HUB_OFFLINE": "1"}
        paths = {"PYTHONPATH": str(self.root / "site"), "HF_HOME": str(self.root / "cache")}
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.root,
            check=False,
            env=os.environ | offline | paths,
        )
        said = re.search(r"_similarity_filter\] Done in ([\d.]+)s", done.stdout + done.stderr)
        if done.returncode or said is None:
            raise RuntimeError(f"Data-Juicer left with {done.returncode}:\n{done.stderr[-3000:]}")
        self.scores = self.read()
        return Spent(float(said[1]), (clock() - start).busy)

    def read(self) -> np.ndarray:
        lines = (self.root / "peer" / "kept_stats.jsonl").read_text().splitlines()
        stats = [json.loads(line)["__dj__stats__"] for line in lines]
        return np.array([stat["image_text_similarity"][0] for stat in stats])


def write_peer_inputs(root: Path, pairs: Sequence[Pair]) -> None:
    rows = [
        {"text": f"<__dj__image> {p.caption} <|__dj__eoc|>", "images": [str(p.path)]} for p in pairs
    ]
    (root / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    clip = {"hf_clip": str(root / "model"), "min_score": -1.0}
    recipe = {
        "dataset_path": str(root / "pairs.jsonl"),
        "export_path": str(root / "peer" / "kept.jsonl"),
        "np": 2,
        "use_cache": False,
        "open_tracer": False,
        "process": [{"image_text_similarity_filter": clip}],
    }
    (root / "peer.yaml").write_text(json.dumps(recipe))


def write_pairs(folder: Path, count: int) -> list[Pair]:
    """The first stamps that have an English caption, as JPEG; no two of the same pixels."""
    from PIL import Image

    folder.mkdir()
    pairs = []
    for number, (image, caption) in zip(range(count), stamps(), strict=False):
        pairs.append(Pair(folder / f"{number:04}.jpg", caption))
        Image.fromarray(decode_image(image.read_bytes())).save(pairs[-1].path, quality=92)
    return pairs


def write_model(folder: Path, captions: Sequence[str]) -> None:
    """CLIP as large as ViT-B/32, with random weights, and a tokenizer learned from the captions."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

    words = _tokenizer(captions)
    ends = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id}
    config = CLIPConfig(text_config=ends, logit_scale_init_value=float(np.log(100)))
    torch.manual_seed(0)
    CLIPModel(config).save_pretrained(folder)
    words.save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    # Data-Juicer's transformers knows the processor by its older name.
    path = folder / "preprocessor_config.json"
    path.write_text(path.read_text().replace("ImageProcessorPil", "ImageProcessor"))


def _tokenizer(captions: Sequence[str]) -> Any:
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer
    from transformers import CLIPTokenizerFast

    trainer = BpeTrainer(vocab_size=2_000, end_of_word_suffix="</w>", show_progress=False)
    base = CLIPTokenizerFast().backend_tokenizer
    base.model = BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>")
    base.train_from_iterator(captions, trainer)
    learned = json.loads(base.to_str())["model"]
    vocabulary = learned["vocab"]
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary.setdefault(special, len(vocabulary))
    merges = [tuple(merge) for merge in learned["merges"]]
    return CLIPTokenizerFast(vocab=vocabulary, merges=merges, model_max_length=77)


def stamps() -> Iterator[tuple[Path, str]]:
    for path in sorted(STAMPS.rglob("*.txt")):
        image = path.with_suffix(".png")
        caption = path.read_text("utf-8", errors="replace").splitlines()[0].strip()
        if image.exists() and caption:
            yield image, caption


def _media(path: Path) -> Item:
    digest = content_hash(path.read_bytes())
    return Item(digest, (Media("image", str(path), None, digest),))


if __name__ == "__main__":
    main()

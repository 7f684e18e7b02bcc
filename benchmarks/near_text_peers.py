"""What the environment of the others runs for `near_text.py`: `NAME FOLDER` -> `kept.json`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

THRESHOLD, NGRAM, PERMUTATIONS = 0.7, 2, 128
_WORKERS = 2


def data_juicer(folder: Path) -> list[int]:
    step = {"tokenization": "space", "window_size": NGRAM, "jaccard_threshold": THRESHOLD}
    recipe = {
        "dataset_path": str(folder / "documents.jsonl"),
        "export_path": str(folder / "out" / "kept.jsonl"),
        "np": _WORKERS,
        "use_cache": False,
        "open_tracer": False,
        "process": [{"document_minhash_deduplicator": step}],
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    (folder / "none").mkdir()
    offline = {
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(folder / "none"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder / "none"),
        "HF_HUB_OFFLINE": "1",
    }
    command = [str(Path(sys.executable).with_name("dj-process")), "--config", "recipe.yaml"]
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | offline
    subprocess.run(command, cwd=folder, env=surroundings, check=True)
    return [row["n"] for row in _rows(folder / "out" / "kept.jsonl")]


def datatrove(folder: Path) -> list[int]:
    """Words are parted at spaces, where it would load a tokeniser of spaCy: that is in its favour."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
        minhash,
    )
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    minhash.load_word_tokenizer = lambda language: _Spaces()
    config = minhash.MinhashConfig(n_grams=NGRAM, num_buckets=32, hashes_per_bucket=4)
    _halves(folder)
    names = {name: str(folder / name) for name in ("signatures", "buckets", "remove", "kept")}
    read = JsonlReader(str(folder / "halves"), id_key="n")
    stages = [
        (
            [read, MinhashDedupSignature(names["signatures"], config=config)],
            _WORKERS,
        ),
        ([MinhashDedupBuckets(names["signatures"], names["buckets"], config=config)], 32),
        ([MinhashDedupCluster(names["buckets"], names["remove"], config=config)], 1),
        (
            [
                read,
                MinhashDedupFilter(names["remove"]),
                JsonlWriter(names["kept"], compression=None),
            ],
            _WORKERS,
        ),
    ]
    for number, (steps, tasks) in enumerate(stages):
        logs = str(folder / "logs" / str(number))
        LocalPipelineExecutor(steps, tasks=tasks, workers=_WORKERS, logging_dir=logs).run()
    return [int(row["id"]) for path in (folder / "kept").glob("*") for row in _rows(path)]


def datasketch(folder: Path) -> list[int]:
    """As its documentation shows: a document that finds another in the index is not put into it."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    kept = []
    for row in _rows(folder / "documents.jsonl"):
        found = MinHash(num_perm=PERMUTATIONS)
        found.update_batch([run.encode() for run in _runs(row["text"])])
        if not index.query(found):
            index.insert(row["n"], found)
            kept.append(row["n"])
    return kept


def rensa(folder: Path) -> list[int]:
    """Its own deduplicator for streams, by estimated similarity."""
    from rensa import RMinHash, RMinHashDeduplicator

    index = RMinHashDeduplicator(
        threshold=THRESHOLD,
        num_perm=PERMUTATIONS,
        use_lsh=True,
        num_bands=32,
        seed=42,
    )
    kept = []
    for row in _rows(folder / "documents.jsonl"):
        found = RMinHash(num_perm=PERMUTATIONS, seed=42)
        found.update(_runs(row["text"]))
        if index.add(str(row["n"]), found):
            kept.append(row["n"])
    return kept


class _Spaces:
    def word_tokenize(self, text: str) -> list[str]:
        return text.split()


def _halves(folder: Path) -> None:
    """One file per worker; ids are text."""
    rows = [{**row, "n": str(row["n"])} for row in _rows(folder / "documents.jsonl")]
    (folder / "halves").mkdir()
    for part in range(_WORKERS):
        lines = [json.dumps(row) + "\n" for row in rows[part::_WORKERS]]
        (folder / "halves" / f"{part}.jsonl").write_text("".join(lines))


def _runs(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start : start + NGRAM]) for start in range(len(words) - NGRAM + 1)]


def _rows(path: Path) -> Iterator[dict[str, object]]:
    with path.open() as file:
        for line in file:
            yield json.loads(line)


FINDERS: dict[str, Callable[[Path], list[int]]] = {
    "data-juicer": data_juicer,
    "datatrove": datatrove,
    "datasketch": datasketch,
    "rensa": rensa,
}

if __name__ == "__main__":
    name, place = sys.argv[1:]
    kept = FINDERS[name](Path(place))
    (Path(place) / "kept.json").write_text(json.dumps(kept))

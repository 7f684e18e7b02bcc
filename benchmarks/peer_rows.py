"""What is compared: the inputs of every row, and the truth that outputs are held against.

A row writes its inputs into a folder and returns the truth: a function from what a contestant left
behind to figures of its quality. What contestants are asked lies in `beside/<row>/`, a file each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from near_meaning import embedded, exact
from near_text import documents, vocabulary
from peer_names import named, names
from peer_output import Output
from peer_pictures import REENCODED, Picture, captioned, copied, write_clip, write_lists

Truth = Callable[[Output], Mapping[str, float]]


@dataclass(frozen=True)
class Row:
    """One piece of work that everybody is given."""

    name: str
    title: str
    prepare: Callable[[Path], Truth]
    asks: str
    """The folder of `beside` that holds what contestants are asked."""
    contestants: tuple[str, ...]
    rounds: int = 3
    again: tuple[str, str] | None = None
    """A bound that is written anew after a first run: what is measured is the second."""
    why: str = ""
    """What must be said of the row, above all where somebody is ahead of curate."""


def near_text(count: int) -> Callable[[Path], Truth]:
    def prepare(folder: Path) -> Truth:
        made = documents(count)
        write_documents(folder, made.texts)
        names = ("recall", "precision")
        return lambda out: dict(zip(names, made.scores(out.kept()), strict=True))

    return prepare


def exact_text(count: int) -> Callable[[Path], Truth]:
    """Texts of 40 words, of which a fifth repeat another."""

    def prepare(folder: Path) -> Truth:
        chance = np.random.default_rng(0)
        texts = _texts(chance, np.full(count, 40))
        origin = np.arange(len(texts))
        copies = np.flatnonzero(chance.random(len(texts)) < 0.2)
        origin[copies] = chance.choice(np.setdiff1d(origin, copies), len(copies))
        write_documents(folder, [texts[n] for n in origin])
        return families(origin.tolist())

    return prepare


def filtered(count: int) -> Callable[[Path], Truth]:
    """Texts of 5 to 500 words; those of 30 to 200 words and 150 to 1,500 letters stay."""

    def prepare(folder: Path) -> Truth:
        chance = np.random.default_rng(0)
        texts = _texts(chance, np.exp(chance.uniform(np.log(5), np.log(500), count)).astype(int))
        write_documents(folder, texts)
        right = {
            n
            for n, text in enumerate(texts)
            if 150 <= len(text) <= 1500 and 30 <= len(text.split()) <= 200
        }
        return lambda out: {"as they should": 1 - len(out.kept() ^ right) / len(texts)}

    return prepare


def pictures(among: int) -> Callable[[Path], Truth]:
    """So many drawings, so many stamps, and a copy of each."""

    def prepare(folder: Path) -> Truth:
        (folder / "images").mkdir()
        made = copied(folder / "images", among)
        write_lists(folder, made)
        plain = [p.corruption is not None and p.corruption.startswith(REENCODED) for p in made]
        both = families([picture.origin for picture in made])

        def scores(out: Output) -> Mapping[str, float]:
            kept = out.kept()
            return {
                "recall: re-encoded, resized": _settled(made, plain, kept),
                "recall: cut, bordered, gamma": _settled(made, [not p for p in plain], kept),
                "precision": both(out)["precision"],
            }

        return scores

    return prepare


def _settled(made: list[Picture], among: list[bool], kept: set[int]) -> float:
    """Of the copies among these, the share that does not stay beside its original."""
    copies = [n for n, p in enumerate(made) if p.corruption and among[n]]
    return sum(not {n, made[n].origin} <= kept for n in copies) / len(copies)


def scored(count: int) -> Callable[[Path], Truth]:
    """Stamps with captions, no two alike, and a model that both can load."""

    def prepare(folder: Path) -> Truth:
        made = captioned(folder / "images", count)
        write_lists(folder, made)
        write_clip(folder, made)
        return lambda out: {"scored": len(out.scores())}

    return prepare


def whole(count: int, copies: int) -> Callable[[Path], Truth]:
    def prepare(folder: Path) -> Truth:
        made = captioned(folder / "images", count, copies)
        write_lists(folder, made)
        write_clip(folder, made)
        return families([picture.origin for picture in made])

    return prepare


def meanings(count: int) -> Callable[[Path], Truth]:
    """Names of emoji, held against one another by the model that both have."""

    def prepare(folder: Path) -> Truth:
        texts = names()[:count]
        write_documents(folder, texts)
        vectors = embedded(texts)
        couples = exact(vectors, 0.9)
        near: dict[int, set[int]] = {}
        for one, other in couples:
            near.setdefault(one, set()).add(other)
            near.setdefault(other, set()).add(one)

        def scores(out: Output) -> Mapping[str, float]:
            kept = out.kept()
            gone = [n for n in range(len(texts)) if n not in kept]
            return {
                "recall": 1 - sum({*couple} <= kept for couple in couples) / len(couples),
                "precision": sum(bool(near.get(n, set()) & kept) for n in gone) / max(len(gone), 1),
            }

        return scores

    return prepare


def languages(count: int) -> Callable[[Path], Truth]:
    """Names of emoji in six languages, of which the English ones stay."""

    def prepare(folder: Path) -> Truth:
        texts = named(count)
        write_documents(folder, [text for text, _ in texts])
        right = {n for n, (_, language) in enumerate(texts) if language == "en"}

        def scores(out: Output) -> Mapping[str, float]:
            kept = out.kept()
            shared = len(kept & right)
            return {"recall": shared / len(right), "precision": shared / max(len(kept), 1)}

        return scores

    return prepare


def families(origin: list[int]) -> Truth:
    """Recall: of all that have a like among those that stay, or stay beside one, the share that
    went. Precision: of what went, the share of which a like stays.
    """

    def scores(out: Output) -> Mapping[str, float]:
        kept = out.kept()
        left = {origin[n] for n in kept}
        gone = [n for n in range(len(origin)) if n not in kept]
        spare = len(origin) - len(set(origin))
        return {
            "recall": 1 - (len(kept) - len(left)) / spare,
            "precision": sum(origin[n] in left for n in gone) / max(len(gone), 1),
        }

    return scores


def write_documents(folder: Path, texts: Iterable[str]) -> None:
    """`documents.jsonl`, and the same as a file per worker with ids as text."""
    rows = list(enumerate(texts))
    lines = [json.dumps({"n": n, "text": text}) + "\n" for n, text in rows]
    (folder / "documents.jsonl").write_text("".join(lines))
    (folder / "halves").mkdir()
    named = [json.dumps({"n": str(n), "text": text}) + "\n" for n, text in rows]
    for part in range(2):
        (folder / "halves" / f"{part}.jsonl").write_text("".join(named[part::2]))


def _texts(chance: np.random.Generator, lengths: np.ndarray) -> list[str]:
    words = vocabulary(chance)
    drawn = (chance.pareto(1.0, int(lengths.sum())) * 200).astype(int) % len(words)
    ends = np.cumsum(lengths)
    parts = zip(ends - lengths, ends, strict=True)
    return [" ".join(words[drawn[start:end]]) for start, end in parts]


def nothing(folder: Path) -> Truth:
    """No input, and no output that could be wrong."""
    return lambda out: {}


ROWS = (
    Row(
        "exact_text",
        "Equal texts: 100,000 of 40 words",
        exact_text(100_000),
        "exact_text",
        ("curate", "data-juicer", "datatrove"),
    ),
    Row(
        "near_text",
        "Near texts: 20,000 of 170 words",
        near_text(20_000),
        "near_text",
        ("curate", "data-juicer", "datatrove", "datasketch", "rensa"),
        why="rensa takes an estimate for the likeness, and writes no ledger, no clusters and no release.",
    ),
    Row(
        "near_text_100k",
        "Near texts: 100,000 of 170 words",
        near_text(100_000),
        "near_text",
        ("curate", "data-juicer", "datatrove"),
        rounds=1,
    ),
    Row(
        "filter",
        "Bounds on words and letters: 100,000 texts of 5 to 500 words",
        filtered(100_000),
        "filter",
        ("curate", "data-juicer", "datatrove"),
    ),
    Row(
        "language",
        "Language: 12,000 names of emoji in six languages",
        languages(12_000),
        "language",
        ("curate", "data-juicer"),
        why="Data-Juicer has fastText's small model and its own bound of 0.8, curate lingua.",
    ),
    Row(
        "near_meaning",
        "Texts that mean the same: 4,000 names of emoji by all-MiniLM-L6-v2, cosine of 0.9",
        meanings(4_000),
        "near_meaning",
        ("curate", "semhash"),
    ),
    Row(
        "near_image",
        "Near pictures: 400 drawings, 400 stamps, a copy of each",
        pictures(400),
        "near_image",
        ("curate", "data-juicer", "imagededup", "imagehash"),
        why="Hashes alone are quicker on few pictures, find fewer, and leave no evidence of what was alike.",
    ),
    Row(
        "score",
        "Image-text scores: 192 stamps, CLIP of ViT-B/32 size",
        scored(192),
        "score",
        ("curate", "curate-bf16", "data-juicer"),
        why="The network has random weights, which cost what learned ones do. Scores are on scales of their own, since curate takes off how near a side is to all others; `throughput.py` holds bare ones together. In bfloat16 a second network checks 16 pairs in full.",
    ),
    Row(
        "whole",
        "A whole recipe: pictures, captions, scores of 600 pairs of which 200 are copies",
        whole(400, 200),
        "whole",
        ("curate", "curate-bf16", "data-juicer"),
        why="Only curate writes a ledger of every pair. The network has random weights, and no pair goes for its score; two pictures of one caption count as unlike.",
    ),
    Row(
        "whole_2100",
        "The same of 2,100 pairs, of which 700 are copies",
        whole(1_400, 700),
        "whole",
        ("curate", "curate-bf16", "data-juicer"),
        rounds=1,
        why="Besides the stamps there are drawings, some of which are alike.",
    ),
    Row(
        "resume",
        "The same with another threshold",
        whole(100, 28),
        "resume",
        ("curate", "data-juicer", "data-juicer-checkpoint"),
        again=("1", "2"),
        why="A second build in the same folder, after the bound on the score was written anew.",
    ),
    Row(
        "startup",
        "Start-up",
        nothing,
        "startup",
        ("curate", "data-juicer", "datatrove", "datasketch", "semhash", "imagededup", "imagehash"),
        rounds=5,
    ),
)

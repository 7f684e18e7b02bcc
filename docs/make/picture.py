"""A picture of what a step decided: some of the pairs under each verdict, from a page's own release.

`<!-- picture: releases/roles/1.0.0 dedup near image -->` names a release that the page's examples built and a step
as the ledger calls it. Drawings and photographs come from where the release has them or from its source;
they belong to others, so they stand in the site only, which is not committed.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image

from curate.engines.engine import Media
from curate.pairs.image import decode_image
from curate.pairs.media import read_media
from curate.recipe import Recipe, read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence

SIDE = 72
"""Pixels of a thumbnail."""
MOST = 8
"""Pairs shown of each verdict: those nearest to the threshold."""


def picture(wish: str, workspace: Path) -> str:
    """HTML of a figure; raises `ValueError` where the ledger knows no such step."""
    release, _, step = wish.partition(" ")
    sheet = Sheet(workspace / release, step)
    groups = "".join(_group(*group) for group in sheet.groups())
    if not groups:
        raise ValueError(f"no pair was decided by '{step}' in {release}")
    return f'<figure class="sheet">{groups}</figure>'


@dataclass(frozen=True)
class Sheet:
    """What one step decided in a release."""

    release: Path
    step: str

    @cached_property
    def recipe(self) -> Recipe:
        workspace, name = self.release.parents[2], self.release.parent.name
        return read_recipe(workspace / "recipes" / f"{name}.yaml")

    @cached_property
    def pairs(self) -> dict[str, dict[str, Any]]:
        """By id, with the texts that were released where there are some."""
        pairs = pl.read_parquet(self.release / "pairs.parquet")
        return {pair["pair_id"]: pair for pair in pairs.iter_rows(named=True)}

    @cached_property
    def released(self) -> dict[str, dict[str, Any]]:
        data = sorted(self.release.glob("data/*/*.parquet"))
        frame = pl.concat([pl.read_parquet(path) for path in data], how="diagonal")
        return {pair["pair_id"]: pair for pair in frame.iter_rows(named=True)}

    @cached_property
    def media(self) -> dict[str, Media]:
        """Pictures in the sources, by hash."""
        keys = pl.Series([of for pair in self.pairs.values() for of in self._hashes(pair)]).unique()
        with opened(self.recipe, Options(), Silence(), compute=False) as (_, asking):
            items = asking.contents.items("image", keys) if self.images else ()
            return {i.key: i.contents[0] for i in items if isinstance(i.contents[0], Media)}

    @property
    def images(self) -> list[str]:
        return [name for name, field in self.recipe.fields.items() if field.type == "image"]

    @property
    def texts(self) -> list[str]:
        return [name for name, field in self.recipe.fields.items() if field.type == "text"]

    def _hashes(self, pair: dict[str, Any]) -> Iterator[str]:
        yield from (pair[f"{name}_sha256"] for name in self.images if pair[f"{name}_sha256"])

    def groups(self) -> Iterator[tuple[str, int, list[str]]]:
        """Of every verdict: its words, how many pairs have it, and cards of some."""
        decisions = pl.read_parquet(self.release / "decisions.parquet").filter(
            pl.col("name") == self.step
        )
        off = (pl.col("score") - pl.col("threshold")).abs()
        ordered = decisions.sort(off, "pair_id", nulls_last=True)
        for words, lines in _by_verdict(ordered).items():
            yield words, len(lines), [self._card(line) for line in lines[:MOST]]

    def _card(self, line: dict[str, Any]) -> str:
        pair = self.pairs[line["pair_id"]]
        shown = (*self._before(line, pair), pair)
        pictures = "→".join(self._pictures(one) for one in shown)
        texts = "".join(f"<p>{html.escape(text)}</p>" for text in self._said(shown))
        return f'<div class="card"><div>{pictures}</div>{_told(line)}{texts}</div>'

    def _before(self, line: dict[str, Any], pair: dict[str, Any]) -> list[dict[str, Any]]:
        """What it is a copy of, or was made of."""
        synthetic = pair["parents"][:1] if pair["origin"] == "synthetic" else []
        before = [line["related_id"]] if line["verdict"] == "drop" else synthetic
        return [self.pairs[other] for other in before if other in self.pairs]

    def _said(self, pairs: Sequence[dict[str, Any]]) -> Iterator[str]:
        """Their texts, as released where they were."""
        for name in self.texts:
            said = [self.released.get(pair["pair_id"], pair).get(name) for pair in pairs]
            yield " → ".join(dict.fromkeys(str(text) for text in said if text))

    def _pictures(self, pair: dict[str, Any]) -> str:
        there = (name for name in self.images if pair[f"{name}_sha256"])
        return "".join(f'<img src="{self._thumbnail(pair, name)}" alt="">' for name in there)

    def _thumbnail(self, pair: dict[str, Any], name: str) -> str:
        released = self.released.get(pair["pair_id"])
        if released is not None:
            data = released[name]["bytes"]
        else:
            place = self.media[pair[f"{name}_sha256"]]
            data = read_media(place.path, place.member)
        return _inline(data)


def _by_verdict(lines: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Lines under their verdict and reason, the most frequent first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines.iter_rows(named=True):
        words = f"{line['verdict']}: {line['reason']}" if line["reason"] else line["verdict"]
        found.setdefault(words, []).append(line)
    return dict(sorted(found.items(), key=lambda group: -len(group[1])))


def _told(line: dict[str, Any]) -> str:
    """The score beside its threshold."""
    if line["score"] is None:
        return ""
    bound = "" if line["threshold"] is None else f" / {line['threshold']:.4g}"
    return f"<small>{line['score']:.4g}{bound}</small>"


def _inline(data: bytes) -> str:
    image = Image.fromarray(decode_image(data))
    image.thumbnail((2 * SIDE, 2 * SIDE))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def _group(words: str, count: int, cards: list[str]) -> str:
    more = f", {len(cards)} of them" if len(cards) < count else ""
    return (
        f"<figcaption><b>{html.escape(words)}</b> ({count:,}{more})</figcaption>"
        f'<div class="cards">{"".join(cards)}</div>'
    )

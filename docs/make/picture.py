"""A picture of what a step decided: some of the pairs under each verdict, from a page's own release.

`<!-- picture: releases/roles/1.0.0 dedup near image -->` names a release that the page's examples built and a step
as the ledger calls it. Drawings and photographs come from where the release has them or from its source;
they belong to others, so they stand in the site only, which is not committed.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

import curate
from curate.pairs.thumbnail import thumbnail

MOST = 8
"""Pairs shown of each verdict: those nearest to the threshold."""


def picture(wish: str, workspace: Path) -> str:
    """HTML of a figure; raises `ValueError` where the ledger knows no such step."""
    release, _, step = wish.partition(" ")
    sheet = Sheet(curate.load_release(workspace / release), step)
    groups = "".join(_group(*group) for group in sheet.groups())
    if not groups:
        raise ValueError(f"no pair was decided by '{step}' in {release}")
    return f'<figure class="sheet">{groups}</figure>'


@dataclass(frozen=True)
class Sheet:
    """What one step decided in a release."""

    release: curate.Release
    step: str

    @cached_property
    def pairs(self) -> dict[str, dict[str, Any]]:
        """By id."""
        return {pair["pair_id"]: pair for pair in self.release.pairs.iter_rows(named=True)}

    @cached_property
    def released(self) -> dict[str, dict[str, Any]]:
        """The texts that were released, by id."""
        rows = self.release.data().select("pair_id", *self.texts).collect()
        return {pair["pair_id"]: pair for pair in rows.iter_rows(named=True)}

    @property
    def images(self) -> list[str]:
        return [name for name, field in self.release.fields.items() if field.type == "image"]

    @property
    def texts(self) -> list[str]:
        return [name for name, field in self.release.fields.items() if field.type == "text"]

    def groups(self) -> Iterator[tuple[str, int, list[str]]]:
        """Of every verdict: its words, how many pairs have it, and cards of some."""
        decisions = self.release.decisions.filter(pl.col("name") == self.step)
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
        (data,) = self.release.media.read(name, [pair["pair_id"]]).values()
        small = thumbnail(data, "image")
        assert small is not None
        return f"data:{small.mime};base64,{base64.b64encode(small.data).decode()}"


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


def _group(words: str, count: int, cards: list[str]) -> str:
    more = f", {len(cards)} of them" if len(cards) < count else ""
    return (
        f"<figcaption><b>{html.escape(words)}</b> ({count:,}{more})</figcaption>"
        f'<div class="cards">{"".join(cards)}</div>'
    )

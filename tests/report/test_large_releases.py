"""A report of a hundred thousand pairs opens as quickly as one of a hundred."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.governance.facts import Facts
from curate.pairs.identity import content_hash
from curate.report.gathering import report_of
from curate.report.map import Embedded
from curate.report.page import render_report
from tests.recordings import film, pictures
from tests.report.ledgers import FIELDS, evidence

PAIRS = 100_000
MOST = 10_000_000


class Heavy:
    """Pictures and films that do not compress."""

    def read(self, field: str, pair_ids: Sequence[str]) -> dict[str, bytes]:
        chance = np.random.default_rng(len(field))
        if field == "film":
            frames = [chance.permutation(one) for one in pictures(4, 160, 120)]
            return dict.fromkeys(pair_ids, film(frames=frames))
        found = {}
        for pair_id in pair_ids:
            out = BytesIO()
            Image.fromarray(chance.integers(0, 256, (256, 256, 3), np.uint8)).save(out, "PNG")
            found[pair_id] = out.getvalue()
        return found


def vectors(pair_ids: Sequence[str]) -> pl.DataFrame:
    values = np.random.default_rng(0).standard_normal((len(pair_ids), 384)).astype(np.float32)
    return pl.DataFrame(
        {"pair_id": pair_ids, "vector": values},
        schema_overrides={"vector": pl.Array(pl.Float32, 384)},
    )


@pytest.mark.slow
def test_a_report_of_a_hundred_thousand_pairs_is_small(
    facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FIELDS, "film", {"type": "video", "optional": True})
    ids = [content_hash(str(n))[:32] for n in range(PAIRS)]
    scores = np.random.default_rng(0).standard_normal(PAIRS).round(6).tolist()
    said: list[dict[str, Any]] = []
    for pair_id, score in zip(ids, scores, strict=True):
        out = {"verdict": "drop", "reason": "score below threshold"} if score < -1 else {}
        said.append({"pair_id": pair_id, "score": score, "threshold": -1.0, **out})
    clusters = [
        {"step": "01", "name": "dedup near image", "cluster": i, "pair_id": i, "role": "kept"}
        for i in ids[: PAIRS // 10]
    ]
    pairs: dict[str, Any] = {
        i: {"caption": "word " * 2000, "kind": f"kind {n % 50}"} for n, i in enumerate(ids)
    }
    shown = evidence(
        [("read", [{"pair_id": i} for i in ids]), ("align image caption", said)],
        clusters=clusters,
        **pairs,
    )
    drawn = sorted(ids)[:4000]
    report = report_of(
        shown, facts, [], Heavy(), lambda first: Embedded("image", "model", vectors(drawn), PAIRS)
    )
    assert {kind for one in report.shown for kind in one.kinds} >= {"kept", "dropped", "borderline"}
    assert report.map is not None
    assert len(render_report(report).encode()) < MOST

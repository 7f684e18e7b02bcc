"""The map: where most of what differs is, the same every time."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from curate.report.map import Embedded, map_of, principal
from tests.report.ledgers import evidence, lines


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), count=st.integers(3, 60), width=st.integers(1, 40))
def test_axes_are_those_of_an_exact_decomposition(seed: int, count: int, width: int) -> None:
    chance = np.random.default_rng(seed)
    scales = np.geomspace(1, 0.05, width)
    vectors = (chance.standard_normal((count, width)) * scales).astype(np.float32)
    places, share = principal(vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    exact = np.linalg.svd(unit - unit.mean(axis=0), compute_uv=False)
    assume(exact.max() > 1e-3)
    assert share <= 1
    assert abs(share - np.square(exact[:2]).sum() / np.square(exact).sum()) < 0.02
    assert np.abs(places).max() <= 1
    again, _ = principal(vectors.copy())
    assert (places == again).all()


def test_equal_vectors_are_one_point() -> None:
    places, share = principal(np.ones((5, 8), np.float32))
    assert (places == 0).all()
    assert share == 0


def test_points_say_what_became_of_pairs_and_not_what_is_withheld() -> None:
    shown = evidence(
        [("read", lines("abcd")), ("select", [*lines("abc"), *lines("d", verdict="drop")])]
    )
    vectors = pl.DataFrame(
        {"pair_id": list("abcd"), "vector": np.eye(4, 3, dtype=np.float32)},
        schema_overrides={"vector": pl.Array(pl.Float32, 3)},
    )
    drawn = map_of(Embedded("image", "model", vectors, 9), shown, pl.Series(["b"]))
    assert drawn is not None
    assert drawn.title.startswith("image as seen by model; two axes show ")
    assert drawn.pair_ids == list("abcd")
    assert drawn.of == 9
    assert drawn.colours == {
        "status": ["kept", "kept", "kept", "dropped"],
        "kind": ["a", "withheld", "a", "a"],
    }
    assert map_of(Embedded("image", "model", vectors.head(2), 2), shown, pl.Series(["b"])) is None

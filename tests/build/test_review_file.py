"""Lines are whole, whoever writes at once; people agree as the textbook says."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.review.agreement import kappa
from curate.run.review_file import append
from curate.steps.learning import learned

WRITER = """
import sys
from pathlib import Path
from curate.run.review_file import append
for number in range(50):
    append(Path(sys.argv[1]), {"by": sys.argv[2], "n": number, "text": "x" * 5000})
"""


def test_nobody_tears_anothers_line(tmp_path: Path) -> None:
    path = tmp_path / "reviews" / "things.jsonl"
    path.parent.mkdir()
    path.write_text('{"by": "an editor that left no end"}')
    others = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b")
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: append(path, {"by": "c", "n": n, "text": "é" * 5000}), range(50)))
    assert [other.wait(60) for other in others] == [0, 0]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 151
    for name in "ab":
        assert [one["n"] for one in lines if one["by"] == name] == list(range(50))


ANSWERS = st.sampled_from(["keep", "drop", "unsafe"])


@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=2, max_size=40))
def test_kappa_is_cohens(said: list[tuple[str, str]]) -> None:
    from sklearn.metrics import cohen_kappa_score

    left, right = [one for one, _ in said], [other for _, other in said]
    mine = kappa(left, right)
    if len(set(left) | set(right)) == 1:
        assert mine is None
    else:
        assert mine == pytest.approx(cohen_kappa_score(left, right))


def test_what_a_person_wants_to_go_teaches_nothing() -> None:
    table = pl.DataFrame(
        {"pair_id": ["a", "b", "c"], "origin": ["collected"] * 3, "decided": ["keep", "drop", None]}
    )
    assert table.filter(learned(table))["pair_id"].to_list() == ["a", "c"]

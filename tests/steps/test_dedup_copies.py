"""`dedup`: equal once decoded, which copy stays, other data, and what bad data does."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.errors import DataError
from curate.measures.measure import Measure
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.balance import chosen
from curate.steps.copies import EDGES, ROUNDS, Compared, alike, leaders, named
from curate.steps.dedup import CROWD, Dedup
from curate.steps.likeness import ALIKE, COUPLES, FEW, crowd
from curate.steps.preference import Best, by_preference, permissiveness
from curate.steps.step import Ask
from tests.steps.asked import Asked
from tests.steps.conftest import Table
from tests.steps.test_dedup_step import gone, images, texts, words
from tests.workspace import Workspace, photo, tone


def clusters(workspace: Workspace, step: dict[str, Any]) -> dict[str, list[str]]:
    """The row that stayed -> the rows that went for it."""
    read = read_recipe(workspace.having(steps=[step]).path)
    with opened(read, Options(), Silence()) as (course, asking):
        found = read.steps[0].decide(course.living, asking).clusters
        assert found is not None
        rows = dict(course.table.select("pair_id", "row").iter_rows())
    told: dict[str, list[str]] = {}
    for line in found.iter_rows(named=True):
        if line["role"] == "dropped":
            assert line["related_id"] == line["cluster"]
            told.setdefault(rows[line["cluster"]], []).append(rows[line["pair_id"]])
        else:
            assert (line["pair_id"], line["related_id"]) == (line["cluster"], None)
    return {cluster: sorted(members) for cluster, members in told.items()}


@pytest.mark.parametrize(("by", "found"), [("bytes", {3: 0}), ("content", {1: 0, 2: 0, 3: 0})])
def test_exact_text(table: Table, by: str, found: dict[int, int]) -> None:
    captions = [
        "Two Ångström",
        "two  Ångström ",
        "two a\u030angstro\u0308m",
        "Two Ångström",
        "two, ångström",
    ]
    assert gone(texts(table, captions).decide({"dedup": {"exact": "caption", "by": by}})) == found


def test_exact_pixels(table: Table, tmp_path: Path) -> None:
    """Files differ, pixels do not; what JPEG has changed is something else."""
    pictures = dict.fromkeys(("a.png", "a.bmp", "a.jpg"), photo(3, 60, 50))
    workspace = images(table, tmp_path / "media", pictures)
    assert gone(workspace.decide({"dedup": {"exact": "image", "by": "content"}})) == {1: 0}
    assert gone(workspace.decide({"dedup": {"exact": "image"}})) == {}


def test_exact_samples(table: Table, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    tone(folder / "a.wav")
    samples, rate = sf.read(folder / "a.wav", dtype="int16")
    sf.write(folder / "b.flac", samples, rate)
    workspace = table([{"sound": name} for name in ("a.wav", "b.flac")], sound="audio")
    assert gone(workspace.decide({"dedup": {"exact": "sound", "by": "content"}})) == {1: 0}


def test_the_best_stays(table: Table) -> None:
    captions = ["Hello, world", "hello  world", "hello world hello", "Hello world!"]
    rows = [{"caption": text, "weight": n} for n, text in enumerate(captions)]
    workspace = table(rows, caption="text")
    step = {"near": "caption", "keep": {"by": "caption.characters"}}
    assert gone(workspace.decide({"dedup": step})) == {1: 0, 3: 0}


def test_the_most_permissive_licence_stays(table: Table) -> None:
    licences = ["CC-BY-NC-4.0", None, "GPL-3.0-only OR MIT", "CC-BY-SA-4.0"]
    rows = [{"n": n, "caption": "the same", "licence": said} for n, said in enumerate(licences)]
    workspace = table(rows, caption="text")
    step = {"dedup": {"exact": "caption", "keep": {"licence": "licence"}}}
    assert gone(workspace.decide(step)) == {0: 2, 1: 2, 3: 2}


def test_licences_in_order() -> None:
    names: list[list[str | None]] = [
        ["CC0-1.0", "cc0 1.0", "PDDL-1.0"],
        ["MIT", "Apache-2.0", "CC BY 4.0", "BSD-3-Clause"],
        ["CC-BY-SA-4.0", "GPL-3.0-or-later", "ODbL-1.0", "MIT AND LGPL-2.1-only"],
        ["CC-BY-ND-4.0"],
        ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"],
        ["CC-BY-NC-ND-4.0"],
        ["", None, "all rights reserved"],
    ]
    ranks = [{permissiveness(name) for name in group} for group in names]
    assert ranks == [{6}, {5}, {4}, {3}, {2}, {1}, {0}]


def test_what_has_no_number_comes_last() -> None:
    scores = [float("nan"), 0.2, None, 0.9]
    table = pl.DataFrame({"position": range(4), "origin": "collected", "align": scores})
    ordered = by_preference(table, Best(by="align"), None, Asked({}, {}))
    assert ordered["position"].to_list() == [3, 1, 0, 2]


def test_what_a_machine_made_comes_after_all_that_was_collected() -> None:
    origins = ["synthetic", "collected", "pseudo_labelled"]
    table = pl.DataFrame({"position": range(3), "origin": origins, "align": [0.9, 0.1, 0.5]})
    best = by_preference(table, Best(by="align"), None, Asked({}, {}))
    first = by_preference(table, "first", None, Asked({}, {}))
    assert best["position"].to_list() == [1, 0, 2]
    assert first["position"].to_list() == [1, 0, 2]


def test_balanced_keeps_the_shares(table: Table) -> None:
    """Each text once per tone, dark always last: the first read would leave no dark one."""
    tones = ("light", "medium", "dark")
    rows = [
        {"n": f"{text}{tone}", "caption": f"text {text}", "tone": tone}
        for text in range(30)
        for tone in tones
    ]
    workspace = table(rows, caption="text")
    fields = {**workspace.recipe["fields"], "tone": {"type": "metadata", "group": True}}
    workspace = workspace.having(fields=fields)
    for keep, counts in (("first", [30, 0, 0]), ("balanced", [10, 10, 10])):
        said = workspace.decide({"dedup": {"exact": "caption", "keep": keep}})
        left = said.filter(pl.col("verdict") == "keep")["row"].cast(pl.Int64) % 3
        assert [left.to_list().count(n) for n in range(3)] == counts


GRAPHS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] < pair[1]),
    max_size=30,
    unique=True,
)


def _edges(pairs: list[tuple[int, int]]) -> pl.DataFrame:
    rows = [(left, right, 0.5 + (left * 7 + right) % 5 / 10, "made up") for left, right in pairs]
    return pl.DataFrame(rows, schema=EDGES, orient="row")


@given(pairs=GRAPHS, tones=st.lists(st.integers(0, 2), min_size=12, max_size=12))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_alike(pairs: list[tuple[int, int]], tones: list[int]) -> None:
    """Of two alike never both stay, and who goes is alike to one that stays; whoever is chosen."""
    edges = _edges(pairs)
    out = leaders(edges, 12)
    assert not any(not out[left] and not out[right] for left, right in pairs)
    found = named(edges, 12)
    assert sorted(found["right"]) == [n for n in range(12) if out[n]]
    assert all((left, right) in pairs and not out[left] for left, right, *_ in found.iter_rows())
    members = pl.DataFrame(
        {"pair_id": [str(n) for n in range(12)], "place": range(12), "tone": tones}
    )
    first = [int(name) for name in chosen(members, edges, ["tone"])]
    assert not set(combinations(sorted(first), 2)) & set(pairs)


def test_clusters_name_who_stayed(table: Table) -> None:
    captions = [
        "a b c d e f g h i j",
        "a b c d e f g h i x",
        "other words",
        "Other words!",
        "alone",
    ]
    assert clusters(texts(table, captions), words("caption")) == {"0": ["1"], "2": ["3"]}


def test_containment_finds_what_a_longer_text_holds(table: Table) -> None:
    part = "a b c d e f g h i j"
    captions = [part + " k l m n o p q r s", part, "z y x w v u t s r q"]
    assert gone(texts(table, captions).decide(words("caption"))) == {}
    minhash = {"ngram": 1, "unit": "word", "threshold": 0.8, "overlap": "containment"}
    step = {"dedup": {"near": "caption", "minhash": minhash}}
    said = texts(table, captions).decide(step)
    assert gone(said) == {1: 0}
    assert said["score"][1] == 1.0


def test_words_of_scripts_without_spaces(table: Table) -> None:
    captions = ["我们今天去北京的公园看花", "我们今天去北京的公园看书", "ฉันรักภาษาไทย"]
    step = {"dedup": {"near": "caption", "minhash": {"unit": "word", "ngram": 2, "threshold": 0.7}}}
    assert gone(texts(table, captions).decide(step)) == {1: 0}


def test_thousands_of_spellings_of_few_texts(table: Table) -> None:
    """What is equal in form is one text: its spellings are never looked at one by one."""
    captions = [f"{n % 10 * 11111} words in all{' ' * (n // 10)}" for n in range(20_000)]
    start = time.perf_counter()
    said = texts(table, captions).decide(words("caption"))
    assert gone(said) == {n: n % 10 for n in range(10, 20_000)}
    assert set(said["detail"].drop_nulls()) == {"equal"}
    assert time.perf_counter() - start < 30


@dataclass(frozen=True)
class Crowd:
    """One bucket of thousands, of which those alike that leave the same rest; counts the looks."""

    rest: int
    looks: list[int]
    word: str = "crowd"
    threshold: float = 1.0

    def measures(self) -> tuple[Measure, ...]:
        return ()

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        members = pl.DataFrame({"bucket": 0, "member": range(keys.len())})
        couples = crowd(members.with_columns(bucket=pl.lit(0)))
        ends = {side: keys.gather(couples[side]) for side in ("left", "right")}
        return pl.DataFrame(ends, schema=COUPLES)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        self.looks.append(couples.height)
        left, right = (couples[side].cast(pl.Int64) % self.rest for side in ("left", "right"))
        said = couples.with_columns(likeness=pl.lit(1.0), detail=pl.lit("crowd"))
        return said.filter(left == right).cast(pl.Schema(ALIKE))


@pytest.mark.parametrize("rest", [1, 3, 100, 3000])
def test_a_crowded_bucket_costs_a_bounded_number_of_looks(rest: int) -> None:
    """However alike its members are: each is held against 128 others at most."""
    kind = Crowd(rest, [])
    nodes = pl.DataFrame({"it_sha256": [f"{n:05d}" for n in range(3000)]})
    found = alike(nodes, [Compared("it", kind)], Asked({}, {}))
    assert sum(kind.looks) <= 3000 * ROUNDS * FEW
    stays = np.flatnonzero(~leaders(found.edges, 3000))
    assert len(stays) == rest if rest <= ROUNDS * FEW else len(stays) >= rest
    assert set(found.open) <= set(stays)
    assert (len(found.open) > 0) == (rest > ROUNDS * FEW)


class Strangers(Crowd):
    """One bucket, in which none are alike."""

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        return pl.DataFrame(schema=ALIKE)


def test_a_crowd_that_was_not_looked_at_to_the_end_is_told(table: Table) -> None:
    """Hundreds of texts in one bucket of which none are alike: in the note and at each pair."""
    captions = [f"{n}" for n in range(400)]
    kind = Strangers(400, [])
    step = Dedup(near="caption")
    workspace = texts(table, captions).having(steps=[{"dedup": {"near": "caption"}}])
    with (
        opened(read_recipe(workspace.path), Options(), Silence()) as (course, asking),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(Dedup, "_kind", lambda *_: kind)
        outcome = step.decide(course.living, asking)
    left = outcome.verdicts.filter(pl.col("detail") == CROWD)
    assert outcome.note == f"{left.height} pairs stay that are {CROWD}, and may repeat one another"
    assert 200 < left.height <= 400
    assert set(left["verdict"]) == {"keep"}
    assert str(ROUNDS * FEW) in CROWD


def test_one_picture_with_many_captions(table: Table, tmp_path: Path) -> None:
    """All hang together by the picture; only captions that are alike are looked at."""
    folder = tmp_path / "media"
    folder.mkdir()
    photo(1, 64, 64).save(folder / "one.png")
    rows = [{"image": "one.png", "caption": f"{n} {n * 7919}"} for n in range(5000)]
    rows.append({"image": "one.png", "caption": "4999, 39587081!"})
    workspace = table(rows, image="image", caption="text")
    start = time.perf_counter()
    said = workspace.decide(words("image", "caption"))
    assert gone(said) == {5000: 4999}
    assert time.perf_counter() - start < 20


def test_against_a_list_of_hashes(table: Table, tmp_path: Path) -> None:
    workspace = images(table, tmp_path / "media", {f"{n}.png": photo(n, 40, 40) for n in range(3)})
    files = [(tmp_path / "media" / f"{n}.png").read_bytes() for n in range(3)]
    lists = {
        "sha256": hashlib.sha256(files[0]).hexdigest().upper(),
        "md5": hashlib.md5(files[2]).hexdigest(),
    }
    for kind, digest in lists.items():
        pl.DataFrame({kind: [digest]}).write_csv(tmp_path / f"{kind}.csv")
        against = {"path": f"../{kind}.csv", "name": "the list"}
        said = workspace.decide({"dedup": {"exact": "image", "against": against}})
        out = said.filter(pl.col("verdict") == "drop")
        assert out.select("row", "reason").rows() == [
            ("0" if kind == "sha256" else "2", "in the list")
        ]
        assert out["detail"][0] == f"{kind} {digest[:16].lower()}"
        said = workspace.decide(
            {"dedup": {"exact": "image", "against": {**against, "drop": "others"}}}
        )
        assert said["verdict"].eq("drop").sum() == 2


def test_against_pdq(table: Table, tmp_path: Path) -> None:
    import pdqhash

    picture = photo(1, 200, 150)
    picture.save(tmp_path / "poor.jpg", quality=80)
    with Image.open(tmp_path / "poor.jpg") as poor:
        bits, _ = pdqhash.compute(np.asarray(poor.convert("RGB")))
    pl.DataFrame({"pdq": [np.packbits(bits).tobytes().hex()]}).write_parquet(
        tmp_path / "known.parquet"
    )
    workspace = images(table, tmp_path / "media", {"a.png": picture, "b.png": photo(2, 200, 150)})
    against = {"path": "../known.parquet", "name": "known"}
    said = workspace.decide({"dedup": {"near": "image", "against": against}})
    assert said["verdict"].to_list() == ["drop", "keep"]
    assert said["detail"][0].startswith("pdq within ")


def test_against_texts_that_are_held_out(table: Table, tmp_path: Path) -> None:
    """Contamination: the question in other words of case and marks, and one of its copies."""
    pl.DataFrame({"caption": ["How many legs does a spider have?"]}).write_csv(
        tmp_path / "quiz.csv"
    )
    captions = [
        "how many legs does a spider have",
        "How many eyes has a spider?",
        "How many legs does a spider have? 8",
    ]
    against = {"path": "../quiz.csv", "name": "the quiz"}
    workspace = texts(table, captions)
    said = workspace.decide({"dedup": {"near": "caption", "against": against}})
    assert said["verdict"].to_list() == ["drop", "keep", "drop"]
    exact = {"exact": "caption", "by": "content", "against": against}
    assert workspace.decide({"dedup": exact})["verdict"].to_list() == ["keep"] * 3


def test_against_a_release(table: Table, tmp_path: Path) -> None:
    earlier = images(table, tmp_path / "media", {"a.png": photo(1, 200, 150)})
    release = earlier.having(name="earlier", version="1.0.0", steps=[]).build().path
    later = {"b.jpg": photo(1, 200, 150), "c.png": photo(2, 200, 150), "a.png": photo(1, 200, 150)}
    workspace = images(table, tmp_path / "media", later, quality=40)
    against = {"path": f"../{release.relative_to(tmp_path)}", "name": "earlier"}
    near = workspace.decide({"dedup": {"near": "image", "against": against}})
    assert near["verdict"].to_list() == ["drop", "keep", "drop"]
    exact = workspace.decide({"dedup": {"exact": "image", "against": against}})
    assert exact["verdict"].to_list() == ["keep", "keep", "drop"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("list.csv", "sha256\nabc\n", "'abc' is no sha256"),
        ("list.csv", "other\nabc\n", "has none of the columns sha256, md5, pdq, caption"),
        ("list.txt", "abc\n", "is no release and no list"),
    ],
)
def test_against_nonsense(table: Table, tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    against = {"path": f"../{name}", "name": "list"}
    with pytest.raises(DataError, match=message):
        texts(table, ["a"]).decide({"dedup": {"exact": "caption", "against": against}})

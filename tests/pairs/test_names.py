"""Names and draws that depend on content alone."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.pairs.components import components, stars
from curate.pairs.draw import uniform
from curate.pairs.identity import canonical_json, collected_id, content_hash, located_id
from curate.pairs.keys import collected_ids, content_hashes

names = st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, max_size=12)


def test_ids_are_the_same_forever() -> None:
    assert (
        collected_id({"caption": content_hash("a duck"), "year": 2026})
        == "8fa95778f2edff4b3ef7baf55bd0a552"
    )
    assert located_id("photos", "birds/duck.png") == "21b0c27a03f87a6f021c752da9f53de0"
    assert canonical_json({"b": 1, "a": [True, None, "é"]}) == '{"a":[true,null,"é"],"b":1}'


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                'a "name"': st.none() | st.text() | st.text('a"\\\n\x00\x1f\x7fé'),
                "count": st.none() | st.integers(-(2**63), 2**63 - 1),
                "share": st.none() | st.floats(allow_nan=False),
                "true": st.none() | st.booleans(),
            }
        ),
        max_size=8,
    )
)
def test_columns_are_named_as_values_are(rows: list[dict[str, object]]) -> None:
    types = [pl.String, pl.Int64, pl.Float64, pl.Boolean]
    schema = dict(zip(['a "name"', "count", "share", "true"], types, strict=True))
    table = pl.DataFrame(rows, schema=schema)
    assert collected_ids(table).to_list() == [collected_id(row) for row in rows]
    texts = table['a "name"']
    hashed = [None if text is None else content_hash(text) for text in texts]
    assert content_hashes(texts).to_list() == hashed


@given(names, st.integers(0, 5))
def test_a_draw_depends_on_the_name_alone(drawn: list[str], seed: int) -> None:
    numbers = uniform(pl.Series(drawn, dtype=pl.String), seed, "test")
    assert numbers.is_between(0, 1, closed="left").all()
    for name, number in zip(drawn, numbers, strict=True):
        assert uniform(pl.Series([name]), seed, "test")[0] == number


@given(names, st.data())
def test_components_are_the_closure_of_their_edges(drawn: list[str], data: st.DataObject) -> None:
    ends = st.sampled_from(drawn) if drawn else st.nothing()
    edges = data.draw(st.lists(st.tuples(ends, ends), max_size=12)) if drawn else []
    schema = {"left": pl.String, "right": pl.String}
    found = components(
        pl.Series(drawn, dtype=pl.String), pl.DataFrame(edges, schema=schema, orient="row")
    )
    of = dict(found.iter_rows())
    reached = {name: {name} for name in drawn}
    for _ in drawn:
        for left, right in edges:
            reached[left] |= reached[right]
            reached[right] |= reached[left]
    assert of == {name: min(reach) for name, reach in reached.items()}


def test_stars_join_equal_values_and_no_nulls() -> None:
    table = pl.DataFrame({"pair_id": ["a", "b", "c", "d"], "key": ["x", None, "x", None]})
    assert stars(table, "key").rows() == [("a", "c")]

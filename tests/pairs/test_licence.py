"""What people write of licences, read as SPDX has it, and what the licences ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.pairs.licence import alternatives, both, expression, identifiers, read
from curate.pairs.terms import chosen, conflict, terms_of

KNOWN = st.sampled_from(identifiers())
COMMON = st.sampled_from(
    [
        "CC0-1.0",
        "CC-BY-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-ND-4.0",
        "CC-BY-NC-SA-4.0",
        "MIT",
        "GPL-2.0-only",
        "GPL-2.0-or-later",
        "GPL-3.0-only",
        "AGPL-3.0-only",
        "LGPL-2.1-only",
        "GFDL-1.3-only",
        "ODbL-1.0",
        "BUSL-1.1",
        "LicenseRef-ours",
    ]
)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("Creative Commons By-SA 2.5", "CC-BY-SA-2.5"),
        ("Creative Commons Attribution-ShareAlike 4.0 International", "CC-BY-SA-4.0"),
        ("Attribution-NonCommercial-NoDerivs 2.0 Generic", "CC-BY-NC-ND-2.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/3.0/", "CC-BY-NC-SA-3.0"),
        ("http://creativecommons.org/licenses/by/2.5/au/", "CC-BY-2.5-AU"),
        ("https://creativecommons.org/licenses/by/4.0/legalcode.de", "CC-BY-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("CC0", "CC0-1.0"),
        ("GPLv2+", "GPL-2.0-or-later"),
        ("GNU GPL v3", "GPL-3.0-only"),
        ("MIT License", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("https://spdx.org/licenses/ODbL-1.0.html", "ODbL-1.0"),
        ("mit or gpl-2.0+", "GPL-2.0-or-later OR MIT"),
        ("LicenseRef-ours", "LicenseRef-ours"),
    ],
)
def test_names_in_common_use_are_read(written: str, means: str) -> None:
    assert read(written) == means


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "  ",
        "public domain",
        "free",
        "CC BY-SA",
        "GFDL",
        "MIT AND",
        "(",
        "MIT/X11",
        "CC BY 9.9",
    ],
)
def test_what_names_no_licence_stays_unknown(written: str | None) -> None:
    assert read(written) is None


@given(KNOWN)
def test_every_identifier_reads_as_itself_in_any_case(name: str) -> None:
    assert read(name) == read(name.lower()) == read(f"  {name} ") == name


@given(st.text(max_size=60))
def test_any_text_is_read_or_unknown_and_stays_what_it_was_read_as(text: str) -> None:
    found = read(text)
    assert found is None or read(found) == found == expression(found)


@given(COMMON, COMMON)
def test_whether_two_can_be_combined_does_not_hang_on_their_order(one: str, other: str) -> None:
    assert (conflict(one, other) is None) == (conflict(other, one) is None)
    assert conflict(one, one) is None


@given(COMMON, COMMON)
def test_of_both_all_holds_and_of_a_choice_the_one_that_asks_less(one: str, other: str) -> None:
    together = both(one, other)
    assert together is not None
    assert set(chosen(together)) == {one, other}
    choice = chosen(f"{one} OR {other}")
    assert choice in ((one,), (other,))
    known = terms_of(one), terms_of(other)
    if None not in known:
        assert len(terms_of(choice[0]) or ()) <= max(len(terms or ()) for terms in known)


def test_alternatives_are_told_apart() -> None:
    assert alternatives("MIT OR (GPL-2.0-only AND CC-BY-4.0)") == (
        ("MIT",),
        ("CC-BY-4.0", "GPL-2.0-only"),
    )
    assert both("MIT", None) is None


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-4.0", "GPL-3.0-only", True),
        ("CC-BY-SA-4.0", "GPL-2.0-or-later", True),
        ("CC-BY-SA-4.0", "GPL-2.0-only", False),
        ("CC-BY-SA-4.0", "CC-BY-NC-4.0", False),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", False),
        ("CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", True),
        ("CC-BY-ND-4.0", "CC0-1.0", False),
        ("CC-BY-4.0", "CC0-1.0", True),
        ("LGPL-2.1-only", "GPL-2.0-only", True),
        ("AGPL-3.0-only", "GPL-3.0-only", True),
        ("GPL-2.0-only", "GPL-3.0-only", False),
    ],
)
def test_share_alike_meets_share_alike(one: str, other: str, fits: bool) -> None:
    assert (conflict(one, other) is None) == fits


def test_terms_are_those_of_the_family() -> None:
    assert terms_of("CC0-1.0") == frozenset()
    assert terms_of("CC-BY-NC-SA-2.0-DE") == frozenset(
        ("attribution", "non-commercial", "share-alike")
    )
    assert terms_of("GPL-2.0-only WITH Classpath-exception-2.0") == terms_of("GPL-2.0-only")
    assert terms_of("BUSL-1.1") is None

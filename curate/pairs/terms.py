"""What licences ask of those who use what stands under them, and which cannot be put together.

A small table of families. Creative Commons: the elements in the licence's name
(https://creativecommons.org/share-your-work/cclicenses/). Others: the conditions that
https://choosealicense.com/appendix/ and https://opendatacommons.org/licenses/ list. What may be
combined follows https://wiki.creativecommons.org/wiki/Wiki/cc_license_compatibility (with GPL-3.0 and
the Free Art License of https://creativecommons.org/share-your-work/licensing-considerations/compatible-licenses/)
and the "or later" of GNU's licences. It is a reading aid; the licence's own text is what counts.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, TypeAlias, get_args

from curate.pairs.licence import alternatives

Term: TypeAlias = Literal[
    "attribution", "share-alike", "non-commercial", "no-derivatives", "source-disclosure"
]
TERMS: tuple[Term, ...] = get_args(Term)

_OPEN = r"CC0-.*|CC-PDM-.*|CC-PDDC|PDDL-.*|Unlicense|0BSD|MIT-0|WTFPL"
_NOTICE = (
    r"MIT|MIT-.*|BSD-\d.*|ISC|Apache-.*|Zlib|BSL-1\.0|ODC-By-.*|CDLA-Permissive-.*|OGL-UK-.*"
    r"|etalab-.*|DL-DE-BY-.*|PSF-.*|Python-.*|Unicode-.*|Artistic-.*|NCSA|PostgreSQL|X11"
)
_FAMILIES: dict[str, tuple[Term, ...]] = {
    _OPEN: (),
    _NOTICE: ("attribution",),
    r"ODbL-.*|CDLA-Sharing-.*|GFDL-.*|LAL-.*|OFL-.*": ("attribution", "share-alike"),
    r"(A|L)?GPL-.*|MPL-.*|EUPL-.*|EPL-.*|CDDL-.*|OSL-.*|CERN-OHL-[SW]-.*": (
        "attribution",
        "share-alike",
        "source-disclosure",
    ),
}
_ELEMENTS: dict[str, Term] = {
    "BY": "attribution",
    "SA": "share-alike",
    "NC": "non-commercial",
    "ND": "no-derivatives",
}


@cache
def terms_of(licence: str) -> frozenset[Term] | None:
    """What one licence asks, or None where the table does not know it."""
    name = licence.partition(" WITH ")[0]
    if re.fullmatch(r"CC-BY(-[A-Z]{2})*-\d.*", name):
        return frozenset(_ELEMENTS[part] for part in name.split("-") if part in _ELEMENTS)
    found = (frozenset(asked) for family, asked in _FAMILIES.items() if re.fullmatch(family, name))
    return next(found, None)


@cache
def chosen(spdx: str) -> tuple[str, ...]:
    """The licences that hold together in the choice that asks least; what is unknown asks most."""

    def asks(licences: tuple[str, ...]) -> tuple[bool, int, int]:
        known = [terms_of(one) for one in licences]
        restrict = {"non-commercial", "no-derivatives"}
        every = {term for terms in known for term in terms or ()}
        return None in known, len(every & restrict), len(every)

    return min(alternatives(spdx), key=asks)


def conflict(first: str, second: str) -> str | None:
    """Why works under two licences cannot be combined in one; None where they can or it is unknown."""
    one, other = terms_of(first), terms_of(second)
    if one is None or other is None or first == second:
        return None
    for name, terms in ((first, one), (second, other)):
        if "no-derivatives" in terms:
            return f"{name} allows no changed copies"
    if "share-alike" in one and "share-alike" in other:
        outlets, others = _outlets(first), _outlets(second)
        if outlets and others and not outlets & others:
            return "each asks that what is made of it stands under its own terms"
    if "non-commercial" in one ^ other and any(
        "share-alike" in terms and "non-commercial" not in terms for terms in (one, other)
    ):
        return "one forbids commercial use, the other forbids to forbid it"
    return None


_VERSIONS = ("2.0", "2.1", "3.0")
"""Of GNU's licences."""
_CC_VERSIONS = ("2.0", "2.5", "3.0", "4.0")
_OWN = r"ODbL-.*|GFDL-.*|CDLA-Sharing-.*|LAL-.*"
"""Families that name no other licence for what is made of them."""


def _outlets(licence: str) -> frozenset[str]:
    """Under which licences something that is made of it may stand; none where it is not known."""
    name = licence.partition(" WITH ")[0]
    if found := re.fullmatch(r"(CC-BY-(?:NC-)?SA)-(\d\.\d).*", name):
        later = {f"{found[1]}-{each}" for each in _CC_VERSIONS if each > found[2]}
        more = {"GPL-3.0", "LAL-1.3"} if found[0].startswith("CC-BY-SA-4.0") else set()
        return frozenset({f"{found[1]}-{found[2]}"} | later | more)
    if found := re.fullmatch(r"([AL]?GPL)-(\d\.\d)-(only|or-later)", name):
        every = _VERSIONS if found[3] == "or-later" else (found[2],)
        own = {f"{found[1]}-{each}" for each in every if each >= found[2]}
        plain = [each for each in ("2.0", "3.0") if each >= found[2] or found[2] == "2.1"]
        return frozenset(own | ({f"GPL-{each}" for each in plain} if found[1] != "GPL" else set()))
    return frozenset({name} if re.fullmatch(_OWN, name) else ())

"""What a release may be used for, as `usageInfo`: terms of DUO, ODRL offers, or people's words.

Codes of DUO (http://purl.obolibrary.org/obo/duo.owl) are those that somebody named. What licences
ask becomes an offer of ODRL (https://www.w3.org/TR/odrl-vocab/), whose actions for licences are those
of Creative Commons (https://creativecommons.org/ns). What people say in words is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.governance.facts import Facts

_DUO = re.compile(r"DUO[:_](\d{7})")
_WORDS = {"intended_uses": "Intended uses", "prohibited_uses": "Prohibited uses"}
_DUTIES = {
    "attribution": "cc:Attribution",
    "share-alike": "cc:ShareAlike",
    "source-disclosure": "cc:SourceCode",
}
_PROHIBITED = {"non-commercial": "cc:CommercialUse", "no-derivatives": "cc:DerivativeWorks"}


def use_conditions(facts: Facts) -> dict[str, Any]:
    """`usageInfo`, or nothing where nothing is known."""
    told = [*_codes(facts), *_licences(facts), *_words(facts)]
    return {"usageInfo": told} if told else {}


def _codes(facts: Facts) -> Iterator[dict[str, Any]]:
    answer = facts.answers.get("use_conditions")
    for code in _DUO.findall((answer.value if answer else None) or ""):
        yield {"@type": "sc:DefinedTerm", "termCode": f"DUO_{code}", "url": f"duo:{code}"}


def _licences(facts: Facts) -> Iterator[dict[str, Any]]:
    """What binds who uses the whole; no offer where a licence or its terms are not known."""
    terms = facts.licences.terms.value
    if terms is None or not facts.licences.counts.value:
        return
    name = "Terms of the licences that the pairs stand under"
    if "unknown" in terms:
        known = ", ".join(term for term in terms if term != "unknown") or "none"
        said = f"Known terms: {known}. Licences of some pairs, or their terms, are not known."
        yield {"@type": "sc:CreativeWork", "name": name, "description": said}
        return
    duties = [_rule("Duty", _DUTIES[term]) for term in terms if term in _DUTIES]
    forbidden = [_rule("Prohibition", _PROHIBITED[term]) for term in terms if term in _PROHIBITED]
    use = {**_rule("Permission", "odrl:use"), **({"odrl:duty": duties} if duties else {})}
    yield {
        "@type": ["sc:CreativeWork", "odrl:Offer"],
        "name": name,
        "odrl:permission": use,
        **({"odrl:prohibition": forbidden} if forbidden else {}),
    }


def _rule(kind: str, action: str) -> dict[str, Any]:
    return {"@type": f"odrl:{kind}", "odrl:action": {"@id": action}}


def _words(facts: Facts) -> Iterator[dict[str, Any]]:
    for key, title in _WORDS.items():
        answer = facts.answers.get(key)
        if answer is not None and answer.value is not None:
            yield {"@type": "sc:CreativeWork", "name": title, "description": answer.value}

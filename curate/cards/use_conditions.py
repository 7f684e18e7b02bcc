"""What a release may be used for, as `usageInfo`: terms of DUO, or words in an ODRL offer.

DUO (http://purl.obolibrary.org/obo/duo.owl) has codes for permissions; what people say in words is
quoted and not turned into codes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.governance.facts import Facts

_DUO = re.compile(r"DUO[:_](\d{7})")
_WORDS = {"intended_uses": "Intended uses", "prohibited_uses": "Prohibited uses"}


def use_conditions(facts: Facts) -> dict[str, Any]:
    """`usageInfo`, or nothing where nobody has said anything."""
    said = {key: answer.value for key, answer in facts.answers.items() if answer.value is not None}
    codes = _DUO.findall(said.get("use_conditions", ""))
    terms: list[dict[str, Any]] = [
        {"@type": "sc:DefinedTerm", "termCode": f"DUO_{code}", "url": f"duo:{code}"}
        for code in codes
    ]
    told: list[dict[str, Any]] = [
        {"@type": ["sc:CreativeWork", "odrl:Offer"], "name": title, "description": said[key]}
        for key, title in _WORDS.items()
        if key in said
    ]
    return {"usageInfo": [*terms, *told]} if terms or told else {}

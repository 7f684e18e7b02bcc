"""Where a release is from, in the terms of PROV-O (https://www.w3.org/TR/prov-o/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.governance.facts import Facts


def provenance(facts: Facts) -> dict[str, Any]:
    """Of the whole: the sources, what was done, who is responsible."""
    sources = facts.inputs.sources.value or {}
    authors = facts.answers.get("authors")
    agents = [_software(str(facts.release.tool.value))]
    if authors is not None and authors.value is not None:
        agents.append({"@type": "prov:Agent", "prov:label": authors.value})
    return {
        "prov:wasDerivedFrom": [
            {"@type": "prov:Entity", "prov:label": f"source {name}, {pairs} pairs"}
            for name, pairs in sources.items()
        ],
        "prov:wasGeneratedBy": [
            {"@type": "prov:Activity", "prov:label": f"{stage.step} {stage.name}"}
            for stage in facts.making.stages.value or ()
        ],
        "prov:wasAttributedTo": agents,
    }


def made_by(facts: Facts, column: str) -> dict[str, Any]:
    """Of a column of the data: the generators that contents of it are from, where there are any."""
    found = [one for one in facts.making.generated.value or () if one.field == column and one.taken]
    if not found:
        return {}
    return {
        "prov:wasGeneratedBy": [
            {
                "@type": "prov:Activity",
                "prov:label": f"{one.step}, {one.taken} contents",
                "prov:wasAssociatedWith": _software(one.generator),
            }
            for one in found
        ]
    }


def _software(name: str) -> dict[str, Any]:
    return {"@type": "prov:SoftwareAgent", "prov:label": name}

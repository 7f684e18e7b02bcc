"""The properties of Croissant's RAI vocabulary 1.0 that a release's facts can fill.

http://mlcommons.org/croissant/RAI/; names as its vocabulary file spells them. Every value is a fact
or what somebody answered; a property of which nobody has said anything is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.governance.facts import Acted, Facts, Stage

VOCABULARY = frozenset(
    [
        "annotationsPerItem",
        "annotatorDemographics",
        "dataAnnotationAnalysis",
        "dataAnnotationPlatform",
        "dataAnnotationProtocol",
        "dataBiases",
        "dataCollection",
        "dataCollectionMissingData",
        "dataCollectionRawData",
        "dataCollectionTimeframe",
        "dataCollectionType",
        "dataImputationProtocol",
        "dataLimitations",
        "dataManipulationProtocol",
        "dataPreprocessingProtocol",
        "dataReleaseMaintenancePlan",
        "dataSocialImpact",
        "dataUseCases",
        "machineAnnotationTools",
        "personalSensitiveInformation",
    ]
)
_ANSWERS = {
    "annotations_per_item": "annotationsPerItem",
    "annotators": "annotatorDemographics",
    "annotation_analysis": "dataAnnotationAnalysis",
    "annotation_platform": "dataAnnotationPlatform",
    "annotation_protocol": "dataAnnotationProtocol",
    "known_biases": "dataBiases",
    "collection": "dataCollection",
    "collection_type": "dataCollectionType",
    "collection_timeframe": "dataCollectionTimeframe",
    "known_failures": "dataLimitations",
    "maintenance": "dataReleaseMaintenancePlan",
    "social_impact": "dataSocialImpact",
    "intended_uses": "dataUseCases",
    "special_categories": "personalSensitiveInformation",
}
"""What people were asked -> the property that their answer is."""


def responsible(facts: Facts) -> dict[str, list[str]]:
    """`rai:` properties with their texts."""
    told: dict[str, list[str]] = {}
    for name, text in [*_answered(facts), *_found(facts)]:
        told.setdefault(f"rai:{name}", []).append(text)
    return dict(sorted(told.items()))


def _answered(facts: Facts) -> Iterator[tuple[str, str]]:
    for key, name in _ANSWERS.items():
        answer = facts.answers.get(key)
        if answer is not None and answer.value is not None:
            yield name, answer.value


def _found(facts: Facts) -> Iterator[tuple[str, str]]:
    """What follows from the release itself."""
    for source, pairs in (facts.inputs.sources.value or {}).items():
        yield "dataCollectionRawData", f"{pairs} pairs were read from the source {source}."
    if facts.pairs.unreadable.value:
        yield "dataCollectionMissingData", f"{facts.pairs.unreadable.value} pairs were unreadable."
    for stage in facts.making.stages.value or ():
        yield "dataPreprocessingProtocol", _stage(stage)
    for one in facts.making.generated.value or ():
        made = f"{one.step}: {one.taken} of {one.made} contents for {one.field} by {one.generator}"
        labelled = one.step.startswith("pseudo_label")
        yield ("machineAnnotationTools" if labelled else "dataManipulationProtocol"), made
    if facts.bias.headline.value:
        yield "dataBiases", facts.bias.headline.value
    for word, finding in facts.evaluation.items():
        if finding.value:
            yield "dataLimitations", f"{word}: {finding.value}"
    yield from _acted(facts.privacy)


def _stage(stage: Stage) -> str:
    gone = f", {stage.left} taken out" if stage.left else ""
    return f"{stage.step} {stage.name}: {stage.pairs} pairs seen{gone}"


def _acted(privacy: Acted) -> Iterator[tuple[str, str]]:
    if privacy.dropped.value is not None:
        counts = (
            f"{privacy.dropped.value} dropped, {privacy.redacted.value} redacted, "
            f"{privacy.flagged.value} kept and flagged"
        )
        yield "personalSensitiveInformation", f"Pairs with personal data: {counts}."

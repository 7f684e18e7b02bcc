"""What only people can say of a release: the questions, who must answer them, and why it matters.

Which standards want an answer is not repeated here: it follows from their tables
(`curate.governance.standards`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One thing that no file of a release can tell."""

    key: str
    asked: str
    by: str
    """Who must answer."""
    why: str


_OWNER = "the owner of the release"
_COLLECTOR = "who collected the data"
_LEGAL = "who answers for data protection and rights"
_EXPERT = "somebody who knows the field of use"
_ANNOTATION = "who ran the annotation"

_ALL = (
    Question(
        "purpose",
        "What was this release made for?",
        _OWNER,
        "Whether data are relevant can only be judged against a purpose.",
    ),
    Question(
        "authors",
        "Who made this release? Separate names by ';'.",
        _OWNER,
        "People must be credited, and somebody must be responsible.",
    ),
    Question(
        "contact",
        "Where can people reach somebody about this release?",
        _OWNER,
        "Errors and requests to remove data need an address.",
    ),
    Question(
        "funding",
        "Who paid for it, and under which grant?",
        _OWNER,
        "Interests of those who pay can shape what is collected.",
    ),
    Question(
        "homepage",
        "Which web page describes this release?",
        _OWNER,
        "Copies of a dataset should lead back to where it is kept.",
    ),
    Question(
        "published",
        "When is it published, as a date such as 2026-11-30?",
        _OWNER,
        "A machine's clock would make equal releases differ, so a person says it.",
    ),
    Question(
        "citation",
        "How should it be cited? BibTeX is best.",
        _OWNER,
        "Those who use it can then name it without guessing.",
    ),
    Question(
        "intended_uses",
        "For which uses is it meant?",
        _OWNER,
        "Data that are fit for one use can be harmful in another.",
    ),
    Question(
        "prohibited_uses",
        "For which uses is it not meant, or forbidden?",
        _OWNER,
        "Who finds the release elsewhere knows only what it says itself.",
    ),
    Question(
        "use_conditions",
        "Which DUO codes permit or limit its use, such as DUO:0000042?",
        _LEGAL,
        "Machines can follow codes, and cannot follow sentences.",
    ),
    Question(
        "design_choices",
        "Why these sources, these fields and these steps?",
        _OWNER,
        "The recipe shows what was done, not what it was done for.",
    ),
    Question(
        "alternatives_rejected",
        "Which other sources or methods were considered, and why not taken?",
        _OWNER,
        "The next person would otherwise try them again.",
    ),
    Question(
        "assumptions",
        "What are the data taken to measure or to stand for?",
        _EXPERT,
        "An assumption that nobody wrote down cannot be checked.",
    ),
    Question(
        "suitability",
        "Are the data enough, and of the right kind, for the purpose? Why?",
        _EXPERT,
        "Counts say how many there are, not how many are needed.",
    ),
    Question(
        "collection",
        "How were the raw data collected, where and by whom?",
        _COLLECTOR,
        "A release sees files, and not how they came to be.",
    ),
    Question(
        "collection_purpose",
        "For what purpose were the raw data collected at first?",
        _COLLECTOR,
        "Personal data may not be used freely for another purpose.",
    ),
    Question(
        "collection_type",
        "Which kind of collection was it: web scraping, self-reporting, measurement, other?",
        _COLLECTOR,
        "Each kind has faults of its own.",
    ),
    Question(
        "collection_timeframe",
        "Over which time were they collected, as 2020-01/2022-12?",
        _COLLECTOR,
        "Models learn a period, and are used in another.",
    ),
    Question(
        "collectors",
        "Who did the collecting, and how were they paid?",
        _COLLECTOR,
        "Work that cannot be seen is often not paid fairly.",
    ),
    Question(
        "setting",
        "In which places, contexts and behaviours will systems that learn from it be used?",
        _EXPERT,
        "Data must fit the setting they are used in.",
    ),
    Question(
        "reference_population",
        "Whom or what should the data represent, and by which statistic?",
        _EXPERT,
        "Representation can only be measured against a stated population.",
    ),
    Question(
        "known_biases",
        "Which biases are known or suspected besides those that the audit found?",
        _EXPERT,
        "The audit sees only groups that are columns of the data.",
    ),
    Question(
        "gap_remedies",
        "What is missing from the data, and what is done about it?",
        _EXPERT,
        "Gaps that are known can be planned for.",
    ),
    Question(
        "known_failures",
        "Where are the data known to be wrong, or a model that learns from them to fail?",
        _EXPERT,
        "Those who use it would find out by harm.",
    ),
    Question(
        "social_impact",
        "Whom could the release or its uses benefit or harm?",
        _OWNER,
        "Those who are in data are seldom those who use them.",
    ),
    Question(
        "special_categories",
        "Are there data on health, origin, belief, sexuality, biometrics or the like? Why?",
        _LEGAL,
        "Such data may be used only under strict conditions, which must be shown to hold.",
    ),
    Question(
        "lawful_basis",
        "On which legal basis are personal data processed?",
        _LEGAL,
        "Without one they may not be processed at all.",
    ),
    Question(
        "consent",
        "Did the people concerned agree, to what, and can they withdraw?",
        _LEGAL,
        "Consent is not in a file; somebody must know how it was given.",
    ),
    Question(
        "licence",
        "Under which licence is the release as a whole given away?",
        _LEGAL,
        "Without one nobody may use it.",
    ),
    Question(
        "rights_reserved",
        "How are opt-outs of rights holders found and followed?",
        _LEGAL,
        "Text and data mining is allowed only where it is not reserved.",
    ),
    Question(
        "takedown",
        "How does somebody have data removed, and how fast is it done?",
        _LEGAL,
        "`curate forget` removes them; people must know whom to ask.",
    ),
    Question(
        "retention",
        "How long are the data kept, and what happens then?",
        _LEGAL,
        "Personal data may not be kept without end.",
    ),
    Question(
        "access_control",
        "Who may reach the data, and how is that kept so?",
        _LEGAL,
        "A release is a folder; it does not protect itself.",
    ),
    Question(
        "maintenance",
        "Who keeps the release up to date, how often, and how are errors made known?",
        _OWNER,
        "An abandoned dataset goes on being used.",
    ),
    Question(
        "annotators",
        "Who labelled the data, how were they chosen and paid?",
        _ANNOTATION,
        "Labels carry the view of those who gave them.",
    ),
    Question(
        "annotation_protocol",
        "What were annotators told to do?",
        _ANNOTATION,
        "Labels mean what the instructions said.",
    ),
    Question(
        "annotation_platform",
        "With which tool or platform were labels given?",
        _ANNOTATION,
        "Tools shape answers.",
    ),
    Question(
        "annotations_per_item",
        "How many people labelled each item?",
        _ANNOTATION,
        "One voice shows no disagreement.",
    ),
    Question(
        "annotation_analysis",
        "How did annotators disagree, and how was one label made of several?",
        _ANNOTATION,
        "Disagreement can be a finding.",
    ),
    Question(
        "ethics_review",
        "Did anybody review the ethics of the collection, with what result?",
        _OWNER,
        "Who is close to a project sees less of its risks.",
    ),
)

QUESTIONS = {question.key: question for question in _ALL}
"""By key, in the order in which they are asked."""

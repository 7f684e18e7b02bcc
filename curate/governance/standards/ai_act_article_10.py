"""Regulation (EU) 2024/1689, Article 10: data and data governance of high-risk systems."""

from curate.governance.standard import Row, Standard

ARTICLE_10 = Standard(
    key="eu-ai-act-article-10",
    short="EU AI Act",
    title="EU AI Act, Article 10: data and data governance",
    about="What this release can show towards Article 10(2) to (5) of Regulation (EU) 2024/1689. "
    "Whether a system fulfils the article is for those who answer for the system to judge.",
    rows=(
        Row(
            "Art. 10(2)(a)",
            "Which choices were made in the design, and why.",
            (
                "answers.design_choices",
                "answers.alternatives_rejected",
                "inputs.fields",
                "making.stages",
            ),
        ),
        Row(
            "Art. 10(2)(b)",
            "How the data were collected and where they come from; of personal data, what they were "
            "collected for at first.",
            (
                "inputs.sources",
                "pairs.origins",
                "licences.counts",
                "answers.collection",
                "answers.collection_purpose",
            ),
        ),
        Row(
            "Art. 10(2)(c)",
            "How the data were prepared: labelled, cleaned, updated, enriched, put together.",
            (
                "making.stages",
                "making.generated",
                "making.copies",
                "pairs.losses",
                "pairs.changed",
                "pairs.merged",
                "answers.annotation_protocol",
            ),
        ),
        Row(
            "Art. 10(2)(d)",
            "What the data are assumed to measure and to represent.",
            ("answers.assumptions",),
        ),
        Row(
            "Art. 10(2)(e)",
            "Whether the data that are needed are there, in number and kind.",
            ("pairs.read", "pairs.kept", "pairs.splits", "answers.suitability"),
        ),
        Row(
            "Art. 10(2)(f)",
            "An examination for biases that may affect health, safety or fundamental rights, or lead "
            "to discrimination.",
            ("bias.*", "answers.known_biases"),
        ),
        Row(
            "Art. 10(2)(g)",
            "What is done to find, prevent and lessen such biases.",
            ("bias.flagged", "bias.lowest_ratio", "making.stages", "answers.gap_remedies"),
        ),
        Row(
            "Art. 10(2)(h)",
            "Which gaps and shortcomings stand in the way, and what can be done about them.",
            (
                "pairs.losses",
                "pairs.unreadable",
                "pairs.not_assessed",
                "making.expected_mismatch_share",
                "answers.gap_remedies",
                "answers.known_failures",
            ),
        ),
        Row(
            "Art. 10(3)",
            "That the data are relevant, representative enough, and as free of errors and as complete "
            "as can be, with statistical properties that suit the persons or groups concerned.",
            (
                "evaluation.*",
                "making.expected_mismatch_share",
                "pairs.duplicates_across_splits",
                "pairs.kept_share",
                "bias.headline",
                "bias.groups",
                "answers.reference_population",
                "answers.suitability",
            ),
        ),
        Row(
            "Art. 10(4)",
            "That the data take account of the geographical, contextual, behavioural or functional "
            "setting of use.",
            ("inputs.fields", "answers.setting"),
        ),
        Row(
            "Art. 10(5)",
            "Where special categories of personal data are used to find and correct bias: under which "
            "safeguards.",
            (
                "answers.special_categories",
                "answers.lawful_basis",
                "answers.access_control",
                "answers.retention",
                "privacy.*",
            ),
        ),
    ),
)

"""Regulation (EU) 2024/1689, Article 53(1)(d): the public summary of training content."""

from curate.governance.standard import Row, Standard

ARTICLE_53 = Standard(
    key="eu-ai-act-article-53-summary",
    short="EU AI Act, summary",
    title="EU AI Act, Article 53(1)(d): feeder for the summary of training content",
    about="Those who place a general-purpose model on the market publish a summary of what it was "
    "trained on, in the form of the Commission's template. This sheet holds what a model's provider "
    "needs of this release for it, in the template's order; what concerns the model is not here.",
    rows=(
        Row(
            "1 general information",
            "Who provides the data and where to ask.",
            ("answers.authors", "answers.contact", "answers.homepage"),
        ),
        Row(
            "1 general information",
            "Kinds of data, their size, languages and time.",
            (
                "inputs.fields",
                "pairs.kept",
                "pairs.splits",
                "answers.collection_timeframe",
                "answers.published",
            ),
        ),
        Row(
            "2.1 public data sets",
            "Which publicly available data sets it is made of.",
            ("inputs.sources", "answers.collection"),
        ),
        Row(
            "2.2 licensed data",
            "Which data were licensed by rights holders or had from third parties.",
            ("licences.counts", "licences.unknown", "licences.terms", "answers.licence"),
        ),
        Row(
            "2.3 crawled data",
            "Whether data were crawled, when and from which domains.",
            ("answers.collection_type", "answers.collection", "answers.collection_timeframe"),
        ),
        Row(
            "2.4 user data",
            "Whether data of users of services were used.",
            ("answers.collection", "answers.consent"),
        ),
        Row(
            "2.5 synthetic data",
            "What machines made, and which models made it.",
            (
                "pairs.synthetic_share",
                "pairs.labelled_share",
                "making.generated",
                "inputs.models",
            ),
        ),
        Row("2.6 other data", "Data of any other kind.", ("answers.collection",)),
        Row(
            "3.1 rights reserved",
            "How reservations of text and data mining were respected.",
            ("consent.*", "answers.rights_reserved"),
        ),
        Row(
            "3.2 illegal content",
            "What was done to keep illegal content out.",
            ("safety.*",),
        ),
        Row(
            "3.3 other",
            "Other processing that the public should know of.",
            ("privacy.*", "answers.takedown"),
        ),
    ),
)

"""Datasheets for Datasets (Gebru et al., Communications of the ACM 64(12), 2021)."""

from curate.governance.standard import Row, Standard

_MOTIVATION = (
    Row("Motivation", "What the data set was made for.", ("answers.purpose",)),
    Row("Motivation", "Who made it, and on whose behalf.", ("answers.authors",)),
    Row("Motivation", "Who paid for it.", ("answers.funding",)),
)
_COMPOSITION = (
    Row("Composition", "What one instance is.", ("inputs.fields", "release.description")),
    Row("Composition", "How many instances there are.", ("pairs.kept", "pairs.splits")),
    Row(
        "Composition",
        "Whether it is all there is or a sample, and of what larger set.",
        ("pairs.read", "pairs.kept_share", "answers.reference_population"),
    ),
    Row(
        "Composition",
        "Which labels or targets instances have.",
        ("inputs.fields", "pairs.labelled_share", "answers.annotation_protocol"),
    ),
    Row(
        "Composition",
        "What is missing from instances.",
        ("pairs.not_assessed", "pairs.unreadable", "answers.gap_remedies"),
    ),
    Row("Composition", "Which instances are related.", ("making.copies",)),
    Row(
        "Composition",
        "How it is meant to be split.",
        ("pairs.splits", "pairs.duplicates_across_splits"),
    ),
    Row(
        "Composition",
        "Errors, noise and redundancy.",
        ("making.expected_mismatch_share", "making.copies", "answers.known_failures"),
    ),
    Row(
        "Composition",
        "Whether it stands alone or leans on outside resources.",
        ("inputs.sources", "inputs.models"),
    ),
    Row(
        "Composition",
        "Confidential data, and content that may hurt.",
        ("privacy.*", "safety.*", "answers.access_control"),
    ),
    Row(
        "Composition",
        "Groups of people that are told apart, and how they are distributed.",
        ("bias.*", "answers.known_biases"),
    ),
    Row(
        "Composition",
        "Whether persons can be identified, and whether sensitive data are there.",
        ("privacy.*", "answers.special_categories"),
    ),
)
_COLLECTION = (
    Row(
        "Collection process",
        "How the data of each instance were acquired and by which means.",
        ("answers.collection", "answers.collection_type", "inputs.sources"),
    ),
    Row(
        "Collection process",
        "By which strategy a sample was drawn.",
        ("making.stages", "answers.design_choices"),
    ),
    Row(
        "Collection process",
        "Who collected, and how they were paid.",
        ("answers.collectors",),
    ),
    Row(
        "Collection process",
        "Over which time.",
        ("answers.collection_timeframe",),
    ),
    Row("Collection process", "Whether ethics were reviewed.", ("answers.ethics_review",)),
    Row(
        "Collection process",
        "Whether people knew, agreed, and can withdraw.",
        ("answers.consent", "consent.*"),
    ),
    Row(
        "Collection process",
        "Whether effects on the people concerned were assessed.",
        ("answers.social_impact",),
    ),
)
_PREPARATION = (
    Row(
        "Preprocessing, cleaning, labelling",
        "What was done to the data.",
        ("making.stages", "pairs.losses", "pairs.changed"),
    ),
    Row(
        "Preprocessing, cleaning, labelling",
        "Whether what was dropped is kept, and the software can be had.",
        ("release.tool", "release.digest", "inputs.models"),
    ),
    Row(
        "Preprocessing, cleaning, labelling",
        "What machines made or labelled.",
        ("making.generated", "pairs.origins"),
    ),
    Row(
        "Preprocessing, cleaning, labelling",
        "How people labelled.",
        (
            "answers.annotators",
            "answers.annotation_platform",
            "answers.annotations_per_item",
            "answers.annotation_analysis",
        ),
    ),
)
_USES = (
    Row("Uses", "Tasks it is fit or meant for.", ("answers.intended_uses", "evaluation.*")),
    Row("Uses", "Tasks it should not be used for.", ("answers.prohibited_uses",)),
    Row(
        "Uses",
        "What in its making may affect later uses.",
        ("bias.headline", "answers.assumptions", "answers.known_biases"),
    ),
)
_DISTRIBUTION = (
    Row(
        "Distribution",
        "How and when it is distributed.",
        ("answers.homepage", "answers.published", "release.version"),
    ),
    Row(
        "Distribution",
        "Under which licence and terms, with which restrictions by others.",
        ("licences.*", "answers.licence", "answers.use_conditions"),
    ),
)
_MAINTENANCE = (
    Row("Maintenance", "Who maintains it, and how to reach them.", ("answers.contact",)),
    Row(
        "Maintenance",
        "How errors are made known, how often it is updated, what becomes of old versions.",
        ("answers.maintenance", "answers.known_failures"),
    ),
    Row(
        "Maintenance",
        "How long data about people are kept, and how they can be removed.",
        ("answers.retention", "answers.takedown"),
    ),
    Row(
        "Maintenance",
        "How others can extend it or contribute.",
        ("answers.contact", "answers.citation"),
    ),
)

DATASHEET = Standard(
    key="datasheet",
    short="Datasheet",
    title="Datasheet for the data set",
    about="The questions of Gebru et al., Datasheets for Datasets (2021), put together and in our own "
    "words.",
    rows=(
        *_MOTIVATION,
        *_COMPOSITION,
        *_COLLECTION,
        *_PREPARATION,
        *_USES,
        *_DISTRIBUTION,
        *_MAINTENANCE,
    ),
)

"""ISO/IEC 5259-2: measures of data quality for analytics and machine learning."""

from curate.governance.standard import Row, Standard

ISO_5259 = Standard(
    key="iso-iec-5259-2",
    short="ISO/IEC 5259-2",
    title="ISO/IEC 5259-2: measures of data quality",
    about="The standard's characteristics (those of ISO/IEC 25012 and its own), in our own words, "
    "with what this release measures of each. It prescribes no thresholds, and none are given here.",
    rows=(
        Row(
            "accuracy",
            "Values say what is so; sides of a pair belong together.",
            ("making.expected_mismatch_share", "evaluation.*"),
        ),
        Row(
            "completeness",
            "What should be there is there.",
            ("inputs.fields", "pairs.losses", "pairs.not_assessed"),
        ),
        Row(
            "consistency",
            "Nothing contradicts anything else.",
            ("pairs.merged", "pairs.duplicates_across_splits", "making.copies"),
        ),
        Row(
            "credibility",
            "Where values are from can be believed.",
            ("inputs.sources", "pairs.origins", "answers.collection"),
        ),
        Row(
            "currentness",
            "Data are of the right age.",
            ("answers.collection_timeframe", "answers.maintenance"),
        ),
        Row("accessibility", "Those who need them can read them.", ("pairs.unreadable",)),
        Row(
            "adherence to rules",
            "Terms, rules and laws that bind the data are known.",
            ("licences.*", "answers.licence", "answers.lawful_basis"),
        ),
        Row("efficiency", "What they cost to process.", ("energy.*",)),
        Row("precision", "Values are as exact as needed.", ("inputs.fields",)),
        Row(
            "traceability",
            "Every change and every decision can be followed.",
            ("release.digest", "release.tool", "making.stages", "pairs.changed"),
        ),
        Row("understandability", "People can tell what values mean.", ("release.description",)),
        Row("auditability", "Others can examine them.", ("release.digest", "bias.headline")),
        Row(
            "balance",
            "Groups and classes are evenly there.",
            ("pairs.splits", "bias.groups", "bias.lowest_ratio"),
        ),
        Row("diversity", "The data vary as the world does.", ("making.copies", "bias.groups")),
        Row(
            "effectiveness",
            "They serve the task.",
            ("evaluation.*", "answers.purpose", "answers.suitability"),
        ),
        Row(
            "identifiability",
            "Whether persons can be told from them.",
            ("privacy.*", "answers.special_categories"),
        ),
        Row("relevance", "They bear on the purpose.", ("answers.purpose", "answers.suitability")),
        Row(
            "representativeness",
            "They stand for those they should.",
            ("bias.*", "answers.reference_population"),
        ),
        Row(
            "similarity",
            "How alike items are to one another.",
            ("making.copies", "pairs.duplicates_across_splits"),
        ),
        Row(
            "timeliness",
            "From an event to its record little time passes.",
            ("answers.collection_timeframe", "answers.published"),
        ),
    ),
)

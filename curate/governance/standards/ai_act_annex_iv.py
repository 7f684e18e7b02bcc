"""Regulation (EU) 2024/1689, Annex IV, point 2(d): data sheets in technical documentation."""

from curate.governance.standard import Row, Standard

ANNEX_IV = Standard(
    key="eu-ai-act-annex-iv-2d",
    short="EU AI Act, Annex IV",
    title="EU AI Act, Annex IV 2(d): data sheet",
    about="The part of technical documentation (Article 11) that describes training data, as far as "
    "this release can fill it.",
    rows=(
        Row(
            "2(d) general description",
            "What the data set is.",
            (
                "release.name",
                "release.version",
                "release.description",
                "release.digest",
                "answers.purpose",
            ),
        ),
        Row(
            "2(d) provenance",
            "Where the data come from.",
            ("inputs.sources", "pairs.origins", "licences.terms", "answers.collection"),
        ),
        Row(
            "2(d) scope",
            "What it covers, and what not.",
            (
                "inputs.fields",
                "answers.collection_timeframe",
                "answers.setting",
                "answers.intended_uses",
                "answers.prohibited_uses",
            ),
        ),
        Row(
            "2(d) main characteristics",
            "How large it is, of what parts, of whom.",
            (
                "pairs.kept",
                "pairs.splits",
                "pairs.synthetic_share",
                "pairs.labelled_share",
                "bias.groups",
                "evaluation.*",
            ),
        ),
        Row(
            "2(d) how obtained",
            "How the data were got.",
            ("pairs.read", "answers.collection", "answers.collection_type", "answers.collectors"),
        ),
        Row(
            "2(d) how selected",
            "By which rules pairs were kept.",
            ("making.stages", "pairs.kept_share", "pairs.losses", "answers.design_choices"),
        ),
        Row(
            "2(d) labelling",
            "How labels were given, by people and by machines.",
            (
                "making.generated",
                "inputs.models",
                "answers.annotators",
                "answers.annotation_protocol",
                "answers.annotation_analysis",
            ),
        ),
        Row(
            "2(d) cleaning",
            "How errors, copies and outliers were found and removed.",
            (
                "making.copies",
                "making.expected_mismatch_share",
                "pairs.unreadable",
                "pairs.merged",
                "privacy.*",
                "safety.*",
            ),
        ),
    ),
)

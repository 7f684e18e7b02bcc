"""ISO/IEC 42001:2023, Annex A.7: data for AI systems."""

from curate.governance.standard import Row, Standard

ISO_42001 = Standard(
    key="iso-iec-42001-a7",
    short="ISO/IEC 42001",
    title="ISO/IEC 42001, Annex A.7: data for AI systems",
    about="The controls of Annex A.7 ask an organisation for processes; a release can show what came "
    "of them.",
    rows=(
        Row(
            "A.7.2",
            "How data for the development of systems are managed.",
            (
                "release.name",
                "release.version",
                "release.digest",
                "answers.purpose",
                "answers.access_control",
                "answers.retention",
                "answers.maintenance",
            ),
        ),
        Row(
            "A.7.3",
            "How data are acquired and chosen: sources, kind, amount, rights, people concerned.",
            (
                "inputs.sources",
                "inputs.fields",
                "pairs.read",
                "licences.*",
                "consent.*",
                "answers.collection",
                "answers.collectors",
                "answers.lawful_basis",
            ),
        ),
        Row(
            "A.7.4",
            "Which quality is required and reached.",
            (
                "evaluation.*",
                "making.expected_mismatch_share",
                "pairs.duplicates_across_splits",
                "pairs.unreadable",
                "bias.*",
                "answers.suitability",
            ),
        ),
        Row(
            "A.7.5",
            "How the origin of data is recorded over their life.",
            ("pairs.origins", "making.generated", "inputs.models", "release.tool"),
        ),
        Row(
            "A.7.6",
            "By which criteria and methods data are prepared.",
            ("making.stages", "making.copies", "pairs.losses", "answers.design_choices"),
        ),
    ),
)

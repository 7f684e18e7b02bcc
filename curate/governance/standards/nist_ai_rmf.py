"""NIST AI Risk Management Framework 1.0 (NIST AI 100-1): the outcomes that concern data."""

from curate.governance.standard import Row, Standard

NIST_AI_RMF = Standard(
    key="nist-ai-rmf",
    short="NIST AI RMF",
    title="NIST AI RMF 1.0: outcomes that concern data",
    about="Of the framework's outcomes those to which a release of data can add; the others concern "
    "systems and organisations.",
    rows=(
        Row(
            "GOVERN 6.1",
            "Risks from data of third parties, such as infringed rights, are addressed.",
            ("licences.*", "consent.*", "answers.rights_reserved"),
        ),
        Row(
            "MAP 1.1",
            "Purposes, settings, users, expected effects and assumptions are written down.",
            (
                "answers.purpose",
                "answers.intended_uses",
                "answers.prohibited_uses",
                "answers.setting",
                "answers.assumptions",
            ),
        ),
        Row(
            "MAP 2.3",
            "How data were collected and chosen is documented: availability, representativeness, "
            "suitability.",
            (
                "inputs.sources",
                "making.stages",
                "pairs.kept_share",
                "answers.suitability",
                "answers.reference_population",
            ),
        ),
        Row(
            "MAP 4.1",
            "Legal risks of third-party data and models are mapped.",
            ("licences.conflicts", "inputs.models", "answers.lawful_basis"),
        ),
        Row(
            "MAP 5.1",
            "Likely good and harmful effects are identified.",
            ("answers.social_impact", "answers.ethics_review"),
        ),
        Row(
            "MEASURE 2.1",
            "Test sets, metrics and tools are documented.",
            ("pairs.splits", "pairs.duplicates_across_splits", "evaluation.*", "release.tool"),
        ),
        Row(
            "MEASURE 2.2",
            "Evaluations with people protect them and represent those concerned.",
            ("answers.consent", "answers.annotators"),
        ),
        Row(
            "MEASURE 2.8",
            "Risks of transparency and accountability are examined and documented.",
            ("release.digest", "completeness", "answers.contact"),
        ),
        Row(
            "MEASURE 2.10",
            "Privacy risk is examined and documented.",
            ("privacy.*", "answers.special_categories"),
        ),
        Row(
            "MEASURE 2.11",
            "Fairness and bias are evaluated and the results documented.",
            ("bias.*", "answers.known_biases"),
        ),
        Row(
            "MEASURE 2.12",
            "Environmental impact is assessed and documented.",
            ("energy.*",),
        ),
        Row(
            "MANAGE 3.1",
            "Third-party resources are watched, and controls on them documented.",
            ("inputs.models", "inputs.sources", "answers.maintenance"),
        ),
        Row(
            "MANAGE 4.3",
            "Errors and incidents are made known to those affected.",
            ("answers.known_failures", "answers.maintenance", "answers.takedown"),
        ),
    ),
)

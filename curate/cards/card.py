"""The README of a release: the YAML block that hubs and `datasets` read, and the facts in words.

Nothing stands here that is not a fact: a heading without one is left out, and what somebody should
say and has not is listed at the end with who that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.cards.front_matter import front_matter
from curate.cards.markdown import code, paragraphs, section, table, text
from curate.governance.energy import kwh_in_words
from curate.pairs.yaml import to_yaml

if TYPE_CHECKING:
    from curate.cards.front_matter import Split
    from curate.governance.facts import Acted, Facts
    from curate.governance.gates import Held


@dataclass(frozen=True)
class Sample:
    """A pair to look at."""

    path: str
    """Of its picture in the release."""
    texts: Mapping[str, str]


_TOGETHER = ("privacy", "safety", "consent", "licences")


def render_card(
    facts: Facts,
    held: Sequence[Held],
    splits: Mapping[str, Split],
    features: Mapping[str, Any],
    samples: Sequence[Sample] = (),
) -> str:
    """Markdown with a front matter that `datasets.load_dataset` follows."""
    release = facts.release
    about = release.description.value
    parts = [
        f"---\n{to_yaml(front_matter(facts, splits, features))}---\n",
        f"# {release.name.value} {release.version.value}\n",
        paragraphs(about) if about else "",
        section("At a glance", table(("what", "found"), _glance(facts, held))),
        section("Samples", _samples(samples)),
        section("What people say", _answers(facts)),
        section("Columns", _columns(facts)),
        section("How it was made", _origins(facts), _sources(facts), _steps(facts)),
        section("Why pairs went", _losses(facts)),
        section("Copies", _copies(facts)),
        section("Made by machines", _generated(facts)),
        section("Quality", _quality(facts)),
        section("Groups", _groups(facts)),
        section("Personal and sensitive content", _personal(facts)),
        section("Licences", _licences(facts)),
        section("Energy", _energy(facts)),
        section("Gates", _gates(held)),
        section("Not provided", _lacking(facts)),
        section("Files", _files(facts, held)),
    ]
    return "\n".join(part for part in parts if part)


def _glance(facts: Facts, held: Sequence[Held]) -> Iterator[tuple[str, str]]:
    pairs = facts.pairs
    splits = ", ".join(
        f"{count:,} in {code(name)}" for name, count in (pairs.splits.value or {}).items()
    )
    yield "pairs", f"{pairs.kept.value:,} kept of {pairs.read.value:,} read: {splits}"
    if pairs.made.value:
        share = pairs.synthetic_share.value or 0.0
        yield "made by machines", f"{share:.1%} of the pairs kept"
    for word, finding in facts.evaluation.items():
        yield code(word), text(finding.value)
    if facts.bias.headline.value:
        yield "groups", text(facts.bias.headline.value)
    if facts.energy.kwh.value is not None:
        yield "energy", _kwh(facts)
    if held:
        passed = sum(one.passed for one in held)
        yield "gates", f"{passed} of {len(held)} hold"


def _samples(samples: Sequence[Sample]) -> str:
    rows = [
        (f"![]({one.path})", "<br>".join(text(said) for said in one.texts.values()))
        for one in samples
    ]
    told = "Drawn by chance among collected pairs that the recipe's safety step let pass.\n"
    return f"{told}\n{table(('', ''), rows)}" if rows else ""


def _answers(facts: Facts) -> str:
    rows = [
        (code(key), text(said.value), text(said.by or ""), text(said.at or ""))
        for key, said in facts.answers.items()
        if said.value is not None
    ]
    return table(("question", "answer", "by", "when"), rows) if rows else ""


def _columns(facts: Facts) -> str:
    rows = [
        (code(field.name), field.type, field.language or "", "compared" if field.group else "")
        for field in facts.inputs.fields.value or ()
    ]
    return table(("column", "type", "language", "groups"), rows)


def _origins(facts: Facts) -> str:
    origins = facts.pairs.origins.value or {}
    if set(origins) <= {"collected"}:
        return ""
    said = (
        "The column `origin` says of every pair whether it was `collected`, has a field that was "
        "`pseudo_labelled`, is `synthetic`, or came with a mark that says so "
        "(`declared_synthetic`).\n"
    )
    return f"{said}\n{table(('origin', 'pairs kept'), [(code(n), f'{c:,}') for n, c in origins.items()], (1,))}"


def _sources(facts: Facts) -> str:
    sources = [
        (code(name), f"{count:,}") for name, count in (facts.inputs.sources.value or {}).items()
    ]
    models = [
        (code(ref), code(found[:16])) for ref, found in (facts.inputs.models.value or {}).items()
    ]
    told = table(("source", "pairs"), sources, (1,))
    return f"{told}\n{table(('model', 'hash of its files'), models)}" if models else told


def _steps(facts: Facts) -> str:
    rows = [
        (
            stage.step,
            text(stage.name),
            f"{stage.pairs:,}",
            f"{stage.left:,}",
            text(stage.note or ""),
        )
        for stage in facts.making.stages.value or ()
    ]
    return table(("", "step", "pairs in", "left", "found"), rows, (2, 3))


def _losses(facts: Facts) -> str:
    rows = [
        (text(loss.name), text(loss.reason), f"{loss.pairs:,}")
        for loss in facts.pairs.losses.value or ()
    ]
    told = "`decisions.parquet` has the reason for every pair.\n"
    return f"{told}\n{table(('step', 'reason', 'pairs'), rows, (2,))}" if rows else ""


def _copies(facts: Facts) -> str:
    found = facts.making.copies.value
    if not found:
        return ""
    rows = [(text(c.step), f"{c.clusters:,}", f"{c.gone:,}", f"{c.largest:,}") for c in found]
    told = (
        "A pair went only for one that stayed and is alike to it; likeness was never passed along a "
        "chain. `clusters.parquet` names them all, with how alike they are.\n"
    )
    head = ("step", "clusters", "pairs that went", "largest cluster")
    return f"{told}\n{table(head, rows, (1, 2, 3))}"


def _generated(facts: Facts) -> str:
    found = facts.making.generated.value
    if not found:
        return ""
    rows = [
        (text(g.step), code(g.field), code(g.generator), f"{g.made:,}", f"{g.taken:,}")
        for g in found
    ]
    told = (
        "`made.parquet` names every content that a machine made, taken or rejected, with its "
        "generator, prompt and settings.\n"
    )
    return f"{told}\n{table(('step', 'field', 'generator', 'made', 'taken'), rows, (3, 4))}"


def _quality(facts: Facts) -> str:
    rows = [(code(word), text(said.value)) for word, said in facts.evaluation.items()]
    share = facts.making.expected_mismatch_share.value
    if share is not None:
        rows.append(("expected mismatched", f"{share:.1%} of what is kept"))
    return table(("what", "found"), rows) if rows else ""


def _groups(facts: Facts) -> str:
    bias = facts.bias
    if not bias.headline.value:
        return ""
    fields = ", ".join(code(name) for name in bias.groups.value or ())
    return (
        f"{text(bias.headline.value)}.\n\nCompared: the groups of {fields}; "
        f"{bias.judged.value} of them are large enough to be judged. `audit.json` has every rate "
        "with its interval.\n"
    )


def _personal(facts: Facts) -> str:
    rows = [
        row
        for word in ("privacy", "safety", "consent")
        for row in _done(word, getattr(facts, word))
    ]
    return table(("step", "what was found", "pairs"), rows, (2,)) if rows else ""


def _done(word: str, acted: Acted) -> Iterator[tuple[str, str, str]]:
    for verdict in ("dropped", "redacted", "flagged"):
        count = getattr(acted, verdict).value
        if count is not None:
            yield word, f"{verdict}", f"{count:,}"
    for reason, count in (acted.reasons.value or {}).items():
        yield word, text(reason), f"{count:,}"


def _licences(facts: Facts) -> str:
    counts = facts.licences.counts.value
    if counts is None:
        return ""
    rows = [(code(name), f"{count:,}") for name, count in counts.items()]
    terms = [f"- {text(term)}" for term in facts.licences.terms.value or ()]
    terms += [f"- conflict: {text(one)}" for one in facts.licences.conflicts.value or ()]
    return "\n".join([table(("licence", "pairs kept"), rows, (1,)), *terms, ""])


def _energy(facts: Facts) -> str:
    return f"{_kwh(facts)}.\n" if facts.energy.kwh.value is not None else ""


def _kwh(facts: Facts) -> str:
    energy = facts.energy
    kwh, saved, carbon = energy.kwh.value or 0.0, energy.kwh_saved.value, energy.g_co2e
    told = f"{kwh_in_words(kwh)} ({energy.kwh.by})"
    if carbon.value is not None:
        told += f", {carbon.value:.3g} g CO2e"
    else:
        told += f"; CO2e not provided ({carbon.by})"
    return f"{told}; {kwh_in_words(saved)} saved by what was known" if saved else told


def _gates(held: Sequence[Held]) -> str:
    rows = [
        (
            code(one.fact),
            text(", ".join(f"{word} {value}" for word, value in one.bound.items())),
            text(one.why),
            "holds" if one.passed else "failed",
        )
        for one in held
    ]
    return table(("fact", "bound", "found", ""), rows) if rows else ""


def _lacking(facts: Facts) -> str:
    """By who should say it; facts that one part of a recipe would give are told as one."""
    by: dict[str, list[str]] = {}
    for name, said in facts.statements():
        if said.status == "not_provided":
            section, _, rest = name.partition(".")
            whole = section if section in _TOGETHER else rest if section == "answers" else name
            by.setdefault(said.by or "", []).append(whole)
    rows = [
        (text(who), ", ".join(code(name) for name in dict.fromkeys(what)))
        for who, what in by.items()
    ]
    return table(("who or what would provide it", "what"), rows) if rows else ""


def _files(facts: Facts, held: Sequence[Held]) -> str:
    making = facts.making
    rows = [
        ("`data/<split>/*.parquet`", "the pairs kept"),
        ("`pairs.parquet`", "every pair ever seen, kept or not"),
        ("`decisions.parquet`", "what every step said of every pair, and why"),
        *(
            [("`clusters.parquet`", "copies, and what they are copies of")]
            if making.copies.value is not None
            else []
        ),
        *(
            [("`made.parquet`", "what machines made, and how")]
            if making.generated.value is not None
            else []
        ),
        ("`recipe.yaml`, `recipe.lock.yaml`", "how it was made: as written, and as resolved"),
        ("`facts.json`", "what this page says, each with its status and evidence"),
        *([("`audit.json`", "every group at every step")] if facts.bias.headline.value else []),
        *(
            [("`energy.json`, `emissions.csv`", "what each step took")]
            if facts.energy.kwh.value is not None
            else []
        ),
        *(
            [("`ATTRIBUTION.md`", "whom the licences ask to name")]
            if facts.licences.counts.value
            else []
        ),
        ("`croissant.json`", "Croissant 1.1 with RAI and provenance"),
        ("`governance/`", "what it shows towards laws and standards, as Markdown and JSON"),
        ("`lineage.jsonl`", "OpenLineage events"),
        *([("`evaluation.json`", "what was measured of the release")] if facts.evaluation else []),
        *([("`gates.json`", "bounds that the release had to keep")] if held else []),
        ("`manifest.intoto.json`", "an in-toto statement over the manifest, to be signed"),
        (
            "`manifest.json`",
            f"SHA-256 of every file, and the content digest `{str(facts.release.digest.value)[:16]}…`",
        ),
    ]
    load = '```python\nfrom datasets import load_dataset\n\npairs = load_dataset("path/to/this/folder")\n```\n'
    return f"{table(('file', 'what it holds'), rows)}\n{load}"

"""An audit in tables of words, for the terminal and for documents alike.

    sections(audit) -> [Section(title, notes, header, rows)]
    audit_markdown(audit) -> str

Everything that stands in a document is said here once; what draws it adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curate.governance.associations import Association, Figures
from curate.governance.audit import Audit, FieldAudit, Flag
from curate.governance.corrections import Deeds
from curate.governance.estimate import Estimate, chance
from curate.governance.intersections import Intersection
from curate.governance.passage import StepPassage
from curate.governance.selection import Level

MOST_ROWS = 30
"""Of one table in words; `audit.json` has all."""


@dataclass(frozen=True)
class Section:
    """A titled table; the first column names, the others are figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def sections(audit: Audit) -> list[Section]:
    """The audit from what matters most to what is only described."""
    return [
        *([_flags(audit)] if audit.flagged else []),
        *(_field(field, audit) for field in audit.fields),
        *_representation(audit),
        *_steps(audit),
        *_intersections(audit),
        *_origins(audit),
        *_labels(audit),
        *_corrections(audit),
        *_reviewers(audit),
        *_associations(audit),
    ]


def audit_markdown(audit: Audit) -> str:
    """The audit as Markdown, tables below headings of the third order."""
    parts = [f"**{audit.headline}**", *preface(audit)]
    for section in sections(audit):
        parts += [f"### {section.title}", *section.notes]
        parts += [_table(section)] if section.rows else []
    return "\n\n".join(parts) + "\n"


def preface(audit: Audit) -> Iterator[str]:
    """What one must know to read the tables."""
    of = audit.population
    if not audit.decided:
        yield f"{of.seen:,} pairs. There are no decisions, so nothing is tested."
        return
    yield (
        f"{of.kept:,} of {of.seen:,} pairs kept ({_share(of.rate)}); {of.incomplete:,} rows that "
        f"came incomplete and {of.synthetic_made:,} synthetic pairs are counted apart."
    )
    family, settings = audit.family, audit.settings
    by = f" by clusters of {settings.cluster_by}" if settings.cluster_by else ""
    yield (
        f"{family.tests} tests, each group against the rest{by}, {family.method} at "
        f"{family.significance:g} over all. Flagged is what is significant and far: rates more than "
        f"{settings.difference:.0%} apart, or one less than {settings.ratio:g} times the other. "
        f"Groups below {settings.smallest_group} pairs are not judged, below "
        f"{settings.hidden_below} not shown. Intervals are at 95 %."
    )


def _table(section: Section) -> str:
    rule = ["---", *["---:"] * (len(section.header) - 1)]
    rows = [section.header, rule, *section.rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows)


def _cell(text: str) -> str:
    """What came from data, as one cell of Markdown."""
    flat = " ".join(text.split())
    return flat.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")


def _flags(audit: Audit) -> Section:
    rows = [_flag(flag) for flag in sorted(audit.flagged, key=lambda flag: flag.difference)]
    header = ("group", "pairs", "kept", "of the rest", "difference", "p", "most of it by")
    return Section("Flagged", header, tuple(rows))


def _flag(flag: Flag) -> tuple[str, ...]:
    return (
        f"{flag.field}: {flag.level}",
        f"{flag.n:,}",
        f"{flag.rate:.1%}",
        f"{flag.rest:.1%}",
        f"{flag.difference:+.1%}",
        chance(flag.p),
        flag.step or "",
    )


def _field(field: FieldAudit, audit: Audit) -> Section:
    notes = [f"Who said so: {field.origin}."]
    if field.by_machine:
        notes.append(f"{field.by_machine:,} of these were filled in by a step of the recipe.")
    if field.early:
        notes.append(
            f"{field.early:,} pairs left before a step filled it in and are not counted here."
        )
    if field.incomplete:
        gaps = ", ".join(
            f"{level} {n:,}" for level, n in list(field.incomplete.items())[:MOST_ROWS]
        )
        notes.append(f"Rows that came incomplete and are not counted here: {gaps}.")
    if field.parity is not None:
        ratio = field.parity.demographic_parity_ratio
        notes.append(
            "Between the groups that are judged: demographic parity difference "
            f"{field.parity.demographic_parity_difference:.3f}"
            + (f", ratio {ratio:.3f}." if ratio is not None else ".")
        )
    if not audit.decided:
        return _sizes(field, tuple(notes))
    header = ("group", "pairs", "kept", "against the rest", "ratio", "p", "could be found", "")
    rows = tuple(_level(level) for level in _largest(field.levels))
    return Section(f"Kept by {field.field}", header, rows, (*notes, *_cut(field.levels)))


def _sizes(field: FieldAudit, notes: tuple[str, ...]) -> Section:
    """Of data that nothing was decided about."""
    rows = tuple(
        (one.level, _number(one.n), _percent(one.share_before)) for one in field.levels[:MOST_ROWS]
    )
    header = ("group", "pairs", "share")
    return Section(f"Groups by {field.field}", header, rows, (*notes, *_cut(field.levels)))


def _level(level: Level) -> tuple[str, ...]:
    if level.n is None:
        return (level.level, "", "", "", "", "", "", level.not_judged or "")
    return (
        level.level,
        f"{level.n:,}",
        _share(level.rate),
        _share(level.difference, sign="+"),
        "" if level.ratio is None else f"{level.ratio:.3f}",
        "" if level.p_family is None else chance(level.p_family),
        "" if level.p is None else _percent(level.detectable) or "nothing",
        level.flagged or level.not_judged or "",
    )


def _representation(audit: Audit) -> Iterator[Section]:
    for found in audit.representation:
        rows = tuple(
            (
                one.level,
                f"{one.reference:.1%}",
                _share(one.before),
                _share(one.after),
                _share(one.released),
            )
            for one in found.levels
        )
        notes = [f"{found.left_out:,} pairs are of groups that the reference does not name."]
        if found.distance_before is not None and found.distance_after is not None:
            notes.append(
                f"Distance to the reference {found.distance_before:.3f} before and "
                f"{found.distance_after:.3f} after."
            )
        header = ("group", "reference", "before", "after", "released")
        yield Section(f"Representation by {found.field}", header, rows, tuple(notes))


def _steps(audit: Audit) -> Iterator[Section]:
    """Per field, what every step that took any pair left of each group."""
    active = [step for step in audit.steps if step.left]
    for field in audit.fields if active else ():
        rows = [
            (level.level, *(_passed(step, field.field, level.level) for step in active))
            for level in _largest(field.levels)
        ]
        header = ("group", *(step.name for step in active))
        yield Section(f"Left in each step, by {field.field}", header, tuple(rows))


def _passed(step: StepPassage, field: str, level: str) -> str:
    found = next((one for one in step.fields[field] if one.level == level), None)
    if found is None or found.seen is None:
        return ""
    return f"{found.left:,} of {found.seen:,}"


def _intersections(audit: Audit) -> Iterator[Section]:
    rows = tuple(_crossed(found) for found in audit.intersections)
    if rows:
        header = (
            "fields",
            "combinations",
            "too few to show",
            "emptied",
            "empty",
            "most surprising",
        )
        yield Section("Groups of two fields at once", header, rows)


def _crossed(found: Intersection) -> tuple[str, ...]:
    named = ", ".join(" x ".join(one.levels) for one in found.empty_named[:3] if one.expected >= 1)
    return (
        " x ".join(found.fields),
        f"{len(found.cells) + found.hidden:,}",
        f"{found.hidden:,}",
        ", ".join(" x ".join(levels) for levels in found.emptied[:3]) or "none",
        f"{found.empty:,}",
        named,
    )


def _origins(audit: Audit) -> Iterator[Section]:
    for field, levels in audit.origins.items():
        rows = tuple(
            (
                one.level,
                _number(one.collected),
                f"{one.pseudo_labelled:,}",
                f"{one.declared_synthetic:,}",
                f"{one.synthetic:,}",
                _share(one.share),
            )
            for one in levels[:MOST_ROWS]
        )
        header = (
            "group",
            "collected",
            "pseudo-labelled",
            "declared",
            "synthetic",
            "share synthetic",
        )
        yield Section(f"Released, by where it is from and {field}", header, rows, _cut(levels))


def _labels(audit: Audit) -> Iterator[Section]:
    for found in audit.labels:
        rows = tuple(
            (
                one.level,
                _number(one.asked),
                _share(one.taken),
                "" if one.confidence is None else f"{one.confidence:.2f}",
                _share(one.unlike),
            )
            for one in found.levels[:MOST_ROWS]
        )
        header = ("group", "labels", "taken", "confidence", "unlike what was there")
        title = f"Labels of {found.filled} by {found.field}"
        yield Section(title, header, rows, _cut(found.levels))


def _corrections(audit: Audit) -> Iterator[Section]:
    for found in audit.corrections:
        rows = tuple(
            (one.level, _number(one.looked_at), _share(one.corrected))
            for one in found.levels[:MOST_ROWS]
        )
        title = f"What people found of {found.reviewed} by {found.field}"
        yield Section(title, ("group", "looked at", "corrected"), rows, _cut(found.levels))


def _reviewers(audit: Audit) -> Iterator[Section]:
    for person in audit.reviewers:
        rows = tuple(
            (one.level, _number(one.pairs), _deeds(one)) for one in person.levels[:MOST_ROWS]
        )
        title = f"What {person.by} decided, by {person.field}"
        yield Section(title, ("group", "pairs", "decisions"), rows, _cut(person.levels))


def _deeds(one: Deeds) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in (one.said or {}).items())


def _associations(audit: Audit) -> Iterator[Section]:
    header = ("group", "before", "after") if audit.decided else ("group", "words")
    for found in audit.associations:
        rows = tuple(
            (one.level, *_words(one)[: len(header) - 1]) for one in found.levels if one.words
        )
        if rows:
            yield Section(f"Words of {found.text} that stand with {found.field}", header, rows)


def _words(found: Association) -> tuple[str, str]:
    """Before and after, the surest first."""
    before = [(word.word, word.before) for word in found.words]
    after = [(word.word, word.after) for word in found.words]
    return _surest(before), _surest(after)


def _surest(words: Sequence[tuple[str, Figures | None]]) -> str:
    there = [(figures.z, word) for word, figures in words if figures is not None]
    return ", ".join(word for _, word in sorted(there, key=lambda one: -one[0]))


def _largest(levels: Sequence[Level]) -> Sequence[Level]:
    """Those that are judged or flagged first, where there are many."""
    if len(levels) <= MOST_ROWS:
        return levels
    return sorted(levels, key=lambda one: (one.flagged is None, -(one.n or 0)))[:MOST_ROWS]


def _cut(levels: Sequence[object]) -> tuple[str, ...]:
    more = len(levels) - MOST_ROWS
    return (f"{more} more are in audit.json.",) if more > 0 else ()


def _share(figure: Estimate | None, sign: str = "") -> str:
    if figure is None:
        return ""
    return f"{figure.value:{sign}.1%} [{figure.low:{sign}.1%}, {figure.high:{sign}.1%}]"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _number(value: int | None) -> str:
    return "hidden" if value is None else f"{value:,}"

"""A comparison in words, as a person would say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate.pairs.identity import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.release.compare_lock import Differing
    from curate.release.comparison import Comparison, Drifted, Figure, Moved, Reason, Share

_WIDE = 0.1
"""Of the population stability index: what is called a change, by custom."""
_MOST = 3
_LONG = 60


def headline(found: Comparison) -> Iterator[str]:
    """The most important first."""
    if found.a.digest == found.b.digest:
        yield f"{_title(found.b)} holds exactly what {_title(found.a)} holds."
        return
    yield _counts(found)
    for way in ("removed", "added", "changed"):
        some = [reason for reason in found.reasons if reason.way == way]
        yield from (reason_line(reason) for reason in some[:_MOST])
        if len(some) > _MOST:
            rest = sum(reason.pairs for reason in some[_MOST:])
            yield f"{_pairs(rest)} {'was' if rest == 1 else 'were'} {way} for other reasons."
    yield _splits(found)
    yield from _drift(found)
    yield from _figures(found.figures)
    if found.energy["then"] and found.energy["now"]:
        yield f"Energy of the build: {found.energy['now']}; before: {found.energy['then']}."


def reason_line(reason: Reason) -> str:
    """One reason as a sentence."""
    was = "was" if reason.pairs == 1 else "were"
    why = f" ({reason.reason}{_against(reason)})" if reason.reason else ""
    recipe = f" The recipe: {'; '.join(reason.recipe)}." if reason.recipe else ""
    return f"{_pairs(reason.pairs)} {was} {reason.way}: {reason.cause}{why}.{recipe}"


def lock_line(change: Differing) -> str:
    """An entry of the lock, then and now."""
    path = change.path.removeprefix("recipe.")
    if change.then is None:
        return f"{path} is new: {shown(change.now)}"
    if change.now is None:
        return f"{path} is gone: {shown(change.then)}"
    return f"{path} was {shown(change.then)}, is {shown(change.now)}"


def drift_line(one: Drifted) -> str:
    """One distribution as a sentence."""
    what = {
        "score": "the scores of",
        "number": "",
        "group": "the groups of",
        "embedding": "the embeddings of",
    }
    name = f"{what[one.kind]} '{one.of}'".strip()
    if one.value is None or one.p is None:
        return f"{name}: cannot be told, {one.note}"
    how = f"{one.statistic.upper()} {one.value:.3g}, {_chance(one.p)}, n {one.n_then:,} and {one.n_now:,}"
    median = ""
    if one.median_then is not None and one.median_now is not None:
        median = f", median {one.median_then:.4g} then and {one.median_now:.4g} now"
    return f"{name} {_verb(one)} ({how}{median})"


def share_line(one: Share) -> str:
    """One group's share, then and now."""
    then, now = (_percent(side) for side in (one.then, one.now))
    return (
        f"{one.of} {one.group}: {then} then, {now} now, "
        f"change {one.change:+.1%} ({one.low:+.1%} to {one.high:+.1%})"
    )


def figure_line(one: Figure) -> str:
    """One number, then and now."""
    then, now = ("absent" if value is None else f"{value:.6g}" for value in (one.then, one.now))
    return f"{one.document} {one.path}: {then} -> {now}"


def shown(value: Any) -> str:
    """A value of a lock, shortened."""
    if value is None:
        return "absent"
    if isinstance(value, int | float):
        return canonical_json(value)
    text = value if isinstance(value, str) else canonical_json(value)
    text = text if len(text) <= _LONG else text[: _LONG - 1] + "…"
    return f"'{text}'"


def _counts(found: Comparison) -> str:
    ways = [f"{found.of(way):,} {way}" for way in ("added", "removed", "changed")]
    return (
        f"{_title(found.b)} holds {_pairs(found.b.kept)}, {_title(found.a)} held "
        f"{found.a.kept:,}: {', '.join(ways)}."
    )


def _against(reason: Reason) -> str:
    """Scores and thresholds, as far as they are known."""
    parts = []
    then, now = reason.threshold_then, reason.threshold_now
    if then is not None and now is not None and then != now:
        parts.append(f"the threshold was {then:.6g}, is {now:.6g}")
    elif then is not None or now is not None:
        parts.append(f"threshold {then if now is None else now:.6g}")
    then, now = reason.score_then, reason.score_now
    if then is not None and now is not None:
        parts.append(f"median score {then:.6g} then and {now:.6g} now")
    elif then is not None or now is not None:
        parts.append(f"median score {then if now is None else now:.6g}")
    return "".join(f"; {part}" for part in parts)


def _splits(found: Comparison) -> str:
    if not found.moved:
        return "No pair moved between splits."
    told = ", ".join(_move(one) for one in found.moved)
    leak = any(one.source == "train" for one in found.moved)
    warning = (
        " What was trained on the earlier version has seen some of the later one's held-out pairs."
        if leak
        else ""
    )
    return f"Between splits moved {told}.{warning}"


def _move(one: Moved) -> str:
    return f"{_pairs(one.pairs)} from {one.source} to {one.target}"


def _drift(found: Comparison) -> Iterator[str]:
    told = [one for one in found.drift if one.p is not None]
    far = [one for one in told if one.beyond_chance]
    for one in far:
        line = drift_line(one)
        yield f"{line[0].upper()}{line[1:]}."
    if told and not far:
        yield (
            f"Nothing drifted beyond chance: {len(told)} distributions of scores, numbers, groups "
            "and embeddings were compared."
        )


def _chance(p: float) -> str:
    return f"p {p:.2g}" if p >= 0.0001 else "p below 0.0001"


def _verb(one: Drifted) -> str:
    if not one.beyond_chance:
        return "did not drift beyond chance"
    small = one.statistic == "psi" and one.value is not None and one.value < _WIDE
    return "drifted a little, more than chance gives" if small else "drifted"


def _figures(figures: list[Figure]) -> Iterator[str]:
    for one in figures:
        if one.apart and one.then is not None and one.now is not None:
            rose = "rose" if one.now > one.then else "fell"
            yield f"{one.path} {rose} from {one.then:.4g} to {one.now:.4g}; the intervals do not overlap."


def _percent(side: dict[str, float | int]) -> str:
    return f"{side['value']:.1%} ({_pairs(int(side['pairs']))})"


def _title(version: Any) -> str:
    return f"{version.name} {version.version}"


def _pairs(count: int) -> str:
    return f"{count:,} pair" if count == 1 else f"{count:,} pairs"

"""Which pairs or groups make a fact what it is, for people who must mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from curate.governance.gathering import across_splits
from curate.pairs.origin import LABELLED, SYNTHETIC

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence

_VERDICTS = {"dropped": "drop", "redacted": "redact", "flagged": "flag"}


def culprits(evidence: Evidence) -> Callable[[str], Sequence[str]]:
    """Of a fact by its name: ids of pairs, or groups in words; none where a figure is of the whole."""

    def of(name: str) -> Sequence[str]:
        section, _, rest = name.partition(".")
        if section == "pairs":
            return _pairs(evidence, rest)
        if section == "bias":
            return _groups(evidence, rest.removeprefix("flagged_in."))
        if section in ("privacy", "safety", "consent"):
            return _acted(evidence, section, rest)
        if section == "licences":
            return _licensed(evidence)
        if name == "completeness":
            return [n for n, said in evidence.answers.items() if said.status == "not_provided"]
        return ()

    return of


def _pairs(evidence: Evidence, rest: str) -> Sequence[str]:
    pairs = evidence.pairs
    if rest == "duplicates_across_splits":
        return across_splits(pairs, evidence.lock)
    chosen = {
        "synthetic_share": (pl.col("status") == "kept") & (pl.col("origin") == SYNTHETIC),
        "labelled_share": (pl.col("status") == "kept") & (pl.col("origin") == LABELLED),
        "unreadable": pl.col("status") == "unreadable",
        "kept": pl.col("status") != "kept",
        "kept_share": pl.col("status") != "kept",
    }
    return pairs.filter(chosen[rest])["pair_id"].to_list() if rest in chosen else ()


def _groups(evidence: Evidence, field: str) -> Sequence[str]:
    """Flagged groups, of one field where a fact is of one."""
    audit = evidence.audit
    return [
        f"{flag.field} {flag.level}: {flag.rate:.1%} of {flag.n:,} kept, of the rest {flag.rest:.1%}"
        + (f" ({flag.step})" if flag.step else "")
        for flag in (audit.flagged if audit else ())
        if field in (flag.field, "flagged", "lowest_ratio")
    ]


def _acted(evidence: Evidence, word: str, rest: str) -> Sequence[str]:
    said = pl.col("verdict") == _VERDICTS.get(rest, "flag")
    lines = evidence.decisions.filter(pl.col("name").str.starts_with(word) & said)
    return lines["pair_id"].unique().sort().to_list()


def _licensed(evidence: Evidence) -> Sequence[str]:
    """A pair of every licence, the rarest first."""
    kept = evidence.pairs.filter(pl.col("status") == "kept")
    if "license" not in kept.columns:
        return ()
    found = kept.group_by("license").agg(pl.len(), pl.col("pair_id").min()).sort("len", "license")
    return [f"{pair} ({licence or 'unknown'})" for licence, _, pair in found.iter_rows()]

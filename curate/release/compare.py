"""Two releases held beside each other.

Pure: it reads the two folders and nothing else. Vectors of what pairs hold (`Space`) are given by
whoever can ask the measure store for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from curate.release.compare_drift import drift, shares
from curate.release.compare_figures import energy, figures, findings, lacking
from curate.release.compare_lock import lock_changes
from curate.release.compare_pairs import pair_changes
from curate.release.compare_reasons import moved, reasons
from curate.release.compare_side import Side, Space
from curate.release.compare_words import headline, shown
from curate.release.comparison import Comparison, LockChange, Version


def compared(
    a: Side, b: Side, spaces: Sequence[Space] = (), missing: Sequence[str] = ()
) -> Comparison:
    """Everything that tells B from A; `missing` says what the caller could not give."""
    lock = lock_changes(a.lock, b.lock)
    found = Comparison(
        a=_version(a),
        b=_version(b),
        headline=[],
        reasons=reasons(pair_changes(a, b), lock, a, b),
        moved=moved(a, b),
        lock=[LockChange(path=one.path, then=shown(one.then), now=shown(one.now)) for one in lock],
        drift=drift(a, b, spaces),
        shares=shares(a, b),
        figures=list(figures(a, b)),
        findings=findings(a, b),
        energy=energy(a, b),
        missing=[*missing, *lacking(a, b)],
    )
    return found.model_copy(update={"headline": list(headline(found))})


def _version(side: Side) -> Version:
    return Version(
        name=side.manifest["name"],
        version=side.manifest["version"],
        digest=side.manifest["digest"],
        seen=side.pairs.height,
        kept=side.kept.height,
        splits=dict(side.kept.group_by("split").agg(pl.len()).sort("split").iter_rows()),
    )

"""Whether labels are wrong more often of one group than of another.

Of each group the share that is correct; of transcripts the word and character error rates of all
texts together; of labels that name a class, for every class how often it is given where it is true
(true positive rate) and where it is not (false positive rate), and the largest difference between
groups in either, which is what fairlearn calls `equalized_odds_difference`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curate.evaluation.interval import DECIMALS, mean_interval, share_interval, statistic_interval

if TYPE_CHECKING:
    import polars as pl

FEWEST = 20
"""Labels of a group below which nothing is said of it."""
MOST_CLASSES = 50
UNKNOWN = "unknown"


def by_group(
    labels: pl.DataFrame, groups: Sequence[str], classes: bool, rates: Mapping[str, pl.Series]
) -> dict[str, dict[str, dict[str, Any]]]:
    """By group field and group.

    `labels` has `value`, `truth`, `correct`, `fold_group` and a column for each group field; with
    `classes` values are held against one another as names of classes. `rates` are errors of each
    label and what they are out of, as structs of `errors` and `of`.
    """
    return {name: dict(_of_field(labels, name, classes, rates)) for name in groups}


def _of_field(
    labels: pl.DataFrame, name: str, classes: bool, rates: Mapping[str, pl.Series]
) -> Iterator[tuple[str, dict[str, Any]]]:
    import polars as pl

    rated = labels.with_columns(series.alias(f"rate {rate}") for rate, series in rates.items())
    level = pl.col(name).cast(pl.String).fill_null(UNKNOWN)
    for (group,), rows in sorted(rated.group_by(level, maintain_order=True)):
        found: dict[str, Any] = {"n": rows.height}
        if rows.height >= FEWEST:
            found["correct"] = mean_interval(
                rows["correct"].to_numpy(), rows["fold_group"].to_numpy()
            )
            found |= {rate: _rate(rows, f"rate {rate}") for rate in rates}
            found |= {"classes": _classes(rows, labels)} if classes else {}
        yield str(group), found


def _rate(rows: pl.DataFrame, column: str) -> dict[str, float | int]:
    errors, of = (rows[column].struct.field(part).to_numpy() for part in ("errors", "of"))
    return statistic_interval(
        lambda chosen: float(errors[chosen].sum() / max(1, of[chosen].sum())),
        rows["fold_group"].to_numpy(),
    )


def _classes(rows: pl.DataFrame, labels: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """By class; `labels` are those of all groups, so that all tell of the same classes."""
    sizes = labels["truth"].value_counts(name="n").sort(["n", "truth"], descending=[True, False])
    return {name: _class(rows, name) for name in sizes["truth"].head(MOST_CLASSES).sort()}


def _class(rows: pl.DataFrame, name: str) -> dict[str, Any]:
    true, said = rows["truth"] == name, rows["value"] == name
    parts = {"true_positive_rate": true, "false_positive_rate": ~true}
    return {
        rate: share_interval(int((said & where).sum()), int(where.sum())) if where.any() else None
        for rate, where in parts.items()
    }


def equalized_odds_difference(groups: Mapping[str, Mapping[str, Any]]) -> float | None:
    """The largest difference between two groups in any class's true or false positive rate."""
    rates: dict[tuple[str, str], list[float]] = {}
    for group in groups.values():
        for name, found in group.get("classes", {}).items():
            for rate, told in found.items():
                if told is not None:
                    rates.setdefault((name, rate), []).append(told["value"])
    spread = [max(values) - min(values) for values in rates.values() if len(values) > 1]
    return round(max(spread), DECIMALS) if spread else None

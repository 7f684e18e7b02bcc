"""Labels held against values that were hidden: how many are correct, and whether that was foretold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from curate.evaluation.evaluation import Evaluation, Scene
from curate.pairs.field import Fields, group_fields
from curate.steps.step import Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.labelling import Labelling

FEWEST = 20
"""Labels below which nothing is said."""


class PseudoLabels(Evaluation):
    """Hide the values of some pairs, run the recipe's steps, and compare what they fill in.

    A share of the pairs that have a value is hidden, another one each time. What is correct is the
    labelling step's to say, and stands in `correct_means`. `reliability` holds confidence against
    the share that is correct, `ece` is their mean distance; `halves` is how much more often the
    surer half of the labels is correct than the other. `by_group` holds the same for every group
    of the audit, with error rates of transcripts and of classes (`curate.evaluation.by_group`). All
    times are pooled.
    """

    word: ClassVar[str] = "pseudo_labels"
    summary: ClassVar[str] = "labels held against hidden values, and whether confidence holds"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_labels: {of: caption}",
        "- pseudo_labels: {of: category, share: 0.1, times: 3}",
    )

    of: str = Field(description="A field that a `pseudo_label` step fills.")
    share: float = Field(0.2, gt=0, le=0.5, description="Share that is hidden each time.")
    times: int = Field(5, ge=1, description="How often; together no more than there are.")

    @property
    def fills(self) -> tuple[str, ...]:
        return (self.of,)

    def check(self, fields: Fields) -> Iterator[Objection]:
        if self.share * self.times > 1 + 1e-9:
            message = f"{self.times} times {self.share:g} is more than there is"
            yield Objection(("times",), message, f"at most {int(1 / self.share + 1e-9)}")

    def measure(self, scene: Scene) -> dict[str, Any]:
        from curate.evaluation.interval import mean_interval, statistic_interval
        from curate.evaluation.reliability import calibration_error, halves, reliability

        step = _step(scene, self.of)
        labels, hidden = self.labels(scene)
        found = {"of": self.of, "correct_means": step.correctness, "hidden": hidden}
        if labels.height < FEWEST:
            return {**found, "labelled": labels.height, "note": "too few labels to judge"}
        confidence, correct = (labels[name].to_numpy() for name in ("confidence", "correct"))
        groups, taken = labels["fold_group"].to_numpy(), labels["accepted"].to_numpy()
        return {
            **found,
            "labelled": labels.height,
            "correct": mean_interval(correct, groups),
            "min_confidence": step.min_confidence,
            "accepted": int(taken.sum()),
            "accepted_correct": mean_interval(correct[taken], groups[taken])
            if taken.any()
            else None,
            "halves": statistic_interval(
                lambda rows: halves(confidence[rows], correct[rows]), groups
            ),
            "ece": calibration_error(confidence, correct),
            "reliability": reliability(confidence, correct),
            **_by_group(labels, step, scene),
        }

    def headline(self, found: dict[str, Any]) -> str:
        if "note" in found:
            return str(found["note"])
        told = f"{found['correct']['value']:.0%} of labels of {self.of} correct"
        if found["accepted_correct"] is not None:
            told += f", {found['accepted_correct']['value']:.0%} of {found['accepted']} accepted"
        return f"{told}; calibration error {found['ece']:.3f}"

    def labels(self, scene: Scene) -> tuple[pl.DataFrame, int]:
        """`pair_id`, `value`, `truth`, `confidence`, `correct`, `accepted`, `fold_group` and the
        groups of what was labelled, and how many values were hidden.
        """
        import polars as pl

        from curate.pairs.draw import uniform

        sound = scene.sound.filter(pl.col(self.of).is_not_null())
        part = uniform(sound["pair_id"], 0, "hidden labels") / self.share
        parts = [sound.filter(part.floor() == number) for number in range(self.times)]
        found = pl.concat([self._hidden(scene, some) for some in parts])
        groups = scene.over(scene.sound).components().rename({"component": "fold_group"})
        judged = found.join(groups, on="pair_id", maintain_order="left")
        compared = [name for name in group_fields(scene.ask.fields) if name != self.of]
        judged = judged.join(
            sound.select("pair_id", *compared), on="pair_id", how="left", maintain_order="left"
        )
        return judged, sum(some.height for some in parts)

    def _hidden(self, scene: Scene, some: pl.DataFrame) -> pl.DataFrame:
        """What the steps say of these pairs when their value is hidden."""
        import polars as pl

        kept = ~pl.col("pair_id").is_in(some["pair_id"].implode())
        lost = [c for c in (self.of, f"{self.of}_sha256", "reviewed") if c in scene.sound.columns]
        table = scene.sound.with_columns(pl.when(kept).then(c).alias(c) for c in lost)
        step = _step(scene, self.of)
        made = scene.replay(table, until=step).made
        truth = some.select("pair_id", truth=pl.col(self.of).cast(pl.String))
        told = (
            made.filter(pl.col("field") == self.of)
            .unique("pair_id", keep="last", maintain_order=True)
            .join(truth, on="pair_id", maintain_order="left")
            .select("pair_id", "value", "truth", "confidence", "accepted")
        )
        correct = step.correct(told, scene.ask).alias("correct")
        return told.with_columns(correct).drop_nulls(["confidence", "correct"])


def _by_group(labels: pl.DataFrame, step: Labelling, scene: Scene) -> dict[str, Any]:
    """Errors by group, where the recipe names any."""
    from curate.evaluation.by_group import by_group, equalized_odds_difference

    fields = scene.ask.fields
    groups = [name for name in group_fields(fields) if name != step.fill]
    if not groups:
        return {}
    classes = fields[step.fill].type == "metadata"
    found = by_group(labels, groups, classes, step.errors(labels, scene.ask))
    odds = {name: equalized_odds_difference(told) for name, told in found.items()}
    return {"by_group": found, **({"equalized_odds_difference": odds} if classes else {})}


def _step(scene: Scene, name: str) -> Labelling:
    """The step that fills a field; the last, where there are several."""
    from curate.steps.labelling import Labelling

    return [s for s in scene.steps if isinstance(s, Labelling) and s.fill == name][-1]

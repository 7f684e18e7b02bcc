"""How often the right other side is found, and told from a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from curate.evaluation.evaluation import Evaluation, Scene, scored_by

if TYPE_CHECKING:
    import polars as pl


class Retrieval(Evaluation):
    """Recall@k in both directions among all distinct contents of the release, and the area under
    the ROC curve of matched against deliberately mismatched pairs.

    Every pair is scored by a head that has seen neither it nor its copies. Pairs with the same
    content on one side are one candidate: a caption that three pictures share is right for all.
    """

    word: ClassVar[str] = "retrieval"
    summary: ClassVar[str] = "recall@k in both directions, and matched against mismatched pairs"
    examples: ClassVar[tuple[str, ...]] = (
        "- retrieval: {of: align}",
        "- retrieval: {of: align, at: [1, 10, 100]}",
    )

    of: str = Field("align", description="The score of an `align` step that compares two sides.")
    at: list[int] = Field([1, 5, 10], min_length=1, description="Ranks up to which a find counts.")

    @property
    def takes(self) -> tuple[str, ...]:
        return (self.of,)

    def measure(self, scene: Scene) -> dict[str, Any]:
        from curate.fits.ranks import ranks

        step = scored_by(scene.steps, self.of)
        vectors = step.vectors(scene.living, scene.ask).drop("error")
        whole = vectors.drop_nulls(["left", "right"]).sort("pair_id")
        found = whole.select("pair_id", "fold_group").join(
            scene.ask.fit(ranks(learn=step.learns), whole), on="pair_id", maintain_order="left"
        )
        scored = whole.select("pair_id", "fold_group").join(
            scene.ask.fit(step.fit, whole.drop("left_key", "right_key")),
            on="pair_id",
            maintain_order="left",
        )
        left, right = (" + ".join(side.fields) for side in step.ordered(scene.ask.fields))
        return {
            "score": self.of,
            "pairs": whole.height,
            "directions": [
                {"from": left, "to": right, **self._recall(found, "right_rank", "rights")},
                {"from": right, "to": left, **self._recall(found, "left_rank", "lefts")},
            ],
            "auc": _auc(scored),
        }

    def _recall(self, found: pl.DataFrame, rank: str, candidates: str) -> dict[str, Any]:
        from curate.evaluation.interval import mean_interval

        known = found.drop_nulls(rank)
        if not known.height:
            return {"candidates": 0}
        groups = known["fold_group"].to_numpy()
        recalls = {
            f"recall@{k}": mean_interval((known[rank] <= k).to_numpy(), groups) for k in self.at
        }
        return {
            "candidates": known[candidates].max(),
            **recalls,
            "median_rank": known[rank].median(),
        }

    def headline(self, found: dict[str, Any]) -> str:
        last = f"recall@{self.at[-1]}"
        told = [
            f"{way['from']} to {way['to']} {last} {way[last]['value']:.2f}"
            for way in found["directions"]
            if last in way
        ]
        told += [f"AUC {found['auc']['value']:.3f}"] if found["auc"] else []
        return ", ".join(told) or "no pair could be scored"


def _auc(scored: pl.DataFrame) -> dict[str, Any] | None:
    """Matched scores against all mismatched ones; both are drawn again together."""
    import numpy as np
    import polars as pl

    from curate.evaluation.interval import area, statistic_interval

    known = scored.drop_nulls("score").filter(pl.col("mismatched").list.len() > 0)
    if not known.height:
        return None
    scores = known["score"].to_numpy()
    nulls = [np.asarray(row) for row in known["mismatched"]]
    groups = known["fold_group"].to_numpy()
    return statistic_interval(
        lambda rows: area(scores[rows], np.concatenate([nulls[row] for row in rows])), groups, 200
    )

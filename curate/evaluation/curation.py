"""What curation did: the same small head, learned from curated and from raw pairs, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from curate.evaluation.evaluation import Evaluation, Scene, scored_by

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.score import Score


class Curation(Evaluation):
    """Compare what is learned from the curated pairs with what is learned from raw ones.

    A share of the groups of copies is held out before any step sees them. The steps run over the
    rest; one head learns from the pairs that they keep, and others from samples of as many pairs
    as the sources gave. All are judged by the held-out pairs, as these are. Gains are curated
    minus raw, with intervals over the held-out pairs and samples.
    """

    word: ClassVar[str] = "curation"
    summary: ClassVar[str] = "the same head learned from curated and from as many raw pairs"
    examples: ClassVar[tuple[str, ...]] = (
        "- curation: {of: align}",
        "- curation: {of: align, held_out: 0.3, samples: 20}",
    )

    of: str = Field("align", description="The score of an `align` step that compares two sides.")
    held_out: float = Field(0.2, gt=0, lt=1, description="Share that no step sees.")
    samples: int = Field(5, ge=1, le=1000, description="Samples of raw pairs to compare with.")

    @property
    def takes(self) -> tuple[str, ...]:
        return (self.of,)

    def measure(self, scene: Scene) -> dict[str, Any]:
        import polars as pl

        from curate.evaluation.judge import Judge, means, sample
        from curate.fits.folds import FEWEST
        from curate.pairs.draw import uniform

        step = scored_by(scene.steps, self.of)
        vectors = _vectors(step, scene)
        draw = uniform(vectors["fold_group"].cast(pl.String), 0, "held out")
        held = vectors.filter(draw < self.held_out)
        rest = vectors.filter(draw >= self.held_out)
        seen = scene.sound.join(held.select("pair_id"), on="pair_id", how="anti")
        kept = scene.replay(seen).living["pair_id"]
        curated = rest.filter(pl.col("pair_id").is_in(kept.implode()))
        if min(curated.height, held.height) < FEWEST:
            return {"score": self.of, "note": "too few pairs to compare", "held_out": held.height}
        judge = Judge(held)
        own = judge.of(curated)
        raws = [judge.of(sample(rest, curated.height, at)) for at in range(self.samples)]
        return {
            "score": self.of,
            "held_out": held.height,
            "learned_from": curated.height,
            "raw_pairs": rest.height,
            "samples": self.samples,
            "curated": own.figures(),
            "raw": means([raw.figures() for raw in raws]),
            "gain": judge.gain(own, raws),
        }

    def headline(self, found: dict[str, Any]) -> str:
        if "gain" not in found:
            return str(found["note"])
        gain = found["gain"]["auc"]
        return (
            f"AUC on held-out pairs {found['curated']['auc']:.3f} from curated pairs, "
            f"{found['raw']['auc']:.3f} from as many raw ones "
            f"(gain {gain['value']:+.3f}, {gain['low']:+.3f} to {gain['high']:+.3f})"
        )


def _vectors(step: Score, scene: Scene) -> pl.DataFrame:
    """Both sides of every pair that the sources gave whole."""
    vectors = step.vectors(scene.sound, scene.over(scene.sound)).drop("error")
    return vectors.drop_nulls(["left", "right"]).sort("pair_id")

"""What was made beside what was collected: how much of it was taken, and how far it lies off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from curate.evaluation.evaluation import Evaluation, Scene
from curate.pairs.field import Fields, group_fields
from curate.pairs.origin import COLLECTED
from curate.steps.side import EMBEDDED, EMBEDDED_READS, no_encoder, view
from curate.steps.step import Objection
from curate.steps.synthesis import Synthesis

if TYPE_CHECKING:
    import polars as pl


class Synthetic(Evaluation):
    """For every step that makes pairs: how many were taken, by generator and by audit group, with
    Wilson intervals, and why others were not; and, of those taken, how far they lie from collected
    ones of the same field by an encoder's vectors (FID, KID, precision, recall, density, coverage,
    diversity). Texts that were made are held against what they were made of (BLEU, chrF).
    """

    word: ClassVar[str] = "synthetic"
    summary: ClassVar[str] = "what was made beside what was collected: taken, and how far off"
    examples: ClassVar[tuple[str, ...]] = (
        "- synthetic: {}",
        "- synthetic: {encoder: 'hf:openai/clip-vit-base-patch32'}",
    )

    encoder: str = Field(
        EMBEDDED, description="What distances are measured by: `embedded`, or a model."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("embedded" if self.encoder == EMBEDDED else "encoders",)

    def check(self, fields: Fields) -> Iterator[Objection]:
        if unnamed := no_encoder(self.encoder):
            yield unnamed

    def measure(self, scene: Scene) -> dict[str, Any]:
        import polars as pl

        steps = [step for step in scene.steps if isinstance(step, Synthesis)]
        titles = {step.title for step in steps}
        ran = scene.decisions.filter(pl.col("name").is_in(titles))["step"].unique().sort()
        return {"steps": [self._of(*one, scene) for one in zip_longest(steps, ran)]}

    def headline(self, found: dict[str, Any]) -> str:
        told = [
            f"{one['step']}: {one['taken']} of {one['made']} taken"
            + (f", FID {one['distance']['fid']:.1f}" if "fid" in one.get("distance", {}) else "")
            for one in found["steps"]
        ]
        return "; ".join(told) or "nothing was made"

    def _of(self, step: Synthesis, number: str | None, scene: Scene) -> dict[str, Any]:
        """What a step made; its number tells it from others of its title, and is None if it saw no
        pair.
        """
        import polars as pl

        lines = scene.made.filter(pl.col("step") == number)
        children = lines.join(scene.every, on="pair_id", how="inner", maintain_order="left")
        taken = children.filter("accepted")
        why = scene.decisions.filter((pl.col("step") == number) & (pl.col("verdict") == "reject"))
        return {
            "step": step.title,
            "made": children.height,
            "taken": taken.height,
            "rejected": dict(why.group_by("reason").len().sort("reason").iter_rows()),
            "by_generator": _rates(children, "generator"),
            "by_group": {name: _rates(children, name) for name in group_fields(scene.ask.fields)},
            "distance": self._distance(step, taken, scene),
            **(
                {"texts": _texts(taken, step, scene)}
                if step.made_type == "text" and taken.height
                else {}
            ),
        }

    def _distance(self, step: Synthesis, taken: pl.DataFrame, scene: Scene) -> dict[str, Any]:
        import polars as pl

        from curate.evaluation import distances

        if self.encoder == EMBEDDED and step.made_type not in EMBEDDED_READS:
            return {"note": f"'embedded' reads no {step.made_type}"}
        seen = view(step.into, step.made_type, self.encoder)
        key = f"{step.into}_sha256"
        collected = scene.every.filter(pl.col("origin") == COLLECTED)
        living = scene.living.select("pair_id")
        real = collected.join(living, on="pair_id", how="semi").drop_nulls(key)
        known = scene.ask.measure(seen.measure, pl.concat([real[key], taken[key]]))
        vectors = dict(known.drop_nulls(seen.features).select("key", seen.features).iter_rows())
        sets = [_matrix(part[key], vectors) for part in (real, taken)]
        counts = {"encoder": seen.measure.name, "real": len(sets[0]), "made": len(sets[1])}
        counts |= {"models": dict(seen.measure.models)}
        if min(len(part) for part in sets) < distances.FEWEST:
            return {**counts, "note": f"fewer than {distances.FEWEST} to measure"}
        mean, deviation = distances.kid(*sets)
        figures = {
            "fid": distances.fid(*sets),
            "kid": mean,
            "kid_deviation": deviation,
            **distances.manifolds(*sets),
            "diversity": distances.diversity(sets[1]),
            "diversity_of_real": distances.diversity(sets[0]),
        }
        return {**counts, **{name: round(value, 6) for name, value in figures.items()}}


def _rates(children: pl.DataFrame, by: str) -> list[dict[str, Any]]:
    """How many were made and taken of each value, unknown ones among them."""
    import polars as pl

    from curate.evaluation.interval import share_interval

    counted = (
        children.group_by(pl.col(by).cast(pl.String).fill_null("unknown"))
        .agg(made=pl.len(), taken=pl.col("accepted").sum())
        .sort(by)
    )
    return [
        {by: value, "made": made, "taken": taken, "rate": share_interval(taken, made)}
        for value, made, taken in counted.iter_rows()
    ]


def _texts(taken: pl.DataFrame, step: Synthesis, scene: Scene) -> dict[str, Any]:
    """Each text against the one that it was made of."""
    import polars as pl
    from sacrebleu.metrics import BLEU, CHRF

    before = scene.every.select(parent="pair_id", before=step.source)
    both = taken.select("value", parent=pl.col("parents").list.first()).join(
        before, on="parent", how="left", maintain_order="left"
    )
    made, references = both["value"].to_list(), [both["before"].to_list()]
    found = {}
    for metric in (BLEU(), CHRF()):
        score = metric.corpus_score(made, references)
        found[score.name.lower()] = {
            "value": round(score.score, 4),
            "signature": str(metric.get_signature()),
            "n": len(made),
        }
    return found


def _matrix(keys: pl.Series, vectors: dict[str, Any]) -> Any:
    import numpy as np

    return np.array([vectors[key] for key in keys if key in vectors], dtype=np.float64)

"""Probes: what somebody who means no good, or had bad luck, could get into the release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from curate.evaluation.evaluation import Evaluation, Scene

if TYPE_CHECKING:
    import polars as pl

    from curate.evaluation.probe import Planted, Planting, Probe, Ran

MOST = 0.05
"""Share of the kept pairs that one probe plants at most, so that the table stays what it is."""


class Probes(Evaluation):
    """Plant things in pairs that stay, run the recipe's steps over all pairs, and look what became of them.

    Personal data, places in pictures, strings that stand nowhere else, captions that speak of
    somebody else, mismatched pairs, captions painted into pictures, copies across splits, orders to
    language models, refusals. Each probe has pairs of its own; what a recipe gives no ground for is said to be
    not applicable. Intervals are Wilson's at 95 %.
    """

    word: ClassVar[str] = "probes"
    summary: ClassVar[str] = "what is planted and reaches the release all the same"
    examples: ClassVar[tuple[str, ...]] = ("- probes: {}", "- probes: {pairs: 300}")

    pairs: int = Field(
        100,
        ge=2,
        le=10_000,
        description="Pairs that each probe plants, at most a twentieth of those that stay.",
    )

    def measure(self, scene: Scene) -> dict[str, Any]:
        return {"probes": [probe.model_dump(mode="json") for probe in self.probe(scene)]}

    def headline(self, found: dict[str, Any]) -> str:
        told = [
            f"{one['probe']}: {one['shares'][0]['name']} {one['shares'][0]['value']:.0%}"
            for one in found["probes"]
            if one["shares"]
        ]
        return ", ".join(told) if told else "nothing to probe"

    def probe(self, scene: Scene) -> list[Probe]:
        """What each probe found, in the order of the table of probes."""
        import polars as pl

        from curate.evaluation.probe import Ran

        every = plantings()
        control = scene.replay(scene.sound)
        planted, why = self._plant(every, control.living["pair_id"], scene)
        table = _with_rows(scene.sound, planted.values())
        after = scene.replay(table)
        second = {p.word: p.second(planted[p.word], scene) for p in every if p.word in planted}
        changed = [rows for rows in second.values() if rows is not None]
        again = scene.replay(_replaced(table, changed)) if changed else None
        kept = control.living["pair_id"]
        touched = pl.concat([kept.clear(), *(one.rows["pair_id"] for one in planted.values())])
        ran = Ran(kept.filter(~kept.is_in(touched.implode())), after, again)
        return [_found(each, planted.get(each.word), why.get(each.word), ran) for each in every]

    def _plant(
        self, plantings: list[Planting], kept: pl.Series, scene: Scene
    ) -> tuple[dict[str, Planted], dict[str, str]]:
        """What is planted where, no pair twice, and why nothing is by the other probes."""
        import polars as pl

        free = scene.sound.filter(pl.col("pair_id").is_in(kept.implode()))
        most = min(self.pairs, round(MOST * free.height))
        planted, why = dict[str, "Planted"](), dict[str, str]()
        for planting in plantings:
            unable = planting.unable(scene)
            drawn = free.clear() if unable else _drawn(planting, free, most, scene)
            if unable or drawn.height < 2:
                why[planting.word] = unable or (
                    "no pairs that stay can carry it" if most > 1 else "too few pairs stay"
                )
                continue
            planted[planting.word] = planting.plant(drawn, scene)
            free = free.filter(~pl.col("pair_id").is_in(drawn["pair_id"].implode()))
        return planted, why


def plantings() -> list[Planting]:
    """Every probe; those that few pairs can carry choose first."""
    from curate.evaluation.probe_canaries import Canaries
    from curate.evaluation.probe_contaminated import Contaminated
    from curate.evaluation.probe_counterfactual import Counterfactual
    from curate.evaluation.probe_injection import Injection
    from curate.evaluation.probe_mismatched import Mismatched
    from curate.evaluation.probe_opt_out import OptOuts
    from curate.evaluation.probe_painted import Painted
    from curate.evaluation.probe_personal import Personal
    from curate.evaluation.probe_places import Places

    return [
        Contaminated(),
        Counterfactual(),
        Personal(),
        Places(),
        Canaries(),
        Mismatched(),
        Painted(),
        Injection(),
        OptOuts(),
    ]


def _drawn(planting: Planting, free: pl.DataFrame, most: int, scene: Scene) -> pl.DataFrame:
    from curate.pairs.draw import uniform

    able = planting.able(free, scene)
    draw = uniform(able["pair_id"], 0, f"probe {planting.word}")
    return able.with_columns(draw=draw).sort("draw", "pair_id").head(most).drop("draw")


def _with_rows(table: pl.DataFrame, planted: Iterable[Planted]) -> pl.DataFrame:
    """The table with planted rows in place of theirs, and added ones at its end."""
    import polars as pl

    planted = list(planted)
    added = [one.added.select(table.columns) for one in planted if one.added is not None]
    return pl.concat([_replaced(table, [one.rows for one in planted]), *added])


def _replaced(table: pl.DataFrame, rows: list[pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    if not rows:
        return table
    new = pl.concat([one.select(table.columns) for one in rows])
    rest = table.join(new, on="pair_id", how="anti", maintain_order="left")
    return pl.concat([rest, new]).sort("position")


def _found(planting: Planting, planted: Planted | None, why: str | None, ran: Ran) -> Probe:
    from curate.evaluation.probe import Probe

    if planted is None:
        return Probe(
            probe=planting.word, question=planting.question, status="not_applicable", why=why
        )
    return Probe(
        probe=planting.word,
        question=planting.question,
        status="measured",
        shares=tuple(planting.shares(planted, ran)),
        note=planting.note,
    )

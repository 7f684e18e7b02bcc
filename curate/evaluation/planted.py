"""Errors planted on purpose: how many the recipe's own steps catch, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from curate.evaluation.evaluation import Evaluation, Scene
from curate.pairs.field import Fields, content_fields
from curate.steps.step import Objection


class PlantedErrors(Evaluation):
    """Swap one side of some pairs among one another, run the recipe's steps, and look what they do.

    A share of the pairs is drawn, and what they hold in one field goes round among them, never to
    a pair whose own content is alike. `caught` are planted pairs that an `align` step dropped;
    precision is the share of planted ones among all that it dropped, so real errors in the data
    count as false alarms. `recall_at_precision` looks at the scores alone: how many of the planted
    pairs are among the lowest scores while nine tenths of those are planted. Means of repeated
    plantings, with their standard deviations.
    """

    word: ClassVar[str] = "planted_errors"
    summary: ClassVar[str] = "how many of the pairs mismatched on purpose the steps catch"
    examples: ClassVar[tuple[str, ...]] = (
        "- planted_errors: {swap: caption}",
        "- planted_errors: {swap: caption, share: 0.1, times: 50}",
    )

    swap: str = Field(description="The field whose contents go round.")
    share: float = Field(0.05, gt=0, le=0.5, description="Share of the pairs that are mismatched.")
    times: int = Field(10, ge=1, le=1000, description="Plantings that the figures are means of.")
    precision: float = Field(0.9, gt=0, le=1, description="For recall at a precision.")

    def check(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(content_fields(fields))
        if self.swap not in known:
            yield Objection(("swap",), f"'{self.swap}' is no field with content", candidates=known)

    def measure(self, scene: Scene) -> dict[str, Any]:
        from curate.evaluation.planting import mean

        rounds = [self._round(scene, number) for number in range(self.times)]
        names = sorted({name for found in rounds for name in found})
        return {
            "swap": self.swap,
            "share": self.share,
            "times": self.times,
            "precision_asked": self.precision,
            **{name: mean([found.get(name) for found in rounds]) for name in names},
        }

    def headline(self, found: dict[str, Any]) -> str:
        caught, right = found["caught"]["value"], found["precision"]["value"]
        at = found.get("recall_at_precision", {}).get("value")
        if caught is None:
            return f"no pair with a planted {self.swap} error was scored"
        told = f"{caught:.0%} of planted {self.swap} errors dropped"
        told += f", {right:.0%} of what was dropped planted" if right is not None else ""
        return told + (f"; {at:.0%} caught at {self.precision:.0%} precision" if at else "")

    def _round(self, scene: Scene, number: int) -> dict[str, float | None]:
        from curate.evaluation.planting import aligned, plant, ratio, recall_at

        table, planted = plant(
            scene.sound, self.swap, scene.ask.fields[self.swap].type, self.share, number
        )
        found = scene.replay(table)
        assessed = aligned(found)
        wrong = assessed["pair_id"].is_in(planted.implode()).to_numpy()
        dropped = (assessed["verdict"] == "drop").to_numpy()
        return {
            "planted": int(wrong.sum()),
            "caught": ratio(int((wrong & dropped).sum()), int(wrong.sum())),
            "precision": ratio(int((wrong & dropped).sum()), int(dropped.sum())),
            "recall_at_precision": recall_at(assessed["score"].to_numpy(), wrong, self.precision),
        }

"""What a build computed, reused and spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Spent:
    """Of one measure or fit."""

    computed: int = 0
    reused: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """Of what an endpoint was paid for, by the price that the recipe states."""

    def pay(self, prompt: int, completion: int, price: Mapping[str, float] | None) -> None:
        """Count tokens of an endpoint, at a price per million."""
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        if price:
            self.cost += (prompt * price["prompt"] + completion * price["completion"]) / 1e6


@dataclass
class Usage:
    """Of a whole build; fits are told apart from measures, and so is the hashing of files."""

    measures: dict[str, Spent] = field(default_factory=dict)
    fits: dict[str, Spent] = field(default_factory=dict)
    files: Spent = field(default_factory=Spent)

    def of(self, measure: str) -> Spent:
        return self.measures.setdefault(measure, Spent())

    def of_fit(self, fit: str) -> Spent:
        return self.fits.setdefault(fit, Spent())

    @property
    def computed(self) -> int:
        """Values computed in this build, of all measures."""
        return sum(spent.computed for spent in self.measures.values())

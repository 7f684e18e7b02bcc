"""What a build computed, reused and spent."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Spent:
    """Of one measure or fit."""

    computed: int = 0
    reused: int = 0
    seconds: float = 0.0


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

"""What a build may use before it stops: minutes since it began, kilowatt hours as they are metered.

Whoever begins something asks first; what has begun is finished. A build that stops has published
nothing and has lost nothing that it measured.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curate.errors import BudgetSpent, CurateError
from curate.governance.energy import kwh_in_words
from curate.governance.meter import Meter

if TYPE_CHECKING:
    from curate.engines.engine import Stop


@dataclass(frozen=True)
class Deadline:
    """Says in any process whether a moment, in seconds since the epoch, is past."""

    moment: float

    def __call__(self) -> bool:
        return time.time() >= self.moment


@dataclass
class Budget:
    """Of one build, whose time runs from here on; without limits it lasts for ever."""

    minutes: float | None = None
    kwh: float | None = None
    meter: Meter = field(default_factory=Meter)

    def __post_init__(self) -> None:
        minutes = math.inf if self.minutes is None else self.minutes
        self.deadline = Deadline(time.time() + 60 * minutes)

    @property
    def stop(self) -> Stop:
        """For an engine; only that of minutes may be sent to other processes."""
        return self.deadline if self.kwh is None else self.is_spent

    def is_spent(self) -> bool:
        return self.deadline() or (self.kwh is not None and self.meter.used >= self.kwh)

    def check(self) -> None:
        """Raise `BudgetSpent` where nothing more may be begun."""
        if self.deadline():
            raise BudgetSpent(f"the budget of {self.minutes:g} minutes is spent")
        if self.kwh is not None and self.is_spent():
            raise BudgetSpent(f"the budget of {kwh_in_words(self.kwh)} is spent")

    def check_metered(self) -> None:
        """Raise where energy is to be limited and nothing can meter it; once the meter has begun."""
        if self.kwh is not None and not self.meter.awake:
            raise CurateError(
                "energy cannot be metered here", "limit the build by --budget-minutes"
            )

"""Figures of the evaluations with their intervals, as `evaluation.json` holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curate.report.wording import figure, title


@dataclass(frozen=True)
class Found:
    """One figure of an evaluation."""

    name: str
    value: float
    low: float | None
    high: float | None
    sd: float | None
    n: int | None

    @property
    def told(self) -> str:
        """The figure with how sure it is."""
        if self.low is not None and self.high is not None:
            return f"{figure(self.value)} ({figure(self.low)} to {figure(self.high)})"
        if self.sd is not None:
            return f"{figure(self.value)} ± {figure(self.sd)}"
        return figure(self.value)

    @property
    def is_share(self) -> bool:
        """Whether it and its interval lie between 0 and 1."""
        ends = (self.low, self.value, self.high)
        return all(end is not None and 0 <= end <= 1 for end in ends)


@dataclass(frozen=True)
class Evaluated:
    """One evaluation: its finding in a line, and its figures."""

    name: str
    headline: str
    figures: tuple[Found, ...]


def evaluated(document: Mapping[str, Any] | None) -> tuple[Evaluated, ...]:
    """Every evaluation of the document; none where there is none."""
    return tuple(
        Evaluated(
            name=title(str(one.get("evaluation", ""))),
            headline=str(one.get("headline", "")),
            figures=tuple(_figures(one, ())),
        )
        for one in (document or {}).get("evaluations", ())
    )


def _figures(value: Any, path: tuple[str, ...]) -> Iterator[Found]:
    if isinstance(value, Mapping) and isinstance(value.get("value"), int | float):
        known = {key: value.get(key) for key in ("low", "high", "sd", "n")}
        yield Found(" ".join(path), float(value["value"]), **known)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _figures(part, (*path, title(str(key))))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _figures(part, (*path[:-1], *_way(part)))


def _way(part: Any) -> tuple[str, ...]:
    """What tells the parts of a list apart: from where to where."""
    ends = [str(part[key]) for key in ("from", "to") if isinstance(part, Mapping) and key in part]
    return (" to ".join(ends),) if ends else ()

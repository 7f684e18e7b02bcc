"""Gates: facts with a bound that a release must fulfil before it is published.

    gates:
      bias.flagged: {max: 0}
      pairs.synthetic_share: {max: 0.3}
      licences.counts: {only: [CC0-1.0, CC-BY-4.0]}
      quality.retrieval.auc: {not_below_last: 0.01}

A fact that is not known fulfils no bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.governance.facts import Facts
from curate.governance.statement import Statement

FILE = "gates.json"
SHOWN = 1_000
"""Pairs or groups that a failed gate names."""


class Bound(BaseModel):
    """What a fact must be."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    min: float | None = Field(None, description="At least this.")
    max: float | None = Field(None, description="At most this.")
    only: list[str] | None = Field(
        None, min_length=1, description="Of a fact that lists names: no name but these."
    )
    not_below_last: float | None = Field(
        None,
        ge=0,
        description="At most so much below the same fact of the release before this one.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Bound:
        told = self.model_dump(exclude_none=True)
        if not told:
            raise ValueError(f"a gate needs a bound: {', '.join(type(self).model_fields)}")
        if "only" in told and len(told) > 1:
            raise ValueError(
                "'only' is for names and the other bounds for numbers: give one of them"
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"nothing is at least {self.min:g} and at most {self.max:g}")
        return self


Gates: TypeAlias = dict[str, Bound]
Culprits: TypeAlias = Callable[[str], Sequence[str]]
"""The name of a fact -> pairs or groups that make it what it is."""


class Held(BaseModel):
    """One gate, and whether the release passed it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str
    bound: dict[str, Any]
    value: Any
    passed: bool
    why: str
    """The comparison in words."""
    culprits: list[str] = []
    """Of a gate that failed: the pairs or groups that made it fail, at most `SHOWN`."""


def hold(
    gates: Sequence[tuple[str, Bound]], facts: Facts, last: Facts | None, culprits: Culprits
) -> list[Held]:
    """Every gate against the facts; `last` are those of the release before."""
    known = dict(facts.statements())
    before = dict(last.statements()) if last else {}
    return [
        _held(name, bound, known.get(name), before.get(name), culprits) for name, bound in gates
    ]


def _held(
    name: str,
    bound: Bound,
    fact: Statement[Any] | None,
    before: Statement[Any] | None,
    culprits: Culprits,
) -> Held:
    told = bound.model_dump(exclude_none=True)
    if fact is None or fact.value is None:
        who = f": {fact.by or fact.evidence}" if fact and (fact.by or fact.evidence) else ""
        return Held(fact=name, bound=told, value=None, passed=False, why=f"is not known{who}")
    wrong = list(_wrongs(bound, fact.value, before))
    why = "; ".join(wrong) if wrong else f"is {_shown(fact.value)}"
    if bound.not_below_last is not None and (before is None or before.value is None):
        why += "; no release before this one states it"
    named = list(culprits(name))[:SHOWN] if wrong else []
    return Held(fact=name, bound=told, value=fact.value, passed=not wrong, why=why, culprits=named)


def _wrongs(bound: Bound, value: Any, before: Statement[Any] | None) -> Iterator[str]:
    if bound.only is not None:
        yield from _strangers(bound.only, value)
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f"is no number: {_shown(value)}"
        return
    if bound.min is not None and value < bound.min:
        yield f"is {_shown(value)}, below {bound.min:g}"
    if bound.max is not None and value > bound.max:
        yield f"is {_shown(value)}, above {bound.max:g}"
    if bound.not_below_last is not None and before is not None and before.value is not None:
        least = before.value - bound.not_below_last
        if value < least:
            yield f"is {_shown(value)}; it was {_shown(before.value)} in the release before"


def _strangers(only: Sequence[str], value: Any) -> Iterator[str]:
    names = list(value) if isinstance(value, Mapping | list) else [str(value)]
    others = sorted({str(name) for name in names} - set(only))
    if others:
        yield f"names {', '.join(others)}"


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

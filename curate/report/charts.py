"""Charts drawn once, when the page is made: Vega-Lite to SVG, so that no library runs in the page.

Colours are the page's own variables (`var(--kept)`), so that a chart follows it into the dark and onto
paper. Every chart stands beside a table that says the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from markupsafe import Markup

from curate.report.wording import visible

if TYPE_CHECKING:
    from curate.governance.audit import FieldAudit
    from curate.governance.representation import Representation
    from curate.report.content import Scored
    from curate.report.quality import Found
    from curate.report.spending import Spent

Spec: TypeAlias = dict[str, Any]

WIDTH = 400
"""Of every chart, in units that are pixels where there is room."""
_ROW = 22
_LABELS, _LONG_LABELS = 120, 168
"""Room for names at the left of rows."""
_LONGEST = 60
"""Characters of a name; there is room for fewer."""
_TEXT = {"labelFontSize": 12, "titleFontSize": 12, "labelColor": "var(--soft)"}
_AXIS = {
    **_TEXT,
    "titleColor": "var(--soft)",
    "titleFontWeight": "normal",
    "gridColor": "var(--line)",
    "domainColor": "var(--line)",
    "tickColor": "var(--line)",
}
_BASE: Spec = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "background": None,
    "autosize": {"type": "none"},
    "config": {"aria": False, "axis": _AXIS, "view": {"stroke": None}, "font": "sans-serif"},
}


@dataclass(frozen=True)
class Chart:
    """An SVG that fills its column, and where its plot lies in it."""

    svg: Markup
    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Row:
    """A figure with its interval, by name."""

    name: str
    value: float
    low: float
    high: float
    marked: bool = False


def histogram(scored: Scored) -> Chart:
    """Bars of what stayed upon bars of what left."""
    sides = ((0, "stayed"), (1, "left"))
    values = [
        {"low": bar.low, "high": bar.high, "pairs": getattr(bar, side), "side": side, "order": at}
        for bar in scored.bars
        for at, side in sides
    ]
    low, high = span(scored)
    x = {"field": "low", "type": "quantitative", "scale": {"domain": [low, high], "nice": False}}
    bars = {
        "data": {"values": values},
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {**x, "bin": {"binned": True}, "axis": {"title": None, "grid": False}},
            "x2": {"field": "high"},
            "y": {
                "field": "pairs",
                "type": "quantitative",
                "stack": "zero",
                "axis": {"title": None, "tickCount": 4, "domain": False, "ticks": False},
            },
            "color": _colours("side", ("stayed", "left"), ("var(--kept)", "var(--left)")),
            "order": {"field": "order"},
        },
    }
    rules = {
        "data": {"values": [{"at": at} for at in scored.thresholds if low <= at <= high]},
        "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1.5, "strokeDash": [4, 3]},
        "encoding": {"x": {"field": "at", "type": "quantitative"}},
    }
    return _drawn({"layer": [bars, rules]}, 180, (44, 10, 10, 26))


def span(scored: Scored) -> tuple[float, float]:
    """From one end of the histogram to the other: the scores, and thresholds that are not far off."""
    low = min((bar.low for bar in scored.bars), default=0.0)
    high = max((bar.high for bar in scored.bars), default=1.0)
    high = high if high > low else low + 1.0
    room = high - low
    near = [at for at in scored.thresholds if low - room <= at <= high + room]
    return min([low, *near]), max([high, *near])


def rates(field: FieldAudit, overall: float | None, most: int) -> Chart:
    """Shares kept by group, the largest groups first, and flagged ones in any case."""
    known = [level for level in field.levels if level.rate is not None]
    chosen = [level for at, level in enumerate(known) if at < most or level.flagged]
    rows = [
        Row(level.level, level.rate.value, level.rate.low, level.rate.high, bool(level.flagged))
        for level in chosen
        if level.rate is not None
    ]
    return intervals(rows, overall)


def found(figures: Sequence[Found]) -> Chart:
    """Figures of an evaluation that are shares."""
    return intervals(
        [
            Row(one.name, one.value, one.low, one.high)
            for one in figures
            if one.low is not None and one.high is not None
        ],
        labels=_LONG_LABELS,
    )


def intervals(rows: Sequence[Row], overall: float | None = None, labels: int = _LABELS) -> Chart:
    """A dot and its interval for every row, shares on one axis; marked rows are diamonds."""
    low = min((row.low for row in rows), default=0.0)
    values = [
        {"at": at, "name": _shown(row.name), "value": row.value, "low": row.low, "high": row.high}
        | {"marked": str(row.marked)}
        for at, row in enumerate(rows)
    ]
    scale = {"domain": [min(0.0, low) if low < 0.5 else _floor(low), 1], "clamp": True}
    x = {"type": "quantitative", "scale": scale}
    axis = {"title": None, "format": ".0%", "tickCount": 5, "domain": False, "ticks": False}
    colour = _colours("marked", ("False", "True"), ("var(--kept)", "var(--left)"))
    shape = {
        "field": "marked",
        "scale": {"domain": ["False", "True"], "range": ["circle", "diamond"]},
    }
    shown = {
        "data": {"values": values},
        "encoding": {"y": _names("name", "at", labels), "color": colour},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "x": {**x, "field": "low", "axis": axis},
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {
                    "x": {**x, "field": "value"},
                    "shape": {**shape, "legend": None},
                },
            },
        ],
    }
    layers = [_rule(overall, x), shown] if overall is not None else [shown]
    return _rows({"layer": layers}, len(rows), labels=labels)


def represented(field: Representation) -> Chart:
    """Shares before and after the decisions beside those that somebody stated."""
    values = [
        {"at": at, "name": _shown(level.level), "value": value, "what": what}
        for at, level in enumerate(field.levels)
        for what, value in (
            ("stated", level.reference),
            ("before", level.before and level.before.value),
            ("after", level.after and level.after.value),
        )
        if value is not None
    ]
    whats = ("stated", "before", "after")
    spec = {
        "data": {"values": values},
        "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
        "encoding": {
            "y": _names("name", "at"),
            "x": {
                "field": "value",
                "type": "quantitative",
                "axis": {"title": None, "format": ".0%", "domain": False, "ticks": False},
            },
            "color": _colours("what", whats, ("var(--ink)", "var(--left)", "var(--kept)")),
            "shape": {
                "field": "what",
                "scale": {"domain": list(whats), "range": ["diamond", "triangle-up", "circle"]},
                "legend": None,
            },
        },
    }
    return _rows(spec, len(field.levels))


def spending(steps: Sequence[Spent]) -> Chart:
    """Watt hours by step, and those that values from the store saved."""
    whats = ("used", "saved")
    values = [
        {"at": at, "name": _shown(step.title), "wh": (kwh or 0.0) * 1000, "what": what}
        for at, step in enumerate(steps)
        for what, kwh in (("used", step.kwh), ("saved", step.saved_kwh))
    ]
    spec = {
        "data": {"values": values},
        "mark": {"type": "bar", "height": {"band": 0.8}},
        "encoding": {
            "y": _names("name", "at"),
            "yOffset": {"field": "what", "sort": list(whats)},
            "x": {
                "field": "wh",
                "type": "quantitative",
                "axis": {"title": "Wh", "tickCount": 5, "domain": False, "ticks": False},
            },
            "color": _colours("what", whats, ("var(--kept)", "var(--faint)")),
        },
    }
    return _rows(spec, len(steps), row=30, below=40)


def _shown(name: str) -> str:
    return visible(name[:_LONGEST])


def _rule(at: float, x: Spec) -> Spec:
    return {
        "data": {"values": [{"overall": at}]},
        "mark": {"type": "rule", "color": "var(--soft)", "strokeDash": [3, 3]},
        "encoding": {"x": {**x, "field": "overall"}},
    }


def _names(field: str, order: str, labels: int = _LABELS) -> Spec:
    axis = {
        "title": None,
        "labelLimit": labels * 0.86,
        "labelColor": "var(--ink)",
        "ticks": False,
        "domain": False,
        "grid": False,
    }
    return {"field": field, "type": "nominal", "sort": {"field": order}, "axis": axis}


def _colours(field: str, names: Sequence[str], colours: Sequence[str]) -> Spec:
    scale = {"domain": list(names), "range": list(colours)}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}


def _floor(low: float) -> float:
    """The tenth below."""
    return int(low * 10) / 10


def _rows(spec: Spec, rows: int, row: int = _ROW, below: int = 24, labels: int = _LABELS) -> Chart:
    return _drawn(spec, max(1, rows) * row, (labels, 16, 6, below))


def _drawn(spec: Spec, height: float, around: tuple[float, float, float, float]) -> Chart:
    """`around` is the room at the left, right, top and bottom of the plot."""
    import vl_convert

    left, right, top, bottom = around
    svg = vl_convert.vegalite_to_svg(
        {
            **_BASE,
            **spec,
            "width": WIDTH - left - right,
            "height": height,
            "padding": {"left": left, "right": right, "top": top, "bottom": bottom},
        }
    )
    # Without a size of its own it takes that of its column; its words are those of its frame.
    fluid = re.sub(
        r' width="[\d.]+" height="[\d.]+"(?= viewBox)', ' aria-hidden="true"', svg, count=1
    )
    return Chart(Markup(fluid), left, WIDTH - right, top, top + height)  # noqa: S704

"""The data that the page's scripts read: pairs with their media, and the points of the map.

It stands in the page as JSON within `<script type="application/json">`, which no browser runs. No
character in it can end that element; scripts put it into the document as text alone.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curate.report.wording import visible

if TYPE_CHECKING:
    from curate.report.content import Line, Made, Map, Medium, Report, Shown

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def pairs_payload(report: Report) -> str:
    """Pairs that are shown, in the report's order, and what their fields are."""
    fields = report.facts.inputs.fields.value or ()
    return _json(
        {
            "languages": {field.name: field.language for field in fields if field.language},
            "groups": [field.name for field in fields if field.group],
            "pairs": [_pair(shown) for shown in report.shown],
        }
    )


def map_payload(drawn: Map) -> str:
    """Points, and for each way to colour them its names and a place among them for every point."""
    return _json(
        {
            "ids": list(drawn.pair_ids),
            "x": [round(float(x), 4) for x in drawn.x],
            "y": [round(float(y), 4) for y in drawn.y],
            "colours": {name: _places(values) for name, values in drawn.colours.items()},
        }
    )


def _pair(shown: Shown) -> dict[str, Any]:
    return {
        "id": shown.pair_id,
        "kinds": shown.kinds,
        "status": shown.status,
        "split": shown.split,
        "origin": shown.origin,
        "parents": shown.parents,
        "source": shown.source,
        "texts": dict(shown.texts),
        "metadata": {name: _said(value) for name, value in shown.metadata.items()},
        "media": {name: _medium(medium) for name, medium in shown.media.items()},
        "withheld": shown.withheld,
        "lines": [_line(line) for line in shown.lines],
        "row": shown.row,
        "made": [_made(made) for made in shown.made],
    }


def _medium(medium: Medium) -> dict[str, Any]:
    return {
        "modality": medium.modality,
        "mime": medium.mime,
        "data": b64encode(medium.data).decode("ascii"),
        "seconds": medium.seconds,
    }


def _line(line: Line) -> dict[str, Any]:
    told = {
        "step": line.step,
        "name": line.name,
        "verdict": line.verdict,
        "reason": line.reason,
        "score": line.score,
        "threshold": line.threshold,
        "related": line.related_id,
        "detail": line.detail,
    }
    return {name: value for name, value in told.items() if value is not None}


def _made(made: Made) -> dict[str, Any]:
    return {
        "step": f"{made.step} {made.name}",
        "field": made.field,
        "value": made.value,
        "replaced": made.replaced,
        "generator": made.generator,
        "confidence": made.confidence,
        "accepted": made.accepted,
    }


def _places(values: Sequence[str]) -> dict[str, Any]:
    names = sorted(set(values), key=lambda name: (-values.count(name), name))
    place = {name: at for at, name in enumerate(names)}
    return {"names": names, "of": [place[value] for value in values]}


def _said(value: Any) -> str | int | float | bool | None:
    """A metadata value as it is told; of a list or a structure its text."""
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _json(value: Any) -> str:
    told = json.dumps(_spelled(value), ensure_ascii=False, separators=(",", ":"))
    return told.translate(_ESCAPES)


def _spelled(value: Any) -> Any:
    """Every string with what has no shape spelled out; a number that JSON lacks is null."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(str(name)): _spelled(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(part) for part in value]
    if isinstance(value, float) and not -1e308 < value < 1e308:
        return None
    return value

"""From ids to what a report tells and shows of each pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from curate.pairs.thumbnail import Thumbnail, thumbnail
from curate.report.content import Kind, Line, Made, Medium, Shown

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.report.media import Media

SHOWN = ("image", "audio", "video")
"""Types of fields that thumbnails are made of."""
LONGEST = 2000
"""Characters of a text, or a value, that are told."""
MOST_BYTES = 6_000_000
"""Of all thumbnails; in HTML they take a third more."""
_AT_ONCE = 4
"""Media held in memory at a time."""
_LINE = ("step", "name", "verdict", "reason", "score", "threshold", "related_id", "detail")
_MADE = ("step", "name", "field", "value", "replaced", "generator", "confidence", "accepted")


def shown(
    evidence: Evidence,
    chosen: Mapping[str, Sequence[Kind]],
    withheld: Mapping[str, str],
    media: Media,
) -> list[Shown]:
    """The pairs of `chosen`, in its order; `withheld` says why of those that are not to be seen."""
    ids = list(chosen)
    mine = pl.col("pair_id").is_in(ids)
    rows = {row["pair_id"]: row for row in evidence.pairs.filter(mine).to_dicts()}
    lines, made = _lines(evidence.decisions.filter(mine)), _made(evidence, mine)
    seen = [pair_id for pair_id in ids if pair_id not in withheld]
    files = _media(evidence, seen, media)
    return [
        _one(
            rows[pair_id],
            chosen[pair_id],
            withheld.get(pair_id),
            lines[pair_id],
            made[pair_id],
            files[pair_id],
            evidence.lock["recipe"]["fields"],
        )
        for pair_id in ids
    ]


def _one(
    row: Mapping[str, Any],
    kinds: Sequence[Kind],
    why: str | None,
    lines: Sequence[Line],
    made: Sequence[Made],
    media: Mapping[str, Medium],
    fields: Mapping[str, Any],
) -> Shown:
    names = {name: field["type"] for name, field in fields.items()}
    told = {n: row[n] for n in (*names, *_LICENCE) if why is None and row.get(n) is not None}
    texts = {n: _short(str(v)) for n, v in told.items() if names.get(n) == "text"}
    return Shown(
        pair_id=row["pair_id"],
        kinds=_with_status(kinds, row["status"]),
        status=row["status"],
        split=row.get("split"),
        origin=row["origin"],
        parents=tuple(row["parents"] or ()),
        source=row["source"],
        texts=texts,
        metadata={
            n: _short(v) if isinstance(v, str) else v for n, v in told.items() if n not in texts
        },
        media=media,
        withheld=why,
        lines=tuple(lines) if why is None else tuple(_bare(line) for line in lines),
        row=row["row"] if why is None else None,
        made=tuple(made) if why is None else (),
    )


_LICENCE = ("license", "attribution")
"""What steps publish beside a pair's fields."""


def _with_status(kinds: Sequence[Kind], status: str) -> tuple[Kind, ...]:
    own: Kind = "kept" if status == "kept" else "dropped"
    return tuple(kinds) if own in kinds else (own, *kinds)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _lines(decisions: pl.DataFrame) -> defaultdict[str, list[Line]]:
    told: defaultdict[str, list[Line]] = defaultdict(list)
    rows = decisions.sort("step", maintain_order=True).select("pair_id", *_LINE).iter_rows()
    for pair_id, *said, detail in rows:
        told[pair_id].append(Line(*said, detail=None if detail is None else _short(detail)))
    return told


def _bare(line: Line) -> Line:
    """Details may quote the pair."""
    from dataclasses import replace

    return replace(line, detail=None)


def _made(evidence: Evidence, mine: pl.Expr) -> defaultdict[str, list[Made]]:
    told: defaultdict[str, list[Made]] = defaultdict(list)
    if evidence.made is not None:
        for row in evidence.made.filter(mine).select("pair_id", *_MADE).to_dicts():
            pair_id = row.pop("pair_id")
            short = {n: _short(v) if isinstance(v, str) else v for n, v in row.items()}
            told[pair_id].append(Made(**short))
    return told


def _media(
    evidence: Evidence, pair_ids: Sequence[str], media: Media
) -> defaultdict[str, dict[str, Medium]]:
    """Thumbnails of all that can be seen, until there is no more room."""
    recipe = evidence.lock["recipe"]
    found: defaultdict[str, dict[str, Medium]] = defaultdict(dict)
    if recipe["release"]["media"] != "embed":
        return found
    fields = {n: f["type"] for n, f in recipe["fields"].items() if f["type"] in SHOWN}
    room = MOST_BYTES
    with ThreadPoolExecutor(_AT_ONCE // 2) as pool:
        for pair_id, name, small in _thumbnails(pair_ids, fields, media, pool):
            if small is not None and len(small.data) <= room:
                room -= len(small.data)
                kind = cast("Any", fields[name])
                found[pair_id][name] = Medium(kind, *small)
    return found


def _thumbnails(
    pair_ids: Sequence[str], fields: Mapping[str, str], media: Media, pool: ThreadPoolExecutor
) -> Iterator[tuple[str, str, Thumbnail | None]]:
    """A few files at a time, so that all of them need not fit in memory."""
    for start in range(0, len(pair_ids), _AT_ONCE):
        for name, modality in fields.items():
            files = media.read(name, pair_ids[start : start + _AT_ONCE])
            made = pool.map(thumbnail, files.values(), [modality] * len(files))
            for pair_id, small in zip(files, made, strict=True):
                yield pair_id, name, small

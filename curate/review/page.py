"""What the page shows of one pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import polars as pl

from curate.pairs.field import metadata_fields
from curate.review.queue import Queue
from curate.review.subject import Subject
from curate.run.reviews import Correction, Reviews, Synthetic, WrongLabel, correctable, emptied


@dataclass(frozen=True)
class Shown:
    """A medium to show: what kind, and where the server has it."""

    field: str
    modality: str
    address: str


@dataclass(frozen=True)
class Value:
    """A field's value, and what a person can say of it."""

    field: str
    value: Any
    kind: str
    correctable: bool
    emptied: bool


@dataclass(frozen=True)
class Relative:
    """A copy, a parent or a child."""

    pair_id: str
    how: str
    status: str
    text: str


@dataclass(frozen=True)
class Said:
    """Somebody's standing opinion, in words."""

    by: str
    words: str


@dataclass(frozen=True)
class Page:
    """One pair."""

    pair: Mapping[str, Any]
    why: str
    withheld: str | None
    media: Sequence[Shown]
    absent: Sequence[str]
    """Media fields whose content lies elsewhere."""
    values: Sequence[Value]
    story: Sequence[Mapping[str, Any]]
    """Lines that say more than that the pair stayed."""
    passed: Sequence[str]
    """Steps that it passed without a word."""
    relatives: Sequence[Relative]
    mine: Sequence[Said]
    said: Set[str]
    """What the reviewer says at present."""
    others: Sequence[Said]
    place: int
    of: int
    done: int
    """Pairs of the queue that the reviewer has said something of."""
    before: str | None
    after: str | None


def page(subject: Subject, pair_id: str, queue: Queue, reviews: Reviews | None, name: str) -> Page:
    """Everything about a pair; what others said of it only once the reviewer has said something."""
    pair, story = subject.pair(pair_id), subject.story(pair_id)
    before, after = queue.neighbours(pair_id)
    ids = queue.pair_ids
    said = opinions(reviews, pair_id)
    mine = [one for one in said if one.by == name]
    held = [name for name in subject.media_fields if pair[f"{name}_sha256"] is not None]
    here = [name for name in held if subject.medium(name, pair_id) is not None]
    return Page(
        pair=pair,
        why=queue.why.get(pair_id, ""),
        withheld=_withheld(subject, pair_id, said),
        media=[_medium(subject, pair_id, field) for field in here],
        absent=[name for name in held if name not in here],
        values=list(_values(subject, pair)),
        story=[line for line in story if not _is_silent(line)],
        passed=[line["name"] for line in story if _is_silent(line)],
        relatives=relatives(subject, pair, story),
        mine=mine,
        said={one.words for one in mine},
        others=[one for one in said if one.by != name] if mine else [],
        place=ids.index(pair_id) + 1 if pair_id in queue.why else 0,
        of=len(ids),
        done=len((reviews.by(name) if reviews else set()) & set(ids)),
        before=before,
        after=after,
    )


def _is_silent(line: Mapping[str, Any]) -> bool:
    said = (line[name] for name in ("reason", "score", "related_id", "detail"))
    return line["verdict"] == "keep" and all(one is None for one in said)


def _medium(subject: Subject, pair_id: str, field: str) -> Shown:
    address = f"/media/{quote(pair_id, safe='')}/{field}"
    return Shown(field, subject.fields[field].type, address)


def _values(subject: Subject, pair: Mapping[str, Any]) -> Sequence[Value]:
    able, optional = correctable(subject.fields), emptied(subject.fields)
    named = metadata_fields(subject.fields)
    return [
        Value(
            field=name,
            value=pair[name],
            kind="text" if subject.fields[name].type == "text" else "label",
            correctable=name in able,
            emptied=name in optional and pair[name] is not None,
        )
        for name, field in subject.fields.items()
        if field.type == "text" or name in named
    ]


def _withheld(subject: Subject, pair_id: str, said: Sequence[Said]) -> str | None:
    """Why a pair is not shown before somebody asks to see it."""
    feared = next((f"unsafe, said {one.by}" for one in said if one.words == "unsafe"), None)
    return feared or subject.withheld.get(pair_id)


def opinions(reviews: Reviews | None, pair_id: str) -> list[Said]:
    """What stands of a pair, in the order in which it was said."""
    found = []
    for (pair, _), said in (reviews.by_person if reviews else {}).items():
        if pair == pair_id:
            found += [Said(by, _words(one.said)) for by, one in said.items()]
    return found


def _words(said: Any) -> str:
    if isinstance(said, Correction):
        return f"{said.field}: {said.value}"
    if isinstance(said, WrongLabel):
        return f"{said.field} is wrong"
    return "synthetic" if isinstance(said, Synthetic) else str(said.action)


def relatives(
    subject: Subject, pair: Mapping[str, Any], story: Sequence[Mapping[str, Any]]
) -> list[Relative]:
    """Parents and children, what the ledger names, and copies in the same clusters."""
    own = pair["pair_id"]
    how: dict[str, str] = dict.fromkeys(pair["parents"] or (), "parent")
    children = subject.pairs.filter(pl.col("parents").list.contains(own))["pair_id"]
    how |= dict.fromkeys(children.head(20), "made of it")
    for line in story:
        if line["related_id"] and not line["name"].startswith("split"):
            how.setdefault(line["related_id"], line["name"])
    if subject.evidence.clusters is not None:
        of = subject.evidence.clusters.filter(pl.col("pair_id") == own)["cluster"].unique()
        members = subject.evidence.clusters.filter(pl.col("cluster").is_in(of.implode()))
        for member, name in members.select("pair_id", "name").head(40).iter_rows():
            how.setdefault(member, f"copy, by {name}")
    known = {one: words for one, words in how.items() if one in subject.places and one != own}
    return [_relative(subject, one, words) for one, words in known.items()]


def _relative(subject: Subject, pair_id: str, how: str) -> Relative:
    pair = subject.pair(pair_id)
    texts = (pair[n] for n, field in subject.fields.items() if field.type == "text")
    shown = "" if pair_id in subject.withheld else next((text for text in texts if text), "")
    return Relative(pair_id, how, pair["status"], shown)

"""From a finished course to what a release holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.engines.engine import Media
from curate.engines.work import read_content
from curate.ledger.made import REPORTED
from curate.ledger.verdict import LEAVES
from curate.pairs.field import Fields
from curate.release.content import ReleaseContent, data_columns, pairs_table, place_columns
from curate.release.lock import lock
from curate.release.publish import DRAFT
from curate.release.write import MediaBytes
from curate.run.concealing import Hidden, hidden_of
from curate.run.making import HASH, INSTEAD, released_instead

if TYPE_CHECKING:
    from curate.run.asking import Asking
    from curate.run.course import Course

_STATUS = {
    "paired": "paired",
    "drop": "dropped",
    "unreadable": "unreadable",
    "refused": "refused",
    "reject": "rejected",
}
_DEFAULT_SPLIT = "train"


@dataclass(frozen=True)
class Released:
    """A release's content, and how to read its media's bytes."""

    content: ReleaseContent
    media: MediaBytes | None


def released(course: Course, asking: Asking, limit: int | None) -> Released:
    """What the course's pairs make as a release."""
    recipe, living = course.recipe, course.living
    embed = recipe.release.media == "embed"
    made = released_instead(course, living, asking) if embed else {}
    split = living.select("pair_id", "split") if "split" in living.columns else None
    published = course.published
    decisions = course.ledger.frame()
    hidden = hidden_of(course, asking)
    pairs = pairs_table(_with_status(course.table, decisions), recipe.fields, split, published)
    content = ReleaseContent(
        name=recipe.name,
        version=DRAFT if limit is not None else recipe.version,
        fields=recipe.fields,
        data=_data(living, recipe.fields, made, embed, published.columns[1:]),
        pairs=hidden.in_pairs(pairs, living["pair_id"]),
        decisions=hidden.in_words("decisions", decisions),
        lock=lock(
            recipe,
            course.gathered.table,
            asking.asked.values(),
            asking.fitted.values(),
            asking.revisions,
            limit,
            _others(course, asking),
        ),
        clusters=_clusters(course, hidden),
        made=_made(course, asking, hidden),
    )
    return Released(content, _media_bytes(living, recipe.fields, made, asking) if embed else None)


def _clusters(course: Course, hidden: Hidden) -> pl.DataFrame | None:
    """Of all steps that looked for copies; None where none did."""
    if not course.clusters:
        return None
    found = pl.concat(course.clusters).sort("step", "cluster", "related_id", "pair_id")
    return hidden.in_words("clusters", found)


def _made(course: Course, asking: Asking, hidden: Hidden) -> pl.DataFrame | None:
    """What machines made, with the hashes of the models that did; None where no step makes any."""
    if not any(step.proposes for step in course.recipe.steps):
        return None
    known = pl.DataFrame(
        {"generator": list(asking.revisions), "revision": list(asking.revisions.values())},
        schema={"generator": pl.String, "revision": pl.String},
    )
    found = course.all_made.join(known, on="generator", how="left", maintain_order="left")
    made = found.select(list(REPORTED)).sort("step", "pair_id", "field")
    return hidden.in_words("made", made)


def _others(course: Course, asking: Asking) -> list[str]:
    """Hashes of what besides the sources the content depends on."""
    read = [other.revision for other in asking.others_read.values()]
    read += asking.documents.values()
    return read if course.reviews is None else [*read, course.reviews.revision]


def _data(
    living: pl.DataFrame,
    fields: Fields,
    made: Mapping[str, pl.DataFrame],
    embed: bool,
    published: Sequence[str],
) -> dict[str, pl.DataFrame]:
    """Split -> released rows, media as the hash of the bytes that are released."""
    for name, contents in made.items():
        released = dict(contents.select("key", HASH).iter_rows())
        living = living.with_columns(pl.col(f"{name}_sha256").replace(released))
    columns = [*data_columns(fields), *published]
    if not embed:
        columns += place_columns(living, fields)
    if "split" not in living.columns:
        return {_DEFAULT_SPLIT: living.select(columns)}
    parts = living.partition_by("split", as_dict=True, maintain_order=True)
    return {str(name): parts[(name,)].select(columns) for (name,) in sorted(parts)}


def _media_bytes(
    living: pl.DataFrame, fields: Fields, made: Mapping[str, pl.DataFrame], asking: Asking
) -> MediaBytes:
    def media(name: str, pair_ids: pl.Series) -> list[dict[str, Any] | None]:
        places = living.select("pair_id", key=f"{name}_sha256", uri=f"{name}_uri")
        rows = pair_ids.to_frame("pair_id").join(places, on="pair_id", maintain_order="left")
        instead = made.get(name, pl.DataFrame(schema=INSTEAD))
        rows = rows.join(instead, on="key", how="left", maintain_order="left")
        present = rows.filter(pl.col("key").is_not_null() & pl.col("bytes").is_null())
        keys = present["key"].unique(maintain_order=True)
        items = asking.contents.items(fields[name].type, keys)
        read = {i.key: read_content(m) for i in items if isinstance(m := i.contents[0], Media)}
        cells = rows.select("key", "uri", "bytes", "suffix").iter_rows()
        return [_cell(key, uri, data, suffix, read) for key, uri, data, suffix in cells]

    return media


def _cell(
    key: str | None,
    uri: str | None,
    made: bytes | None,
    suffix: str | None,
    read: Mapping[str, bytes],
) -> dict[str, Any] | None:
    """What a reader sees; a content that a step made has no name of its own but its hash."""
    if key is None:
        return None
    name = Path(uri).name if uri else key[:16]
    if made is not None and suffix is not None:
        return {"bytes": made, "path": str(Path(name).with_suffix(suffix))}
    return {"bytes": read[key], "path": name}


def _with_status(table: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    gone = decisions.filter(pl.col("verdict").is_in(LEAVES)).select("pair_id", status="verdict")
    known = table.join(gone, on="pair_id", how="left", maintain_order="left")
    return known.with_columns(
        status=pl.col("status").replace_strict(_STATUS, default="kept", return_dtype=pl.String)
    )

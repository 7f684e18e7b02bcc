"""The last stretch: from a finished course to a release, published or found to be there already."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.cards.card import CardFacts, Copies, Generated, render_card
from curate.engines.engine import Media
from curate.engines.work import read_content
from curate.errors import CurateError, ReleaseExists
from curate.ledger.made import REPORTED
from curate.ledger.verdict import LEAVES
from curate.pairs.field import Fields
from curate.pairs.origin import SYNTHETIC
from curate.release.content import ReleaseContent, data_columns, pairs_table, place_columns
from curate.release.differ import differences
from curate.release.lock import lock
from curate.release.publish import DRAFT, publishing, put, read_manifest, staging
from curate.release.write import MediaBytes, seal, write_release
from curate.run.evaluating import FILE as EVALUATION
from curate.run.evaluating import headlines
from curate.run.making import HASH, INSTEAD, released_instead

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe
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
class Counts:
    """What became of the pairs."""

    kept: dict[str, int]
    left: dict[str, int]
    changed: int
    added: int
    """Formed of parts."""
    joined: int
    """Parts that live on in pairs."""
    merged: int
    made: int
    """Synthetic pairs, taken or not."""


@dataclass(frozen=True)
class Released:
    """A release's content, and how to read its media's bytes."""

    content: ReleaseContent
    media: MediaBytes | None
    counts: Counts


def released(course: Course, asking: Asking, limit: int | None) -> Released:
    """What the course's pairs make as a release."""
    recipe, living = course.recipe, course.living
    embed = recipe.release.media == "embed"
    made = released_instead(course, living, asking) if embed else {}
    split = living.select("pair_id", "split") if "split" in living.columns else None
    decisions = course.ledger.frame()
    counts = _counts(course, decisions, living)
    content = ReleaseContent(
        name=recipe.name,
        version=DRAFT if limit is not None else recipe.version,
        fields=recipe.fields,
        data=_data(living, recipe.fields, made, embed),
        pairs=pairs_table(_with_status(course.table, decisions), recipe.fields, split),
        decisions=decisions,
        lock=lock(
            recipe,
            course.gathered.table,
            asking.asked.values(),
            asking.fitted.values(),
            asking.revisions,
            limit,
            _others(course, asking),
        ),
        clusters=_clusters(course),
        made=_made(course, asking),
    )
    return Released(
        content, _media_bytes(living, recipe.fields, made, asking) if embed else None, counts
    )


def publish(
    recipe: Recipe, made: Released, evaluate: Callable[[], str | None]
) -> tuple[Path, bool]:
    """The release's folder, and whether it was written now; an equal one is left as it stands,
    with the evaluation it came with.
    """
    content = made.content
    home = recipe.workspace / "releases" / content.name
    final = home / content.version
    if _stands(final, content):
        return final, False
    evaluation = evaluate()
    with staging(home) as folder:
        if evaluation is not None:
            (folder / EVALUATION).write_text(evaluation)
        card = _card(recipe, made, headlines(folder))
        write_release(folder, content, made.media, recipe.text, card)
        seal(folder, content)
        with publishing(home):
            if _stands(final, content):
                return final, False
            put(folder, final)
    return final, True


def _stands(final: Path, content: ReleaseContent) -> bool:
    """Whether this very release is published; another one under its version is an error."""
    manifest = read_manifest(final)
    if manifest is None:
        _require_free(final)
        return False
    if manifest["digest"] == content.digest:
        return True
    if content.version == DRAFT:
        return False
    raise ReleaseExists(
        f"{content.name} {content.version} is published and this build differs from it:\n"
        + "\n".join(f"  {line}" for line in differences(final, manifest, content)),
        "give the recipe a new version, or `version: draft` while you try things",
    )


def _require_free(final: Path) -> None:
    """What is no release is not replaced: it may be somebody's only copy."""
    if os.path.lexists(final):
        raise CurateError(f"{final} is in the way: it has no manifest.json", "move it elsewhere")


def _clusters(course: Course) -> pl.DataFrame | None:
    """Of all steps that looked for copies; None where none did."""
    if not course.clusters:
        return None
    return pl.concat(course.clusters).sort("step", "cluster", "related_id", "pair_id")


def _made(course: Course, asking: Asking) -> pl.DataFrame | None:
    """What machines made, with the hashes of the models that did; None where no step makes any."""
    if not any(step.proposes for step in course.recipe.steps):
        return None
    known = pl.DataFrame(
        {"generator": list(asking.revisions), "revision": list(asking.revisions.values())},
        schema={"generator": pl.String, "revision": pl.String},
    )
    found = course.all_made.join(known, on="generator", how="left", maintain_order="left")
    return found.select(list(REPORTED)).sort("step", "pair_id", "field")


def _others(course: Course, asking: Asking) -> list[str]:
    """Hashes of what besides the sources the content depends on."""
    read = [other.revision for other in asking.others_read.values()]
    return read if course.reviews is None else [*read, course.reviews.revision]


def _data(
    living: pl.DataFrame, fields: Fields, made: Mapping[str, pl.DataFrame], embed: bool
) -> dict[str, pl.DataFrame]:
    """Split -> released rows, media as the hash of the bytes that are released."""
    for name, contents in made.items():
        released = dict(contents.select("key", HASH).iter_rows())
        living = living.with_columns(pl.col(f"{name}_sha256").replace(released))
    columns = data_columns(fields)
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


def _counts(course: Course, decisions: pl.DataFrame, living: pl.DataFrame) -> Counts:
    gone = decisions.filter(pl.col("verdict").is_in(set(LEAVES) - {"paired"}))
    why = gone.group_by("step", "name", "reason").len().sort("step", "len", "reason")
    left: Counter[str] = Counter()
    for _, name, reason, count in why.iter_rows():
        left[f"{name}: {reason}"] += count
    if "split" in living.columns:
        kept = dict(living.group_by("split").len().sort("split").iter_rows())
    else:
        kept = {_DEFAULT_SPLIT: living.height}
    said = dict(decisions.group_by("verdict").len().iter_rows())
    changed, added, joined, merged = (
        said.get(word, 0) for word in ("change", "add", "paired", "merge")
    )
    synthetic = course.table.filter(pl.col("origin") == SYNTHETIC).select("pair_id")
    taken = decisions.filter(pl.col("verdict") == "add").join(synthetic, on="pair_id", how="semi")
    return Counts(kept, left, changed, added - taken.height, joined, merged, synthetic.height)


def _card(recipe: Recipe, made: Released, evaluation: Mapping[str, str]) -> str:
    content = made.content
    return render_card(
        CardFacts(
            name=content.name,
            version=content.version,
            description=recipe.description,
            fields=content.fields,
            splits=made.counts.kept,
            seen=content.pairs.height - made.counts.added - made.counts.made,
            joined=made.counts.joined,
            added=made.counts.added,
            left=made.counts.left,
            copies=_copies(content.clusters),
            looked=content.clusters is not None,
            generated=_generated(content.made),
            digest=content.digest,
            evaluation=evaluation,
        )
    )


def _generated(made: pl.DataFrame | None) -> list[Generated]:
    """What each step made, by generator, for the card."""
    if made is None:
        return []
    counted = made.group_by("step", "name", "field", "generator").agg(
        made=pl.len(), taken=pl.col("accepted").sum()
    )
    return [Generated(*row) for row in counted.sort("step", "field").drop("step").iter_rows()]


def _copies(clusters: pl.DataFrame | None) -> list[Copies]:
    """What each step found, for the card."""
    if clusters is None:
        return []
    sizes = clusters.group_by("step", "name", "cluster").len()
    found = sizes.group_by("step", "name").agg(
        clusters=pl.len(), gone=(pl.col("len") - 1).sum(), largest=pl.col("len").max()
    )
    return [Copies(*row) for row in found.sort("step").drop("step").iter_rows()]

"""Find what lies nearest to a text or a file in a release, by the embeddings it was aligned with.

The sides of the release's `align` step are compared as that step compared them: in the encoder's
space or, where a head was learned, by a head learned from the release's training pairs. Within
one side (image to image) the cosine of the centred vectors counts. What the store still holds is
not measured again; the rest is measured from the release's own bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.errors import CurateError
from curate.pairs.field import CLOCKED, Fields, content_fields, media_fields, metadata_fields
from curate.pairs.identity import content_hash
from curate.pairs.media import read_media
from curate.recipe import read_recipe
from curate.release.published import open_release, workspace_of
from curate.run.build import store_folder_of
from curate.run.contents import Contents
from curate.run.known import known
from curate.steps.score import Score
from curate.steps.side import Side
from curate.store.store import MeasureStore

if TYPE_CHECKING:
    from curate.fits.sides import Lefts
    from curate.recipe.recipe import Recipe
    from curate.run.asking import Asking


@dataclass(frozen=True)
class Query:
    """A text, or a file of a field's kind."""

    text: str | None = None
    like: Path | None = None


def search(
    release: Path | str,
    text: str | None = None,
    *,
    like: Path | str | None = None,
    find: str | None = None,
    by: str | None = None,
    limit: int = 10,
) -> pl.DataFrame:
    """The pairs whose field `find` is nearest to a text or to the file `like`, best first.

    `score` (higher is nearer; comparable within one search only), `pair_id`, `split`, texts and
    metadata. `find` is one of the fields that the release's `align` step compares: by default, for
    a text the side that is no text, for a file the side of its own kind. `by` names the score
    where the recipe has several. Raises `CurateError` when the release cannot be searched so.
    """
    folder = Path(release)
    if (text is None) == (like is None):
        raise CurateError("a search needs either a text or a file", "curate search --help")
    recipe = _recipe_of(folder)
    step = _step_of(recipe, by)
    query = Query(text, None if like is None else Path(like))
    return Library(folder, recipe, step).nearest(query, find, limit)


def _recipe_of(release: Path) -> Recipe:
    return read_recipe(open_release(release).folder / "recipe.yaml", alone=True)


def _step_of(recipe: Recipe, by: str | None) -> Score:
    steps = [step for step in recipe.steps if isinstance(step, Score) and step.scorer is None]
    chosen = [step for step in steps if by in (None, step.name)]
    if not chosen:
        known = ", ".join(step.name for step in steps)
        hint = (
            f"its scores are: {known}" if known else "a recipe with `align: {score: …}` makes one"
        )
        raise CurateError(f"{recipe.name} has no embeddings" + (f" '{by}'" if by else ""), hint)
    return chosen[0]


@dataclass(frozen=True)
class Library:
    """A release, and how its contents are compared."""

    release: Path
    recipe: Recipe
    step: Score

    def nearest(self, query: Query, find: str | None, limit: int) -> pl.DataFrame:
        source, target = self._sides(query, find)
        store = MeasureStore(store_folder_of(workspace_of(self.release) or self.release.parent))
        with store.opened():
            asked = known(self.fields, store, compute=True)
            rows = self._with_keys(asked)
            asked.contents = self._contents(rows)
            wanted = self._query(query, source, asked)
            scores = self._scores(wanted, rows, source, target, asked)
        shown = [name for name, field in self.fields.items() if field.type == "text"]
        shown += metadata_fields(self.fields)
        found = rows.with_columns(score=pl.Series(scores)).filter(pl.col("score").is_finite())
        best = found.sort("score", "pair_id", descending=[True, False]).head(limit)
        return best.select(pl.col("score").round(4), "pair_id", "split", *shown)

    @property
    def fields(self) -> Fields:
        return self.recipe.fields

    def _sides(self, query: Query, find: str | None) -> tuple[Side, Side]:
        """The side that the query stands on, and the one that is searched."""
        sides = [side for side in self.step.sides if len(side.fields) == 1]
        kinds = {side.fields[0]: self.fields[side.fields[0]].type for side in sides}
        own = [s for s in sides if (kinds[s.fields[0]] == "text") == (query.text is not None)]
        if query.like is not None and len(own) > 1:
            own = [s for s in own if _reads(query.like, kinds[s.fields[0]])] or own
        if not own:
            what = "a text" if query.text is not None else "a file"
            raise CurateError(
                f"'{self.step.title}' does not compare {what} with anything",
                f"it compares {' and '.join(kinds)}",
            )
        if find is not None and find not in kinds:
            raise CurateError(f"'{find}' is not compared", f"search one of: {', '.join(kinds)}")
        others = [side for side in sides if side != own[0]]
        default = others[0] if query.text is not None and others else own[0]
        target = next((side for side in sides if side.fields[0] == find), default)
        return own[0], target

    @cached_property
    def data(self) -> pl.DataFrame:
        """Released rows without their media, and where each lies."""
        frames = []
        for path in sorted(self.release.glob("data/*/*.parquet")):
            plain = [n for n in ("pair_id", *self.fields) if n not in media_fields(self.fields)]
            frame = pl.read_parquet(path, columns=plain).with_row_index("member")
            frames.append(
                frame.with_columns(
                    path=pl.lit(str(path)), split=pl.lit(path.parent.name), member="member"
                )
            )
        keys = [f"{name}_sha256" for name in content_fields(self.fields)]
        pairs = pl.read_parquet(self.release / "pairs.parquet", columns=["pair_id", *keys])
        return pl.concat(frames).join(pairs, on="pair_id", maintain_order="left")

    def _with_keys(self, ask: Asking) -> pl.DataFrame:
        """Contents that the store knows keep their keys; others go by the bytes released."""
        rows = self.data
        for side in self.step.sides:
            for seen in side.views(self.fields):
                if self.fields[seen.field].type == "text":
                    continue
                key = f"{seen.field}_sha256"
                lacking = set(ask.missing(seen.measure, rows[key].drop_nulls().unique()))
                keys = [
                    self._released_key(row, seen.field) if row[key] in lacking else row[key]
                    for row in rows.select(key, "path", "member").iter_rows(named=True)
                ]
                rows = rows.with_columns(pl.Series(key, keys, pl.String))
        return rows

    def _released_key(self, row: dict[str, Any], name: str) -> str:
        return content_hash(read_media(row["path"], f"{row['member']}/{name}"))

    def _contents(self, rows: pl.DataFrame) -> Contents:
        media = media_fields(self.fields)
        placed = rows
        for name in content_fields(self.fields):
            if name in media:
                placed = placed.with_columns(
                    pl.col("path").alias(f"{name}_path"),
                    pl.format("{}/{}", "member", pl.lit(name)).alias(f"{name}_member"),
                    pl.col(f"{name}_sha256").alias(f"{name}_file_sha256"),
                    pl.lit(None, pl.Float64).alias(f"{name}_start"),
                    pl.lit(None, pl.Float64).alias(f"{name}_end"),
                )
        return Contents.of_table(placed, self.fields)

    def _query(self, query: Query, side: Side, ask: Asking) -> pl.DataFrame:
        """The query as a table of one pair."""
        name = side.fields[0]
        nothing: dict[str, Any] = {f"{other}_sha256": None for other in content_fields(self.fields)}
        place: dict[str, Any]
        if query.text is not None:
            place = {name: query.text, f"{name}_sha256": content_hash(query.text)}
        else:
            path = str(query.like.absolute()) if query.like else ""
            key = content_hash(read_media(path, None))
            place = {f"{name}_sha256": key, f"{name}_path": path, f"{name}_member": None}
            if self.fields[name].type in CLOCKED:
                ends = {f"{name}_start": None, f"{name}_end": None}
                place |= {f"{name}_file_sha256": key, **ends}
        table = pl.DataFrame([{"pair_id": "query", **nothing, **place}])
        only = {name: self.fields[name]}
        ask.contents = ask.contents.with_table(table, only)
        return table

    def _scores(
        self, query: pl.DataFrame, rows: pl.DataFrame, source: Side, target: Side, ask: Asking
    ) -> np.ndarray:
        """One for each row; not a number where the target is absent."""
        asked = source.vectors(query, ask)
        if asked["vector"].null_count():
            raise CurateError(f"the query cannot be read: {asked['error'][0]}")
        if source == target:
            return _cosines(asked, target.vectors(rows, ask))
        return self._across(asked, source, rows, ask)

    def _across(
        self, asked: pl.DataFrame, source: Side, rows: pl.DataFrame, ask: Asking
    ) -> np.ndarray:
        """Scores between the sides, as the step gives them."""
        from curate.fits.head import Head
        from curate.fits.sides import Sides, matrix

        left, right = self.step.ordered(self.fields)
        shared = left.space is not None and left.space == right.space
        of_right = "shared" if shared else "vector"
        lefts, rights = left.vectors(rows, ask), right.vectors(rows, ask)
        known = _known(rows, lefts, rights[of_right], shared=shared)
        head = Head.learn(Sides.of(known), learn=self.step.learns)
        targets = rights if source == left else lefts
        there = targets["vector"].is_not_null().to_numpy()
        found = targets.filter(there)
        scores = np.full(rows.height, np.nan)
        if source == left:
            scores[there] = head.matrix(_lefts(asked, shared), matrix(found[of_right]))[0]
        else:
            scores[there] = head.matrix(_lefts(found, shared), matrix(asked[of_right]))[:, 0]
        return scores


def _known(
    rows: pl.DataFrame, lefts: pl.DataFrame, rights: pl.Series, *, shared: bool
) -> pl.DataFrame:
    """The training pairs that have both sides, as a head learns from them."""
    learn = rows["split"] == "train"
    learn = learn if learn.any() else pl.Series([True] * rows.height)
    placed = {"left_in_right": lefts["shared"]} if shared else {}
    frame = pl.DataFrame(
        {"pair_id": rows["pair_id"], "left": lefts["vector"], "right": rights, **placed}
    )
    return frame.filter(learn).drop_nulls(["left", "right"]).sort("pair_id")


def _lefts(frame: pl.DataFrame, shared: bool) -> Lefts:
    from curate.fits.sides import Lefts, matrix

    return Lefts(matrix(frame["vector"]), matrix(frame["shared"]) if shared else None)


def _cosines(asked: pl.DataFrame, rows: pl.DataFrame) -> np.ndarray:
    """Cosines of vectors, centred on the release's own."""
    there = rows["vector"].is_not_null().to_numpy()
    vectors = rows.filter(there)["vector"].to_numpy().astype(np.float64)
    mean = vectors.mean(axis=0)
    query = asked["vector"].to_numpy().astype(np.float64)[0] - mean
    vectors = vectors - mean
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    scores = np.full(rows.height, np.nan)
    scores[there] = vectors @ query / np.maximum(lengths, 1e-12)
    return scores


def _reads(path: Path, modality: str) -> bool:
    """Whether a file is of a kind, by its content."""
    from curate.engines.work import implementation
    from curate.pairs.span import Recording
    from curate.run.course import measure_of

    data = path.read_bytes()
    payload = Recording(data) if modality in CLOCKED else data
    probe = measure_of(modality, "PROBE")
    return bool(implementation(probe, {})([payload])["error"].null_count())

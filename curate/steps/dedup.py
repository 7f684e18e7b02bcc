"""Drop copies: pairs equal or nearly equal to one that stays, with the one that stays named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields, content_fields
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.steps.copies import Compared
    from curate.steps.likeness import Kind


class MinHash(BaseModel):
    """How near texts are found: MinHash signatures propose, true overlap decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(0.8, gt=0, le=1, description="The least overlap of duplicates.")
    overlap: Literal["jaccard", "containment"] = Field(
        "jaccard",
        description="Shared shingles as a share of both texts' or, for texts that hold another, of "
        "the shorter text's.",
    )
    ngram: int = Field(5, ge=1, le=50, description="Length of a shingle, in units.")
    unit: Literal["character", "word"] = Field(
        "character", description="What a shingle is a run of."
    )


class Dedup(Step):
    """Drop pairs that repeat another.

    `exact` compares contents byte by byte, of one field or of the whole pair. `near` finds
    look-alikes of images and texts; where several fields are named, all must be alike. A pair is
    dropped only when it is alike to a pair that stays: likeness is never passed along a chain.
    """

    word: ClassVar[str] = "dedup"
    summary: ClassVar[str] = "drop pairs equal or nearly equal to one that stays"
    examples: ClassVar[tuple[str, ...]] = (
        "- dedup: {exact: pair}",
        "- dedup: {near: image}",
        "- dedup: {near: caption, minhash: {threshold: 0.8}}",
        "- dedup: {near: [image, caption], keep: largest}",
    )

    exact: str | None = Field(
        None, description="A field's name, or `pair` for all fields with content at once."
    )
    near: str | list[str] | None = Field(
        None, description="One image or text field, or several that must all be alike."
    )
    likeness: float = Field(
        0.9,
        gt=0,
        le=1,
        description="Images: how alike the least alike spot of two pictures must be, 1 is equal.",
    )
    minhash: MinHash = Field(MinHash(), description="Texts: when they count as alike.")
    keep: Literal["first", "largest"] = Field(
        "first", description="Which of the copies stays: the first read, or the largest image."
    )

    @property
    def near_fields(self) -> list[str]:
        return [self.near] if isinstance(self.near, str) else list(self.near or [])

    @property
    def title(self) -> str:
        if self.exact:
            return f"{self.word} exact {self.exact}"
        return f"{self.word} near {' '.join(self.near_fields)}"

    def check(self, fields: Fields) -> Iterator[Objection]:
        if (self.exact is None) == (self.near is None):
            yield Objection((), "dedup needs either 'exact' or 'near'", "one of the two")
        if self.exact not in (None, "pair") and self.exact not in content_fields(fields):
            candidates = (*content_fields(fields), "pair")
            yield Objection(
                ("exact",), f"'{self.exact}' is no field with content", candidates=candidates
            )
        yield from self._check_near(fields)
        if self.keep == "largest" and not _image_among(self, fields):
            yield Objection(("keep",), "'largest' needs an image to compare", "first")

    def _check_near(self, fields: Fields) -> Iterator[Objection]:
        able = tuple(n for n, field in fields.items() if field.type in ("image", "text"))
        for index, name in enumerate(self.near_fields):
            path = ("near",) if isinstance(self.near, str) else ("near", index)
            if name not in fields:
                yield Objection(path, f"'{name}' is no field", candidates=able)
            elif name not in able:
                kind = fields[name].type
                yield Objection(
                    path, f"'{name}' is a field of type {kind}", "an image or text field", able
                )
        if self.near == []:
            yield Objection(("near",), "'near' names no field", "an image or text field", able)

    def decodes(self, fields: Fields) -> bool:
        return self.exact != "pair"

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        compared = self._compared(fields)
        return [(measure, each.name) for each in compared for measure in each.kind.measures()]

    def _compared(self, fields: Fields) -> list[Compared]:
        """The fields that must be alike, each with what finds it alike."""
        from curate.steps.copies import Compared

        return [Compared(name, self._kind(fields[name].type)) for name in self.near_fields]

    def _kind(self, modality: str) -> Kind:
        from curate.steps.like_image import Images
        from curate.steps.like_text import Texts

        if modality == "image":
            return Images(self.likeness)
        found = self.minhash
        return Texts(found.threshold, found.ngram, found.unit, found.overlap)

    def columns(self, fields: Fields) -> list[str]:
        """The content columns in which copies agree."""
        names = content_fields(fields) if self.exact == "pair" else [self.exact, *self.near_fields]
        return [f"{name}_sha256" for name in names if name]

    def field_edges(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`left`, `right` pairs alike in any one field: what a split must not tear apart."""
        import polars as pl

        from curate.pairs.components import stars
        from curate.steps.copies import alike

        found = [pl.DataFrame(schema={"left": pl.String, "right": pl.String})]
        for each in self._compared(ask.fields):
            equal = _folded(table, [each], ask)
            nodes = _nodes(equal, [each.column])
            edges = alike(nodes, [each], ask)
            ends = {side: nodes["node"].gather(edges[side]) for side in ("left", "right")}
            found += [pl.DataFrame(ends), stars(equal, each.column)]
        return pl.concat(found)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        columns = self.columns(ask.fields)
        largest = _image_among(self, ask.fields) if self.keep == "largest" else None
        ordered = _folded(_by_preference(table, largest, ask), self._compared(ask.fields), ask)
        nodes = _nodes(ordered, columns, whole=self.exact == "pair")
        removed = _members(ordered, nodes, columns, self._repeated(nodes, ask))
        said = table.select("pair_id").join(
            removed, on="pair_id", how="left", maintain_order="left"
        )
        out = pl.col("related_id").is_not_null()
        return Outcome(
            verdicts(
                said.with_columns(
                    verdict=pl.when(out).then(pl.lit("drop")),
                    reason=pl.when(out).then(pl.lit(self._reason)),
                    threshold=pl.when(out).then(pl.lit(self._threshold(ask.fields), pl.Float64)),
                )
            )
        )

    def _repeated(self, nodes: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id` of nodes alike to one that stays, `related_id`, `score`, `detail`."""
        from curate.steps.copies import EDGES, alike, named

        compared = self._compared(ask.fields)
        edges = alike(nodes, compared, ask) if compared else _none(EDGES)
        found, names = named(edges, nodes.height), nodes["node"]
        return found.select(
            pair_id=names.gather(found["right"]),
            related_id=names.gather(found["left"]),
            score="likeness",
            detail="detail",
        )

    @property
    def _reason(self) -> str:
        return f"exact duplicate {self.exact}" if self.exact else "near duplicate"

    def _threshold(self, fields: Fields) -> float | None:
        """The bound on the score, which is the least alike field's likeness."""
        if self.exact:
            return None
        return min(each.kind.threshold for each in self._compared(fields))


def _image_among(step: Dedup, fields: Fields) -> str | None:
    """The first image field that is compared."""
    names = content_fields(fields) if step.exact == "pair" else [*step.near_fields, step.exact]
    images = (n for n in names if n and n in fields and fields[n].type == "image")
    return next(images, None)


def _by_preference(table: pl.DataFrame, image: str | None, ask: Ask) -> pl.DataFrame:
    """The pairs as they were read or, given an image, the largest first."""
    if image is None:
        return table.sort("position")
    import polars as pl

    from curate.measures.image import IMAGE_PROBE

    sizes = ask.measure(IMAGE_PROBE, table[f"{image}_sha256"])
    area = sizes.select("key", area=pl.col("width") * pl.col("height"))
    pairs = table.select("pair_id", "position", key=f"{image}_sha256")
    pairs = pairs.join(area, on="key", how="left")
    pairs = pairs.sort("area", "position", descending=[True, False], nulls_last=True)
    return pairs.select("pair_id").join(table, on="pair_id", maintain_order="left")


def _folded(ordered: pl.DataFrame, compared: Sequence[Compared], ask: Ask) -> pl.DataFrame:
    """The pairs with one key for all contents that are equal in form."""
    from curate.steps.likeness import folded

    for each in compared:
        ordered = ordered.with_columns(folded(each.kind, ordered[each.column], ask))
    return ordered


def _nodes(ordered: pl.DataFrame, columns: list[str], whole: bool = False) -> pl.DataFrame:
    """One row per distinct content: the columns, and `node`, the preferred pair that holds it.

    Pairs that lack a compared content are alike to nothing, unless whole pairs are compared.
    """
    import polars as pl

    known = ordered if whole else ordered.drop_nulls(columns)
    return known.group_by(columns, maintain_order=True).agg(node=pl.col("pair_id").first())


def _members(
    ordered: pl.DataFrame, nodes: pl.DataFrame, columns: list[str], removed: pl.DataFrame
) -> pl.DataFrame:
    """`pair_id`, `related_id`, `score`, `detail` of every pair that goes."""
    import polars as pl

    contents = ordered.select("pair_id", *columns)
    members = contents.join(nodes, on=columns, nulls_equal=True).select("pair_id", "node")
    said = members.join(removed, left_on="node", right_on="pair_id", how="left")
    repeated = (pl.col("node") != pl.col("pair_id")) & pl.col("related_id").is_null()
    return said.select(
        "pair_id",
        related_id=pl.when(repeated).then("node").otherwise("related_id"),
        score=pl.when(repeated).then(1.0).otherwise("score"),
        detail=pl.when(repeated).then(pl.lit("equal")).otherwise("detail"),
    ).drop_nulls("related_id")


def _none(schema: Mapping[str, Any]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(schema=dict(schema))

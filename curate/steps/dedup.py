"""Drop copies: pairs equal or nearly equal to one that stays, with the one that stays named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields, content_fields, group_fields
from curate.steps.against import Against, listed
from curate.steps.equality import DECODED, by_content, equal_once_decoded, form
from curate.steps.preference import Best, Keep, by_preference
from curate.steps.side import EMBEDDED, EMBEDDED_READS, no_encoder, view
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.steps.copies import Compared
    from curate.steps.likeness import Kind


CROWD = "in a crowd, held against 128 others at most"
"""What is said of a pair for which `curate.steps.copies` did not look at all that was proposed."""
Variant: TypeAlias = Literal["flip", "rotate", "crop", "watermark"]
"""What else counts as a copy of a picture."""
NEAR = ("image", "text", "audio", "video")
"""Types of fields in which look-alikes are found."""


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

    `exact` finds what is equal in one field or in the whole pair: byte by byte, or once decoded.
    `near` finds look-alikes of images, texts, sounds and films. Where several fields are named, all
    must match, or any if `match` says so: the same image under another caption is another pair unless
    told otherwise. `semantic` finds what means the same to an encoder. A pair is dropped only when it
    is alike to a pair that stays: likeness is never passed along a chain. Who was dropped for whom
    stands in the release's `clusters.parquet`.
    """

    word: ClassVar[str] = "dedup"
    summary: ClassVar[str] = "drop pairs equal or nearly equal to one that stays"
    examples: ClassVar[tuple[str, ...]] = (
        "- dedup: {exact: pair}",
        "- dedup: {near: image}",
        "- dedup: {near: caption, minhash: {threshold: 0.8}}",
        "- dedup: {near: image, variants: [flip, rotate]}",
        "- dedup: {near: image, variants: [crop, watermark], keep: largest}",
        "- dedup: {near: [image, caption], keep: largest}",
        "- dedup: {near: [image, caption], match: any}",
        "- dedup: {near: speech}",
        "- dedup: {semantic: caption, encoder: embedded, likeness: 0.95}",
        "- dedup: {near: caption, against: {path: ../releases/quiz/1.0.0, name: the quiz}}",
        "- dedup: {exact: pair, against: {path: ../releases/birds/1.0.0, name: birds 1.0.0}}",
        "- dedup: {exact: image, by: content, keep: {by: caption.words}}",
        "- dedup: {near: caption, minhash: {threshold: 0.9, overlap: containment}, keep: balanced}",
    )

    exact: str | list[str] | None = Field(
        None, description="A field, several, or `pair` for all fields with content."
    )
    by: Literal["bytes", "content"] = Field(
        "bytes",
        description="What is equal: files, and texts as they are written; or what they hold: the "
        "pixels of pictures, the samples of recordings, texts in Unicode NFKC with case folded and "
        "white space single. Films and sensors are always compared as files.",
    )
    near: str | list[str] | None = Field(
        None,
        description="An image, text, audio or video field, or several.",
    )
    match: Literal["all", "any"] = Field(
        "all",
        description="Of several fields: whether all must match for a pair to repeat another, or any.",
    )
    semantic: str | None = Field(
        None, description="A field whose contents are alike when they mean the same to `encoder`."
    )
    encoder: str = Field(
        EMBEDDED,
        description="Of `semantic`: what turns contents into vectors, `embedded` or a model such as "
        "hf:owner/name.",
    )
    likeness: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Images: how alike the least alike spot of two pictures must be, 1 is equal; 0.945 "
        "by default. Of `semantic`: the least cosine of two vectors; 0.95 by default.",
    )
    variants: list[Variant] = Field(
        [],
        description="Images: what else counts as a copy. `flip`: mirrored, left to right or upside "
        "down; `rotate`: turned by quarters; `crop`: up to a quarter off each side's length; `watermark`: "
        "a logo or a line of text near an edge. By default none: an arrow that points elsewhere is "
        "another picture.",
    )
    minhash: MinHash = Field(MinHash(), description="Texts: when they count as alike.")
    keep: Keep = Field(
        "first",
        description="Which of the copies stays: the first read; the largest image; the best `by` a "
        "score or property; under the most permissive `licence`; or balanced, such that the shares "
        "of the audit's groups move least.",
    )

    against: Against | None = Field(
        None,
        description="Other data to hold pairs against, in place of one another. Where all of several "
        "fields must match, they must match one pair of it.",
    )

    @property
    def near_fields(self) -> list[str]:
        """The fields that must be alike."""
        return _listed(self.near or self.semantic)

    @property
    def title(self) -> str:
        kind = "exact" if self.exact else "semantic" if self.semantic else "near"
        how = f"{kind} {self._named}"
        how += " by content" if self.by == "content" else ""
        return f"{self.word} {how}{f' against {self.against.name}' if self.against else ''}"

    @property
    def judges(self) -> bool:
        return not self.exact and self.against is None

    @property
    def _named(self) -> str:
        """What is compared, for people."""
        if self.match == "all":
            return " ".join(_listed(self.exact) or self.near_fields)
        names = _listed(self.exact) or self.near_fields
        return "any of pair" if names == ["pair"] else " or ".join(names)

    def check(self, fields: Fields) -> Iterator[Objection]:
        if [self.exact, self.near, self.semantic].count(None) != 2:
            message = "dedup needs one of 'exact', 'near' and 'semantic'"
            yield Objection((), message, "one of the three, and one alone")
        yield from self._check_exact(fields)
        yield from self._check_near(fields)
        yield from self._check_variants(fields)
        yield from self._check_semantic(fields)
        yield from self._check_match(fields)
        yield from self._check_keep(fields)

    def _check_exact(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(content_fields(fields))
        if isinstance(self.exact, list):
            yield from _check_named("exact", self.exact, known)
        for path, name in _placed("exact", self.exact):
            if name == "pair" and isinstance(self.exact, list):
                yield Objection(path, "'pair' is all fields, not one of several", candidates=known)
            elif name not in (*known, "pair"):
                candidates = (*known, "pair")
                yield Objection(path, f"'{name}' is no field with content", candidates=candidates)

    def _check_match(self, fields: Fields) -> Iterator[Objection]:
        if self.match == "all":
            return
        if len(_listed(self.exact) or self.near_fields) < 2 and self.exact != "pair":
            yield Objection(
                ("match",), "'match: any' is of several fields", "several fields, or no 'match'"
            )
        if self.keep == "balanced":
            yield Objection(
                ("keep",), "'balanced' needs 'match: all'", "first, largest, or the best by a score"
            )

    def _check_keep(self, fields: Fields) -> Iterator[Objection]:
        if self.keep == "largest" and not _image_among(self, fields):
            yield Objection(("keep",), "'largest' needs an image to compare", "first")
        if self.keep == "balanced" and not group_fields(fields):
            message = "'balanced' needs groups, and no field is one"
            yield Objection(("keep",), message, "a field such as {type: metadata, group: true}")
        if isinstance(self.keep, Best):
            for found in self.keep.check(fields):
                yield replace(found, path=("keep", *found.path))
        if self.against and self.keep != "first":
            yield Objection(("keep",), "'against' keeps none of several copies", "no 'keep'")
        if self.by == "content" and not self.exact:
            yield Objection(("by",), "'by' says how `exact` compares", "exact, or no 'by'")

    def _check_semantic(self, fields: Fields) -> Iterator[Objection]:
        able = tuple(n for n in content_fields(fields) if self._reads(fields[n].type))
        if unnamed := no_encoder(self.encoder):
            yield unnamed
        elif self.encoder != EMBEDDED and not self.semantic:
            yield Objection(("encoder",), "'encoder' is of `semantic`", "semantic, or no 'encoder'")
        if self.semantic and self.semantic not in fields:
            yield Objection(("semantic",), f"'{self.semantic}' is no field", candidates=able)
        elif self.semantic and self.semantic not in able:
            kind = fields[self.semantic].type
            message = f"'{self.encoder}' reads no {kind}, which '{self.semantic}' is"
            yield Objection(("semantic",), message, candidates=able)

    def _reads(self, modality: str) -> bool:
        return self.encoder != EMBEDDED or modality in EMBEDDED_READS

    @property
    def extras(self) -> tuple[str, ...]:
        if not self.semantic:
            return ()
        return ("embedded" if self.encoder == EMBEDDED else "encoders",)

    def _check_near(self, fields: Fields) -> Iterator[Objection]:
        able = tuple(n for n, field in fields.items() if field.type in NEAR)
        wanted = "a field of type image, text, audio or video"
        if isinstance(self.near, list):
            yield from _check_named("near", self.near, able)
        for path, name in _placed("near", self.near):
            if name not in fields:
                yield Objection(path, f"'{name}' is no field", candidates=able)
            elif name not in able:
                kind = fields[name].type
                yield Objection(path, f"'{name}' is a field of type {kind}", wanted, able)

    def _check_variants(self, fields: Fields) -> Iterator[Objection]:
        if self.variants and not (self.near and _image_among(self, fields)):
            wanted = "near with a field of type image, or no 'variants'"
            yield Objection(("variants",), "'variants' are of near images", wanted)
        for index, name in enumerate(self.variants):
            if name in self.variants[:index]:
                path = ("variants", index)
                yield Objection(path, f"'{name}' is named twice", "each variant once")

    def decodes(self, fields: Fields) -> bool:
        return self.exact != "pair" or self.by == "content"

    @property
    def takes(self) -> tuple[str, ...]:
        score = self.keep.score if isinstance(self.keep, Best) else None
        return (score,) if score else ()

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        compared = self._compared(fields)
        found = [(measure, each.name) for each in compared for measure in each.kind.measures()]
        if self.by == "content":
            named = [name for name in self._exact_fields(fields) if fields[name].type in DECODED]
            found += [(form(fields[name].type)[0], name) for name in named]
        return [*found, *(self.keep.needs(fields) if isinstance(self.keep, Best) else [])]

    def _exact_fields(self, fields: Fields) -> list[str]:
        return content_fields(fields) if self.exact == "pair" else _listed(self.exact)

    def _compared(self, fields: Fields) -> list[Compared]:
        """The fields that must be alike, each with what finds it alike."""
        from curate.steps.copies import Compared

        return [Compared(name, self._kind(name, fields[name].type)) for name in self.near_fields]

    def _kind(self, name: str, modality: str) -> Kind:
        """Only the kind that is wanted is imported: others load decoders of films and sounds."""
        if self.semantic:
            from curate.steps.like_meaning import COSINE, Meanings

            return Meanings(view(name, modality, self.encoder), self.likeness or COSINE)
        if modality == "image":
            from curate.steps.like_image import LIKENESS, Images

            return Images(self.likeness or LIKENESS, tuple(self.variants))
        if modality == "audio":
            from curate.steps.like_audio import Sounds

            return Sounds()
        if modality == "video":
            from curate.steps.like_video import Films

            return Films()
        from curate.steps.like_text import Texts

        found = self.minhash
        return Texts(found.threshold, found.ngram, found.unit, found.overlap)

    def columns(self, fields: Fields) -> list[str]:
        """The content columns in which copies agree."""
        names = self._exact_fields(fields) if self.exact else self.near_fields
        return [f"{name}_sha256" for name in names]

    def field_edges(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`left`, `right` pairs alike in any one field: what a split must not tear apart. Held
        against other data, pairs are not compared with one another.
        """
        import polars as pl

        from curate.pairs.components import stars
        from curate.steps.copies import alike

        found = [pl.DataFrame(schema={"left": pl.String, "right": pl.String})]
        for each in [] if self.against else self._compared(ask.fields):
            equal = _folded(table, [each], ask)
            nodes = _nodes(equal, [each.column])
            edges = alike(nodes, [each], ask).edges
            ends = {side: nodes["node"].gather(edges[side]) for side in ("left", "right")}
            found += [pl.DataFrame(ends), stars(equal, each.column)]
        return pl.concat(found)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.cluster import clusters
        from curate.ledger.verdict import verdicts

        if self.against is not None:
            return Outcome(
                verdicts(self._matched(table, self.against, ask)),
                note=_note(self._compared(ask.fields)),
            )
        compared = self._compared(ask.fields)
        removed, unseen = self._removed(table, compared, ask)
        said = table.select("pair_id").join(
            removed, on="pair_id", how="left", maintain_order="left"
        )
        out = pl.col("related_id").is_not_null()
        said = said.with_columns(
            verdict=pl.when(out).then(pl.lit("drop")),
            reason=pl.when(out).then(pl.lit(self._reason)),
            detail=pl.when(pl.col("pair_id").is_in(unseen.implode()))
            .then(pl.lit(CROWD))
            .otherwise("detail"),
        )
        note = _note(compared, unseen.len())
        return Outcome(verdicts(said), clusters=clusters(removed), note=note)

    def _matched(self, table: pl.DataFrame, other: Against, ask: Ask) -> pl.DataFrame:
        """What other data holds already, or does not."""
        import polars as pl

        columns = self.columns(ask.fields)
        together = self.match == "all" and len(columns) > 1
        find = self._in_one_row if together else self._in_any_field
        found = find(columns, table, listed(columns, other, ask), ask)
        said = table.select("pair_id", *columns).join(
            found, on="pair_id", how="left", maintain_order="left"
        )
        known = pl.col("likeness").is_not_null()
        out = known if other.drop == "matches" else ~known & self._comparable(columns)
        least = pl.lit(self._threshold(ask.fields), pl.Float64)
        return said.select(
            "pair_id",
            "detail",
            verdict=pl.when(out).then(pl.lit("drop")),
            reason=pl.when(out).then(pl.lit(other.reason)),
            score="likeness",
            threshold=pl.when(out).then(pl.coalesce("threshold", least)),
        )

    def _comparable(self, columns: list[str]) -> pl.Expr:
        """Whether a pair holds what is compared."""
        import polars as pl

        known = [pl.col(column).is_not_null() for column in columns]
        enough = self.match == "any" or self.exact == "pair"
        return pl.any_horizontal(known) if enough else pl.all_horizontal(known)

    def _in_one_row(
        self, columns: list[str], table: pl.DataFrame, others: pl.DataFrame, ask: Ask
    ) -> pl.DataFrame:
        """`pair_id`, `likeness`, `detail`, `threshold` of pairs that match one row in every field."""
        import polars as pl

        from curate.steps.against import alike_rows, equal_rows, rows

        compared = self._compared(ask.fields)
        theirs = rows(columns, others, decoded=bool(compared) or self.by == "content")
        both = pl.concat([theirs, table.select("pair_id", *columns)])
        both = self._equal(both, compared, ask)
        theirs, ours = both[: theirs.height], both[theirs.height :]
        if not compared:
            return equal_rows(theirs, ours, columns)
        return alike_rows(theirs, ours, compared, ask)

    def _in_any_field(
        self, columns: list[str], table: pl.DataFrame, others: pl.DataFrame, ask: Ask
    ) -> pl.DataFrame:
        """The same of pairs that match in a field, by the one that is most alike."""
        import polars as pl

        compared = {each.column: each for each in self._compared(ask.fields)}
        parts = []
        for column in columns:
            field = compared.get(column)
            found = self._held_against(column, table[column].drop_nulls(), field, others, ask)
            least = pl.lit(field.kind.threshold if field else None, pl.Float64)
            named = table.select("pair_id", key=column).join(found, on="key")
            parts.append(named.drop("key").with_columns(threshold=least))
        best = pl.concat(parts).sort("likeness", descending=True, maintain_order=True)
        return best.unique("pair_id", keep="first", maintain_order=True)

    def _held_against(
        self, column: str, keys: pl.Series, field: Compared | None, others: pl.DataFrame, ask: Ask
    ) -> pl.DataFrame:
        """`key`, `likeness`, `detail` of the contents that are in other data."""
        from curate.steps.against import alike, equal

        name = column.removesuffix("_sha256")
        if field is not None:
            return alike(field, keys, others, ask)
        if self.by == "content":
            return equal_once_decoded(name, keys, others, ask)
        return equal(name, keys, others, ask)

    def _removed(
        self, table: pl.DataFrame, compared: Sequence[Compared], ask: Ask
    ) -> tuple[pl.DataFrame, pl.Series]:
        """`pair_id`, `related_id`, `score`, `detail`, `threshold` of every pair that goes; and the ids
        of those of a crowd that stay without having been held against all of it.
        """
        import polars as pl

        columns = self.columns(ask.fields)
        ordered = by_preference(table, self.keep, _image_among(self, ask.fields), ask)
        ordered = self._equal(ordered, compared, ask)
        if self.match == "any":
            from curate.steps.either import repeated

            return repeated(ordered, columns, compared, ask)
        nodes = _nodes(ordered, columns, whole=self.exact == "pair")
        edges, unseen = _searched(nodes, compared, ask)
        if self.keep == "balanced":
            first = _balanced(ordered, nodes, columns, edges, group_fields(ask.fields))
            ordered = _moved(ordered, first)
            old, nodes = nodes, _nodes(ordered, columns, whole=self.exact == "pair")
            edges = _renumbered(edges, old, nodes, columns)
        least = pl.lit(self._threshold(ask.fields), pl.Float64)
        removed = _members(ordered, nodes, columns, _named(nodes, edges))
        return removed.with_columns(threshold=least), unseen

    def _equal(self, ordered: pl.DataFrame, compared: Sequence[Compared], ask: Ask) -> pl.DataFrame:
        """The pairs with one key for all contents that count as equal."""
        if self.by == "content":
            return by_content(ordered, ask.fields, self._exact_fields(ask.fields), ask)
        return _folded(ordered, compared, ask)

    @property
    def _reason(self) -> str:
        if self.exact:
            return f"exact duplicate {self.exact}"
        return "semantic duplicate" if self.semantic else "near duplicate"

    def _threshold(self, fields: Fields) -> float | None:
        """The bound on the score, which is the least alike field's likeness."""
        if self.exact:
            return None
        return min(each.kind.threshold for each in self._compared(fields))


def _searched(
    nodes: pl.DataFrame, compared: Sequence[Compared], ask: Ask
) -> tuple[pl.DataFrame, pl.Series]:
    """Edges between nodes, and the pairs of those that may have more."""
    import polars as pl

    from curate.steps.copies import EDGES, alike

    if not compared:
        return pl.DataFrame(schema=EDGES), nodes["node"][:0]
    found = alike(nodes, compared, ask)
    return found.edges, nodes["node"].gather(found.open)


def _note(compared: Sequence[Compared], unseen: int = 0) -> str | None:
    """How often the look-alikes of a kind are missed, where that is known; what was not looked at."""
    kinds = [(each.name, each.kind) for each in compared]
    told = [f"{name}: {note}" for name, kind in kinds if (note := getattr(kind, "note", None))]
    if unseen:
        told.append(f"{unseen} pairs stay that are {CROWD}, and may repeat one another")
    return "; ".join(told) or None


def _listed(named: str | list[str] | None) -> list[str]:
    return [named] if isinstance(named, str) else list(named or [])


def _placed(key: str, named: str | list[str] | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every name, and where it stands."""
    for index, name in enumerate(_listed(named)):
        yield ((key,) if isinstance(named, str) else (key, index)), name


def _check_named(key: str, named: list[str], able: tuple[str, ...]) -> Iterator[Objection]:
    """Of a list of fields: whether there is any, and each once."""
    if not named:
        yield Objection((key,), f"'{key}' names no field", "one field or several", able)
    for index, name in enumerate(named):
        if name in named[:index]:
            yield Objection((key, index), f"'{name}' is named twice", "each field once")


def _image_among(step: Dedup, fields: Fields) -> str | None:
    """The first image field that is compared."""
    names = content_fields(fields) if step.exact == "pair" else _listed(step.exact)
    images = (n for n in [*step.near_fields, *names] if n in fields and fields[n].type == "image")
    return next(images, None)


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


def _named(nodes: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """`pair_id` of nodes alike to one that stays, `related_id`, `score`, `detail`."""
    from curate.steps.copies import named

    found, names = named(edges, nodes.height), nodes["node"]
    return found.select(
        pair_id=names.gather(found["right"]),
        related_id=names.gather(found["left"]),
        score="likeness",
        detail="detail",
    )


def _balanced(
    ordered: pl.DataFrame,
    nodes: pl.DataFrame,
    columns: list[str],
    edges: pl.DataFrame,
    groups: list[str],
) -> list[str]:
    from curate.steps.balance import chosen

    numbered = nodes.select(columns).with_row_index("place")
    members = ordered.select("pair_id", *columns, *groups).join(
        numbered, on=columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return chosen(members, edges, groups)


def _moved(ordered: pl.DataFrame, first: list[str]) -> pl.DataFrame:
    """The pairs with these before all others."""
    import polars as pl

    return ordered.sort(~pl.col("pair_id").is_in(first), maintain_order=True)


def _renumbered(
    edges: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame, columns: list[str]
) -> pl.DataFrame:
    """The same edges between nodes in another order."""
    import polars as pl

    numbered = new.select(columns).with_row_index("place")
    places = (
        old.select(columns)
        .join(numbered, on=columns, how="left", nulls_equal=True, maintain_order="left")["place"]
        .cast(pl.Int64)
    )
    ends = edges.with_columns(l=places.gather(edges["left"]), r=places.gather(edges["right"]))
    return ends.select(
        "likeness", "detail", left=pl.min_horizontal("l", "r"), right=pl.max_horizontal("l", "r")
    ).select(edges.columns)

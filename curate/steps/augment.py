"""New pairs in which one field is altered a little, so that what stands beside it stays true."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.pairs.mirrored import SIDES, knows_sides, names_side
from curate.steps.alterations import Alterations
from curate.steps.step import Ask, Objection
from curate.steps.synthesis import Synthesis, typed

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class Augment(Synthesis):
    """Alter a field a little: crop or mirror pictures, put noise under recordings, misspell words.

    A picture is not mirrored if a text beside it names a side. What is altered is judged by nothing
    unless the recipe says so: it is meant to be like its parent.
    """

    model_config = ConfigDict(populate_by_name=True)
    summary: ClassVar[str] = "alter pictures, recordings, texts or streams a little"
    leads: ClassVar[str] = "augment"
    examples: ClassVar[tuple[str, ...]] = (
        "- synthesize: {augment: image, into: image, by: {crop: 0.8, flip: 0.5, colour: 0.2}}",
        "- synthesize: {augment: speech, into: speech, by: {speed: 0.1, noise: {min: 10, max: 30}}}",
        "- synthesize: {augment: caption, into: caption, by: {spelling: 0.1}}",
    )
    asks: ClassVar[tuple[str, ...]] = ()

    augment: str = Field(description="The field that is altered.")
    by: Alterations = Field(description="What is done to it, and how much at most.")
    unless_said_in: tuple[str, ...] | None = Field(
        None,
        description="Text fields that may name a side, in which case a picture is not mirrored; "
        "by default all there are.",
    )

    @property
    def source_types(self) -> tuple[str, ...]:
        return (self.by.modality,)

    @property
    def made_type(self) -> str:
        return self.by.modality

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        for place, name in enumerate(self.unless_said_in or ()):
            yield from typed(("unless_said_in", place), name, ("text",), fields)
        if self.by.flip:
            yield from self._check_sides(fields)
        if self.by.speed:
            yield from self._check_clocks(fields)

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        from curate.measures.augment import augmented

        by = self.by.given
        return ", ".join(by), augmented(self.made_type, by, self.seed + index)

    def make(self, parents: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        if not self.by.flip:
            return super().make(parents, ask)
        import polars as pl

        said = parents.select(self._sided(ask.fields)).to_series()
        free, sided = parents.filter(~said), parents.filter(said)
        by = self.by.but("flip")
        made = [super().make(free, ask)] if free.height else []
        if sided.height and by:
            made.append(super(Augment, self.model_copy(update={"by": by})).make(sided, ask))
        elif sided.height:
            made.append(self._left(sided))
        both = pl.concat(made, how="diagonal_relaxed")
        order = parents.select("pair_id", "index")
        return order.join(both, on=["pair_id", "index"], maintain_order="left")

    def _said_in(self, fields: Fields) -> tuple[str, ...]:
        if self.unless_said_in is not None:
            return self.unless_said_in
        return tuple(name for name, field in fields.items() if field.type == "text")

    def _sided(self, fields: Fields) -> pl.Expr:
        """Whether a text of a pair names a side."""
        import polars as pl

        found = [
            pl.col(name).map_elements(
                partial(names_side, language=str(getattr(fields[name], "language", None))),
                return_dtype=pl.Boolean,
            )
            for name in self._said_in(fields)
        ]
        return pl.any_horizontal(pl.lit(False), *(one.fill_null(False) for one in found))

    def _left(self, parents: pl.DataFrame) -> pl.DataFrame:
        """What could only have been mirrored, and must not."""
        import polars as pl

        return parents.select(
            "pair_id",
            "index",
            seed=pl.col("index") + self.seed,
            generator=pl.lit("flip"),
            error=pl.lit("a text names a side"),
            value=pl.lit(None, pl.String),
            prompt=pl.lit(None, pl.String),
            settings=pl.lit(None, pl.String),
        )

    def _check_sides(self, fields: Fields) -> Iterator[Objection]:
        for name in self._said_in(fields):
            language = getattr(fields.get(name), "language", None)
            if name in fields and not knows_sides(language):
                of = f"in '{language}'" if language else "while it has no language"
                message = f"whether '{name}' names a side cannot be told {of}"
                ways = f"a language among {', '.join(SIDES)}, or unless_said_in: []"
                yield Objection(("by", "flip"), message, ways)

    def _check_clocks(self, fields: Fields) -> Iterator[Objection]:
        """What is heard with a film must not run away from it."""
        beside = [n for n, field in fields.items() if field.type in ("video", "sensor")]
        if beside:
            message = f"a recording of another speed no longer fits '{beside[0]}'"
            yield Objection(("by", "speed"), message)

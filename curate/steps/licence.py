"""Under which licence every pair stands, whom to name, and which licences a release takes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import Fields, metadata_fields
from curate.pairs.licence import alternatives, both, expression, identifiers, read
from curate.steps.draw import ICONS
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

LICENSE, ATTRIBUTION = "license", "attribution"
GENERATORS: Mapping[str, str] = {ICONS: "CC-BY-SA-4.0"}
"""Generators that come with `curate` and bind what they make."""


class Licence(Step):
    """Name every pair's licence as an SPDX expression, and drop or flag what is not allowed.

    A pair's licence is what its `field` says, or else what its source stands under; of a pair formed of
    several sources all hold. Names and addresses in common use are read as SPDX's identifiers. What is
    made of a pair stands under its licence, and under its generator's where that binds.
    """

    word: ClassVar[str] = "licence"
    summary: ClassVar[str] = "name every pair's licence, and drop what is not allowed"
    examples: ClassVar[tuple[str, ...]] = (
        "- licence: {sources: {folder: CC-BY-4.0}}",
        "- licence: {field: category, unknown: drop}",
        "- licence: {sources: {folder: CC-BY-SA-4.0}, credits: {folder: 'A. Painter, https://example.org'}}",
        "- licence: {sources: {folder: GPL-2.0-or-later}, allow: [CC0-1.0, CC-BY-*, GPL-*], act: flag}",
    )

    field: str | None = Field(
        None,
        description="A metadata field with each pair's licence: SPDX, or a name in common use.",
    )
    sources: dict[str, str] = Field(
        {}, description="Name of a source -> SPDX expression, for pairs whose field says nothing."
    )
    authors: str | None = Field(
        None, description="A metadata field with whom each pair's licence asks to name."
    )
    credits: dict[str, str] = Field(
        {}, description="Name of a source -> whom to name, for pairs whose field says nothing."
    )
    generators: dict[str, str] = Field(
        {}, description="Generator -> SPDX expression that binds what it makes."
    )
    allow: list[str] | None = Field(
        None,
        min_length=1,
        description="SPDX identifiers that a pair may stand under, `*` for any ending; by default all.",
    )
    act: Literal["drop", "flag"] = Field(
        "drop", description="What becomes of pairs whose licence is not allowed."
    )
    unknown: Literal["drop", "flag", "keep"] = Field(
        "flag", description="What becomes of pairs whose licence is not known."
    )

    @property
    def publishes(self) -> tuple[str, ...]:
        return (LICENSE, ATTRIBUTION)

    @property
    def speaks_of(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.sources, *self.credits]))

    def decodes(self, fields: Fields) -> bool:
        return False

    def check(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(metadata_fields(fields))
        for key, name in (("field", self.field), ("authors", self.authors)):
            if name is not None and name not in known:
                yield Objection((key,), f"'{name}' is no metadata field", candidates=known)
        if self.field is None and not self.sources:
            message = "licence does not say where licences are told"
            yield Objection((), message, "'field', 'sources' or both")
        for key, named in (("sources", self.sources), ("generators", self.generators)):
            for name, written in named.items():
                if expression(written) is None:
                    yield _no_licence((key, name), written)
        for place, pattern in enumerate(self.allow or ()):
            if not any(_matches(name, pattern) for name in identifiers()):
                yield _no_licence(("allow", place), pattern)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        told = self._told(table)
        allowed = {one: self._allows(one) for one in told[LICENSE].unique() if one is not None}
        unknown = pl.col(LICENSE).is_null()
        bad = pl.col(LICENSE).replace_strict(allowed, default=True, return_dtype=pl.Boolean).not_()
        said = told.select(
            "pair_id",
            verdict=pl.when(unknown)
            .then(pl.lit(self.unknown))
            .when(bad)
            .then(pl.lit(self.act))
            .otherwise(pl.lit("keep")),
            reason=pl.when(unknown)
            .then(pl.lit("licence unknown"))
            .when(bad)
            .then(pl.lit("licence not allowed")),
            detail=_detail(),
        )
        return Outcome(
            verdicts(said), told.select("pair_id", LICENSE, ATTRIBUTION), note=_note(told)
        )

    def _told(self, table: pl.DataFrame) -> pl.DataFrame:
        """`pair_id`, `written`, `license`, `attribution`, in the table's order."""
        import polars as pl

        if LICENSE in table.columns:
            return self._made(table)
        rows = table.select(
            "pair_id",
            "sources",
            written=pl.col(self.field).cast(pl.String) if self.field else _nothing(),
            author=pl.col(self.authors).cast(pl.String) if self.authors else _nothing(),
        )
        by_sources = {
            tuple(names): (both(*map(self.sources.get, names)), self._credit(names))
            for names in rows["sources"].unique()
        }
        known = {text: read(text) for text in rows["written"].unique()}
        licences, credits = [], []
        for names, text, author in rows.select("sources", "written", "author").iter_rows():
            of_sources, credit = by_sources[tuple(names)]
            licences.append(known[text] if (text or "").strip() else of_sources)
            credits.append((author or "").strip() or credit)
        return rows.select("pair_id", "written").with_columns(
            pl.Series(LICENSE, licences, pl.String), pl.Series(ATTRIBUTION, credits, pl.String)
        )

    def _made(self, children: pl.DataFrame) -> pl.DataFrame:
        """What machines made, under their parents' licences and their generators'."""
        import polars as pl

        binding = {**GENERATORS, **{name: expression(one) for name, one in self.generators.items()}}
        held = [
            both(licence, *(binding[name] for name in generators if name in binding))
            for licence, generators in children.select(LICENSE, "generators").iter_rows()
        ]
        return children.select("pair_id", ATTRIBUTION, written=_nothing()).with_columns(
            pl.Series(LICENSE, held, pl.String)
        )

    def _credit(self, names: list[str]) -> str | None:
        return "; ".join(self.credits[name] for name in names if name in self.credits) or None

    def _allows(self, licence: str) -> bool:
        if self.allow is None:
            return True
        allow = self.allow
        return any(
            all(any(_matches(one, pattern) for pattern in allow) for one in together)
            for together in alternatives(licence)
        )


def _matches(licence: str, pattern: str) -> bool:
    """Whether it is named, with an exception or without: exceptions allow more."""
    names = {licence.lower(), licence.partition(" WITH ")[0].lower()}
    return any(fnmatchcase(name, pattern.lower()) for name in names)


def _no_licence(path: tuple[str | int, ...], written: str) -> Objection:
    meant = read(written)
    return Objection(
        path,
        f"'{written}' is no SPDX licence",
        expected=f"'{meant}'" if meant else "an identifier of https://spdx.org/licenses/",
        candidates=() if meant or "*" in written else identifiers(),
    )


def _nothing() -> pl.Expr:
    import polars as pl

    return pl.lit(None, pl.String)


def _detail() -> pl.Expr:
    """What was read as what, and what could not be read."""
    import polars as pl

    spelt_otherwise = pl.col("written") != pl.col(LICENSE)
    return (
        pl.when(pl.col(LICENSE).is_null())
        .then(pl.coalesce(pl.format("'{}'", "written"), pl.lit("nothing is said")))
        .when(spelt_otherwise)
        .then(pl.format("{}, read from '{}'", LICENSE, "written"))
        .otherwise(LICENSE)
    )


def _note(told: pl.DataFrame) -> str:
    counts = Counter("unknown" if one is None else one for one in told[LICENSE])
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())

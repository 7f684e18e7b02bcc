"""Drop pairs by what their contents are like: properties within bounds, and a condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.expression import beyond_the_row, names_in
from curate.steps.property import PROPERTIES, Property, find, names
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


def _schema(schema: dict[str, Any]) -> None:
    bound = {
        "anyOf": [
            {"type": ["number", "string"]},
            {"type": "array", "items": {"type": "string"}},
            {
                "type": "object",
                "properties": {"min": {"type": "number"}, "max": {"type": "number"}},
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    }
    offered = "|".join(sorted({name for group in PROPERTIES.values() for name in group}))
    schema["patternProperties"] = {rf"^[a-z][a-z0-9_]*\.({offered})$": bound}
    schema["additionalProperties"] = False


class Filter(Step):
    """Drop pairs whose contents lie outside bounds.

    Keys are `field.property`; a value is `{min: …, max: …}`, or the bound itself where only one
    way makes sense. A pair that lacks an optional field passes its bounds. Header properties are
    decided first, and only what is left is decoded.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_schema)
    word: ClassVar[str] = "filter"
    summary: ClassVar[str] = "drop pairs whose contents lie outside bounds"
    examples: ClassVar[tuple[str, ...]] = (
        "- filter: {image.min_side: 64, caption.words: {min: 2, max: 50}}",
        "- filter: {speech.duration: {min: 0.3, max: 30}, speech.silence: 0.9}",
        "- filter: {caption.language: en}",
        "- filter: {caption.excludes: 'https?://'}",
        "- filter: {where: \"category <> 'symbols'\"}",
    )

    where: str | None = Field(
        None,
        description="Keep pairs for which this SQL condition over metadata fields holds; "
        "unknown (null) counts as not holding.",
    )

    @property
    def bounds(self) -> dict[str, Any]:
        """`field.property` -> bound, as written."""
        return dict(self.model_extra or {})

    @property
    def title(self) -> str:
        keys = [*self.bounds, *(["where"] if self.where else [])]
        return " ".join([self.word, *keys])

    @property
    def judges(self) -> bool:
        return True

    def parts(self, fields: Fields) -> tuple[Step, ...]:
        header = {k: v for k, v in self.bounds.items() if _is_header(k, fields)}
        content = {k: v for k, v in self.bounds.items() if k not in header}
        first = Filter.model_validate({**header, "where": self.where})
        return (
            (first, Filter.model_validate(content))
            if content and (header or self.where)
            else (self,)
        )

    def decodes(self, fields: Fields) -> bool:
        return not all(_is_header(key, fields) for key in self.bounds)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(bound.what.measure(), bound.field) for bound in self._bounds(fields)]

    @property
    def extras(self) -> tuple[str, ...]:
        used = {key.partition(".")[2] for key in self.bounds}
        known = (props[name] for props in PROPERTIES.values() for name in used & props.keys())
        return tuple(sorted({found.extra for found in known if found.extra}))

    def check(self, fields: Fields) -> Iterator[Objection]:
        for key, value in self.bounds.items():
            found = find(key, fields)
            if isinstance(found, Objection):
                candidates = (*found.candidates, "where")
                yield Objection(found.path, found.message, found.expected, candidates)
            elif problem := _wrong(found, value):
                yield Objection((key,), f"{key} cannot be {_spell(value)}", problem)
        if not self.bounds and self.where is None:
            some = "".join(names(fields)[:1]) or "where"
            yield Objection((), "filter has nothing to check", f"a property such as '{some}'")
        if self.where is not None:
            yield from _check_where(self.where, fields)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        said = table.select("pair_id", *_nothing())
        if self.where is not None:
            said = _keep_where(table, said, self.where)
        for bound in self._bounds(ask.fields):
            open_ids = said.filter(pl.col("verdict").is_null()).select("pair_id")
            said = _merge(said, bound.judge(table.join(open_ids, on="pair_id", how="semi"), ask))
        if len(self.bounds) != 1:
            said = _scores_of_dropped_only(said)
        return Outcome(verdicts(said))

    def _bounds(self, fields: Fields) -> list[Bound]:
        found = ((key, find(key, fields), value) for key, value in self.bounds.items())
        bounds = [Bound(key, p, value) for key, p, value in found if isinstance(p, Property)]
        return sorted(bounds, key=lambda bound: not bound.what.header)


@dataclass(frozen=True)
class Bound:
    """One property and where it must lie."""

    key: str
    what: Property
    value: Any

    @property
    def field(self) -> str:
        return self.key.partition(".")[0]

    def judge(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id`, verdict (null when it holds), reason, score, threshold, detail."""
        import polars as pl

        content = {"key": f"{self.field}_sha256"}
        if self.what.modality == "text":
            content["text"] = self.field
        values = ask.measure(self.what.measure(), table[content["key"]])
        joined = table.select("pair_id", **content).join(values, on="key", how="left")
        unreadable = pl.col("error").is_not_null()
        return joined.with_columns(self._judged()).select(
            "pair_id",
            verdict=pl.when(unreadable).then(pl.lit("unreadable")).otherwise("broken"),
            reason=pl.when(unreadable).then(pl.lit(f"{self.field} unreadable")).otherwise("why"),
            score="score",
            threshold="threshold",
            detail=pl.when(unreadable).then(f"{self.field}: " + pl.col("error")).otherwise("found"),
        )

    def _judged(self) -> list[pl.Expr]:
        if self.what.bare in ("is", "regex"):
            return self._judge_words()
        return self._judge_number()

    def _judge_number(self) -> list[pl.Expr]:
        import polars as pl

        low, high = _range(self.what, self.value)
        value = self.what.value().cast(pl.Float64)
        below = value < low if low is not None else pl.lit(False)
        above = value > high if high is not None else pl.lit(False)
        near = pl.lit(low if high is None else high, pl.Float64)
        return [
            pl.when(below | above).then(pl.lit("drop")).alias("broken"),
            pl.when(below)
            .then(pl.lit(f"{self.key} below minimum"))
            .when(above)
            .then(pl.lit(f"{self.key} above maximum"))
            .alias("why"),
            value.alias("score"),
            pl.when(below).then(pl.lit(low, pl.Float64)).otherwise(near).alias("threshold"),
            pl.lit(None, pl.String).alias("found"),
        ]

    def _judge_words(self) -> list[pl.Expr]:
        import polars as pl

        if self.what.bare == "regex":
            hit = self.what.value().str.contains(self.value)
            broken = hit if self.key.endswith(".excludes") else ~hit
            found = pl.lit(self.value)
        else:
            allowed = [self.value] if isinstance(self.value, str) else list(self.value)
            value = self.what.value()
            broken = pl.col("key").is_not_null() & ~value.is_in(allowed).fill_null(False)
            found = pl.concat_str(value.fill_null("unknown"), pl.lit(f", not {', '.join(allowed)}"))
        return [
            pl.when(broken).then(pl.lit("drop")).alias("broken"),
            pl.when(broken).then(pl.lit(f"{self.key} differs")).alias("why"),
            pl.lit(None, pl.Float64).alias("score"),
            pl.lit(None, pl.Float64).alias("threshold"),
            pl.when(broken).then(found).alias("found"),
        ]


def _is_header(key: str, fields: Fields) -> bool:
    found = find(key, fields)
    return isinstance(found, Property) and found.header


def _wrong(prop: Property, value: Any) -> str | None:
    """What would have been right, if the value is wrong."""
    if prop.bare == "regex":
        return None if isinstance(value, str) and _compiles(value) else "a regular expression"
    if prop.bare == "is":
        texts = value if isinstance(value, list) else [value]
        return None if all(isinstance(t, str) for t in texts) and texts else "a text or a list"
    if _is_number(value):
        return None if prop.bare else "{min: …, max: …}"
    if not isinstance(value, dict) or not value or not set(value) <= {"min", "max"}:
        return "a number or {min: …, max: …}" if prop.bare else "{min: …, max: …}"
    if not all(_is_number(bound) for bound in value.values()):
        return "numbers as min and max"
    low, high = value.get("min"), value.get("max")
    return (
        "a min that is at most max" if low is not None and high is not None and low > high else None
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _compiles(pattern: str) -> bool:
    import polars as pl

    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError:
        return False
    return True


def _spell(value: Any) -> str:
    from curate.pairs.identity import canonical_json

    return f"'{value}'" if isinstance(value, str) else canonical_json(value)


def _range(prop: Property, value: Any) -> tuple[float | None, float | None]:
    if isinstance(value, dict):
        return value.get("min"), value.get("max")
    return (value, None) if prop.bare == "min" else (None, value)


def _check_where(condition: str, fields: Fields) -> Iterator[Objection]:
    from curate.pairs.field import metadata_fields

    known = tuple(metadata_fields(fields))
    foreign = beyond_the_row(condition, known)
    if foreign:
        message = f"a condition cannot read tables, and '{foreign}' would"
        yield Objection(("where",), message, "a condition over metadata fields")
        return
    used = names_in(condition)
    if isinstance(used, str):
        yield Objection(("where",), f"the condition cannot be read: {used}", "an SQL condition")
        return
    for name in used:
        if name not in known:
            yield Objection(("where",), f"'{name}' is no metadata field", candidates=known)


def _nothing() -> list[pl.Expr]:
    import polars as pl

    texts = [pl.lit(None, pl.String).alias(name) for name in ("verdict", "reason", "detail")]
    return texts + [pl.lit(None, pl.Float64).alias(name) for name in ("score", "threshold")]


def _keep_where(table: pl.DataFrame, said: pl.DataFrame, condition: str) -> pl.DataFrame:
    import polars as pl

    try:
        holds = table.select(pl.sql_expr(condition).fill_null(False).cast(pl.Boolean)).to_series()
    except pl.exceptions.PolarsError as error:
        from curate.errors import DataError

        raise DataError(
            f"the condition where: {condition} fails on this data: {error}",
            "CSV columns are text: write CAST(year AS INT) > 2000",
        ) from error
    broken = ~pl.Series("holds", holds)
    return said.with_columns(
        verdict=pl.when(broken).then(pl.lit("drop")),
        reason=pl.when(broken).then(pl.lit("where does not hold")),
        detail=pl.when(broken).then(pl.lit(condition)),
    )


def _merge(said: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Lay one bound's judgement over what was said of the pairs still open."""
    import polars as pl

    joined = said.join(judged, on="pair_id", how="left", maintain_order="left", suffix="_new")
    columns = ("verdict", "reason", "score", "threshold", "detail")
    return joined.select(
        "pair_id", *(pl.coalesce(f"{name}_new", name).alias(name) for name in columns)
    )


def _scores_of_dropped_only(said: pl.DataFrame) -> pl.DataFrame:
    """With several bounds a kept pair has no one score that decided."""
    import polars as pl

    out = pl.col("verdict").is_not_null()
    return said.with_columns(pl.when(out).then(pl.col(c)).alias(c) for c in ("score", "threshold"))

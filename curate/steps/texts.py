"""Score how well two texts of a pair belong together: translations, paraphrases, answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields, TextField
from curate.steps.score import Score
from curate.steps.step import Ask, Objection, Outcome

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class Texts(Score):
    """Compare two texts by meaning, and drop what is too long, too short or in another language.

    The score is that of `align: {score: …}` over two texts: with `embedded`, an English sentence
    encoder whose head learns from the pairs how one side says what the other does; for many
    languages name an encoder that reads them. Before the score counts, a text in another language
    than its field declares and texts of too different a length are reasons of their own. Short
    texts are seldom surely of one language; what is not sure passes.
    """

    leads: ClassVar[str] = "texts"
    summary: ClassVar[str] = "score how well two texts belong together; lengths and languages"
    examples: ClassVar[tuple[str, ...]] = (
        "- align: {texts: [caption, caption_fr], length_ratio: 3, languages: 0.95}",
        "- align: {texts: [question, answer], drop: {expected_mismatch_share: 0.05}}",
    )

    score: list[str | list[str]] = Field(
        alias="texts", min_length=2, max_length=2, description="The two text fields to compare."
    )
    length_ratio: float | None = Field(
        None,
        ge=1,
        description="Drop pairs whose longer text has over so many times the characters.",
    )
    languages: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Drop pairs of which a text is in another language than its field declares, "
        "with at least this probability.",
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return tuple(sorted({*super().extras, *(["language"] if self.languages else [])}))

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        able = tuple(name for name, field in fields.items() if field.type == "text")
        for at, name in self._named():
            if name in fields and name not in able:
                yield Objection((self.leads, *at), f"'{name}' is no text", candidates=able)
        declared = [name for name in able if getattr(fields[name], "language", None)]
        if self.languages and not {name for _, name in self._named()} & set(declared):
            yield Objection(
                ("languages",), "neither field declares its language", "caption: {language: en}"
            )

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        from curate.measures.text import TEXT_COUNTS, text_language

        names = [name for _, name in self._named()]
        counts = [(TEXT_COUNTS, name) for name in names if self.length_ratio]
        languages = [(text_language(), name) for name in names if self.languages]
        return [*counts, *languages, *super().needs(fields)]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        """What is wrong with a text alone is said before what the two make together."""
        import polars as pl

        outcome = super().decide(table, ask)
        wrong = self._wrong(table, ask)
        said = outcome.verdicts.join(wrong, on="pair_id", how="left", maintain_order="left")
        plain = pl.col("why").is_null() | pl.col("verdict").is_in(["unreadable", "not_assessed"])
        instead = {
            "verdict": pl.lit("drop"),
            "reason": pl.col("why"),
            "threshold": pl.col("bound"),
            "detail": pl.col("told"),
        }
        replaced = [
            pl.when(plain).then(name).otherwise(value).alias(name)
            for name, value in instead.items()
        ]
        verdicts = said.with_columns(replaced).select(outcome.verdicts.columns)
        return replace(outcome, verdicts=verdicts)

    def _wrong(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `why`, `bound`, `told` of the pairs that fail before they are compared."""
        import polars as pl

        schema = {"pair_id": pl.String, "why": pl.String, "bound": pl.Float64, "told": pl.String}
        found = [pl.DataFrame(schema=schema)]
        if self.languages is not None:
            found += [
                _in_another_language(table, name, ask, self.languages) for _, name in self._named()
            ]
        if self.length_ratio is not None:
            found.append(self._uneven(table, ask, self.length_ratio))
        return pl.concat(found).unique("pair_id", keep="first", maintain_order=True)

    def _uneven(self, table: pl.DataFrame, ask: Ask, bound: float) -> pl.DataFrame:
        import polars as pl

        from curate.measures.text import TEXT_COUNTS

        one, other = (name for _, name in self._named())
        rows = table.select("pair_id", one=f"{one}_sha256", other=f"{other}_sha256")
        for side in ("one", "other"):
            counted = ask.measure(TEXT_COUNTS, rows[side]).select("key", pl.col("characters"))
            rows = rows.join(
                counted.rename({"key": side, "characters": f"{side}_length"}), on=side, how="left"
            )
        lengths = ("one_length", "other_length")
        ratio = pl.max_horizontal(lengths) / pl.min_horizontal(lengths)
        return rows.filter(ratio > bound).select(
            "pair_id",
            why=pl.lit("length ratio above bound"),
            bound=pl.lit(bound),
            told=pl.format("{} and {} characters", *lengths),
        )


def _in_another_language(table: pl.DataFrame, name: str, ask: Ask, sure: float) -> pl.DataFrame:
    import polars as pl

    from curate.measures.text import text_language

    field = ask.fields[name]
    declared = (
        field.language.partition("-")[0]
        if isinstance(field, TextField) and field.language
        else None
    )
    seen = ask.measure(text_language(), table[f"{name}_sha256"])
    other = seen.filter(
        pl.col("language").ne(pl.lit(declared, pl.String))
        & (pl.col("language_probability") >= sure)
    )
    rows = table.select("pair_id", key=f"{name}_sha256").join(other, on="key")
    return rows.select(
        "pair_id",
        why=pl.lit(f"{name} in another language"),
        bound=pl.lit(sure),
        told=pl.format("{} reads as {}, {}", pl.lit(name), "language", "language_probability"),
    )

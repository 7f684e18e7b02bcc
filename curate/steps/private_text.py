"""E-mail addresses, phones, numbers of accounts, cards and people, and names, in texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator

from curate.pairs.field import Fields, language_of
from curate.steps.labelling import reviewed
from curate.steps.shapes import one_or_many
from curate.steps.step import Ask, Concealed, Objection, Outcome, Step
from curate.steps.synthesis import typed

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

Act = Literal["redact", "drop", "flag"]
Kind = Literal["email", "phone", "iban", "card", "ip", "national_id", "person"]

SPOKEN = {
    "da": ("DK",),
    "de": ("DE", "AT", "CH"),
    "en": ("US", "GB", "CA", "AU"),
    "es": ("ES", "MX", "AR"),
    "fi": ("FI",),
    "fr": ("FR", "BE", "CH", "CA"),
    "it": ("IT", "CH"),
    "ja": ("JP",),
    "ko": ("KR",),
    "nb": ("NO",),
    "nl": ("NL", "BE"),
    "no": ("NO",),
    "pl": ("PL",),
    "pt": ("BR", "PT"),
    "ru": ("RU",),
    "sv": ("SE",),
    "th": ("TH",),
    "tr": ("TR",),
    "zh": ("CN", "TW"),
}
"""Where most who write a language live: whose phones and ids are looked for unless told."""
LEAST_PART = 5
"""Letters of a find that is taken out of every table; shorter ones are parts of other words."""


class PrivateText(Step):
    """Find what belongs to a person in texts, and redact it, drop the pair or flag it.

    `<EMAIL>`, `<PHONE>` and so on stand in place of what is redacted. What was found to be redacted or
    dropped is in no table of the release: also not in that of pairs that left earlier, in the
    ledger, or in what machines made. What a person decided in a review is only flagged.
    """

    word: ClassVar[str] = "privacy"
    leads: ClassVar[str] = "text"
    summary: ClassVar[str] = "redact, drop or flag what belongs to people in texts"
    examples: ClassVar[tuple[str, ...]] = (
        "- privacy: {text: caption}",
        "- privacy: {text: [caption, caption_fr], find: [email, phone], regions: [FR, BE]}",
        "- privacy: {text: caption, find: [national_id], regions: [US], act: drop}",
        "- privacy: {text: caption, find: [person], names: 'hf:dslim/bert-base-NER', act: flag}",
    )

    text: tuple[str, ...] = Field(
        min_length=1,
        json_schema_extra=one_or_many,
        description="Text fields that are looked through.",
    )
    find: tuple[Kind, ...] = Field(
        ("email", "phone", "iban", "card", "ip"),
        min_length=1,
        description="What is looked for: email, phone, iban, card, ip, national_id, person.",
    )
    act: Act = Field("redact", description="What is done: redact, drop or flag.")
    regions: tuple[str, ...] | None = Field(
        None,
        description="Countries (ISO 3166, as in GB) whose phones without country code and whose "
        "national ids are looked for; by default where the field's language is spoken most.",
    )
    names: str | None = Field(
        None, description="A model that finds names, for `person`: spaCy's, or a token classifier."
    )
    min_score: float = Field(
        0.4, ge=0.1, le=1, description="How sure Presidio must be; a phone alone has 0.4."
    )

    @field_validator("text", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def title(self) -> str:
        return " ".join(["privacy", *self.text])

    @property
    def extras(self) -> tuple[str, ...]:
        return ("privacy",)

    def check(self, fields: Fields) -> Iterator[Objection]:
        for place, name in enumerate(self.text):
            yield from typed(("text", place), name, ("text",), fields)
        if ("person" in self.find) != (self.names is not None):
            yield Objection(
                ("names",) if self.names else ("find",),
                "`person` in `find` goes with a model in `names`",
                "both, or neither",
            )
        yield from self._check_regions(fields)

    def _check_regions(self, fields: Fields) -> Iterator[Objection]:
        from curate.measures.personal import NATIONAL

        for place, region in enumerate(self.regions or ()):
            if len(region) != 2 or not region.isalpha() or not region.isupper():
                message = f"'{region}' is no country"
                yield Objection(("regions", place), message, "two capital letters, as in GB")
        for name in self.text if "national_id" in self.find else ():
            if name in fields and not set(self._regions(fields, name)) & NATIONAL.keys():
                yield Objection(
                    ("find",),
                    f"no country is known whose national ids could stand in '{name}'",
                    f"`regions`, of {', '.join(NATIONAL)}",
                )

    def decodes(self, fields: Fields) -> bool:
        return False

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(self._measure(fields, name), name) for name in self.text]

    def _regions(self, fields: Fields, name: str) -> tuple[str, ...]:
        """As told, or those of the language, its own region first."""
        if self.regions is not None:
            return self.regions
        primary, _, rest = (language_of(fields, name) or "").partition("-")
        own = tuple(part for part in rest.split("-") if len(part) == 2 and part.isupper())
        return own or SPOKEN.get(primary.lower(), ())

    def _measure(self, fields: Fields, name: str) -> Measure:
        from curate.measures.personal import text_personal

        regions = self._regions(fields, name)
        return text_personal(self.find, language_of(fields, name), regions, self.names)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        found = pl.concat([self._found(table, name, ask) for name in self.text])
        open_to_change = found.filter(~pl.col("decided"))
        changed = self._changed(table, open_to_change) if self.act == "redact" else None
        return Outcome(self._verdicts(table, found), changed=changed, note=_note(found))

    def _found(self, table: pl.DataFrame, name: str, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `field`, `text`, `found`, `decided` of the texts in which anything is sure."""
        import polars as pl

        values = ask.measure(self._measure(ask.fields, name), table[f"{name}_sha256"])
        sure = pl.element().struct.field("score") >= self.min_score
        finds = values.select("key", found=pl.col("found").list.filter(sure))
        rows = table.select(
            "pair_id", key=f"{name}_sha256", text=name, decided=reviewed(table, name)
        )
        joined = rows.join(finds, on="key", maintain_order="left")
        there = joined.filter(pl.col("found").list.len() > 0)
        return there.select("pair_id", pl.lit(name).alias("field"), "text", "found", "decided")

    def _changed(self, table: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        from curate.pairs.redact import redacted

        changed = table.select("pair_id", *self.text)
        for name in self.text:
            here = found.filter(pl.col("field") == name)
            texts = [redacted(*row) for row in here.select("text", "found").iter_rows()]
            told = here.select("pair_id", pl.Series(name, texts, pl.String))
            changed = changed.update(told, on="pair_id")
        return changed.filter(pl.col("pair_id").is_in(found["pair_id"].implode()))

    def _verdicts(self, table: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
        """One line a pair: what was found where, how many of each, and how sure the surest is."""
        import polars as pl

        from curate.ledger.verdict import verdicts

        only = pl.when(pl.col("decided").all()).then(pl.lit("flag")).otherwise(pl.lit(self.act))
        said = (
            _kinds(found)
            .group_by("pair_id")
            .agg(
                pl.col("reason", "detail").str.join("; "),
                pl.col("score").max(),
                verdict=only,
                threshold=pl.lit(self.min_score),
            )
        )
        pairs = table.select("pair_id")
        return verdicts(pairs.join(said, on="pair_id", how="left", maintain_order="left"))

    @property
    def hides(self) -> tuple[str, ...]:
        return () if self.act == "flag" else self.text

    def conceals(self, name: str, texts: pl.Series, ask: Ask) -> Concealed:

        from curate.pairs.redact import placeholder, redacted, united

        found = ask.texts(self._measure(ask.fields, name), texts.unique().sort().to_list())
        whole, parts = {}, {}
        for text, spans in found.select("text", "found").iter_rows():
            sure = [span for span in spans if span["score"] >= self.min_score]
            if sure:
                whole[text] = redacted(text, sure)
            for span in united(sure):
                parts[text[span["start"] : span["end"]]] = placeholder(span["kind"])
        return Concealed(
            whole, {word: said for word, said in parts.items() if len(word) >= LEAST_PART}
        )


def _kinds(found: pl.DataFrame) -> pl.DataFrame:
    """`reason`, `detail`, `score` of each field of a pair, in the order of fields."""
    import polars as pl

    each = _each(found)
    counted = each.group_by("pair_id", "field", "decided", "kind", maintain_order=True).agg(
        pl.len(), pl.col("score").max()
    )
    decided = pl.when(pl.col("decided").first()).then(pl.lit(", which a person decided"))
    where = pl.concat_str(pl.lit(" in "), pl.col("field").first(), decided.otherwise(pl.lit("")))
    return counted.group_by("pair_id", "field", maintain_order=True).agg(
        pl.col("decided").first(),
        pl.col("score").max(),
        reason=pl.col("kind").str.join(", ") + where,
        detail=pl.format("{} {}", "len", "kind").str.join(", "),
    )


def _each(found: pl.DataFrame) -> pl.DataFrame:
    """A row for every find that stands apart from others."""
    import polars as pl

    from curate.pairs.redact import united

    apart = [
        [{"kind": span["kind"], "score": span["score"]} for span in united(spans)]
        for spans in found["found"]
    ]
    kind = pl.List(pl.Struct({"kind": pl.String, "score": pl.Float64}))
    return (
        found.select("pair_id", "field", "decided", pl.Series("found", apart, kind))
        .explode("found")
        .unnest("found")
    )


def _note(found: pl.DataFrame) -> str:
    counts = _each(found)["kind"].value_counts().sort("kind").iter_rows()
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts)
    pairs = found["pair_id"].n_unique()
    return f"{told} in {pairs:,} pairs" if told else "nothing found"

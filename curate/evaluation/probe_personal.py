"""Addresses, phones and numbers of nobody, planted in texts: are they found, are they released?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Planting, Ran, Share, share, stays
from curate.pairs.draw import uniform
from curate.pairs.field import language_of

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene
    from curate.steps.private_text import PrivateText

BASIC = ("email", "phone", "iban", "card", "ip")
PLACES = ("{text} {secret}", "{secret}: {text}", "{text} ({secret})", "{text}, {secret}.")
"""Where a secret stands in a text."""


class Personal(Planting):
    """Secrets of every kind that the recipe looks for, in many spellings."""

    word: ClassVar[str] = "personal"
    question: ClassVar[str] = "Is personal data found that is planted in texts?"
    note: ClassVar[str | None] = (
        "caught: a `privacy` step says so of the pair; released: the secret still stands in a kept text"
    )

    def unable(self, scene: Scene) -> str | None:
        texts = [n for n, field in scene.ask.fields.items() if field.type == "text"]
        return None if texts else "no field is a text"

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        return kept.filter(pl.col(self._field(scene)).is_not_null())

    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        name = self._field(scene)
        chances = uniform(drawn["pair_id"], 0, "secret")
        kinds = self._kinds(scene)
        language = _primary(scene, name)
        told = [
            (
                pair_id,
                name,
                kinds[at % len(kinds)],
                secret(kinds[at % len(kinds)], chance, language),
            )
            for at, (pair_id, chance) in enumerate(zip(drawn["pair_id"], chances, strict=True))
        ]
        columns = ["pair_id", "field", "kind", "secret"]
        known = pl.DataFrame(told, schema=dict.fromkeys(columns, pl.String), orient="row")
        look = [step.title for step in self._steps(scene) if name in step.text]
        texts = [
            PLACES[at % len(PLACES)].format(text=text, secret=row[3])
            for at, (text, row) in enumerate(zip(drawn[name], told, strict=True))
        ]
        steps = pl.Series("steps", [look] * known.height, pl.List(pl.String))
        return Planted(with_texts(drawn, name, texts, scene), told=known.with_columns(steps))

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        told = planted.told
        assert told is not None
        said = ran.planted.decisions.filter(
            pl.col("name").is_in(told["steps"][0])
            & pl.col("verdict").is_in(["redact", "drop", "flag"])
        )
        caught = told["pair_id"].is_in(said["pair_id"].implode())
        released = still_told(told, ran)
        by_kind = told.with_columns(caught=caught).partition_by("kind", maintain_order=True)
        return [
            *share("caught", caught),
            *share("released", released),
            *(
                one
                for part in by_kind
                for one in share(f"caught: {part['kind'][0]}", part["caught"])
            ),
        ]

    def _steps(self, scene: Scene) -> list[PrivateText]:
        from curate.steps.private_text import PrivateText

        return [step for step in scene.steps if isinstance(step, PrivateText)]

    def _field(self, scene: Scene) -> str:
        """The first text that a step looks through, or the first there is."""
        named = [name for step in self._steps(scene) for name in step.text]
        return [*named, *(n for n, f in scene.ask.fields.items() if f.type == "text")][0]

    def _kinds(self, scene: Scene) -> list[str]:
        """What steps look for in that field, but for what cannot be made up here."""
        field = self._field(scene)
        found = {k for step in self._steps(scene) if field in step.text for k in step.find}
        if _primary(scene, field) not in _WITH_IDS:
            found.discard("national_id")
        return sorted(found & _MAKERS.keys()) or list(BASIC)


def _primary(scene: Scene, name: str) -> str:
    return (language_of(scene.ask.fields, name) or "").partition("-")[0].lower()


def with_texts(rows: pl.DataFrame, name: str, texts: Sequence[str], scene: Scene) -> pl.DataFrame:
    """Rows with other texts in a field, which can be measured."""
    written = pl.Series(name, texts, pl.String)
    return rows.with_columns(written, scene.ask.hold(written).alias(f"{name}_sha256"))


def still_told(told: pl.DataFrame, ran: Ran) -> pl.Series:
    """Whether the `secret` of a pair still stands in its `field`, in a pair that is still in."""
    (name,) = told["field"].unique()
    texts = ran.planted.living.select("pair_id", text=name)
    found = told.join(texts, on="pair_id", how="left", maintain_order="left")
    there = pl.col("text").str.contains(pl.col("secret"), literal=True).fill_null(value=False)
    inside = found.select(inside=there).to_series()
    return inside & stays(told["pair_id"], ran.planted)


def secret(kind: str, chance: float, language: str = "en") -> str:
    """Something of a kind that belongs to nobody known, drawn by a number from 0 to 1."""
    return _MAKERS[kind](_Digits(chance), language)


class _Digits:
    """Digits of a drawn number, as many as are wanted."""

    def __init__(self, chance: float) -> None:
        self._left = math.floor(chance * 2**53)

    def below(self, most: int) -> int:
        self._left = (self._left * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._left >> 33) % most

    def digits(self, count: int) -> str:
        return "".join(str(self.below(10)) for _ in range(count))

    def one(self, among: Sequence[str]) -> str:
        return among[self.below(len(among))]


_NAMES = ("maria", "chen", "ahmed", "olga", "juan", "fatima", "lars", "priya", "kofi", "yuki")
_PHONES = {
    "en": ("(212) 54#-####", "020 7946 0###", "415-54#-####", "202.54#.####", "0117 496 0###"),
    "de": ("030 23125###", "089/5432###", "0151 2345####", "+49 (0)30 23125###"),
    "fr": ("01 42 68 53 ##", "06 12 34 ## ##", "04.91.55.##.##", "01-45-67-##-##"),
    "es": ("912 34 ## ##", "612 34 ## ##", "612-34####"),
}
"""How phones are written without a country code; a digit is drawn for each #."""
_ABROAD = (
    "+1 212 54# ####",
    "+44 20 7946 0###",
    "+336123#####",
    "0049 30 23125###",
    "+34 612 34 ## ##",
)


def _email(draw: _Digits, _: str) -> str:
    name, other = draw.one(_NAMES), draw.one(_NAMES)
    local = draw.one(("{0}.{1}", "{0}{2}", "{0}_{1}", "{0}+{1}", "{1}-{0}{2}")).format(
        name, other, draw.digits(2)
    )
    domain = draw.one(("example.org", "mail.example.com", "example.co.uk", "post.example.de"))
    return draw.one(("{}@{}", "<{}@{}>", "mailto:{}@{}")).format(local, domain)


def _phone(draw: _Digits, language: str) -> str:
    form = draw.one((*_PHONES.get(language, ()), *_ABROAD))
    return "".join(draw.digits(1) if letter == "#" else letter for letter in form)


_ACCOUNTS = {"DE": 18, "FR": 23, "ES": 20, "NL": 10, "PL": 24}
"""Digits of an account by country."""


def _iban(draw: _Digits, _: str) -> str:
    country = draw.one(tuple(_ACCOUNTS))
    account = ("ABNA" if country == "NL" else "") + draw.digits(_ACCOUNTS[country])
    spelt = "".join(str(int(letter, 36)) for letter in account + country + "00")
    whole = f"{country}{98 - int(spelt) % 97:02d}{account}"
    grouped = " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))
    return draw.one((whole, grouped))


def _card(draw: _Digits, _: str) -> str:
    head, length = (("4", 16), ("51", 16), ("55", 16), ("34", 15), ("37", 15))[draw.below(5)]
    digits = head + draw.digits(length - len(head) - 1)
    doubled = [int(d) * (2 if at % 2 == 0 else 1) for at, d in enumerate(reversed(digits))]
    digits += str(-sum(d // 10 + d % 10 for d in doubled) % 10)
    parts = [digits[at : at + 4] for at in range(0, 16, 4)]
    if length == 15:
        parts = [digits[:4], digits[4:10], digits[10:]]
    return draw.one((digits, " ".join(parts), "-".join(parts)))


def _ip(draw: _Digits, _: str) -> str:
    four = ".".join(str(1 + draw.below(254)) for _ in range(4))
    words = [f"{draw.below(65536):x}" for _ in range(8)]
    return draw.one((four, ":".join(words), f"2001:db8::{words[0]}:{words[1]}"))


def _national_id(draw: _Digits, language: str) -> str:
    """A Spanish NIF, or a social security number of the United States."""
    if language == "es":
        number = int(draw.digits(8))
        return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"
    return f"{100 + draw.below(500)}-{10 + draw.below(89)}-{1000 + draw.below(8999)}"


_WITH_IDS = ("en", "es")
"""Languages for whose countries an id can be made up here."""
_MAKERS: dict[str, Callable[[_Digits, str], str]] = {
    "email": _email,
    "phone": _phone,
    "iban": _iban,
    "card": _card,
    "ip": _ip,
    "national_id": _national_id,
}

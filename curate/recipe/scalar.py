"""What a plain word in YAML 1.2 stands for: nothing, a truth value, a number or text.

Only the core schema counts: `no`, `on` and `2024-05-01` are text, whatever a `%YAML 1.1` line
says. A recipe has finite numbers only: `.inf`, `.nan` and what is too large to be one are text.
"""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Scalar: TypeAlias = "bool | int | float | str | None"

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUTH = {"true": True, "false": False}
_INT = re.compile(r"[-+]?[0-9]{1,400}")
_PREFIXED = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def resolve(word: str) -> Scalar:
    """The value of an unquoted word."""
    if word in _NULL:
        return None
    if word.lower() in _TRUTH and word in {word.lower(), word.upper(), word.title()}:
        return _TRUTH[word.lower()]
    if _INT.fullmatch(word):
        return int(word)
    if _PREFIXED.fullmatch(word):
        return int(word[2:], 8 if word[1] == "o" else 16)
    if _FLOAT.fullmatch(word):
        return number if math.isfinite(number := float(word)) else word
    return word

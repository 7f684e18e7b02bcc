"""SQL expressions of a recipe, over the columns of one row and nothing else.

Polars' parser opens files while it parses (`x IN (FROM read_csv('…'))`) and shows their first line
in its complaint. Words that look beyond the row are therefore refused before anything is parsed.

It also overflows its stack on tens of thousands of operators, and takes a time that grows with the
cube of a few hundred `AND` and doubles with every bracket inside a bracket; and padding makes a gigabyte
of a letter. Recipes come from strangers, so that all of these have a bound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

_LONGEST = 100_000
"""Characters; a list behind `IN` may be long."""
_OPERATORS, _DEPTH = 200, 16
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_OPERATOR = re.compile(
    r"\b(?:and|or|not|when|like|ilike|between|is)\b|[-+*/%|&<>=!~^]+", re.IGNORECASE
)
_PADDING = re.compile(r"\b([lr]pad)\s*\(", re.IGNORECASE)


def beyond_the_row(expression: str, known: Sequence[str]) -> str | None:
    """The first word by which an expression would read a table, if there is one."""
    words = re.findall(r"\w+", expression)
    return next((word for word in words if _reads(word) and word not in known), None)


def names_in(expression: str) -> list[str] | str:
    """The columns that an expression uses, or why it cannot be read."""
    import polars as pl

    refused = _too_much(expression)
    if refused:
        return refused
    try:
        return list(dict.fromkeys(pl.sql_expr(expression).meta.root_names()))
    except BaseException as error:  # the parser of SQL may panic, which is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return str(error)


def _too_much(expression: str) -> str | None:
    """Why an expression is not even parsed, if it is not."""
    if len(expression) > _LONGEST:
        return f"it has more than {_LONGEST:,} characters"
    bare = _LITERAL.sub("''", expression)
    count = sum(1 for _ in _OPERATOR.finditer(bare))
    if count > _OPERATORS:
        return f"it has {count:,} operators, and at most {_OPERATORS} are read"
    if _depth(bare) > _DEPTH:
        return f"its brackets nest more than {_DEPTH} deep"
    padding = _PADDING.search(bare)
    return f"it may not use {padding[1].upper()}" if padding else None


def _depth(expression: str) -> int:
    """Of the innermost bracket."""
    steps = (1 if one == "(" else -1 for one in expression if one in "()")
    return max(accumulate(steps), default=0)


def _reads(word: str) -> bool:
    """Sub-queries, `read_csv` and its kind."""
    return word.lower() == "select" or word.lower().startswith(("read_", "scan_"))

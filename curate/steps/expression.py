"""SQL expressions of a recipe, over the columns of one row and nothing else.

Polars' parser opens files while it parses (`x IN (FROM read_csv('…'))`) and shows their first line
in its complaint. Words that look beyond the row are therefore refused before anything is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def beyond_the_row(expression: str, known: Sequence[str]) -> str | None:
    """The first word by which an expression would read a table, if there is one."""
    words = re.findall(r"\w+", expression)
    return next((word for word in words if _reads(word) and word not in known), None)


def names_in(expression: str) -> list[str] | str:
    """The columns that an expression uses, or why it cannot be read."""
    import polars as pl

    try:
        return list(dict.fromkeys(pl.sql_expr(expression).meta.root_names()))
    except BaseException as error:  # the parser of SQL may panic, which is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return str(error)


def _reads(word: str) -> bool:
    """Sub-queries, `read_csv` and its kind."""
    return word.lower() == "select" or word.lower().startswith(("read_", "scan_"))

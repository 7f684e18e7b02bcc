"""What a YAML parser's complaint means to someone who does not know how YAML is parsed.

The parser names the token it stumbled over; what a person needs is the line to mend and what to
type there. Each rule below knows one way in which recipes go wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruamel.yaml.error import MarkedYAMLError

    from curate.recipe.page import Page

_BRACED = re.compile(r"(?:^|[-:,\[{] )\s*([^\s'\",\[{]*\{[^{}:,'\"]*\}[^\s,\]}]*)")
_QUOTE_IT = "put the whole text in quotes"
_CLOSE_IT = "write the same quote where the text ends"
_ALIGN = "keys of one mapping, and items of one list, begin in the same column"


@dataclass(frozen=True)
class Explanation:
    """Where to look, what is wrong and how to mend it."""

    offset: int
    message: str
    hint: str | None = None


@dataclass(frozen=True)
class _Fault:
    """What the parser said: `offset` is where it stopped, `opening` what it was reading."""

    page: Page
    problem: str
    context: str
    offset: int
    opening: int

    @property
    def line(self) -> int:
        return self.page.line_of(self.offset)

    @property
    def line_start(self) -> int:
        return self.page.line_start(self.line)

    @property
    def before(self) -> str:
        """The part of the line before the place where the parser stopped."""
        return self.page.text[self.line_start : self.offset]

    @property
    def char(self) -> str:
        return self.page.text[self.offset : self.offset + 1]

    @property
    def bracket(self) -> str:
        return self.page.text[self.opening : self.opening + 1]


_Rule: TypeAlias = "Callable[[_Fault], Explanation]"


def explain(error: MarkedYAMLError, page: Page) -> Explanation:
    """The parser's complaint in plain words."""
    fault = _fault(error, page)
    special = _tab(fault) or _unquoted_braces(fault)
    if special:
        return special
    said = f"{fault.context} | {fault.problem}"
    for words, rule in _RULES:
        if re.search(words, said):
            return rule(fault)
    return Explanation(fault.offset, f"this is not YAML: {fault.problem or fault.context}")


def _fault(error: MarkedYAMLError, page: Page) -> _Fault:
    stopped = error.problem_mark or error.context_mark
    opened = error.context_mark or stopped
    return _Fault(
        page=page,
        problem=error.problem or "",
        context=error.context or "",
        offset=stopped.index if stopped else 0,
        opening=opened.index if opened else 0,
    )


def _tab(fault: _Fault) -> Explanation | None:
    indent = re.match(r" *\t", fault.page.text[fault.line_start :])
    if indent:
        hint = "indent with spaces only; most editors can convert tabs"
        return Explanation(fault.line_start + indent.end() - 1, "a tab cannot indent a line", hint)
    if fault.char == "\t":
        return Explanation(fault.offset, "a tab cannot stand here", "use a space instead")
    return None


def _unquoted_braces(fault: _Fault) -> Explanation | None:
    """`{stem}.txt` and `${NAME}/x` look like mappings to YAML unless they are quoted."""
    found = _BRACED.search(fault.page.lines[fault.line - 1])
    if found is None or "quoted" in fault.context:
        return None
    return Explanation(
        fault.line_start + found.start(1),
        "text that holds '{' and '}' needs quotes here",
        f'write it as "{found.group(1)}"',
    )


def _first_character(fault: _Fault) -> Explanation:
    return Explanation(fault.offset, f"text cannot begin with '{fault.char}'", _QUOTE_IT)


def _misplaced_colon(fault: _Fault) -> Explanation:
    if ": " in fault.before.strip().removeprefix("- "):
        message = "a second ': ' on the same line"
        return Explanation(fault.offset, message, f"if it belongs to the text, {_QUOTE_IT}")
    return _lost_colon_above(fault) or _uneven(fault)


def _lost_colon_above(fault: _Fault) -> Explanation | None:
    above = next((n for n in range(fault.line - 1, 0, -1) if fault.page.lines[n - 1].strip()), 0)
    if not above or fault.page.indentation(above) < fault.page.indentation(fault.line):
        return None
    return _no_colon(fault.page.line_start(above) + fault.page.indentation(above))


def _lost_colon(fault: _Fault) -> Explanation:
    return _no_colon(fault.opening)


def _no_colon(offset: int) -> Explanation:
    hint = "a key ends in ':' and a space"
    return Explanation(offset, "this line is no 'key: value'", hint)


def _block_end(fault: _Fault) -> Explanation:
    if fault.before.strip(" -"):
        return Explanation(fault.offset, "more text after the end of the value", _QUOTE_IT)
    if fault.problem.endswith("found '-'"):
        hint = "items of a list cannot follow keys; indent this line further, or take the '-' away"
        return Explanation(fault.offset, "a list item among keys", hint)
    if "block collection" in fault.context and fault.char != " ":
        hint = "begin it with '- ', or in the column of the key that the list belongs to"
        return Explanation(fault.offset, "this line follows a list and is no item of it", hint)
    return _uneven(fault)


def _uneven(fault: _Fault) -> Explanation:
    start = fault.line_start + fault.page.indentation(fault.line)
    return Explanation(start, "this line is not indented like the lines it belongs to", _ALIGN)


def _unclosed_bracket(fault: _Fault) -> Explanation:
    closing = "]" if fault.bracket == "[" else "}"
    opened = fault.page.line_of(fault.opening)
    if opened == fault.line and fault.char.strip():
        column = fault.page.place(fault.opening)[1]
        hint = f"the '{fault.bracket}' in column {column} is still open"
        return Explanation(fault.offset, f"',' or '{closing}' is missing before this", hint)
    message = f"this '{fault.bracket}' is never closed"
    return Explanation(fault.opening, message, f"add '{closing}', or a ',' that is missing")


def _unclosed_quote(fault: _Fault) -> Explanation:
    return Explanation(fault.opening, "this quote is never closed", _CLOSE_IT)


def _escape(fault: _Fault) -> Explanation:
    message = "a backslash in double quotes begins a special character, and this is none"
    start = fault.offset - 1 if fault.before.endswith("\\") else fault.offset
    return Explanation(start, message, "use single quotes, or write \\\\ for one backslash")


def _unknown_alias(fault: _Fault) -> Explanation:
    found = re.match(r"\*([^\s,\]}]*)", fault.page.text[fault.offset :])
    word = found[1] if found else ""
    if re.fullmatch(r"[\w-]+", word):
        message = f"there is no anchor '&{word}' for this alias"
        return Explanation(fault.offset, message, f"if '*' is text, {_QUOTE_IT}")
    message = "text that begins with '*' needs quotes"
    return Explanation(fault.offset, message, f'write it as "*{word}"')


def _list_item(fault: _Fault) -> Explanation:
    hint = "begin the list on the next line, or write it as [a, b]"
    return Explanation(fault.offset, "a list cannot begin here", hint)


def _block_text(fault: _Fault) -> Explanation:
    message = f"only a line break may follow '{fault.bracket}'"
    return Explanation(fault.offset, message, f"if '{fault.bracket}' is text, {_QUOTE_IT}")


def _no_value(fault: _Fault) -> Explanation:
    if not fault.char.strip():
        hint = "a '[' or '{' further up may not be closed"
        return Explanation(fault.offset, "a value is missing here", hint)
    return Explanation(fault.offset, f"a value is missing before this '{fault.char}'")


def _second_document(fault: _Fault) -> Explanation:
    hint = "write each recipe into a file of its own"
    return Explanation(fault.offset, "a second document begins here", hint)


def _behind_the_end(fault: _Fault) -> Explanation:
    if fault.before.strip():
        return Explanation(fault.offset, "this cannot follow what stands before it", _QUOTE_IT)
    return Explanation(fault.offset, "the recipe is complete before this line", _ALIGN)


def _directive(fault: _Fault) -> Explanation:
    return Explanation(fault.offset, "a recipe needs no '%' line and cannot have this one")


def _tag(fault: _Fault) -> Explanation:
    return Explanation(fault.offset, "a recipe has no tags", f"if '!' is text, {_QUOTE_IT}")


def _too_deep(fault: _Fault) -> Explanation:
    return Explanation(fault.offset, "this is nested too deep for a recipe")


_RULES: tuple[tuple[str, _Rule], ...] = (
    ("cannot start any token", _first_character),
    ("mapping values are not allowed", _misplaced_colon),
    ("could not find expected ':'", _lost_colon),
    ("expected <block end>", _block_end),
    ("expected ',' or", _unclosed_bracket),
    (r"quoted scalar \| found unexpected", _unclosed_quote),
    (r"double-quoted scalar \| ", _escape),
    ("undefined alias", _unknown_alias),
    ("sequence entries are not allowed", _list_item),
    ("scanning a block scalar", _block_text),
    ("expected the node content", _no_value),
    ("another document", _second_document),
    ("<document start>", _behind_the_end),
    ("directive|YAML document", _directive),
    ("tag", _tag),
    ("maximum depth", _too_deep),
)

"""A recipe file as plain values, with the place of every key and value.

Only what a recipe needs of YAML 1.2 is let through: mappings with text keys, lists, text, finite
numbers and truth values. Tags, merge keys, duplicate keys and aliases that expand without end are
complaints here, so that later rooms see ordinary Python values.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import Reader

from curate.errors import RecipeError
from curate.recipe.complaint import Complaints, nearest
from curate.recipe.page import Page, Span
from curate.recipe.scalar import Scalar, resolve
from curate.recipe.syntax import explain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Keys: TypeAlias = "tuple[str | int, ...]"

MOST_BYTES = 256 * 1024
MOST_VALUES = 100_000
MOST_LEVELS = 32

_UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")
}
# What the parser calls plain words that mean something in older YAML; here they are text.
_TAGS |= {f"tag:yaml.org,2002:{name}" for name in ("timestamp", "merge", "value")}


@dataclass(frozen=True)
class Document:
    """Plain values and, for the keys that lead to each of them, where it was written."""

    page: Page
    value: Any
    keys: Mapping[Keys, Span]
    values: Mapping[Keys, Span]

    def get(self, path: Keys) -> Any:
        """The value at a path that exists."""
        value = self.value
        for key in path:
            value = value[key]
        return value

    def key_span(self, path: Keys) -> Span:
        """Where the last key of the path was written, or the nearest thing around it."""
        return next((self.keys[above] for above in _upwards(path) if above in self.keys), _TOP)

    def value_span(self, path: Keys) -> Span:
        """Where the value was written; a value left out has the place of its key."""
        for above in _upwards(path):
            span = self.values.get(above)
            if span and span.end > span.start:
                return span
            if above in self.keys:
                return self.keys[above]
        return _TOP


_TOP = Span(0, 1)


def read_document(path: Path) -> tuple[Document, Complaints]:
    """The file's values, and what is wrong with it so far."""
    page = _read_page(path)
    complaints = Complaints(page)
    reader = _Reader(page, complaints)
    value = reader.read(_compose(page, complaints), ())
    return Document(page, value, reader.keys, reader.values), complaints


def _read_page(path: Path) -> Page:
    raw = _read_bytes(path)
    try:
        page = Page(str(path), raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        _refuse_encoding(path, raw, error.start)
    unprintable = _UNPRINTABLE.search(page.text)
    if unprintable:
        code = f"U+{ord(unprintable.group()):04X}"
        span = Span(unprintable.start(), unprintable.end())
        Complaints(page).stop(span, f"the control character {code} cannot stand in a recipe")
    return page


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise RecipeError(f"{path}: there is no such file", _similar(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RecipeError(f"{path}: cannot be read: {reason}") from None
    if len(raw) > MOST_BYTES:
        most = f"{MOST_BYTES // 1024} KiB"
        raise RecipeError(f"{path}: a recipe has at most {most}; this is another kind of file")
    return raw


def _similar(path: Path) -> str | None:
    beside = [other.name for other in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
    meant = nearest(path.name, beside)
    return f"did you mean {path.with_name(meant)}?" if meant else None


def _refuse_encoding(path: Path, raw: bytes, start: int) -> NoReturn:
    page = Page(str(path), raw.decode("utf-8", errors="replace"))
    offset = len(raw[:start].decode("utf-8"))
    hint = "save the file as UTF-8"
    Complaints(page).stop(Span(offset, offset + 1), "this is not UTF-8 text", hint)


class _TextReader(Reader):
    """The parser's reader, which also knows how far it came once the parser has failed."""

    reached = 0

    def reset_reader(self) -> None:
        self.reached = getattr(self, "index", 0)
        super().reset_reader()


def _compose(page: Page, complaints: Complaints) -> MappingNode:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MOST_LEVELS
    yaml.Reader = _TextReader
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            node = yaml.compose(page.text)
    except MarkedYAMLError as error:
        told = explain(error, page)
        complaints.stop(Span(told.offset, told.offset + 1), told.message, told.hint)
    except Exception:  # the parser trips over some texts in ways of its own
        offset = yaml.reader.reached
        complaints.stop(Span(offset, offset + 1), "this is not YAML from here on")
    if node is None:
        complaints.stop(_TOP, "the recipe is empty", "`curate init` writes one to begin with")
    if not isinstance(node, MappingNode):
        message = "a recipe is a mapping of keys to values; this is something else"
        complaints.stop(_TOP, message, "begin with a line such as 'name: birds'")
    return node


class _Reader:
    """Walks the parser's nodes, follows aliases and keeps where everything was written."""

    def __init__(self, page: Page, complaints: Complaints) -> None:
        self._page = page
        self._complaints = complaints
        self._open: list[Node] = []
        self.keys: dict[Keys, Span] = {}
        self.values: dict[Keys, Span] = {}

    def read(self, node: Node, path: Keys) -> Any:
        span = self._span(node)
        self.values[path] = span
        self._guard(node, span)
        self._check_tag(node, span)
        self._open.append(node)
        value = self._value(node, path)
        self._open.pop()
        return value

    def _value(self, node: Node, path: Keys) -> Any:
        if isinstance(node, MappingNode):
            return dict(self._entries(node, path))
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node) if isinstance(node, ScalarNode) else None

    def _guard(self, node: Node, span: Span) -> None:
        if any(node is above for above in self._open):
            hint = "an alias stands for a value that is complete before it"
            self._complaints.stop(span, "this value contains itself, through an alias", hint)
        if len(self._open) >= MOST_LEVELS:
            self._complaints.stop(span, "this is nested too deep for a recipe")
        if len(self.values) > MOST_VALUES:
            message = f"aliases in this file expand to more than {MOST_VALUES:,} values"
            self._complaints.stop(span, message, "write out what you need instead")

    def _check_tag(self, node: Node, span: Span) -> None:
        if str(node.tag) not in _TAGS:
            tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            hint = "write the plain value; text that begins with '!' needs quotes"
            self._complaints.add(span, f"a recipe has no tags such as {tag}", hint=hint)

    def _entries(self, node: MappingNode, path: Keys) -> Iterator[tuple[str, Any]]:
        first: dict[str, Span] = {}
        for key_node, value_node in node.value:
            span = self._span(key_node)
            key = self._key(key_node, span)
            if key == "<<" and key_node.style is None:
                yield from self._merged(value_node, span, path)
            elif key in first:
                line = self._page.place(first[key].start)[0]
                hint = f"it is already on line {line}; keep one of the two"
                self._complaints.add(span, f"duplicate key '{key}'", hint=hint)
            elif key is not None:
                first[key] = span
                self.keys[*path, key] = span
                yield key, self.read(value_node, (*path, key))

    def _key(self, node: Node, span: Span) -> str | None:
        """The key as text; one that is something else is complained about and read as written."""
        if not isinstance(node, ScalarNode):
            hint = "text with '{' or '[' needs quotes"
            self._complaints.add(span, "a key must be text", hint=hint)
            return None
        self._check_tag(node, span)
        if not isinstance(_scalar(node), str):
            hint = f'write it in quotes: "{node.value}"' if node.value else "write a key before ':'"
            self._complaints.add(span, "a key must be text", hint=hint)
        return str(node.value)

    def _merged(self, node: Node, span: Span, path: Keys) -> Iterator[tuple[str, Any]]:
        """YAML 1.2 has no merge keys; what one would add is read, so that it is not missed."""
        hint = "write the keys out; an alias can stand only for a whole value"
        self._complaints.add(span, "a recipe has no merge keys ('<<')", hint=hint)
        value = self.read(node, (*path, "<<"))
        yield from value.items() if isinstance(value, dict) else ()

    def _span(self, node: Node) -> Span:
        """The stretch to underline: on the line where the value begins."""
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, MappingNode) and not node.flow_style and node.value:
            return self._span(node.value[0][0])
        if isinstance(node, SequenceNode) and not node.flow_style:
            return Span(start, start + 1)
        return self._page.within_line(start, end)


def _scalar(node: ScalarNode) -> Scalar:
    quoted = node.style is not None or str(node.tag) == "tag:yaml.org,2002:str"
    return str(node.value) if quoted else resolve(node.value)


def _upwards(path: Keys) -> Iterator[Keys]:
    return (path[:length] for length in range(len(path), -1, -1))

"""Values between two processes that do not trust one another: numbers, text, bytes, arrays and the plain
classes made of these.

    frames = packed(value)              a tree of JSON, and the buffers that it numbers
    value = unpacked(hint, tree, buffers)

Nothing is unpickled. What comes is read by the type that is wanted, never by what it says of itself, and
raises `ValueError` where it is anything else.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import numpy as np

Tree: TypeAlias = Any
Buffer: TypeAlias = "bytes | memoryview"
"""Memory as single bytes."""

NUMBERS = "biufc"
"""Kinds of arrays that may travel."""
_ROWS = (list, tuple, Sequence)


def packed(value: Any) -> tuple[Tree, list[Buffer]]:
    """A tree of JSON that stands for a value, and the buffers that it holds."""
    buffers: list[Buffer] = []
    return _tree(value, buffers), buffers


def unpacked(hint: Any, tree: Tree, buffers: Sequence[Buffer]) -> Any:
    """The value of a type that a tree stands for; each buffer is bytes, or what an array is laid over."""
    if get_origin(hint) in (Union, types.UnionType):
        return _optional(hint, tree, buffers)
    if hint is np.ndarray:
        return _array(tree, buffers)
    if hint is bytes:
        return bytes(buffers[_number(tree)])
    if fields := _fields(hint):
        return hint(*_row(fields, tree, buffers))
    if get_origin(hint) in _ROWS:
        return _rows(hint, tree, buffers)
    return _plain(hint, tree)


def _tree(value: Any, buffers: list[Buffer]) -> Tree:
    if isinstance(value, np.ndarray):
        buffers.append(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
        return [value.dtype.str, list(value.shape), len(buffers) - 1]
    if isinstance(value, bytes):
        buffers.append(value)
        return len(buffers) - 1
    if dataclasses.is_dataclass(value):
        return [_tree(getattr(value, f.name), buffers) for f in dataclasses.fields(value)]
    if isinstance(value, (list, tuple)):
        return [_tree(each, buffers) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _optional(hint: Any, tree: Tree, buffers: Sequence[Buffer]) -> Any:
    """Of `X | None`; other unions do not travel."""
    if tree is None:
        return None
    (known,) = (each for each in get_args(hint) if each is not types.NoneType)
    return unpacked(known, tree, buffers)


def _array(tree: Tree, buffers: Sequence[Buffer]) -> np.ndarray:
    kind, shape, number = tree
    dtype = np.dtype(_plain(str, kind))
    if dtype.kind not in NUMBERS:
        raise ValueError(f"an array of {dtype} does not travel")
    flat = np.frombuffer(buffers[_number(number)], dtype)
    return flat.reshape([_number(side) for side in shape])


def _rows(hint: Any, tree: Tree, buffers: Sequence[Buffer]) -> Any:
    kinds = get_args(hint)
    if get_origin(hint) is tuple and kinds[-1] is not ...:
        return tuple(_row(kinds, tree, buffers))
    made = [unpacked(kinds[0], each, buffers) for each in _plain(list, tree)]
    return tuple(made) if get_origin(hint) is tuple else made


def _row(hints: Sequence[Any], tree: Tree, buffers: Sequence[Buffer]) -> list[Any]:
    told = _plain(list, tree)
    return [unpacked(kind, each, buffers) for kind, each in zip(hints, told, strict=True)]


def _plain(hint: Any, tree: Tree) -> Any:
    if hint is float and type(tree) is int:
        return float(tree)
    if type(tree) is not hint:
        raise ValueError(f"{type(tree).__name__} came where {hint} was to come")
    return tree


def _number(tree: Tree) -> int:
    """Of a buffer, or of what an array holds."""
    number: int = _plain(int, tree)
    if number < 0:
        raise ValueError(f"{number} counts nothing")
    return number


@lru_cache
def _fields(hint: Any) -> tuple[Any, ...]:
    """Types of the fields of a plain class, in order; none of anything else."""
    if not isinstance(hint, type) or not (dataclasses.is_dataclass(hint) or _is_named_tuple(hint)):
        return ()
    known: Mapping[str, Any] = get_type_hints(hint)
    names = getattr(hint, "_fields", None) or [f.name for f in dataclasses.fields(hint)]
    return tuple(known[name] for name in names)


def _is_named_tuple(hint: type) -> bool:
    return issubclass(hint, tuple) and hasattr(hint, "_fields")

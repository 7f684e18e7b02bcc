"""What a workspace has forgotten, and must never take in again.

    <workspace>/forgotten/marks.jsonl      {"key": …, "mark": …} a line
    <workspace>/.curate/forget.key         32 random bytes in hex, for its owner's eyes only

A mark is the HMAC-SHA256 of a content's hash or a pair's id under the workspace's key (CURATE_FORGET_KEY
says another). Whoever has the marks alone can neither read them nor try contents against them.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import polars as pl

from curate.errors import CurateError

ENVIRONMENT = "CURATE_FORGET_KEY"
_SHORTEST = 16
_HASH = 64
"""Characters of a content's key; that of an ordered pair of contents is two of them."""

Kind: TypeAlias = Literal["content", "pair"]


@dataclass(frozen=True)
class Forgotten:
    """Recognises what is forgotten; the empty one recognises nothing and needs no key."""

    secret: bytes = field(default=b"", repr=False)
    marks: frozenset[str] = frozenset()

    def mark(self, kind: Kind, name: str) -> str:
        """How a content's hash or a pair's id is written down."""
        return hmac.digest(self.secret, f"{kind}:{name}".encode(), "sha256").hex()

    def knows(self, kind: Kind, name: str) -> bool:
        return bool(self.marks) and self.mark(kind, name) in self.marks

    def contents(self, keys: pl.Series) -> pl.Series:
        """Which keys are of a forgotten content, or of a couple with one; false for null."""
        return self._among(keys, lambda key: any(self.knows("content", k) for k in halves(key)))

    def pairs(self, ids: pl.Series) -> pl.Series:
        """Which ids are of forgotten pairs; false for null."""
        return self._among(ids, lambda name: self.knows("pair", name))

    def also(self, marks: Iterable[str]) -> Forgotten:
        """This, and other marks under the same key."""
        return Forgotten(self.secret, self.marks | frozenset(marks))

    def _among(self, names: pl.Series, known: Callable[[str], bool]) -> pl.Series:
        if not self.marks:
            return pl.Series(names.name, [False], pl.Boolean).new_from_index(0, names.len())
        found = [name for name in names.drop_nulls().unique() if known(name)]
        among = names.is_in(pl.Series(found, dtype=pl.String).implode())
        return among.fill_null(value=False)


def halves(key: str) -> list[str]:
    """The contents that a key names: itself, or both of a couple."""
    return [key[:_HASH], key[_HASH:]] if len(key) == 2 * _HASH else [key]


def marks_path(workspace: Path) -> Path:
    return workspace / "forgotten" / "marks.jsonl"


def key_path(workspace: Path) -> Path:
    return workspace / ".curate" / "forget.key"


def read_forgotten(workspace: Path) -> Forgotten:
    """What is forgotten in a workspace; raises `CurateError` where that can no longer be told."""
    path = marks_path(workspace)
    if not path.exists():
        return Forgotten()
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        marks = frozenset(line["mark"] for line in lines)
        keys = {line["key"] for line in lines}
    except (ValueError, KeyError, TypeError) as error:
        raise CurateError(
            f"{path} is damaged: {error!r}", "restore it; it keeps people out"
        ) from None
    forgotten = Forgotten(_secret(workspace), marks)
    if keys - {fingerprint(forgotten.secret)}:
        raise CurateError(
            f"{path} was written under another key than this one",
            f"restore {key_path(workspace)}, or set {ENVIRONMENT} to what it was",
        )
    return forgotten


def opened(workspace: Path) -> Forgotten:
    """What is forgotten, with a key made now where there is none yet."""
    if marks_path(workspace).exists():
        return read_forgotten(workspace)
    if ENVIRONMENT not in os.environ and not key_path(workspace).exists():
        _make_key(key_path(workspace))
    return Forgotten(_secret(workspace))


def remember(workspace: Path, forgotten: Forgotten, marks: Iterable[str]) -> Forgotten:
    """Write marks down, there whole or not at all; sorted, so that their order tells nothing."""
    known = forgotten.also(marks)
    key = fingerprint(known.secret)
    lines = [json.dumps({"key": key, "mark": mark}) + "\n" for mark in sorted(known.marks)]
    _write(marks_path(workspace), "".join(lines))
    return known


def fingerprint(secret: bytes) -> str:
    """Names a key without telling it."""
    return hmac.digest(secret, b"curate forget", "sha256").hex()[:16]


def _secret(workspace: Path) -> bytes:
    told = os.environ.get(ENVIRONMENT)
    if told is not None:
        if len(told) < _SHORTEST:
            raise CurateError(f"{ENVIRONMENT} has fewer than {_SHORTEST} characters")
        return told.encode()
    try:
        return bytes.fromhex(key_path(workspace).read_text().strip())
    except (OSError, ValueError):
        raise CurateError(
            f"the key of what this workspace has forgotten is not at {key_path(workspace)}",
            f"restore it, or set {ENVIRONMENT}; without it forgotten pairs could come back",
        ) from None


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, secrets.token_hex(32) + "\n")


def _write(path: Path, text: str) -> None:
    """For its owner's eyes only, and on the disk when this returns. Forgettings take turns, so that one
    that was killed here leaves a file that the next writes over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.tmp")
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    staged.rename(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

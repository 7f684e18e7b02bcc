"""Names that depend on content alone: of contents, of pairs, of anything canonical."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: Any) -> str:
    """One spelling per value: sorted keys, no spaces, plain Unicode (RFC 8785 for our types)."""
    return _CANONICAL.encode(value)


def content_hash(content: bytes | str) -> str:
    """SHA-256 in hex of bytes, or of a text's UTF-8 form."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()


def short_hash(value: Any) -> str:
    """128 bits in hex of a value's canonical form: enough to name 10^12 pairs apart."""
    return content_hash(canonical_json(value))[:32]


def collected_id(values: dict[str, Any]) -> str:
    """The id of a collected pair: its fields' content hashes and its metadata."""
    return short_hash({"collected": values})


def synthetic_id(parents: list[str], made_by: str) -> str:
    """The id of a pair that was made: of what, and how."""
    return short_hash({"synthetic": [parents, made_by]})


def located_id(source: str, row: str) -> str:
    """The id of a pair whose content never could be read: where it should have been."""
    return short_hash({"located": [source, row]})

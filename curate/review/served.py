"""A medium as a browser plays it: its kind told by its first bytes, in parts where parts are asked for.

A file that a browser could take for a page of ours is never served as one: what is no picture,
recording or film is bytes, and a drawing that holds scripts is in a sandbox.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_BYTES = "application/octet-stream"
_BEGINS = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"\x1aE\xdf\xa3": "video/webm",
}
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def served(data: bytes, request: Request) -> Response:
    """The bytes, or the part of them that was asked for."""
    headers = {"Accept-Ranges": "bytes", "Content-Security-Policy": _SANDBOX}
    asked = _part(request.headers.get("range", ""), len(data))
    if asked is None:
        return Response(data, 200, headers, kind(data))
    first, last = asked
    if first > last:
        headers["Content-Range"] = f"bytes */{len(data)}"
        return Response(b"", 416, headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, headers, kind(data))


def kind(data: bytes) -> str:
    """A media type that a browser plays or shows, else that of mere bytes."""
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], _BYTES)
    if data[4:8] == b"ftyp":
        return _of_brand(data[8:12])
    found = next((told for begins, told in _BEGINS.items() if data.startswith(begins)), None)
    return found or ("image/svg+xml" if b"<svg" in data[:4096].lower() else _BYTES)


def _of_brand(brand: bytes) -> str:
    if brand in (b"avif", b"avis"):
        return "image/avif"
    return "audio/mp4" if brand == b"M4A " else "video/mp4"


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range (RFC 9110, 14.1.2); None for all."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1

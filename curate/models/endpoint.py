"""Models behind an address: OpenAI's protocol of chat completions, as many servers speak it.

    POST {url}/chat/completions     (https://platform.openai.com/docs/api-reference/chat)

A request that fails in passing (no connection, no answer in time, 408, 409, 425, 429, 5xx, a reply
that is no chat completion) is made again: first after a second, then after twice as long each time,
or when the server says (`Retry-After`); all threads wait then. What fails for good, or too often,
is a `CurateError` that ends the build. A reply without a use (refused, filtered, cut off, not the
JSON that was asked for) was paid for like any other: it is an error of that content alone.

The key is read from the environment for every request, sent as a bearer token, and kept nowhere.
"""

from __future__ import annotations

import base64
import io
import json
import os
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import numpy as np

from curate.errors import CurateError, MissingExtra
from curate.models.shapes import Array
from curate.models.writer import RULE, Decoding, Wanted, Written, cut_off, structured_text

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Status codes of what may be better in a moment."""
OF_THE_CONTENT = (
    "content_filter",
    "content_policy_violation",
    "context_length_exceeded",
    "image_parse_error",
    "image_too_large",
    "invalid_image",
    "string_above_max_length",
)
"""Codes of refused requests that speak of one content, not of how requests are made."""
FOR_GOOD = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes of 429 that no waiting helps against."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between attempts that the server says nothing about."""
PATIENCE = 600.0
"""Seconds that a server may ask to wait."""
LONGEST_REPLY = 16 << 20
"""Bytes of a reply that are read."""
SECRET = 8
"""Characters of the shortest key that is taken out of replies; servers without keys are given a word."""
SHOWN = 200
"""Characters of a server's complaint that are repeated."""


@dataclass(frozen=True)
class Access:
    """Where an endpoint is and how it is to be treated; no value depends on it but by `url`."""

    url: str
    key: str | None = None
    """The environment variable that holds the key."""
    a_minute: float | None = None
    """Requests at most."""
    timeout: float = 120.0
    """Seconds of silence after which an attempt has failed."""
    tries: int = 6


class Passing(Exception):
    """An attempt that failed and may be made again; `wait` is what the server asks for."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass
class Pace:
    """When the next request may be made, of all threads."""

    a_minute: float | None
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> None:
        """Wait for a turn."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + (60.0 / self.a_minute if self.a_minute else 0.0)
        time.sleep(max(0.0, turn - time.monotonic()))

    def rest(self, seconds: float) -> None:
        """Nobody's turn comes for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Endpoint:
    """One model of one endpoint."""

    def __init__(
        self,
        access: Access,
        model: str,
        decoding: Decoding,
        more: Mapping[str, Any] | None = None,
        *,
        structured: bool = False,
        logprobs: bool = False,
    ) -> None:
        try:
            import httpx2
        except ImportError as error:
            raise MissingExtra("an endpoint", "endpoint") from error
        self._access = access
        self._name = f"the model '{model}' at {access.url}"
        self._tokens = decoding.tokens
        self._schema = decoding.schema
        self._settings = _settings(model, decoding, more or {}, structured, logprobs)
        self._pace = Pace(access.a_minute)
        self._failed = httpx2.TransportError
        self._client = httpx2.Client(timeout=access.timeout)
        weakref.finalize(self, self._client.close)
        self._key()

    def __call__(self, wanted: Wanted) -> Written:
        body = {**self._settings, "messages": messages(wanted)}
        for attempt in range(self._access.tries):
            self._pace.take()
            try:
                return self._attempt(body)
            except Passing as failure:
                last = failure
                self._pace.rest(self._wait(failure, attempt))
        raise CurateError(
            f"{self._name} failed {self._access.tries} times, at last: {last}",
            "what was answered is kept; build again to go on from there",
        )

    def _wait(self, failure: Passing, attempt: int) -> float:
        if failure.wait is None:
            return min(LONGEST_WAIT, FIRST_WAIT * float(2**attempt))
        if failure.wait > PATIENCE:
            raise CurateError(
                f"{self._name} asks to wait {failure.wait:.0f} seconds",
                "what was answered is kept; build again then, or lower `a_minute`",
            )
        return failure.wait

    def _attempt(self, body: Mapping[str, Any]) -> Written:
        key = self._key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            url = f"{self._access.url}/chat/completions"
            with self._client.stream("POST", url, json=body, headers=headers) as reply:
                content = self._without_key(_bounded(reply.iter_bytes()))
        except self._failed as error:
            raise Passing(f"{type(error).__name__} {error}".strip()) from error
        if reply.status_code == 200:
            return read_reply(content, self._tokens, self._schema)
        return self._refused(reply.status_code, content, reply.headers.get("Retry-After"))

    def _refused(self, status: int, content: bytes, retry_after: str | None) -> Written:
        code, said = _complaint(content)
        said = f"{status} {said}".strip()
        if status in PASSING and code not in FOR_GOOD:
            raise Passing(said, _retry_after(retry_after))
        if status == 400 and code in OF_THE_CONTENT:
            return Written(None, f"refused: {said}")
        hint = f"is the key in {self._access.key} right?" if status in {401, 403} else None
        raise CurateError(f"{self._name} refuses: {said}", hint)

    def _key(self) -> str | None:
        if self._access.key is None:
            return None
        key = os.environ.get(self._access.key)
        if not key:
            raise CurateError(
                f"{self._name} needs a key, and the environment variable {self._access.key} is "
                "not set",
                f"export {self._access.key}=...",
            )
        return key

    def _without_key(self, content: bytes) -> bytes:
        """What a server says, which may repeat the key: a reply is kept, and published."""
        key = (self._key() or "").encode()
        return content.replace(key, "…".encode()) if len(key) >= SECRET else content


def _bounded(chunks: Iterator[bytes]) -> bytes:
    """A reply as it comes in, unpacked, as long as it is none of those without an end."""
    end, content = time.monotonic() + PATIENCE, bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > LONGEST_REPLY or time.monotonic() > end:
            raise Passing(
                f"a reply of more than {LONGEST_REPLY >> 20} MiB or {PATIENCE:.0f} seconds"
            )
    return bytes(content)


def messages(wanted: Wanted) -> list[dict[str, Any]]:
    """The conversation: what to do in one part, contents in parts of their own."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": wanted.prompt}]
    parts += [{"type": "image_url", "image_url": {"url": data_url(i)}} for i in wanted.images]
    if wanted.data is not None:
        parts.append({"type": "text", "text": wanted.data})
    return [{"role": "system", "content": RULE}, {"role": "user", "content": parts}]


def data_url(pixels: Array) -> str:
    """An image as PNG in a URL of its own (RFC 2397)."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def read_reply(content: bytes, tokens: int, schema: Mapping[str, Any] | None) -> Written:
    """What a chat completion says; `Passing` where it is none."""
    try:
        reply = json.loads(content)
        choice = reply["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        text, usage = message.get("content"), reply.get("usage") or {}
        spent = {n: _count(usage.get(n)) for n in ("prompt_tokens", "completion_tokens")}
        served = reply.get("model")
        confidence = _confidence((choice.get("logprobs") or {}).get("content"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Passing(f"the reply is no chat completion ({len(content)} bytes)") from error
    useless = _useless(text, finish, message.get("refusal"), tokens)
    if useless is None and schema is not None:
        text, useless = structured_text(text, schema)
    text = None if useless else text.strip()
    return Written(text, useless, confidence, served=str(served) if served else None, **spent)


def _settings(
    model: str, decoding: Decoding, more: Mapping[str, Any], structured: bool, logprobs: bool
) -> dict[str, Any]:
    """A request's body but for the conversation; what `more` sets to null is left out."""
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": decoding.tokens,
        "temperature": decoding.temperature,
        "seed": decoding.seed,
    }
    if structured and decoding.schema is not None:
        form = {"name": "reply", "strict": True, "schema": dict(decoding.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if logprobs:
        body["logprobs"] = True
    return {name: value for name, value in {**body, **more}.items() if value is not None}


def _useless(text: Any, finish: Any, refusal: Any, tokens: int) -> str | None:
    if refusal or finish == "content_filter":
        return f"the model refused: {str(refusal or finish)[:SHOWN]}"
    if finish == "length":
        return cut_off(tokens)
    if not isinstance(text, str) or not text.strip():
        return "the reply is empty"
    return None


def _confidence(tokens: Any) -> float | None:
    if not tokens:
        return None
    return round(float(np.exp(np.mean([float(token["logprob"]) for token in tokens]))), 6)


def _count(number: Any) -> int | None:
    return None if number is None else int(number)


def _complaint(content: bytes) -> tuple[str | None, str]:
    """Code and message of a server's error, as far as it gives any."""
    try:
        found = json.loads(content)
    except ValueError:
        return None, content[:SHOWN].decode("utf-8", "replace").strip()
    error = found.get("error", found) if isinstance(found, dict) else found
    if not isinstance(error, dict):
        return None, str(error)[:SHOWN]
    message = error.get("message") or error.get("detail") or ""
    return error.get("code"), str(message)[:SHOWN]


def _retry_after(said: str | None) -> float | None:
    """Seconds, of a number of them or a date (RFC 9110, 10.2.3)."""
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None

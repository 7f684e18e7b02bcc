"""How a recipe names a model behind an address, and what of that its values depend on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator


class Price(BaseModel):
    """What a million tokens cost, in whatever currency."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    prompt: float = Field(ge=0, description="Of what is sent.")
    completion: float = Field(ge=0, description="Of what is written.")

    def of(self, prompt: int, completion: int) -> float:
        """The cost of so many tokens."""
        return (prompt * self.prompt + completion * self.completion) / 1e6


class Endpoint(BaseModel):
    """A model behind an endpoint that speaks OpenAI's protocol of chat completions."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    endpoint: str = Field(
        description="Where it is, up to what precedes `/chat/completions`: "
        "`https://api.openai.com/v1`, `http://localhost:8000/v1`."
    )
    model: str = Field(min_length=1, description="What the endpoint calls the model.")
    key: str | None = Field(
        None,
        description="The environment variable that holds the key; the key itself stands nowhere.",
    )
    structured: bool = Field(
        False, description="Whether it keeps to a JSON Schema in `response_format`."
    )
    logprobs: bool = Field(
        False, description="Whether it says how likely each token was, for confidences."
    )
    request: dict[str, JsonValue] = Field(
        {},
        description="More of a request's body, in the endpoint's own words; null leaves out what "
        "would be sent.",
    )
    at_once: int = Field(4, ge=1, description="Requests under way at once, at most.")
    a_minute: float | None = Field(None, gt=0, description="Requests a minute, at most.")
    timeout: float = Field(120, gt=0, description="Seconds of silence that are waited for.")
    tries: int = Field(6, ge=1, description="Attempts before the build ends with an error.")
    price: Price | None = Field(None, description="What a million tokens cost.")

    @field_validator("endpoint")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must begin with https:// or http://")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold no key and no query; `key` names an environment variable")
        return url.rstrip("/").removesuffix("/chat/completions")

    @field_validator("key")
    @classmethod
    def _named(cls, key: str | None) -> str | None:
        if key is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
            raise ValueError("must be the name of an environment variable, not the key itself")
        return key

    @property
    def name(self) -> str:
        """How reports name it."""
        return f"endpoint:{self.endpoint}#{self.model}"

    @property
    def params(self) -> dict[str, Any]:
        """What a value depends on."""
        chosen: dict[str, Any] = {"endpoint": self.endpoint, "model": self.model}
        told = {name: True for name in ("structured", "logprobs") if getattr(self, name)}
        return {**chosen, **told, **({"request": self.request} if self.request else {})}

    @property
    def access(self) -> Mapping[str, Any]:
        """What no value depends on."""
        return {
            "url": self.endpoint,
            "key": self.key,
            "a_minute": self.a_minute,
            "timeout": self.timeout,
            "tries": self.tries,
            "price": self.price.model_dump() if self.price else None,
        }

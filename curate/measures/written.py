"""What a language or vision model writes about a content, told what to write.

The first content is a text, an image, or a film, of which pictures at scene changes are shown; a
second one is a text. With the text stand how likely the model found it and the tokens that it took,
so that the store is the ledger of what was paid for. With a `schema` the text is a JSON object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import Unreadable
from curate.measures.endpoint import Endpoint
from curate.measures.measure import Compute, Measure

if TYPE_CHECKING:
    from curate.models.writer import Wanted, Writer, Written

FRAMES = 6
"""Pictures of a film that a model is shown, at most."""
SIDE = 768
"""Pixels of the longer side that a picture is sent with, at most."""

RETURNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "written": pl.String,
    "unusable": pl.String,
    "confidence": pl.Float64,
    "prompt_tokens": pl.Int64,
    "completion_tokens": pl.Int64,
    "served": pl.String,
}
"""`unusable` says why a reply, paid for or not, gives no text."""


@dataclass(frozen=True)
class Task:
    """What a model is to write, and how it chooses."""

    prompt: str
    names: tuple[str, ...] = ()
    """What the prompt calls each text that it is given, in the order of the contents."""
    tokens: int = 120
    temperature: float = 0.0
    seed: int = 0
    schema: Mapping[str, Any] | None = None
    prefix: str = ""
    """What a model that reads no conversations is given before the text."""
    languages: tuple[str, str] | None = None
    """From which to which, as a translator of many languages calls them."""

    @property
    def params(self) -> dict[str, Any]:
        return {
            "prompt": self.prompt,
            "names": list(self.names),
            "tokens": self.tokens,
            "temperature": self.temperature,
            "seed": self.seed,
            "schema": dict(self.schema) if self.schema else None,
            **({"prefix": self.prefix} if self.prefix else {}),
            **({"languages": list(self.languages)} if self.languages else {}),
        }


def written(of: Sequence[str], by: str | Endpoint, task: Task) -> Measure:
    """Texts about contents of these modalities, by a model's reference or an endpoint."""
    look = {"side": SIDE} if of[0] in {"image", "video"} else {}
    look |= {"frames": FRAMES} if of[0] == "video" else {}
    remote = isinstance(by, Endpoint)
    return Measure(
        name=f"{'.'.join(of)}.written",
        version=1,
        of=tuple(of),
        returns=RETURNS,
        compute="curate.measures.written:write",
        params={**task.params, **look, **(by.params if isinstance(by, Endpoint) else {})},
        access=by.access if isinstance(by, Endpoint) else {},
        models={} if isinstance(by, Endpoint) else {"writer": by},
        libraries=() if remote else ("torch", "transformers"),
        extra="endpoint" if remote else "encoders",
        at_once=by.at_once if isinstance(by, Endpoint) else None,
        chunk=1 if remote else 4,
    )


def write(measure: Measure, models: Mapping[str, Path]) -> Compute:
    writer = _writer(measure, models)
    wanted = _wanted(measure)

    def one(payload: Any) -> dict[str, Any]:
        contents = payload if len(measure.of) == 2 else (payload,)
        try:
            reply = writer(wanted(contents))
        except Unreadable as error:
            return {"unusable": error.message}
        return _row(reply)

    def compute(payloads: Sequence[Any]) -> pl.DataFrame:
        return pl.DataFrame([one(payload) for payload in payloads], schema=dict(measure.returns))

    return compute


def _row(reply: Written) -> dict[str, Any]:
    return {**vars(reply), "written": reply.text, "unusable": reply.error}


def _writer(measure: Measure, models: Mapping[str, Path]) -> Writer:
    from curate.models.writer import Decoding

    chosen = measure.params
    decoding = Decoding(
        tokens=chosen["tokens"],
        temperature=chosen["temperature"],
        seed=chosen["seed"],
        schema=chosen["schema"],
        prefix=chosen.get("prefix", ""),
        languages=chosen.get("languages"),
    )
    if models:
        from curate.models.generation import load_writer

        return load_writer(models["writer"], decoding)
    from curate.models.endpoint import Access
    from curate.models.endpoint import Endpoint as Remote

    flags = {name: chosen.get(name, False) for name in ("structured", "logprobs")}
    access = {name: value for name, value in measure.access.items() if name != "price"}
    return Remote(Access(**access), chosen["model"], decoding, chosen.get("request"), **flags)


def _wanted(measure: Measure) -> Callable[[Sequence[Any]], Wanted]:
    from curate.models.writer import Wanted

    prompt, names = measure.params["prompt"], measure.params["names"]

    def wanted(contents: Sequence[Any]) -> Wanted:
        texts = [c for c, kind in zip(contents, measure.of, strict=True) if kind == "text"]
        return Wanted(prompt, _images(measure, contents[0]), dict(zip(names, texts, strict=True)))

    return wanted


def _images(measure: Measure, content: Any) -> tuple[Any, ...]:
    if measure.of[0] == "image":
        return (_shrunk(content, measure.params["side"]),)
    if measure.of[0] != "video":
        return ()
    from curate.pairs.video import scene_frames

    frames = scene_frames(content, measure.params["frames"])
    return tuple(_shrunk(frame, measure.params["side"]) for _, frame in frames)


def _shrunk(pixels: Any, side: int) -> Any:
    """Pixels with no side longer than that, each the mean of its area."""
    import numpy as np
    from PIL import Image

    if max(pixels.shape[:2]) <= side:
        return pixels
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(image)

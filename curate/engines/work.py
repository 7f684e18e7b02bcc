"""What one worker does with one group of items, whatever the engine: read, decode, compute."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.engines.engine import Batch, Content, Item, Media, Task, Text
from curate.errors import ChangedContent, DataError, MissingExtra, Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.identity import canonical_json, content_hash
from curate.pairs.span import Recording

if TYPE_CHECKING:
    from curate.pairs.audio import Waveform

_RECENT = 2
"""Files kept for the spans that follow; groups come in the order of files."""

_loaded: dict[str, Compute] = {}
_loading = threading.Lock()


def work(items: Sequence[Item], tasks: Sequence[Task]) -> Iterator[Batch]:
    """Compute every task on the items that lack it; each content is read and decoded once."""
    start = time.perf_counter()
    views = {view: _load_all(items, tasks, view) for view in {t.measure.view for t in tasks}}
    shared = (time.perf_counter() - start) / len(tasks)
    for task in tasks:
        start = time.perf_counter()
        payloads = {k: p for k, p in views[task.measure.view].items() if k in task.missing}
        if payloads:
            loading = _load_models(task, payloads)
            values = _values(task, payloads)
            yield Batch(task, values, shared + time.perf_counter() - start, loading=loading)


def _load_models(task: Task, payloads: Mapping[str, Any]) -> float:
    """Seconds until the code and the models are there for whatever can be read; none if they were."""
    start = time.perf_counter()
    if not all(isinstance(payload, Unreadable) for payload in payloads.values()):
        implementation(task.measure, task.models)
    return time.perf_counter() - start


def implementation(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """The measure's code with its models loaded, once per process."""
    name = canonical_json(
        [
            measure.compute,
            list(measure.of),
            dict(measure.params),
            dict(measure.access),
            {role: str(path) for role, path in models.items()},
        ]
    )
    with _loading:
        if name not in _loaded:
            _loaded[name] = _build(measure, models)
        return _loaded[name]


def _build(measure: Measure, models: Mapping[str, Path]) -> Compute:
    module, _, factory = measure.compute.partition(":")
    try:
        built: Compute = getattr(importlib.import_module(module), factory)(measure, models)
    except ModuleNotFoundError as error:
        if measure.extra is None:
            raise
        raise MissingExtra(f"{measure.name} ({error.name})", measure.extra) from error
    return built


def _load_all(items: Sequence[Item], tasks: Sequence[Task], view: str) -> dict[str, Any]:
    missing = [task.missing for task in tasks if task.measure.view == view]
    wanted = [item for item in items if any(item.key in keys for keys in missing)]
    return {item.key: _load(item, view) for item in wanted}


def _load(item: Item, view: str) -> Any:
    try:
        payloads = tuple(_payload(content, view) for content in item.contents)
    except Unreadable as error:
        return error
    return payloads[0] if len(payloads) == 1 else payloads


def _payload(content: Content, view: str) -> Any:
    if isinstance(content, Text):
        return content.value.encode() if view == "bytes" else content.value
    if content.modality == "image":
        return _image(read_content(content), view)
    recording = Recording(_file(content), content.span)
    if view == "bytes" or content.modality == "video":
        return recording
    if content.modality == "sensor":
        from curate.pairs.sensor import read_stream

        return read_stream(recording)
    return _sound(content)


def _image(data: bytes, view: str) -> Any:
    from curate.pairs.image import decode_image

    return data if view == "bytes" else decode_image(data)


def _file(media: Media) -> bytes:
    """A file of which only spans are wanted is asked for again and again."""
    return read_content(media) if media.span is None else _film(replace(media, span=None))


def _sound(media: Media) -> Waveform:
    from curate.pairs.audio import cut, decode_audio

    if media.span is None:
        return decode_audio(read_content(media))
    return cut(_whole_sound(replace(media, span=None)), media.span)


@lru_cache(maxsize=_RECENT)
def _film(media: Media) -> bytes:
    return read_content(media)


@lru_cache(maxsize=_RECENT)
def _whole_sound(media: Media) -> Waveform:
    from curate.pairs.audio import decode_audio

    return decode_audio(read_content(media))


def read_content(media: Media) -> bytes:
    """The bytes of a medium, or `DataError` when they are not what was hashed.

    They could be read when they were hashed: that they cannot now is no value of theirs.
    """
    from curate.pairs.media import read_media

    try:
        data = read_media(media.path, media.member)
    except Unreadable as error:
        told = f"{media.path} was read before and cannot be now: {error.message}"
        raise DataError(told, "run the build again") from None
    if content_hash(data) != media.sha256:
        told = f"{media.path} changed while it was being measured"
        raise ChangedContent(told, "run the build again")
    return data


def _values(task: Task, payloads: Mapping[str, Any]) -> pl.DataFrame:
    readable = {k: p for k, p in payloads.items() if not isinstance(p, Unreadable)}
    broken = {k: p.message for k, p in payloads.items() if isinstance(p, Unreadable)}
    row = {"key": pl.String, "error": pl.String, **task.measure.returns}
    frames = [
        pl.DataFrame({"key": list(broken), "error": list(broken.values())}, schema_overrides=row)
    ]
    if readable:
        values = implementation(task.measure, task.models)(list(readable.values()))
        frames.append(values.with_columns(pl.Series("key", list(readable))))
    merged = pl.concat(frames, how="diagonal_relaxed")
    lacking = [pl.lit(None, dtype).alias(n) for n, dtype in row.items() if n not in merged.columns]
    return merged.with_columns(lacking).select(list(row))

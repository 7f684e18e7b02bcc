"""What a measure is: a pure function of one content, or of an ordered pair of contents.

A `Measure` is only the declaration: steps build it and hand it to `ask`. The engine finds the
code behind `compute` and is the only one that runs it:

    factory(measure: Measure, models: Mapping[str, Path]) -> Compute
    Compute = Callable[[Sequence[payload]], polars.DataFrame]

`models` holds a local folder or file per role in `measure.models`. The factory loads a model once
per process. The frame returned has one row per payload, in order, with the columns of `returns`,
and may have a column `error` (text or null) for contents that cannot be measured; those rows'
values are null. A payload is, by `view` and modality:

    bytes    text       its UTF-8 bytes
             image      the file's bytes
             others     curate.pairs.span.Recording: the file's bytes, and the span that is meant
    decoded  text       str
             image      numpy uint8 (height, width, 3), RGB, upright, alpha over white
             audio      curate.pairs.audio.Waveform, cut to the span
             video      Recording: each measure decodes the frames that it needs
             sensor     curate.pairs.sensor.Stream, cut to the span
    a measure of two contents receives tuples of payloads.

A measure that `makes` contents (speech of a text, say) returns their bytes in a column `bytes`,
of type Binary; who asks gets `made`, the key of a content that can be measured in turn.

A value may depend on nothing but the payload, the parameters and the models: not on batch size,
on neighbours in the batch, on the number of threads or on the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import polars as pl

Compute: TypeAlias = "Callable[[Sequence[Any]], pl.DataFrame]"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A declaration; equal declarations have equal values on equal contents."""

    name: str
    """The user's word for it, modality first: `image.sharpness`."""
    version: int
    """Raised whenever the code's values change."""
    of: tuple[str, ...]
    """The modality of the content, or of both contents of an ordered pair."""
    returns: Mapping[str, pl.DataType | type[pl.DataType]]
    """Columns of the value."""
    compute: str
    """`package.module:factory`, imported only where the measure runs."""
    view: Literal["bytes", "decoded"] = "decoded"
    params: Mapping[str, Any] = field(default_factory=dict)
    """Everything chosen by a recipe that changes a value; JSON types only."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Role -> model reference (`pkg:`, `file:`, `hf:`)."""
    libraries: tuple[str, ...] = ()
    """Distributions whose version is part of the value."""
    extra: str | None = None
    """The extra of `curate` that installs what `compute` needs."""
    access: Mapping[str, Any] = field(default_factory=dict)
    """How an endpoint or a key is reached; JSON types, no secrets, nothing that changes a value."""
    at_once: int | None = None
    """Contents that an endpoint may be asked about at once; None where a value is computed here."""
    makes: str | None = None
    """The modality of the contents in the column `bytes`, where the measure makes any."""
    chunk: int = 16
    """Contents handed to `compute` at once unless the user says otherwise; never in the value."""

    @property
    def kept(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Columns of the value as the store holds it, and who asks gets it."""
        if self.makes is None:
            return dict(self.returns)
        import polars as pl

        return {"made": pl.String, **{n: t for n, t in self.returns.items() if n != "bytes"}}

    def document(self, revisions: Mapping[str, str]) -> dict[str, Any]:
        """What changes a value, as JSON; `revisions` maps each role to its model's hash."""
        return {
            "name": self.name,
            "version": self.version,
            "params": dict(self.params),
            "models": {role: revisions[role] for role in self.models},
            "libraries": {name: metadata.version(name) for name in self.libraries},
        }

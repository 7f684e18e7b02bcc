"""The columns of `data/`: what `datasets` is told of them, and how media bytes are laid in."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pyarrow as pa

from curate.pairs.field import MEDIA, Fields

_MEDIA_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_FILE = {"bytes": "binary", "path": "string"}
"""How `datasets` is told of a file of which it has no feature."""


def arrow_schema(frame: pl.DataFrame, fields: Fields) -> pa.Schema:
    """Arrow types of the released columns, with the features in the form `datasets` reads."""
    plain = frame.to_arrow().schema
    columns = [_column(field, fields) for field in plain]
    features = {column.name: _feature(column, fields) for column in columns}
    note = json.dumps({"info": {"features": features}})
    return pa.schema(columns, metadata={"huggingface": note})


def _column(column: pa.Field, fields: Fields) -> pa.Field:
    field = fields.get(column.name)
    if field is not None and field.type in MEDIA:
        return pa.field(column.name, _MEDIA_TYPE)
    text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    return pa.field(column.name, pa.string() if text else column.type)


def _feature(column: pa.Field, fields: Fields) -> dict[str, Any]:
    field = fields.get(column.name)
    if field is not None and field.type == "image":
        return {"_type": "Image"}
    if field is not None and field.type == "audio":
        # Decoding audio in `datasets` needs torchcodec and a system FFmpeg; bytes need nothing.
        return {"_type": "Audio", "decode": False}
    if field is not None and field.type == "video":
        # For the same reason.
        return {"_type": "Video", "decode": False}
    if field is not None and field.type == "sensor":
        return {name: {"dtype": kind, "_type": "Value"} for name, kind in _FILE.items()}
    return {"dtype": _dtype(column.type), "_type": "Value"}


def _dtype(kind: pa.DataType) -> str:
    names = {
        pa.float64(): "float64",
        pa.float32(): "float32",
        pa.bool_(): "bool",
        pa.null(): "null",
    }
    return names.get(kind, str(kind))

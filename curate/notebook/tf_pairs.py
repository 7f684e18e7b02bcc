"""A split as TensorFlow reads it: a `tf.data.Dataset` of decoded pairs.

TensorFlow has no word for what is not there: a text that a pair lacks is empty, a number or truth value
not a number (so that such a column is float64), a picture or recording has no pixel or frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from curate.notebook.decoded import RATE, Decoded

_SHAPES = {"image": (None, None, 3), "audio": (None, None)}
_TYPES = {"image": tf.uint8, "audio": tf.float32}
_NONE = {tf.string: b"", tf.float64: float("nan"), tf.int32: 0}


def tf_pairs(pairs: Decoded) -> Any:
    """Rows in their order, unbatched."""
    signature = _signature(pairs)

    def rows() -> Iterator[dict[str, Any]]:
        for row in map(pairs.__getitem__, range(len(pairs))):
            yield {name: _value(row[name], spec) for name, spec in signature.items()}

    return tf.data.Dataset.from_generator(rows, output_signature=signature)


def _signature(pairs: Decoded) -> dict[str, Any]:
    found = {name: tf.TensorSpec((), _scalar(pairs, name)) for name in pairs.rows.column_names}
    for name, modality in pairs.media.items():
        found[name] = tf.TensorSpec(_SHAPES.get(modality, ()), _TYPES.get(modality, tf.string))
        if modality == "audio":
            found[f"{name}{RATE}"] = tf.TensorSpec((), tf.int32)
    return found


def _scalar(pairs: Decoded, name: str) -> Any:
    """Of a column without media; nothing but texts, numbers and truth values is released."""
    column = pairs.rows.data.column(name)
    if name in pairs.media or str(column.type) in ("string", "large_string", "null"):
        return tf.string
    return (
        tf.float64
        if column.null_count
        else tf.as_dtype(str(column.type).replace("double", "float64"))
    )


def _value(value: Any, spec: Any) -> Any:
    if value is not None:
        return value
    if spec.shape.rank:
        return np.empty([side or 0 for side in spec.shape], spec.dtype.as_numpy_dtype)
    return _NONE[spec.dtype]

"""Contents that are signed as they are made, so that the store holds and replays the signed bytes.

The key is read when something is to be made, tried before anything is, and written nowhere.
Signatures are not reproducible: another store, or a damaged one, gets other bytes for the same
content.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.measures.measure import Compute, Measure
from curate.measures.signature import ROLE
from curate.pairs.manifest import Seal


def make(measure: Measure, models: Mapping[str, Path]) -> Compute:
    modality = str(measure.makes)
    seal = _seal(measure, models[ROLE])
    _try(seal)
    maker = _maker(measure, models)

    def compute(payloads: Sequence[Any]) -> pl.DataFrame:
        made = maker(payloads)
        files = [None if data is None else seal.signed(data, modality) for data in made["bytes"]]
        return made.with_columns(pl.Series("bytes", files, pl.Binary))

    return compute


def _maker(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """What computes the measure as it is without signatures."""
    module, _, factory = measure.access["compute"].partition(":")
    params = {name: value for name, value in measure.params.items() if name != "sign"}
    others = {role: path for role, path in models.items() if role != ROLE}
    unsigned = replace(measure, params=params, compute=measure.access["compute"])
    maker: Compute = getattr(importlib.import_module(module), factory)(unsigned, others)
    return maker


def _seal(measure: Measure, certificates: Path) -> Seal:
    key = _key(measure.access["key"])
    return Seal(certificates.read_bytes(), key, measure.params["sign"]["algorithm"])


def _key(variable: str) -> bytes:
    said = os.environ.get(variable)
    if not said:
        raise CurateError(
            f"signing needs a key, and the environment variable {variable} is not set",
            f"export {variable}=... (a PEM key, or the path of its file)",
        )
    if said.lstrip().startswith("-----BEGIN"):
        return said.encode()
    try:
        return Path(said).expanduser().read_bytes()
    except OSError as error:
        raise CurateError(
            f"the key's file that {variable} names cannot be read",
            "it holds a PEM key, or the path of its file",
        ) from error


def _try(seal: Seal) -> None:
    """Sign something, so that what does not fit is known before anything is made."""
    import numpy as np

    from curate.pairs.image import encode_png
    from curate.pairs.marks import TRAINED, marked

    seal.signed(marked(encode_png(np.zeros((1, 1, 3), np.uint8)), TRAINED), "image")

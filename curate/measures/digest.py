"""The digests by which lists of known files are exchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.measures.measure import Compute, Measure
from curate.pairs.span import Recording


def file_md5(modality: str) -> Measure:
    """MD5 in hex of a file's bytes; of a text, of its UTF-8 form; of a span, of the whole file."""
    return Measure(
        name=f"{modality}.md5",
        version=1,
        of=(modality,),
        returns={"md5": pl.String},
        compute="curate.measures.digest:md5",
        view="bytes",
        chunk=256,
    )


def md5(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(payloads: Sequence[bytes | Recording]) -> pl.DataFrame:
        files = (each.data if isinstance(each, Recording) else each for each in payloads)
        digests = [hashlib.md5(data, usedforsecurity=False).hexdigest() for data in files]
        return pl.DataFrame({"md5": digests})

    return compute

"""What the store knows of contents that no build is looking at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import polars as pl

from curate.engines.local import LocalEngine
from curate.run.asking import Asking
from curate.run.contents import Contents
from curate.run.progress import Silence
from curate.store.files import FileHashes

if TYPE_CHECKING:
    from curate.pairs.field import Fields
    from curate.store.store import MeasureStore


def known(fields: Fields, store: MeasureStore, *, compute: bool = False) -> Asking:
    """Something to ask about contents, which it has to be given; values are computed only if it is told
    to, fits are not kept.
    """
    workers = os.cpu_count() or 1
    return Asking(
        fields=fields,
        contents=Contents.of_texts([]),
        store=store,
        engine=LocalEngine(workers),
        hashes=FileHashes(store.files, workers),
        progress=Silence(),
        find_components=pl.DataFrame,
        workers=workers,
        compute=compute,
        keep_fits=False,
    )

"""What `datasets` is told of columns, and that it reads them so."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.pairs.field import AudioField, Fields, ImageField, SensorField, TextField, VideoField
from curate.release.features import arrow_schema

FIELDS: Fields = {
    "caption": TextField(type="text"),
    "image": ImageField(type="image"),
    "speech": AudioField(type="audio"),
    "film": VideoField(type="video"),
    "pose": SensorField(type="sensor"),
}


@pytest.mark.filterwarnings("ignore")
def test_datasets_reads_files_of_every_modality_as_bytes(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    schema = arrow_schema(pl.DataFrame({name: ["x"] for name in FIELDS}), FIELDS)
    file = {"bytes": b"content", "path": "name.mp4"}
    row = {name: "words" if name == "caption" else file for name in FIELDS}
    pq.write_table(pa.Table.from_pylist([row], schema=schema), tmp_path / "rows.parquet")
    rows = datasets.Dataset.from_parquet(str(tmp_path / "rows.parquet"), cache_dir=str(tmp_path))
    assert type(rows.features["film"]) is datasets.Video
    assert type(rows.features["speech"]) is datasets.Audio
    undecoded = rows.select_columns(["speech", "film", "pose"])
    assert undecoded[0] == {"speech": file, "film": file, "pose": file}

"""What can be audited: a release with its decisions, or any table alone.

A release is known by its `pairs.parquet` and `decisions.parquet`; its lock says which fields are
groups and texts, and how it is to be audited. Anything else is a table without decisions: a Parquet
or CSV file, a folder of Parquet files, or a folder that `datasets` saved, all of its splits. Only
the columns that are asked for are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError, DataError, MissingExtra
from curate.governance.audit import Audit, audited
from curate.governance.audit_settings import AuditSettings
from curate.pairs.origin import COLLECTED

_SEPARATORS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class Auditable:
    """Tables, and what to look at in them."""

    pairs: pl.DataFrame
    decisions: pl.DataFrame | None
    made: pl.DataFrame | None
    groups: Sequence[str]
    texts: Sequence[str]
    settings: AuditSettings

    def audit(self) -> Audit:
        return audited(
            self.pairs, self.decisions, self.made, self.groups, self.texts, self.settings
        )


def auditable(
    path: Path,
    groups: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    settings: AuditSettings | None = None,
) -> Auditable:
    """Read a release or a table; what is not given is what a release's recipe says.

    Raises `CurateError` where there is nothing to read or no group is named, `DataError` where a
    column is not there or a file is unsound.
    """
    if (path / "pairs.parquet").is_file() and (path / "decisions.parquet").is_file():
        return _release(path, groups, texts, settings)
    chosen = settings or AuditSettings()
    if not groups:
        raise CurateError(f"{path} does not say what its groups are", "name them: --groups a,b")
    wanted = list(dict.fromkeys([*groups, *(texts or ()), *_cluster(chosen)]))
    taken = [name for name in wanted if name in ("pair_id", "origin", "status")]
    if taken:
        raise CurateError(f"the audit of a table cannot use a column '{taken[0]}'", "rename it")
    table = _table(path, wanted)
    pairs = table.with_row_index("pair_id").with_columns(
        pl.col("pair_id").cast(pl.String), origin=pl.lit(COLLECTED), status=pl.lit("kept")
    )
    return Auditable(pairs, None, None, groups, texts or (), chosen)


def _release(
    path: Path,
    groups: Sequence[str] | None,
    texts: Sequence[str] | None,
    settings: AuditSettings | None,
) -> Auditable:
    recipe = _recipe(path)
    fields: Mapping[str, Any] = recipe.get("fields", {})
    groups = groups or [name for name, field in fields.items() if field.get("group")]
    if texts is None:
        texts = [name for name, field in fields.items() if field["type"] == "text"]
    if settings is None:
        said = recipe.get("governance", {}).get("audit", {})
        settings = AuditSettings.model_validate(said)
    if not groups:
        raise CurateError(f"{path} has no group field", "name one: --groups a,b")
    columns = ["pair_id", "origin", "status", *groups, *texts, *_cluster(settings)]
    pairs = _chosen(pl.scan_parquet(path / "pairs.parquet"), columns, path / "pairs.parquet")
    said_of = ["pair_id", "step", "name", "verdict", "reason", "detail"]
    decisions = pl.read_parquet(path / "decisions.parquet", columns=said_of)
    made = path / "made.parquet"
    return Auditable(
        pairs, decisions, pl.read_parquet(made) if made.is_file() else None, groups, texts, settings
    )


def _recipe(release: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML

    lock = YAML(typ="safe", pure=True).load(release / "recipe.lock.yaml")
    recipe: dict[str, Any] = lock["recipe"]
    return recipe


def _cluster(settings: AuditSettings) -> list[str]:
    return [] if settings.cluster_by is None else [settings.cluster_by]


def _table(path: Path, columns: list[str]) -> pl.DataFrame:
    if (path / "dataset_info.json").is_file() or (path / "dataset_dict.json").is_file():
        return _saved(path, columns)
    try:
        return _chosen(_scanned(path), columns, path)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def _scanned(path: Path) -> pl.LazyFrame:
    if path.suffix.lower() in _SEPARATORS and path.is_file():
        return pl.scan_csv(path, separator=_SEPARATORS[path.suffix.lower()], infer_schema=False)
    if not path.exists():
        raise CurateError(f"{path} does not exist")
    files = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    if not files:
        raise CurateError(
            f"{path} is nothing to audit",
            "name a release, a Parquet or CSV file, a folder of Parquet files, or one that "
            "datasets saved",
        )
    return pl.scan_parquet(files)


def _chosen(table: pl.LazyFrame, columns: Sequence[str], path: Path) -> pl.DataFrame:
    known = table.collect_schema().names()
    for name in columns:
        if name not in known:
            raise DataError(f"{path} has no column '{name}'", f"it has {', '.join(known)}")
    return table.select(*dict.fromkeys(columns)).collect()


def _saved(path: Path, columns: list[str]) -> pl.DataFrame:
    """All splits of what `datasets` saved; classes by their names."""
    try:
        import datasets
    except ImportError:
        raise MissingExtra("a folder that datasets saved", "datasets") from None
    loaded = datasets.load_from_disk(str(path))
    splits = list(loaded.values()) if isinstance(loaded, dict) else [loaded]
    return pl.concat(_of_split(split, columns, path) for split in splits)


def _of_split(split: Any, columns: list[str], path: Path) -> pl.DataFrame:
    absent = [name for name in columns if name not in split.column_names]
    if absent:
        known = ", ".join(split.column_names)
        raise DataError(f"{path} has no column '{absent[0]}'", f"it has {known}")
    table: pl.DataFrame = split.select_columns(columns).to_polars()
    for name in columns:
        classes = getattr(split.features[name], "names", None)
        if classes is not None:
            named = dict(enumerate(classes))
            said = table[name].replace_strict(named, default=None, return_dtype=pl.String)
            table = table.with_columns(said.alias(name))
    return table

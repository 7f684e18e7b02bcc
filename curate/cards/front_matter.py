"""The YAML block of a dataset card, as the Hugging Face hub and `datasets` read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.governance.facts import Facts

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class Split:
    """What the files of a split hold."""

    rows: int
    bytes: int
    """In memory."""
    file_bytes: int


def front_matter(
    facts: Facts, splits: Mapping[str, Split], features: Mapping[str, Any]
) -> dict[str, Any]:
    """Keys and values that the hub knows; `features` are as the data files state them."""
    fields = facts.inputs.fields.value or []
    languages = sorted({field.language for field in fields if field.language})
    total = sum(split.rows for split in splits.values())
    made = facts.making.generated.value or []
    labelled = facts.pairs.labelled_share.value
    return {
        "pretty_name": facts.release.name.value,
        **({"language": languages} if languages else {}),
        "size_categories": [next((name for most, name in _SIZES if total < most), "n>1M")],
        **({"annotations_creators": ["machine-generated"]} if labelled else {}),
        **({"tags": ["synthetic"]} if made else {}),
        "dataset_info": _info(splits, features),
        "configs": [{"config_name": "default", "data_files": _files(facts, splits)}],
    }


def _files(facts: Facts, splits: Mapping[str, Split]) -> list[dict[str, str]]:
    # `datasets` names its cache by folder and patterns alone: without the digest in them, two
    # releases of one version would be taken for one another.
    mark = str(facts.release.digest.value)[:12]
    return [{"split": name, "path": f"data/{name}/*-{mark}.parquet"} for name in splits]


def _info(splits: Mapping[str, Split], features: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "features": [_feature(name, told) for name, told in features.items()],
        "splits": [
            {"name": name, "num_bytes": split.bytes, "num_examples": split.rows}
            for name, split in splits.items()
        ],
        "download_size": sum(split.file_bytes for split in splits.values()),
        "dataset_size": sum(split.bytes for split in splits.values()),
    }


def _feature(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """One feature as the card spells it: a value by its type, others by their kind."""
    kind = told.get("_type")
    if kind == "Value":
        return {"name": name, "dtype": told["dtype"]}
    if kind is None:
        return {"name": name, "struct": [_feature(inner, part) for inner, part in told.items()]}
    settings = {key: value for key, value in told.items() if key != "_type"}
    return {"name": name, "dtype": {kind.lower(): settings} if settings else kind.lower()}

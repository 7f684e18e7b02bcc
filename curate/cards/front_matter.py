"""The YAML block of a dataset card, as the Hugging Face hub and `datasets` read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.cards.hub import licence

if TYPE_CHECKING:
    from curate.governance.facts import Facts

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)


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
    languages = sorted({f.language.partition("-")[0].lower() for f in fields if f.language})
    total = sum(split.rows for split in splits.values())
    made = facts.making.generated.value or []
    labelled = facts.pairs.labelled_share.value
    return {
        "pretty_name": facts.release.name.value,
        **({"language": languages} if languages else {}),
        **_licence(facts),
        "size_categories": [next((name for most, name in _SIZES if total < most), "100M<n<1B")],
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


def _licence(facts: Facts) -> dict[str, Any]:
    """Of all pairs kept; several stand side by side, and one that the hub does not know has its name."""
    known = list(facts.licences.counts.value or {})
    named = list(dict.fromkeys(licence(one) for one in known))
    strange = [one for one in known if licence(one) == "other"]
    return {
        **({"license": named[0] if len(named) == 1 else named} if named else {}),
        **({"license_name": ", ".join(strange)} if strange else {}),
    }


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

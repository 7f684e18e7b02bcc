"""What the Hugging Face hub accepts in a dataset card, checked without asking it.

Keys and values as of https://huggingface.co/docs/hub/datasets-cards and repositories-licenses, read
in November 2026; its own check posts the card to the hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

LICENCES = frozenset(
    [
        "apache-2.0",
        "mit",
        "openrail",
        "bigscience-openrail-m",
        "creativeml-openrail-m",
        "bigscience-bloom-rail-1.0",
        "bigcode-openrail-m",
        "afl-3.0",
        "artistic-2.0",
        "bsl-1.0",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsd-3-clause-clear",
        "c-uda",
        "cc",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cdla-sharing-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "wtfpl",
        "ecl-2.0",
        "epl-1.0",
        "epl-2.0",
        "etalab-2.0",
        "eupl-1.1",
        "eupl-1.2",
        "agpl-3.0",
        "gfdl",
        "gpl",
        "gpl-2.0",
        "gpl-3.0",
        "lgpl",
        "lgpl-2.1",
        "lgpl-3.0",
        "isc",
        "lppl-1.3c",
        "ms-pl",
        "mpl-2.0",
        "odc-by",
        "odbl",
        "osl-3.0",
        "postgresql",
        "ofl-1.1",
        "ncsa",
        "unlicense",
        "zlib",
        "pddl",
        "lgpl-lr",
        "unknown",
        "other",
    ]
)
SIZES = frozenset(
    [
        "n<1K",
        "1K<n<10K",
        "10K<n<100K",
        "100K<n<1M",
        "1M<n<10M",
        "10M<n<100M",
        "100M<n<1B",
        "1B<n<10B",
        "10B<n<100B",
        "100B<n<1T",
        "n>1T",
    ]
)
CREATORS = frozenset(
    ("no-annotation", "crowdsourced", "expert-generated", "machine-generated", "found", "other")
)
KEYS = frozenset(
    [
        "language",
        "license",
        "license_name",
        "license_link",
        "license_details",
        "tags",
        "annotations_creators",
        "language_creators",
        "language_details",
        "pretty_name",
        "size_categories",
        "source_datasets",
        "task_categories",
        "task_ids",
        "paperswithcode_id",
        "configs",
        "dataset_info",
        "extra_gated_fields",
        "extra_gated_prompt",
        "train-eval-index",
        "multilinguality",
        "config_names",
    ]
)
_LANGUAGE = re.compile(r"[a-z]{2,3}|code|multilingual")
_SUFFIX = re.compile(r"-(only|or-later)$")
_SPELT = {"odc-by-1.0": "odc-by", "odbl-1.0": "odbl", "pddl-1.0": "pddl"}


def licence(expression: str) -> str:
    """The hub's name of an SPDX expression; `other` where it has none."""
    plain = _SUFFIX.sub("", expression.lower())
    name = _SPELT.get(plain, plain)
    return name if name in LICENCES else "other"


def objections(block: Mapping[str, Any]) -> Iterator[str]:
    """What the hub would not accept in a card's YAML block."""
    yield from (f"'{key}' is no key of a dataset card" for key in sorted(block.keys() - KEYS))
    for key, allowed in (
        ("license", LICENCES),
        ("size_categories", SIZES),
        ("annotations_creators", CREATORS),
        ("language_creators", CREATORS),
    ):
        for value in _listed(block.get(key)):
            if value not in allowed:
                yield f"{key}: '{value}' is not among what the hub knows"
    for tag in _listed(block.get("language")):
        if not _LANGUAGE.fullmatch(str(tag)):
            yield f"language: '{tag}' is no code of ISO 639"
    if "other" in _listed(block.get("license")) and not block.get("license_name"):
        yield "license: 'other' needs a license_name"


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]

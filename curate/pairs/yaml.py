"""Plain values as YAML, keys in the order given."""

from __future__ import annotations

from io import StringIO
from typing import Any


def to_yaml(value: Any) -> str:
    """Block style, no tags, no anchors: the same text for the same value."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.representer.ignore_aliases = lambda _: True
    out = StringIO()
    yaml.dump(value, out)
    return out.getvalue()

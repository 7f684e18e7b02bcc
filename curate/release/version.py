"""Releases by their versions, as their folders are called."""

from __future__ import annotations

import re

from curate.recipe.outline import VERSION
from curate.release.publish import DRAFT


def is_version(name: str) -> bool:
    """Whether a folder stands for a version; `1.0.0.bak` is somebody's copy."""
    return name != DRAFT and re.fullmatch(VERSION, name) is not None


def order(version: str) -> tuple[list[int], bool, str]:
    """Versions in order: a candidate such as 1.0.0-rc1 comes before 1.0.0."""
    numbers, _, candidate = version.partition("-")
    return [int(number) for number in numbers.split(".")], not candidate, candidate

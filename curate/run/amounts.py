"""Time and bytes as people say them, with two figures or three."""

from __future__ import annotations

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def time_in_words(seconds: float) -> str:
    """`3.1 s`, `4 min`, `7 h`, `2.5 days`."""
    if seconds < 9.5:
        return f"{seconds:.2g} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return f"{seconds / _DAY:.1f} days"


def bytes_in_words(size: float) -> str:
    """`812 bytes`, `1.5 GB`: powers of a thousand."""
    power = 0
    while size >= 999.5 and power < len(_UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.3g} {_UNITS[power]}"

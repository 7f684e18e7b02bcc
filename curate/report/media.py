"""Where a report gets the media of pairs from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Media(Protocol):
    """The files of pairs, as a release holds them where it does."""

    def read(self, field: str, pair_ids: Sequence[str]) -> dict[str, bytes]:
        """By pair, the bytes of a field's content; pairs that lack it, or whose content cannot be
        read any more, are left out.
        """

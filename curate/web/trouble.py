"""Why an address gave nothing: the words become the detail of a verdict."""

from __future__ import annotations


class Refused(Exception):
    """What a guard or the site itself does not let through."""


class Failed(Exception):
    """What could not be had; `lasting` where asking again would change nothing."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting

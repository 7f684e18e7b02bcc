"""What sites say of machines: robots.txt before a file is asked for, headers with the file.

robots.txt as RFC 9309 has it: a group for `curate`, else for `*`; a site without one permits all, one
whose server is in trouble nothing, for now. Headers: `X-Robots-Tag` with `noai`, `noimageai`, `noindex`,
`noimageindex`, `none`, for all or for `curate`, and the TDM Reservation Protocol's
`tdm-reservation: 1` (W3C community group report, 2024).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from itertools import islice

from curate.steps.optout import Rule, forbids, site_rules
from curate.web.address import Place
from curate.web.get import AGENT, Asking, got
from curate.web.trouble import Failed, Refused

_RESERVED = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_SPOKEN_TO = re.compile(r"\s*([\w.*-]+)\s*:")
_RULES = ("max-image-preview", "max-snippet", "max-video-preview", "unavailable_after")
"""What stands before a colon like an agent, and is none."""
_MOST_CHUNKS = 8
"""Of 64 KiB: what of a robots.txt is read (RFC 9309, 2.5 wants 500 KiB)."""


class Robots:
    """The rules of sites, each asked for once; threads may share it."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._known: dict[str, list[Rule] | Failed | Refused] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def permits(self, where: Place) -> None:
        """Raises `Refused` where a site's rules speak against a place, and what asking for them raised."""
        with self._lock:
            lock = self._locks.setdefault(where.site, threading.Lock())
        with lock:
            if where.site not in self._known:
                self._known[where.site] = self._rules(where.site)
        known = self._known[where.site]
        if isinstance(known, Failed):
            raise Failed(str(known), lasting=known.lasting)
        if isinstance(known, Refused):
            raise Refused(str(known))
        if forbids(known, where.target):
            raise Refused("the site's robots.txt forbids it")

    def _rules(self, site: str) -> list[Rule] | Failed | Refused:
        try:
            with got(f"{site}/robots.txt", self._asking) as reply:
                if reply.status >= 500:
                    return Failed(f"the site's robots.txt is not to be had: {reply.status}")
                if reply.status != 200:
                    return []
                text = b"".join(islice(reply.chunks(), _MOST_CHUNKS)).decode("utf-8", "replace")
        except (Failed, Refused) as trouble:
            return trouble
        return site_rules(text, AGENT)


def reserved(headers: Mapping[str, Sequence[str]]) -> str | None:
    """What an answer's headers reserve, in their own words; None for nothing."""
    for value in headers.get("x-robots-tag", ()):
        agent = _SPOKEN_TO.match(value.lower())
        words = re.split(r"[\s,:]+", value.lower())
        said = _RESERVED.intersection(words)
        if said and (agent is None or agent[1] in (AGENT, "*", *_RULES)):
            return f"X-Robots-Tag: {', '.join(sorted(said))}"
    if any(value.strip() == "1" for value in headers.get("tdm-reservation", ())):
        return "tdm-reservation: 1"
    return None

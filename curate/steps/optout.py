"""Lists of what people do not want to be used: addresses, domains, hashes, names of things.

Three kinds of text are read. One entry a line: a URL, a domain (with all below it), a hash, or an id.
CSV with a header of `url`, `domain`, `sha256`, `md5`, `pdq`, `id`. And files that sites publish, as
`ai.txt` (https://site.spawning.ai/spawning-ai-txt) or `robots.txt` (RFC 9309): rules for one host, which
the file's name or its folder's tells, `example.org.ai.txt` or `example.org/ai.txt`; of several groups those
count that speak to every agent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from urllib.parse import SplitResult, urlsplit

from curate.errors import DataError
from curate.steps.hashes import DIGITS, cells, header, kind_of, lines_of

COLUMNS = ("url", "domain", "sha256", "md5", "pdq", "id")
"""Of a list that is CSV; `pair_id` and `row` are ids too."""
_IDS = {"pair_id": "id", "row": "id"}
_DOMAIN = re.compile(r"(?:\*\.)?((?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_])\.?")
_RULES = re.compile(r"^\s*user-agent\s*:", re.IGNORECASE | re.MULTILINE)
_RULE_FILES = (".ai.txt", ".robots.txt")


@dataclass(frozen=True)
class Rule:
    """One line of a site's rules: how a path begins, `*` for anything, and whether it may be used.

    Told apart without a regular expression, whose time a stranger's `*` would multiply.
    """

    written: str
    allows: bool

    def fits(self, path: str) -> bool:
        """Whether it speaks of a path; `$` at its end stands for the end."""
        ends = self.written.endswith("$")
        first, *others = self.written.removesuffix("$").split("*")
        if not path.startswith(first) or (ends and not others and path != first):
            return False
        last = others.pop() if ends and others else ""
        at = len(first)
        for part in others:
            at = path.find(part, at)
            if at < 0:
                return False
            at += len(part)
        return path.endswith(last) and at + len(last) <= len(path)


@dataclass(frozen=True)
class OptOut:
    """What a list names, by kind."""

    name: str
    entries: Mapping[str, frozenset[str]] = field(default_factory=dict)
    host: str | None = None
    """Whose rules these are."""
    rules: tuple[Rule, ...] = ()

    def of(self, kind: str) -> frozenset[str]:
        return self.entries.get(kind, frozenset())

    def names_url(self, url: str) -> str | None:
        """How an address is named: as a `url`, by its `domain`, by a `rule`; None where it is not."""
        parts = _split(url)
        if parts is None or not parts.hostname:
            return None
        host = _host(parts.hostname)
        if _plain(parts) in self.of("url"):
            return "url"
        if any(name in self.of("domain") for name in _above(host)):
            return "domain"
        if self.host is not None and host in (self.host, f"www.{self.host}"):
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            return "rule" if forbids(self.rules, path) else None
        return None


def forbids(rules: Iterable[Rule], path: str) -> bool:
    """Whether a site's rules keep a path with its query from use: by the longest rule that fits, of
    equals the one that allows.
    """
    fitting = [rule for rule in rules if rule.fits(path)]
    best = max(fitting, key=lambda rule: (len(rule.written), rule.allows), default=None)
    return best is not None and not best.allows


def read_opt_out(text: str, path: str) -> OptOut:
    """A list by what it looks like; `path` is where it lies beside the recipe."""
    name = PurePath(path).name
    if _RULES.search(text):
        return OptOut(name, host=_host_of(path), rules=tuple(site_rules(text)))
    columns = header(text, (*COLUMNS, *_IDS))
    lines = _of_columns(text, columns, name) if columns else _of_lines(text)
    entries: dict[str, set[str]] = {}
    for kind, value in lines:
        entries.setdefault(kind, set()).add(value)
    return OptOut(name, {kind: frozenset(values) for kind, values in entries.items()})


def _of_columns(text: str, columns: list[str], name: str) -> Iterator[tuple[str, str]]:
    for number, column, cell in cells(text, columns):
        kind = _IDS.get(column, column)
        if kind in DIGITS and not re.fullmatch(f"[0-9a-f]{{{DIGITS[kind]}}}", cell.lower()):
            raise DataError(
                f"{name}: line {number} is no {kind}", f"{DIGITS[kind]} hexadecimal digits"
            )
        if kind in COLUMNS:
            yield kind, _entry(kind, cell)


def _of_lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line as all that it can be: what looks like a domain may be the name of a file."""
    for _, content in lines_of(text):
        kind, digits = kind_of(content.split()[0])
        if kind is not None and len(digits) == DIGITS[kind]:
            yield kind, digits
        if "://" in content:
            yield "url", _entry("url", content)
        elif _DOMAIN.fullmatch(content):
            yield "domain", _entry("domain", content)
        yield "id", content


def _entry(kind: str, written: str) -> str:
    if kind == "url":
        parts = _split(written)
        return written if parts is None else _plain(parts)
    if kind == "domain":
        return _host(written.removeprefix("*."))
    return written.lower() if kind in DIGITS else written


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip() if "://" in url else f"//{url.strip()}")
        _ = parts.port
    except ValueError:
        return None
    return parts


def _plain(parts: SplitResult) -> str:
    """An address without scheme, user, usual port and fragment, which name no other thing."""
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{_host(parts.hostname or '')}{port}{parts.path or '/'}{query}"


def _host(written: str) -> str:
    """A host in lower case and ASCII."""
    name = written.strip().rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _above(host: str) -> Iterable[str]:
    """A host and every domain that it lies in."""
    labels = host.split(".")
    return (".".join(labels[start:]) for start in range(len(labels)))


def _host_of(path: str) -> str:
    """Whose rules a file holds, by its name or that of its folder."""
    place = PurePath(path)
    lower = place.name.lower()
    stem = next((lower.removesuffix(end) for end in _RULE_FILES if lower.endswith(end)), None)
    for candidate in (stem, place.parent.name):
        if candidate and _DOMAIN.fullmatch(candidate):
            return _host(candidate)
    raise DataError(
        f"{path} holds rules of a site, and does not say of which",
        "name the file or its folder after the domain: example.org.ai.txt, example.org/ai.txt",
    )


def site_rules(text: str, agent: str = "*") -> list[Rule]:
    """Rules of the groups that speak to an agent by its name, else to every agent."""
    own = list(_rules(text, agent.lower()))
    return own if own or agent == "*" else list(_rules(text, "*"))


def _rules(text: str, wanted: str) -> Iterator[Rule]:
    agents: list[str] = []
    grouped = False
    for _, content in lines_of(text):
        key, colon, value = (part.strip() for part in content.partition(":"))
        word = key.lower()
        if word == "user-agent":
            agents, grouped = ([value.lower()] if grouped else [*agents, value.lower()]), False
        elif word in ("allow", "disallow") and colon:
            grouped = True
            if wanted in agents:
                yield Rule(value, word == "allow" or not value)

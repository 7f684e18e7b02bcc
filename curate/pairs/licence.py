"""Licences as SPDX expressions: identifiers known, names that people write read as such.

Identifiers and expressions are those of SPDX (https://spdx.org/licenses/, and annex D of its
specification), as the package license-expression holds them. `read` maps names and addresses that
are in common use; what names no version, or is no licence ("public domain"), stays unknown.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
"""A licence that SPDX does not list, which a document names for itself."""

_LONGEST, _CHOICES = 400, 6
"""Letters and `OR`s of an expression at most: choices multiply, and the text is anybody's."""


def read(written: str | None) -> str | None:
    """The SPDX expression that a text means, in SPDX's spelling; None for what is unknown."""
    text = " ".join((written or "").split())
    if not text:
        return None
    return expression(text) or _named(text)


@cache
def expression(text: str) -> str | None:
    """A text that is an SPDX expression already, in SPDX's spelling; None for any other."""
    from license_expression import ExpressionError, ParseError

    if len(text) > _LONGEST or len(re.findall(r"\bor\b", text, re.I)) > _CHOICES:
        return None
    try:
        parsed = _licensing().parse(text)
    except (ExpressionError, ParseError):
        return None
    unknown = _licensing().unknown_license_keys(parsed) if parsed is not None else [""]
    if parsed is None or not all(_REFERENCE.fullmatch(key) for key in unknown):
        return None
    return str(parsed.simplify().render())


@cache
def alternatives(spdx: str) -> tuple[tuple[str, ...], ...]:
    """The choices that an expression leaves: of each the licences that hold together, sorted.

    `MIT OR (GPL-2.0-only AND CC-BY-4.0)` leaves two. An exception stays with its licence.
    """
    parsed = _licensing().parse(spdx)
    found = _licensing().dnf(parsed)
    choices = found.args if isinstance(found, _licensing().OR) else (found,)
    return tuple(dict.fromkeys(tuple(sorted(_together(choice))) for choice in choices))


def both(*expressions: str | None) -> str | None:
    """What holds where all of these hold; unknown if any is."""
    if not expressions or any(one is None for one in expressions):
        return None
    return expression(" AND ".join(f"({one})" for one in dict.fromkeys(expressions)))


@cache
def identifiers() -> tuple[str, ...]:
    """Every identifier of SPDX's list, exceptions aside."""
    known = _licensing().known_symbols.items()
    return tuple(
        sorted(
            key
            for key, symbol in known
            if not symbol.is_exception and not key.startswith("LicenseRef-")
        )
    )


def _together(choice: Any) -> Iterator[str]:
    parts = choice.args if isinstance(choice, _licensing().AND) else (choice,)
    yield from (str(part.render()) for part in parts)


@cache
def _licensing() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


_CC = r"(by(?:-(?:nc-sa|nc-nd|sa|nd|nc))?)"
_CC_URL = re.compile(
    rf"(?:https?://)?(?:www\.)?creativecommons\.org/licenses/{_CC}/(\d\.\d)(?:/([a-z]{{2}}))?(?:/.*)?",
    re.I,
)
_CC_NAME = re.compile(rf"cc[- ]{_CC}[- ](?:v(?:ersion)?\.?[- ]?)?(\d\.\d)", re.I)
_GNU = re.compile(
    r"(?:gnu )?(?:/)?(a|l)?gpl[- ]?(?:v(?:ersion)? ?)?(\d(?:\.\d)?)( ?\+| or (?:later|newer|high(?:er)?)| only)?",
    re.I,
)
_FAMILIES = (
    (r"public ?domain mark.*|.*creativecommons\.org/publicdomain/mark/1\.0.*", "CC-PDM-1.0"),
    (
        r"cc[- ]?0(?:[- ]1\.0)?(?: universal)?|.*creativecommons\.org/publicdomain/zero/1\.0.*",
        "CC0-1.0",
    ),
    (r"(?:the )?mit(?: license| licence)?|.*opensource\.org/licenses?/mit/?", "MIT"),
    (
        r"apache(?: license| licence)?,?(?: version)?[- ]?2(?:\.0)?|.*apache\.org/licenses/license-2\.0.*",
        "Apache-2.0",
    ),
    (r".*opendatacommons\.org/licenses/odbl/.*", "ODbL-1.0"),
    (r".*opendatacommons\.org/licenses/by/.*", "ODC-By-1.0"),
    (r".*opendatacommons\.org/licenses/pddl/.*", "PDDL-1.0"),
)
_WORDS = (
    ("creative commons", "cc"),
    ("attribution", "by"),
    ("share[- ]?alike", "sa"),
    ("non[- ]?commercial", "nc"),
    ("no[- ]?deriv(?:ative|ate|)(?:s| works)?", "nd"),
)


def _named(text: str) -> str | None:
    """What is no expression but a name or an address of a licence."""
    spdx = re.fullmatch(
        r"(?:https?://)?spdx\.org/licenses/([A-Za-z0-9.+-]+?)(?:\.html|\.json)?", text
    )
    if spdx:
        return expression(spdx[1])
    for pattern, name in _FAMILIES:
        if re.fullmatch(pattern, text, re.I):
            return name
    return _creative(text) or _gnu(text)


def _creative(text: str) -> str | None:
    found = _CC_URL.fullmatch(text)
    if found:
        return expression("-".join(["CC", *(part.upper() for part in found.groups() if part)]))
    if re.match("attribution", text, re.I):
        text = f"creative commons {text}"
    for words, short in _WORDS:
        text = re.sub(words, short, text, flags=re.I)
    text = re.sub(
        r" (?:international|unported|generic)?(?: (?:public )?licen[sc]e)?$", "", text, flags=re.I
    )
    found = _CC_NAME.fullmatch(re.sub(r"[- ]+", "-", text))
    return expression(f"CC-{found[1]}-{found[2]}".upper()) if found else None


def _gnu(text: str) -> str | None:
    found = _GNU.fullmatch(text)
    if found is None:
        return None
    version = found[2] if "." in found[2] else f"{found[2]}.0"
    later = (found[3] or "only").strip().lower() != "only"
    return expression(f"{(found[1] or '').upper()}GPL-{version}-{'or-later' if later else 'only'}")

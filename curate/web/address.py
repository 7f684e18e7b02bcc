"""Where a URL of a stranger leads, and whether anything of ours lies there.

A host is judged by what its name resolves to, however it is spelt (`2130706433`, `0177.1`,
`localtest.me`), and the connection is made to that very address: a name that resolves to another a
moment later is not asked again. Addresses that are not of the public internet are refused: loopback,
private, shared, link-local (where clouds keep credentials of machines), multicast, and IPv6 forms that
hold such an IPv4 address (RFC 4291, 3056, 4380, 6052).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Set
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin, urlsplit

from curate.web.trouble import Failed, Refused

PORTS = {"http": 80, "https": 443}
OURS = (
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.0.0.0/24"),
    IPv6Network("64:ff9b:1::/48"),
)
"""What looks public: where clouds answer their own machines (Azure, Oracle), a network's own NAT64."""
_HOLDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""Networks whose addresses end in one of IPv4."""
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
_HOST = re.compile(r"[\w.:%-]+", re.ASCII)
_LONGEST = 8192


@dataclass(frozen=True)
class Place:
    """A URL taken apart; `host` as it is asked for by name."""

    url: str
    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as they are sent."""

    @property
    def site(self) -> str:
        """What a site's rules hold for."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{shown}:{self.port}"


def place(url: str, base: str | None = None) -> Place:
    """Of a URL, or of one that is relative to another; raises `Refused`."""
    written = url.strip()
    if len(written) > _LONGEST or _UNPRINTABLE.search(written.replace(" ", "%20")):
        raise Refused("no URL: it is too long, or has characters that no URL has")
    try:
        parts = urlsplit(written if base is None else urljoin(base, written))
        port, host = parts.port, _ascii(parts.hostname or "")
    except ValueError:
        raise Refused("no URL") from None
    if parts.scheme not in PORTS or not _HOST.fullmatch(host):
        raise Refused("no URL of http or https")
    if parts.username is not None or parts.password is not None:
        raise Refused("a URL with a name or a password in it")
    port = port or PORTS[parts.scheme]
    if port < 1024 and port not in PORTS.values():
        raise Refused(f"port {port} is not the web's")
    query = f"?{_sent(parts.query)}" if parts.query else ""
    plain = parts._replace(fragment="").geturl()
    return Place(plain, parts.scheme, host, port, (_sent(parts.path) or "/") + query)


def addresses(where: Place, allowed: Set[str]) -> list[str]:
    """What a host's name resolves to; raises `Refused` where any of it is not public, unless the host
    is among those that are allowed, as `host` or `host:port`.
    """
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except socket.gaierror:  # a machine without a network says the same
        raise Failed("the host's name is not known") from None
    except (UnicodeError, ValueError):
        raise Refused("no name of a host") from None
    known = list(dict.fromkeys(str(info[4][0]) for info in found))
    if {where.host, f"{where.host}:{where.port}"} & allowed:
        return known
    for address in known:
        if not is_public(address):
            raise Refused("the host is this machine, of its network, or of its cloud")
    return known


def is_public(address: str) -> bool:
    """Whether an address is of the public internet, also where it holds another in itself."""
    one = ip_address(address.partition("%")[0])
    if isinstance(one, IPv6Address) and not all(is_public(str(held)) for held in _inner(one)):
        return False
    return one.is_global and not one.is_multicast and not any(one in net for net in OURS)


def _inner(one: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    found = [one.ipv4_mapped, one.sixtofour, *(one.teredo or ())]
    if any(one in network for network in _HOLDING):
        found.append(IPv4Address(int(one) & 0xFFFFFFFF))
    return [inner for inner in found if inner is not None]


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _sent(part: str) -> str:
    """What may stand in a request's first line; what is escaped already stays."""
    return quote(part, safe="%/:=&?~#+!$,;'@()*[]", errors="replace")

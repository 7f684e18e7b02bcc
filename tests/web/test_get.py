"""One GET of servers that mean no good: bounded in time and size, and never anywhere but where it was looked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from curate.web.address import place
from curate.web.get import Asking, got
from curate.web.robots import Robots, reserved
from curate.web.trouble import Failed, Refused
from tests.web.served import Answer, Site, _Handler, file, moved, served


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as site:
        yield site


def asking(site: Site, seconds: float = 5.0) -> Asking:
    return Asking(seconds, frozenset({site.host}), contact="me@example.org")


def taken(url: str, how: Asking) -> bytes:
    with got(url, how) as reply:
        return b"".join(reply.chunks())


def trouble(url: str, how: Asking) -> str:
    start = time.monotonic()
    with pytest.raises((Refused, Failed)) as raised:
        taken(url, how)
    assert time.monotonic() - start < how.seconds + 3
    return str(raised.value)


def test_what_is_sent_and_what_is_had(site: Site) -> None:
    site.pages["/x"] = file(b"content")
    assert taken(f"{site.root}/x", asking(site)) == b"content"
    (sent,) = site.headers
    assert sent["User-Agent"].startswith("curate/")
    assert "me@example.org" in sent["User-Agent"]
    assert sent["Accept-Encoding"] == "identity"
    assert sent["Host"] == site.host
    assert not {"Cookie", "Authorization", "Referer"} & sent.keys()


def test_nothing_of_the_environment_plays_a_part(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.pages["/x"] = file(b"content")
    assert taken(f"{site.root}/x", asking(site)) == b"content"


def test_this_machine_is_not_asked(site: Site) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:7f00:1]"):
        said = trouble(f"http://{host}:{site.port}/x", Asking(5.0))
        assert said == "the host is this machine, of its network, or of its cloud"
    assert site.asked == []


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:{port}/secret",
        "http://localhost:{port}/secret",
        "http://2130706433:{port}/secret",
        "//[::ffff:127.0.0.1]:{port}/secret",
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "file:///etc/passwd",
        "http://user:secret@example.org/",
    ],
)
def test_a_redirect_into_our_network(site: Site, to: str) -> None:
    with served() as inner:
        inner.pages["/secret"] = file(b"secret")
        site.pages["/x"] = moved(to.format(port=inner.port))
        trouble(f"{site.root}/x", asking(site))
        assert inner.asked == []


def test_redirects_are_followed_but_not_for_ever(site: Site) -> None:
    site.pages |= {"/a": moved("/b"), "/b": moved("b2?x=1", 308), "/b2?x=1": file(b"there")}
    assert taken(f"{site.root}/a", asking(site)) == b"there"
    site.pages["/loop"] = moved("/loop")
    assert trouble(f"{site.root}/loop", asking(site)) == "more than 5 redirects"


def test_a_name_that_changes_between_looking_and_asking(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is resolved once, and the connection made to what was looked at."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    resolved: list[str] = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[object]:
        if host[0].isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        resolved.append(host)
        return [(2, 1, 6, "", (one, port)) for one in answers[min(len(resolved), 2) - 1]]

    tried: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    said = trouble(f"http://rebinding.example:{site.port}/x", Asking(5.0))
    assert said == "connection refused"
    assert resolved == ["rebinding.example"]
    assert tried == [("93.184.216.34", site.port)]


def dripping(line: bytes) -> Answer:
    """A byte now and then, for ever."""

    def answer(handler: _Handler) -> None:
        handler.wfile.write(line)
        while not handler.server.site.closing.is_set():
            handler.wfile.write(b"a")
            handler.wait(0.05)

    return answer


def flood(line: bytes) -> Answer:
    def answer(handler: _Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(2_000_000):
            handler.wfile.write(line)

    return answer


SLOW = {
    "no answer": lambda handler: handler.wait(30),
    "a drip in the first line": dripping(b"HTTP/1.1 200 O"),
    "a drip in the headers": dripping(b"HTTP/1.1 200 OK\r\nX: "),
    "a drip in the body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "a drip in chunks": dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n"
    ),
}
BROKEN = {
    "headers without end": flood(b"X-A: b\r\n"),
    "a line without end": flood(b"a" * 1000),
    "no HTTP": lambda handler: handler.wfile.write(b"SSH-2.0-x\r\n"),
    "nothing": lambda handler: handler.wfile.write(b""),
    "cut off": file(b"short", Content_Length="100"),
    "a negative length": file(b"x" * 50, Content_Length="-5", Transfer_Encoding="chunked"),
    "packed": file(b"\x1f\x8b" + b"x" * 100, Content_Encoding="gzip"),
    "packed twice": file(b"x", Content_Encoding="gzip, br\x1b[31m"),
    "a broken redirect": moved("http://[::1"),
}


@pytest.mark.parametrize("name", SLOW)
def test_servers_that_take_their_time(name: str, site: Site) -> None:
    site.pages["/x"] = SLOW[name]
    assert trouble(f"{site.root}/x", asking(site, 0.5)) == "it took more than 0.5 seconds"


@pytest.mark.parametrize("name", BROKEN)
def test_servers_that_break_the_rules(name: str, site: Site) -> None:
    site.pages["/x"] = BROKEN[name]
    said = trouble(f"{site.root}/x", asking(site))
    assert said.isprintable()
    assert len(said) < 100


def test_what_is_under_way_ends_when_it_is_told_to(site: Site) -> None:
    site.pages["/x"] = SLOW["no answer"]
    how = asking(site, 60.0)
    threading.Timer(0.2, how.stopped.set).start()
    start = time.monotonic()
    with pytest.raises(Failed):
        taken(f"{site.root}/x", how)
    assert time.monotonic() - start < 3


def test_trouble_of_the_caller_is_not_the_servers(site: Site) -> None:
    """A full disk is no fact about a URL."""
    site.pages["/x"] = file(b"content")
    with pytest.raises(OSError, match="full"), got(f"{site.root}/x", asking(site)):
        raise OSError(28, "full")


def test_tls_is_checked(site: Site) -> None:
    site.pages["/x"] = file(b"content")
    said = trouble(f"https://127.0.0.1:{site.port}/x", asking(site))
    assert said.startswith("no sound TLS")


RULES = b"User-agent: *\nDisallow: /private/\nAllow: /private/open\n\nUser-agent: Curate\nDisallow: /not-us\n"


def permitted(site: Site, *paths: str) -> list[bool]:
    robots = Robots(asking(site, 1.0))

    def permits(path: str) -> bool:
        try:
            robots.permits(place(f"{site.root}{path}"))
        except (Refused, Failed):
            return False
        return True

    return [permits(path) for path in paths]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (file(RULES), [True, True, False]),
        (file(RULES.split(b"\n\n")[0]), [False, True, True]),
        (file(b"User-agent: *\nDisallow: /\n\nUser-agent: curate\nDisallow:\n"), [True] * 3),
        (file(b"User-agent: *\nDisallow: /*a*a*a*a*a*a*a*a*a*a*a*a*b$\n"), [True] * 3),
        (file(b"User-agent: *\nDisallow: /\n" + b"# x\n" * 500_000), [False] * 3),
        (file(b"\xff\xfe\0<html>"), [True] * 3),
        (file(b"no", 404), [True] * 3),
        (file(b"no", 403), [True] * 3),
        (file(b"no", 503), [False] * 3),
        (moved("/rules"), [False] * 3),
        (SLOW["no answer"], [False] * 3),
        (moved("http://169.254.169.254/robots.txt"), [False] * 3),
    ],
)
def test_rules_of_a_site(site: Site, answer: Answer, wanted: list[bool]) -> None:
    site.pages |= {"/robots.txt": answer, "/rules": file(b"User-agent: *\nDisallow: /\n")}
    found = permitted(site, "/private/x", "/private/open", "/not-us/" + "a" * 5000)
    assert found == wanted
    assert site.asked.count("/robots.txt") == 1


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("x-robots-tag", "noai", "X-Robots-Tag: noai"),
        ("x-robots-tag", "NoImageAI, noindex", "X-Robots-Tag: noimageai, noindex"),
        ("x-robots-tag", "curate: noindex", "X-Robots-Tag: noindex"),
        ("x-robots-tag", "googlebot: noindex", None),
        ("x-robots-tag", "unavailable_after: 25 Jun 2030 15:00:00 PST, noai", "X-Robots-Tag: noai"),
        ("x-robots-tag", "max-image-preview: large", None),
        ("x-robots-tag", "nofollow", None),
        ("tdm-reservation", "1", "tdm-reservation: 1"),
        ("tdm-reservation", "0", None),
    ],
)
def test_what_headers_reserve(name: str, value: str, wanted: str | None) -> None:
    assert reserved({name: [value]}) == wanted

"""Which hosts are of the public internet, however they are spelt and whatever they hold in themselves."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.web.address import addresses, is_public, place
from curate.web.trouble import Failed, Refused

OURS = [
    *(
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
    ),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1"),
    *(
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
    ),
    *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:db8::1"),
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", OURS)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_within_another_is_judged_like_itself(inner: IPv4Address) -> None:
    held = [
        IPv6Address(int(IPv6Address("::ffff:0:0")) | int(inner)),
        IPv6Address(int(IPv6Address("64:ff9b::")) | int(inner)),
        IPv6Address(int(IPv6Address("2002::")) | int(inner) << 80),
    ]
    for outer in held:
        assert is_public(str(inner)) or not is_public(str(outer))


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "0"),
        *("localhost", "LOCALHOST", "localhost.", "[::1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]"),
        "\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT SEVEN}.0.0.1",
        "①②⑦.0.0.1",
    ],
)
def test_this_machine_however_it_is_spelt(host: str) -> None:
    with pytest.raises((Refused, Failed)) as raised:
        addresses(place(f"http://{host}/"), frozenset())
    if isinstance(raised.value, Failed):  # the system's resolver does not know the spelling
        assert "not known" in str(raised.value)


def resolver(*found: str) -> Callable[..., list[object]]:
    return lambda host, port, **_: [(2, 1, 6, "", (one, port)) for one in found]


def test_a_name_that_leads_to_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    where = place("https://photos.example.org/a.png")
    monkeypatch.setattr(socket, "getaddrinfo", resolver("93.184.216.34"))
    assert addresses(where, frozenset()) == ["93.184.216.34"]
    for found in [("10.1.2.3",), ("93.184.216.34", "10.1.2.3"), ("::1",)]:
        monkeypatch.setattr(socket, "getaddrinfo", resolver(*found))
        with pytest.raises(Refused, match="this machine, of its network, or of its cloud"):
            addresses(where, frozenset())
    for allowed in ("photos.example.org", "photos.example.org:443"):
        assert addresses(where, {allowed}) == ["::1"]
    with pytest.raises(Refused):
        addresses(where, {"photos.example.org:80", "example.org"})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "no URL of http or https"),
        ("ftp://example.org/x", "no URL of http or https"),
        ("gopher://example.org:70/x", "no URL of http or https"),
        ("data:image/png;base64,AAAA", "no URL of http or https"),
        ("//example.org/x", "no URL of http or https"),
        ("x.png", "no URL of http or https"),
        ("http:///x", "no URL of http or https"),
        ("http://user:secret@example.org/", "a name or a password"),
        ("http://user@example.org/", "a name or a password"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:99999/", "no URL"),
        ("http://[::1/", "no URL"),
        ("http://example.org/a\r\nHost: x", "no URL"),
        ("http://example.org/\0", "no URL"),
        ("http://example.org/" + "a" * 10_000, "no URL"),
        ("http://\N{COMBINING ACUTE ACCENT}" + "a" * 70 + "é.org/", "no URL"),
    ],
)
def test_what_is_no_url(url: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        place(url)


def test_urls_as_people_write_them() -> None:
    found = place(" http://bücher.example/a b/é%20?q=ü&x=1#part ")
    assert (found.host, found.target) == ("xn--bcher-kva.example", "/a%20b/%C3%A9%20?q=%C3%BC&x=1")
    assert place("../b?c", "https://example.org/a/x").target == "/b?c"
    assert place("//other.example/y", "https://example.org/a").site == "https://other.example:443"


@given(st.text(max_size=60))
def test_whatever_stands_there(text: str) -> None:
    for url in (text, f"http://{text}", f"http://example.org/{text}", f"http://example.org?{text}"):
        try:
            found = place(url)
        except Refused:
            continue
        assert found.target.isascii()
        assert found.host.isascii()
        assert not {" ", "\r", "\n", "\0"} & set(found.target + found.host)

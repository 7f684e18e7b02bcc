"""Nobody but the page itself, in the browser that was given its address, speaks to the server."""

from __future__ import annotations

import http.client
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("starlette")

from curate.review.serve import Server
from tests.browser.reviewing import reviewing
from tests.workspace import Workspace, write_lines

NUMBERS = {"year": "year", "price": "price"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return birds(tmp_path_factory.mktemp("guarded"))


def birds(root: Path) -> Workspace:
    """Two captions, released."""
    rows: list[dict[str, Any]] = [{"caption": "A duck.", "year": 1989, "price": 1.5}]
    rows.append({"caption": "An owl."})
    write_lines(root / "media" / "rows.jsonl", rows)
    place = Workspace(root).having(
        name="birds",
        version="draft",
        fields={"caption": {"type": "text"}, **{name: {"type": "metadata"} for name in NUMBERS}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", **NUMBERS}}],
        steps=[],
    )
    place.build()
    return place


@pytest.fixture(scope="module")
def running(place: Workspace) -> Iterator[Server]:
    with reviewing(place.release) as server:
        yield server


def ask(
    running: Server, path: str, method: str = "GET", body: str = "", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request, with what a browser that knows the address would send unless told otherwise."""
    host = f"127.0.0.1:{running.keys.port}"
    sent = {"Host": host, "Cookie": f"{running.keys.cookie}={running.keys.session}"}
    sent |= {"Origin": f"http://{host}"} if method == "POST" else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", running.keys.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {**sent, "Content-Length": str(len(body))}.items():
        if value:
            connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def pair_id(place: Workspace) -> str:
    pairs, _, _ = place.tables()
    return str(pairs["pair_id"][0])


def form(running: Server, place: Workspace, **changed: str) -> str:
    said = {"pair_id": pair_id(place), "action": "keep", "queue": "all", "form": running.keys.form}
    return urlencode(said | changed)


@pytest.fixture(autouse=True)
def _nothing_said(place: Workspace) -> None:
    """Tests come in any order."""
    shutil.rmtree(place.root / "reviews", ignore_errors=True)


def written(place: Workspace) -> bytes:
    path = place.root / "reviews" / "birds.jsonl"
    return path.read_bytes() if path.exists() else b""


def test_the_token_is_exchanged_for_a_cookie_of_this_browser(running: Server) -> None:
    status, headers, content = ask(running, f"/?token={running.keys.token}", Cookie="")
    assert status == 200
    cookie = headers["Set-Cookie"]
    assert f"{running.keys.cookie}=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert running.keys.token.encode() not in content


@pytest.mark.parametrize(
    "path", ["/", "/?token=", "/?token=guess", "/agreement", "/static/review.js"]
)
def test_nothing_is_told_to_who_has_no_cookie(running: Server, path: str) -> None:
    status, headers, content = ask(running, path, Cookie="")
    assert status == 403
    assert "Set-Cookie" not in headers
    assert b"duck" not in content
    assert ask(running, path, Cookie=f"{running.keys.cookie}=guess")[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "", "[::1]:{port}"]
)
def test_another_name_for_this_machine_is_refused(running: Server, host: str) -> None:
    named = host.format(port=running.keys.port)
    for path in ("/", f"/?token={running.keys.token}"):
        assert ask(running, path, Host=named)[0] in (400, 421)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_is_refused(running: Server, place: Workspace, site: str) -> None:
    assert ask(running, "/agreement", Sec_Fetch_Site=site)[0] == 403
    said = form(running, place)
    assert ask(running, "/say", "POST", said, Sec_Fetch_Site=site)[0] == 403
    assert written(place) == b""


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
def test_forms_of_others_write_nothing(running: Server, place: Workspace, origin: str) -> None:
    named = origin.format(port=running.keys.port)
    for path in ("/say", "/name", "/finding"):
        assert ask(running, path, "POST", form(running, place), Origin=named)[0] == 403
    assert written(place) == b""


@pytest.mark.parametrize(
    "changed",
    [
        {"form": "guess"},
        {"form": ""},
        {"pair_id": "../../etc/passwd"},
        {"action": "burn"},
        {"action": "correct", "field": "caption", "value": " "},
        {"action": "correct", "field": "nothing", "value": "x"},
        {"action": "wrong_label", "field": "caption"},
        {"queue": "nothing"},
        {"action": "correct", "field": "caption", "value": "x" * 300_000},
        {"action": "correct", "field": "year", "value": "9" * 30},
        {"action": "correct", "field": "year", "value": "in spring"},
        {"action": "correct", "field": "price", "value": "nan"},
        {"action": "correct", "field": "price", "value": "1e999"},
    ],
)
def test_what_a_build_would_not_take_is_not_written(
    running: Server, place: Workspace, changed: dict[str, str]
) -> None:
    assert ask(running, "/say", "POST", form(running, place, **changed))[0] == 400
    assert written(place) == b""


def test_a_name_that_nobody_gave_the_page_is_not_written(place: Workspace) -> None:
    with reviewing(place.release, by=None) as running:
        own = f"{running.keys.cookie}={running.keys.session}; curate_reviewer=%0A%1B"
        assert ask(running, "/say", "POST", form(running, place), Cookie=own)[0] == 400
    assert written(place) == b""


def test_what_is_no_more_is_not_shown_from_memory(tmp_path: Path) -> None:
    place = birds(tmp_path)
    with reviewing(place.release) as running:
        gone = f"/pair/{pair_id(place)}?by=all"
        assert ask(running, gone)[0] == 200
        write_lines(
            tmp_path / "media" / "rows.jsonl", [{"caption": "A swan.", "year": 1, "price": 1.5}]
        )
        place.build()
        for path in (gone, "/redteam?q=owl"):
            status, _, content = ask(running, path)
            assert status == 400
            assert b"An owl." not in content
            assert b"is not the release any more" in content
        assert ask(running, "/say", "POST", form(running, place))[0] == 400
    assert written(place) == b""


def test_what_cannot_be_written_is_told(running: Server, place: Workspace) -> None:
    folder = place.root / "reviews"
    folder.write_text("in the way")
    status, _, content = ask(running, "/say", "POST", form(running, place))
    folder.unlink()
    assert status == 400
    assert b"cannot be written: File exists" in content


def test_a_form_must_be_words(running: Server, place: Workspace) -> None:
    assert ask(running, "/say", "POST", "form=%FF%FE&a=%")[0] == 400
    assert ask(running, "/say", "PUT", form(running, place), Origin="")[0] == 403
    assert ask(running, "/say")[0] == 405


def test_every_answer_says_what_a_browser_may_do(running: Server, place: Workspace) -> None:
    paths = ["/nothing", "/agreement", f"/pair/{pair_id(place)}?by=all", "/static/review.css"]
    for path in paths:
        _, headers, _ = ask(running, path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2Fapp.py",
        "/static/review.css%00",
        "/media/..%2F..%2Fetc/passwd",
        "/pair/..%2F..%2Fetc%2Fpasswd?by=all",
        "/pair/x?by=../all",
    ],
)
def test_no_path_reaches_a_file(running: Server, path: str) -> None:
    assert ask(running, path)[0] == 404


def test_it_listens_on_this_machine_alone(running: Server) -> None:
    assert running.socket.getsockname()[0] == "127.0.0.1"
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", running.keys.port)) != 0


def test_a_name_leads_nowhere_else(running: Server) -> None:
    said = {"form": running.keys.form, "name": "Ada", "next": "//evil.example/pair/"}
    status, headers, _ = ask(running, "/name", "POST", urlencode(said))
    assert (status, headers["Location"]) == (303, "/")
    assert ask(running, "/name", "POST", urlencode(said | {"name": "a\x00b"}))[0] == 400


def test_what_is_said_is_on_the_disk(running: Server, place: Workspace, tmp_path: Path) -> None:
    status, _, _ = ask(running, "/say", "POST", form(running, place))
    assert status == 303
    assert written(place).count(b"\n") == 1

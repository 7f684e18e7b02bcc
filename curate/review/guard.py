"""Who may speak to the review page: the browser that was given its address, and no page of another site.

- The server listens on 127.0.0.1 alone, and answers only requests whose `Host` names it: a name of
  somebody else's that points here (DNS rebinding) is refused.
- The address holds a random token. It is exchanged for a cookie that no script can read and no other
  site can send (`HttpOnly`, `SameSite=Strict`); everything but the page that says so needs it.
- What writes must come from the page itself: `Origin` is this server, and the form bears a token that
  only its pages hold.
- Pages may load nothing and send nothing anywhere else (`Content-Security-Policy`), may not be framed,
  and are kept by no cache.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_READS = ("GET", "HEAD")
_OWN = ("none", "same-origin")
"""Other servers of this machine are of the same site, and not of the same origin."""
_ON = (
    '<!doctype html><html lang="en"><meta http-equiv="refresh" content="0;url=/">'
    '<link rel="icon" href="/static/icon.svg"><title>Review</title><a href="/">Review</a></html>'
)


@dataclass(frozen=True)
class Keys:
    """What a server and its pages know and nobody else does."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def cookie(self) -> str:
        """Cookies are shared by all ports of a host."""
        return f"curate_review_{self.port}"

    @property
    def form(self) -> str:
        """What forms bear."""
        return hmac.new(self.session.encode(), b"form", hashlib.sha256).hexdigest()

    @property
    def hosts(self) -> tuple[str, ...]:
        return (f"{HOST}:{self.port}", f"localhost:{self.port}")

    def knows(self, form: str) -> bool:
        """Whether a form is one of this server's."""
        return _same(form, self.form)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/?token={self.token}"


@dataclass(frozen=True)
class Guard:
    """Stands before the app."""

    app: ASGIApp
    keys: Keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self.refusal(scope)
        await (answer or self.app)(scope, receive, with_headers)

    def refusal(self, scope: Scope) -> Response | None:
        """What is answered in place of the app, if anything."""
        headers, request = Headers(scope=scope), Request(scope)
        if headers.getlist("host") not in [[host] for host in self.keys.hosts]:
            return _refused("this is not the address of the review page", 421)
        if answer := self._welcome(request):
            return answer
        if headers.get("sec-fetch-site", "none") not in _OWN:
            return _refused("another site may not speak to the review page")
        if scope["method"] not in _READS and headers.get("origin") != f"http://{headers['host']}":
            return _refused("the form was not sent by the review page")
        known = _same(request.cookies.get(self.keys.cookie, ""), self.keys.session)
        return None if known else _refused("open the address that `curate review` told")

    def _welcome(self, request: Request) -> Response | None:
        """Whoever has the token gets the cookie, and goes on to an address without the token. By a
        page, since a browser that comes by a link of another site would not send the cookie along a
        redirection.
        """
        said = request.query_params.get("token", "")
        if request.url.path != "/" or request.method != "GET" or not _same(said, self.keys.token):
            return None
        answer = HTMLResponse(_ON)
        answer.set_cookie(self.keys.cookie, self.keys.session, httponly=True, samesite="strict")
        return answer


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refused(why: str, status: int = 403) -> Response:
    return PlainTextResponse(f"{why}\n", status)

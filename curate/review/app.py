"""The review page's server: what each address answers.

Pages are drawn here, whole; every answer of a person is a form of its own, so that the page works
without scripts. Whatever comes from data is escaped by the templates. No part of a request names a file:
pairs and fields are looked up in tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import jinja2
import polars as pl
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from curate.errors import CurateError
from curate.ledger.verdict import LEAVES
from curate.review.agreement import agreements, answers
from curate.review.exploring import explore
from curate.review.findings import Finding, checklist, findings_path, read_findings, write_finding
from curate.review.guard import Guard, Keys
from curate.review.page import page
from curate.review.queue import QUEUES, TITLES, Queue, queue
from curate.review.served import served
from curate.review.subject import Subject
from curate.run.review_file import append
from curate.run.reviewing import holds
from curate.run.reviews import Reviews, line, read_reviews

ROOMS = {"redteam": "Red team", "agreement": "Agreement"}
LARGEST = 256 * 1024
"""Bytes of a form."""
REVIEWER = "curate_reviewer"
_YEAR = 365 * 24 * 3600
_ADVANCES = ("keep", "drop", "unsafe")
_STATIC = {
    "house.css": ("curate.report", "assets", "text/css"),
    "review.css": ("curate.review", "static", "text/css"),
    "review.js": ("curate.review", "static", "text/javascript"),
    "icon.svg": ("curate.review", "static", "image/svg+xml"),
}
"""Name -> package, folder and kind; the first is what the report looks like, too."""


@dataclass(frozen=True)
class Desk:
    """A subject under review, by somebody."""

    subject: Subject
    guard_keys: Keys
    by: str | None = None
    """The reviewer's name, if it was told at the start."""

    @cached_property
    def _kept(self) -> dict[str, Queue]:
        return {}

    @property
    def reviews(self) -> Reviews | None:
        return read_reviews(self.subject.reviews, self.subject.fields)

    def queue(self, by: str) -> Queue:
        """Queues stand still while they are worked through, but where people disagree."""
        if by == "disagreement":
            return queue(by, self.subject, self.reviews)
        if by not in self._kept:
            self._kept[by] = queue(by, self.subject, None)
        return self._kept[by]

    def reviewer(self, request: Request) -> str:
        """Who is at the page; empty where nobody said."""
        return self.by or unquote(request.cookies.get(REVIEWER, ""))


class Refused(Exception):
    """A form that cannot be taken, and why."""


def app(desk: Desk) -> Guard:
    """The whole server behind its guard."""
    handlers = Handlers(desk)
    routes = [
        Route("/", handlers.first),
        Route("/pair/{pair_id}", handlers.pair),
        Route("/media/{pair_id}/{field}", handlers.media),
        Route("/say", handlers.say, methods=["POST"]),
        Route("/name", handlers.ask_name),
        Route("/name", handlers.name, methods=["POST"]),
        Route("/agreement", handlers.agreement),
        Route("/redteam", handlers.redteam),
        Route("/finding", handlers.finding, methods=["POST"]),
        Route("/static/{name}", handlers.static),
    ]
    known: Any = {CurateError: handlers.broken, Refused: handlers.broken}
    return Guard(Starlette(routes=routes, exception_handlers=known), desk.guard_keys)


@dataclass(frozen=True)
class Handlers:
    """One method per address."""

    desk: Desk

    @cached_property
    def templates(self) -> jinja2.Environment:
        return jinja2.Environment(
            loader=jinja2.PackageLoader("curate.review"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def first(self, request: Request) -> Response:
        by = request.query_params.get("by") or self._best()
        if by not in QUEUES:
            return self._missing("there is no such queue")
        ids = self.desk.queue(by).pair_ids
        if not ids:
            return self._draw("empty.html", request, by=by)
        reviews, name = self.desk.reviews, self.desk.reviewer(request)
        done = reviews.by(name) if reviews else set()
        start = next((one for one in ids if one not in done), ids[0])
        return RedirectResponse(_address(start, by), 303)

    def pair(self, request: Request) -> Response:
        self.desk.subject.check()
        pair_id, by = request.path_params["pair_id"], request.query_params.get("by", "all")
        if pair_id not in self.desk.subject.places or by not in QUEUES:
            return self._missing("there is no such pair")
        name = self.desk.reviewer(request)
        if not name:
            return self._draw("name.html", request, by=by, next=_address(pair_id, by))
        shown = page(self.desk.subject, pair_id, self.desk.queue(by), self.desk.reviews, name)
        return self._draw("pair.html", request, by=by, page=shown)

    def media(self, request: Request) -> Response:
        pair_id, name = request.path_params["pair_id"], request.path_params["field"]
        subject = self.desk.subject
        subject.check()
        if pair_id not in subject.places or name not in subject.media_fields:
            return self._missing("there is no such medium")
        medium = subject.medium(name, pair_id)
        return self._missing("it is not there") if medium is None else served(medium, request)

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            return self._missing("there is no such file")
        package, folder, kind = _STATIC[name]
        return Response((files(package) / folder / name).read_bytes(), media_type=kind)

    async def say(self, request: Request) -> Response:
        form, name = await self._form(request), self.desk.reviewer(request)
        if not name:
            raise Refused("say your name first")
        return RedirectResponse(await run_in_threadpool(self._said, form, name), 303)

    def _said(self, form: Mapping[str, str], name: str) -> str:
        """Write it down; where to go next."""
        by, pair_id = form.get("queue", "all"), form.get("pair_id", "")
        if by not in QUEUES:
            raise Refused("there is no such queue")
        if form.get("action") == "undo":
            reviews = self.desk.reviews
            last = reviews.last_of(name) if reviews else None
            if last is None:
                return _address(pair_id, by)
            pair_id = last
        self._write(form, pair_id, name)
        after = self.desk.queue(by).neighbours(pair_id)[1]
        moves = form.get("action") in _ADVANCES and after
        return _address(after if moves and after else pair_id, by)

    def _write(self, form: Mapping[str, str], pair_id: str, name: str) -> None:
        """Append one line, if it is one that a build would take."""
        subject = self.desk.subject
        subject.check()
        if pair_id not in subject.places:
            raise Refused("there is no such pair")
        said: dict[str, Any] = {"action": form.get("action", ""), "pair_id": pair_id}
        if "field" in form:
            said["field"] = form["field"]
        if "value" in form:
            said["value"] = typed(form["value"], subject, form.get("field", ""))
        append(subject.reviews, line({**said, "by": name, "at": _now()}, subject.fields))

    def agreement(self, request: Request) -> Response:
        reviews = self.desk.reviews
        shown: dict[str, Any] = {"people": answers(reviews), "agreements": agreements(reviews)}
        return self._draw("agreement.html", request, by="agreement", **shown)

    def redteam(self, request: Request) -> Response:
        subject, query = self.desk.subject, request.query_params.get("q", "").strip()
        subject.check()
        if not self.desk.reviewer(request):
            return self._draw("name.html", request, by="redteam", next="/redteam")
        shown: dict[str, Any] = {
            "probes": checklist(subject.evidence.evaluation),
            "search": explore(subject, query[:1000]) if query else None,
            "findings": read_findings(findings_path(subject.reviews))[::-1],
        }
        return self._draw("redteam.html", request, by="redteam", **shown)

    async def finding(self, request: Request) -> Response:
        fields, name = await self._fields(request), self.desk.reviewer(request)
        form = dict(fields)
        pair_ids = tuple(value for key, value in fields if key == "pair")
        if not name or not form.get("finding", "").strip():
            raise Refused("a finding has words, and somebody who found it")
        if not self.desk.subject.places.keys() >= set(pair_ids):
            raise Refused("there is no such pair")
        found = Finding(
            finding=form["finding"].replace("\r\n", "\n").strip(),
            probe=form.get("probe") or None,
            query=form.get("q") or None,
            pair_ids=pair_ids,
            by=name,
            at=_now(),
        )
        path = findings_path(self.desk.subject.reviews)
        await run_in_threadpool(write_finding, path, found)
        return RedirectResponse("/redteam#findings", 303)

    def ask_name(self, request: Request) -> Response:
        return self._draw("name.html", request, by="", next="/")

    async def name(self, request: Request) -> Response:
        form = await self._form(request)
        told = " ".join(form.get("name", "").split())
        if not told.isprintable() or not 0 < len(told) <= 60:
            raise Refused("a name has 1 to 60 letters")
        target = form.get("next", "/")
        own = target.startswith("/pair/") or target == "/redteam"
        answer = RedirectResponse(target if own else "/", 303)
        answer.set_cookie(REVIEWER, quote(told), _YEAR, httponly=True, samesite="strict")
        return answer

    def broken(self, request: Request, error: Exception) -> Response:
        hint = getattr(error, "hint", None)
        return self._draw("broken.html", request, 400, by="", what=str(error), hint=hint)

    async def _form(self, request: Request) -> dict[str, str]:
        return dict(await self._fields(request))

    async def _fields(self, request: Request) -> list[tuple[str, str]]:
        """The fields of a form that one of our pages sent; raises `Refused`."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST:
                raise Refused("the form is too large")
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
        except ValueError:
            raise Refused("the form cannot be read") from None
        if not self.desk.guard_keys.knows(dict(fields).get("form", "")):
            raise Refused("the form is not of this session; load the page again")
        return fields

    def _best(self) -> str:
        """The first queue that has anything in it."""
        return next((by for by in QUEUES if self.desk.queue(by).why), "all")

    def _draw(self, name: str, request: Request, status: int = 200, **what: Any) -> Response:
        known = {
            "subject": self.desk.subject,
            "name": self.desk.reviewer(request),
            "form": self.desk.guard_keys.form,
            "queues": TITLES,
            "rooms": ROOMS,
            "leaves": LEAVES,
        }
        return HTMLResponse(self.templates.get_template(name).render(known | what), status)

    def _missing(self, what: str) -> Response:
        return Response(f"{what}\n", 404, media_type="text/plain")


def typed(text: str, subject: Subject, name: str) -> str | bool | int | float:
    """A value as the field holds it; raises `Refused`."""
    kind = subject.pairs.schema.get(name)
    if kind is not None and kind.is_numeric():
        return _number(text, kind, name)
    if str(kind) == "Boolean":
        if text.lower() not in ("true", "false"):
            raise Refused(f"'{name}' is true or false")
        return text.lower() == "true"
    return text.replace("\r\n", "\n")


def _number(text: str, kind: pl.DataType, name: str) -> int | float:
    try:
        value = int(text) if kind.is_integer() else float(text)
    except ValueError:
        raise Refused(f"'{name}' holds numbers") from None
    if not holds(kind, value):
        raise Refused(f"'{name}' holds no number so large")
    return value


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _address(pair_id: str, by: str) -> str:
    return f"/pair/{quote(pair_id, safe='')}?{urlencode({'by': by})}"

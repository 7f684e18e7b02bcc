"""From URLs to files: what `urls` sources name is fetched into the store, before anything looks at it.

Few at a time of one host, each once. What was had is written down every few hundred files, so that a
build that is stopped goes on from there; what failed in passing is asked for again by the next build.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate.pairs.field import Fields, media_fields
from curate.run.progress import Progress
from curate.sources.urls import Urls
from curate.store.fetched import FETCHED, FetchedFiles
from curate.web.address import place
from curate.web.get import Asking, Reply, got
from curate.web.robots import Robots, reserved
from curate.web.trouble import Failed, Refused

if TYPE_CHECKING:
    from curate.sources.source import Source

_TOGETHER = 500
"""Files after which it is written down what was had."""
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may be others in a moment."""
_WAIT, _LONGEST_WAIT = 1.0, 30.0
"""Seconds before such a server is asked once more; the longest that it may ask for itself."""
_OUTCOME = {**FETCHED, "path": pl.String, "refused": pl.String}


@dataclass(frozen=True)
class Had:
    """What came of one URL: the columns of `FETCHED`, and of this build."""

    key: str
    sha256: str | None = None
    size: int | None = None
    reserved: str | None = None
    error: str | None = None
    path: str | None = None
    refused: str | None = None
    """Why a guard did not let it through; another recipe may."""
    lasting: bool = False
    """Whether it need not be asked for again."""
    wait: float | None = None
    """Seconds after which the server may have it."""


@dataclass(frozen=True)
class Fetching:
    """Fills the places of rows whose sources name URLs; `compute` is false where nothing may be fetched."""

    sources: Sequence[Source]
    files: FetchedFiles
    progress: Progress
    compute: bool

    def fetched(self, rows: pl.DataFrame, fields: Fields) -> tuple[pl.DataFrame, int]:
        """The rows with files in the place of URLs; rows of what is not here and may not be fetched
        are left out, and how many URLs that is.
        """
        unfetched = 0
        for source in self.sources:
            if isinstance(source, Urls):
                for name in media_fields(fields):
                    rows, lacking = self._of_field(rows, source, name)
                    unfetched += lacking
        return rows, unfetched

    def _of_field(self, rows: pl.DataFrame, source: Urls, name: str) -> tuple[pl.DataFrame, int]:
        mine = (rows["source"] == source.name) & rows[f"{name}_path"].is_not_null()
        wanted = rows.filter(mine & rows["problem"].is_null())[f"{name}_path"].unique(
            maintain_order=True
        )
        known = _let_through(self.files.known(wanted), source)
        lacking = wanted.filter(~wanted.is_in(known["key"].implode()))
        if self.compute and lacking.len():
            known = pl.concat([known, self._had(lacking.to_list(), source)])
        found = rows.select(key=f"{name}_path").join(
            known, on="key", how="left", maintain_order="left"
        )
        rows = _placed(rows, name, mine, found)
        if self.compute or not lacking.len():
            return rows, 0
        waiting = found["key"].is_in(lacking.implode()).fill_null(False) & mine
        return rows.filter(~waiting), lacking.len()

    def _had(self, urls: Sequence[str], source: Urls) -> pl.DataFrame:
        """What came of each, in columns of `_OUTCOME`."""
        name = f"fetch {source.name}"
        self.progress.measure(name, len(urls))
        every: list[pl.DataFrame] = []
        some: list[Had] = []
        try:
            for one in _each(urls, _Visitor(source, self.files), source):
                self.progress.advance(name, 1)
                some.append(one)
                if len(some) == _TOGETHER:
                    every.append(self._noted(some))
                    some = []
        finally:
            every.append(self._noted(some))
        return _let_through(pl.concat(every), source)

    def _noted(self, some: Sequence[Had]) -> pl.DataFrame:
        schema = {**_OUTCOME, "lasting": pl.Boolean, "wait": pl.Float64}
        frame = pl.DataFrame([asdict(one) for one in some], schema)
        self.files.note(frame.filter("lasting"))
        return frame.select(list(_OUTCOME))


class _Visitor:
    """Asks for files as a source says; threads share it."""

    def __init__(self, source: Urls, files: FetchedFiles) -> None:
        self._source, self._files = source, files
        self._asking = Asking(source.max_seconds, frozenset(source.allow), source.contact)
        robots = Robots(self._asking)
        self._permits = robots.permits if source.robots else lambda where: None

    def __call__(self, url: str) -> Had:
        had = self._once(url)
        if had.wait is None or self._asking.stopped.wait(had.wait):
            return had
        return self._once(url)

    def stop(self) -> None:
        """Whatever is under way ends."""
        self._asking.stopped.set()

    def _once(self, url: str) -> Had:
        try:
            with got(url, self._asking, self._permits) as reply:
                return self._taken(url, reply)
        except Refused as refusal:
            return Had(url, refused=str(refusal))
        except Failed as failure:
            return Had(url, error=str(failure), lasting=failure.lasting)

    def _taken(self, url: str, reply: Reply) -> Had:
        if reply.status != 200:
            busy = reply.status in _BUSY
            wait = _asked_wait(reply) if busy else None
            error = f"the server answers {reply.status}"
            return Had(url, error=error, lasting=not busy, wait=wait)
        said = reserved(reply.headers)
        if said and self._source.robots:
            return Had(url, reserved=said, lasting=True)
        if (reply.length or 0) > self._source.max_bytes:
            raise Refused(_too_large(self._source))
        path, sha256, size = self._files.put(self._capped(reply.chunks()))
        return Had(url, sha256, size, said, path=str(path), lasting=True)

    def _capped(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._source.max_bytes:
                raise Refused(_too_large(self._source))
            yield chunk


def _each(urls: Sequence[str], visit: _Visitor, source: Urls) -> Iterator[Had]:
    """What came of each, as it comes; ends what is under way where the caller stops."""
    done: queue.SimpleQueue[Had | BaseException] = queue.SimpleQueue()

    def follow(lane: Sequence[str]) -> None:
        for url in lane:
            try:
                done.put(visit(url))
            except BaseException as error:
                done.put(error)
                return

    with ThreadPoolExecutor(source.at_once) as pool:
        try:
            for lane in _lanes(urls, source.per_host):
                pool.submit(follow, lane)
            for _ in urls:
                found = done.get()
                if isinstance(found, BaseException):
                    raise found
                yield found
        finally:
            visit.stop()
            pool.shutdown(wait=False, cancel_futures=True)


def _lanes(urls: Sequence[str], per_host: int) -> list[list[str]]:
    """URLs of one host, dealt to as many lanes as may ask it at once; the longest first."""
    hosts: dict[str, list[str]] = {}
    for url in urls:
        hosts.setdefault(_host(url), []).append(url)
    lanes = [its[at::per_host] for its in hosts.values() for at in range(min(per_host, len(its)))]
    return sorted(lanes, key=len, reverse=True)


def _host(url: str) -> str:
    with suppress(Refused):
        return place(url).host
    return ""


def _asked_wait(reply: Reply) -> float:
    said = (reply.headers.get("retry-after") or [""])[0].strip()
    return min(float(said), _LONGEST_WAIT) if said.isdecimal() else _WAIT


def _too_large(source: Urls) -> str:
    return f"larger than {source.max_bytes:,} bytes"


def _let_through(known: pl.DataFrame, source: Urls) -> pl.DataFrame:
    """What was had once, as this recipe sees it; what it wants and was not taken then is left out."""
    if "refused" not in known.columns:
        known = known.with_columns(refused=pl.lit(None, pl.String))
    if source.robots:
        said = pl.concat_str(pl.lit("the site reserves it: "), "reserved")
        known = known.with_columns(refused=pl.coalesce("refused", said))
    else:
        known = known.filter(pl.col("reserved").is_null() | pl.col("sha256").is_not_null())
    large = pl.when(pl.col("size") > source.max_bytes).then(pl.lit(_too_large(source)))
    return known.with_columns(refused=pl.coalesce("refused", large)).select(list(_OUTCOME))


def _placed(rows: pl.DataFrame, name: str, mine: pl.Series, found: pl.DataFrame) -> pl.DataFrame:
    """Files in the place of URLs, or why there is none."""
    listed = pl.when(mine).then(rows[f"{name}_member"])
    other = (found["sha256"] != listed) & listed.is_not_null()
    changed = pl.when(other).then(
        pl.lit("the file is not the one that was listed: its hash differs")
    )
    refused = pl.coalesce(found["refused"], changed)
    error = found["error"]
    sound = mine & rows["problem"].is_null()
    told = pl.coalesce(refused, error)
    kind = pl.when(refused.is_not_null()).then(pl.lit("refused")).otherwise(pl.lit("unreadable"))
    wrong = sound & told.is_not_null()
    return rows.with_columns(
        pl.when(~mine)
        .then(f"{name}_path")
        .when(told.is_null())
        .then(found["path"])
        .alias(f"{name}_path"),
        pl.when(~mine).then(f"{name}_member").alias(f"{name}_member"),
        pl.when(wrong).then(kind).otherwise("problem").alias("problem"),
        pl.when(wrong).then(pl.lit(name)).otherwise("problem_field").alias("problem_field"),
        pl.when(wrong).then(told).otherwise("problem_detail").alias("problem_detail"),
    )

"""A table of URLs becomes a release: fetched once, kept by hash, refused in words."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError
from curate.store.fetched import FetchedFiles
from tests.web.served import Site, file, moved, raw, served
from tests.workspace import Workspace, curate, photo


def picture(seed: int, side: int = 80) -> bytes:
    out = io.BytesIO()
    photo(seed, side, side).save(out, "PNG")
    return out.getvalue()


PICTURES = [picture(seed) for seed in range(4)]


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as site:
        site.media({f"/{at}.png": data for at, data in enumerate(PICTURES)})
        yield site


def place(tmp_path: Path, site: Site, rows: list[dict[str, Any]], **keys: Any) -> Workspace:
    root = tmp_path / "w"
    (root / "media").mkdir(parents=True, exist_ok=True)
    (root / "media/list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {
        "path": "../media/list.jsonl",
        "image": "url",
        "caption": "text",
        "allow": [site.host],
        "max_unreadable": 1.0,
        **keys,
    }
    return Workspace(root).having(
        name="web",
        version="1.0.0",
        fields={"image": {"type": "image"}, "caption": {"type": "text"}},
        sources=[{"urls": source}],
        steps=[],
    )


def listed(site: Site, *names: str) -> list[dict[str, Any]]:
    return [{"url": f"{site.root}/{name}", "text": f"Picture {name}."} for name in names]


def reasons(made: Workspace) -> dict[str, str]:
    pairs, decisions, _ = made.tables()
    lines = decisions.filter(pl.col("reason").is_not_null()).join(pairs, on="pair_id")
    return {row["row"]: f"{row['reason']}, {row['detail']}" for row in lines.iter_rows(named=True)}


def test_a_release_of_what_was_fetched(tmp_path: Path, site: Site) -> None:
    made = place(tmp_path, site, listed(site, "0.png", "1.png", "gone.png"))
    built = made.build()
    rows = pl.concat(pl.read_parquet(p) for p in made.release.glob("data/*/*.parquet"))
    assert set(rows["image"].struct.field("bytes")) == set(PICTURES[:2])
    pairs = pl.read_parquet(made.release / "pairs.parquet").sort("row")
    assert pairs["image_uri"][0] == f"{site.root}/0.png"
    assert pairs["image_sha256"][0] == sha256(PICTURES[0]).hexdigest()
    assert reasons(made) == {"2": "image unreadable, image: the server answers 404"}
    asked = len(site.asked)
    assert made.build().digest == built.digest
    assert len(site.asked) == asked


def test_tables_of_other_kinds(tmp_path: Path, site: Site) -> None:
    rows = pl.DataFrame(listed(site, "0.png", "1.png"))
    made = place(tmp_path, site, [])
    rows.write_parquet(made.media / "list.parquet")
    rows.write_csv(made.media / "list.tsv", separator="\t")
    source = made.recipe["sources"][0]["urls"]
    digests = set()
    for name in ("list.parquet", "list.tsv"):
        sources = [{"urls": {**source, "path": f"../media/{name}"}}]
        digests.add(made.having(name=name[-3:], sources=sources).build().kept["train"])
    assert digests == {2}
    assert site.asked.count("/0.png") == 1


def test_a_url_is_asked_for_once(tmp_path: Path, site: Site) -> None:
    rows = [{"url": f"{site.root}/0.png", "text": f"Words {at}."} for at in range(5)]
    made = place(tmp_path, site, [*rows, {"url": None, "text": "None."}, {"url": 3, "text": "3."}])
    assert made.build().kept == {"train": 5}
    assert site.asked == ["/robots.txt", "/0.png"]
    assert reasons(made) == {
        "5": "image unreadable, image: no file is named",
        "6": "image unreadable, image: holds no URL",
    }


def test_nothing_private_is_asked_unless_the_recipe_says_so(tmp_path: Path, site: Site) -> None:
    rows = [*listed(site, "0.png"), {"url": "http://169.254.169.254/latest/", "text": "Keys."}]
    rows.append(
        {"url": f"http://user:hunter2-planted@127.0.0.1:{site.port}/1.png", "text": "Pass."}
    )
    made = place(tmp_path, site, rows, allow=[])
    said = curate("build", made.path)
    assert said.code == 3
    assert site.asked == []
    assert "they left" in said.err
    made = place(tmp_path, site, [*rows, *listed(site, "2.png")], allow=[site.host])
    made.build()
    private = "image refused, image: the host is this machine, of its network, or of its cloud"
    assert reasons(made) == {
        "1": private,
        "2": "image refused, image: a URL with a name or a password in it",
    }
    uris = pl.read_parquet(made.release / "pairs.parquet").sort("row")["image_uri"]
    assert uris[2] == f"http://127.0.0.1:{site.port}/1.png"
    for path in made.root.rglob("*"):
        if path.is_file() and path.name != "list.jsonl":
            assert b"hunter2" not in path.read_bytes(), path


def test_sites_that_do_not_want_it(tmp_path: Path, site: Site) -> None:
    site.pages["/robots.txt"] = file(b"User-agent: *\nDisallow: /1\n")
    site.pages["/2.png"] = file(PICTURES[2], X_Robots_Tag="noai, noimageai")
    site.pages["/3.png"] = moved("/1.png")
    made = place(tmp_path, site, listed(site, "0.png", "1.png", "2.png", "3.png"))
    assert made.build().kept == {"train": 1}
    assert reasons(made) == {
        "1": "image refused, image: the site's robots.txt forbids it",
        "2": "image refused, image: the site reserves it: X-Robots-Tag: noai, noimageai",
        "3": "image refused, image: the site's robots.txt forbids it",
    }
    assert "/1.png" not in site.asked
    bold = place(tmp_path, site, listed(site, "0.png", "1.png", "2.png", "3.png"), robots=False)
    assert bold.having(version="1.1.0").build().kept == {"train": 4}
    asked = site.asked.count("/0.png"), site.asked.count("/robots.txt")
    assert asked == (1, 1)
    meek = place(tmp_path, site, listed(site, "0.png", "2.png")).having(version="1.2.0")
    assert meek.build().kept == {"train": 1}


def test_what_is_too_large_or_not_what_was_listed(tmp_path: Path, site: Site) -> None:
    most = max(map(len, PICTURES))
    large, sly = picture(7, 200), picture(8, 200)
    site.pages["/large"] = file(large)
    site.pages["/sly"] = raw(b"HTTP/1.0 200 OK\r\n\r\n" + sly)
    rows = listed(site, "0.png", "2.png", "large", "sly")
    hashes = [sha256(PICTURES[0]).hexdigest().upper(), sha256(b"another").hexdigest(), None, None]
    rows = [{**row, "hash": one} for row, one in zip(rows, hashes, strict=True)]
    made = place(tmp_path, site, rows, sha256="hash", max_bytes=most)
    assert made.build().kept == {"train": 1}
    assert reasons(made) == {
        "1": "image refused, image: the file is not the one that was listed: its hash differs",
        "2": f"image refused, image: larger than {most:,} bytes",
        "3": f"image refused, image: larger than {most:,} bytes",
    }
    assert not list(made.store.glob("blobs/.*"))
    wider = place(tmp_path, site, rows, sha256="hash", max_bytes=10 * most)
    assert wider.having(version="1.1.0").build().kept == {"train": 3}
    assert site.asked.count("/0.png") == 1


def test_few_at_a_time_of_one_host(tmp_path: Path, site: Site) -> None:
    def slowly(handler: Any) -> None:
        handler.wait(0.05)
        handler.reply(200, PICTURES[0], {})

    names = [f"slow{at}" for at in range(8)]
    site.pages |= {f"/{name}": slowly for name in names}
    made = place(tmp_path, site, listed(site, *names), per_host=2)
    made.build()
    assert site.busiest == 2


def test_a_busy_server_is_asked_once_more(tmp_path: Path, site: Site) -> None:
    answers = iter([file(b"", 503, Retry_After="0"), file(PICTURES[0])])

    def busy(handler: Any) -> None:
        next(answers)(handler)

    site.pages["/busy"] = busy
    site.pages["/down"] = file(b"", 503, Retry_After="0")
    made = place(tmp_path, site, listed(site, "busy", "down"))
    assert made.build().kept == {"train": 1}
    assert reasons(made) == {"1": "image unreadable, image: the server answers 503"}
    site.pages["/down"] = file(PICTURES[1])
    assert made.having(version="1.1.0").build().kept == {"train": 2}


def test_a_build_that_is_stopped_goes_on_from_there(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.run.fetching._TOGETHER", 1)

    made = place(tmp_path, site, listed(site, "0.png", "1.png", "2.png"), per_host=1)
    with monkeypatch.context() as patched:
        had: list[Any] = []
        put = FetchedFiles.put

        def interrupted(files: FetchedFiles, chunks: Any) -> Any:
            if len(had) == 2:
                raise KeyboardInterrupt
            had.append(put(files, chunks))
            return had[-1]

        patched.setattr(FetchedFiles, "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            made.build()
    assert not list(made.root.glob("releases/*/*"))
    site.pages["/0.png"] = site.pages["/1.png"] = file(b"changed")
    assert made.build().kept == {"train": 3}
    assert [site.asked.count(f"/{at}.png") for at in range(3)] == [1, 1, 2]


def test_a_sample_and_a_plan_fetch_no_more_than_they_need(tmp_path: Path, site: Site) -> None:
    made = place(tmp_path, site, listed(site, "0.png", "1.png", "2.png", "3.png"))
    planned = curate("plan", made.path, "--json")
    assert (planned.document["unfetched"], planned.document["rows"]) == (4, 0)
    assert "4 files are to be fetched first" in curate("plan", made.path).out
    assert site.asked == []
    made.build(limit=2)
    assert len(site.asked) == 3
    assert curate("plan", made.path, "--json").document["unfetched"] == 2


def test_what_is_forgotten_is_not_kept_again(tmp_path: Path, site: Site) -> None:
    rows = [
        {**row, "text": f"Words {at}."} for at, row in enumerate(listed(site, "0.png", "1.png"))
    ]
    made = place(tmp_path, site, rows)
    made.build()
    pairs = pl.read_parquet(made.release / "pairs.parquet").sort("row")
    (tmp_path / "gone.png").write_bytes(PICTURES[0])
    said = curate("forget", "--media", tmp_path / "gone.png", "--workspace", made.root)
    assert said.code == 0, said.err
    name = pairs["image_sha256"][0]
    again = made.having(version="2.0.0")
    assert again.build().kept == {"train": 1}
    for path in made.root.rglob("*"):
        if path.is_file() and "media" not in path.parts:
            data = path.read_bytes()
            assert name not in path.name
            assert PICTURES[0][40:90] not in data, path
            assert name.encode() not in data, path


def test_a_lost_file_is_fetched_again(tmp_path: Path, site: Site) -> None:
    made = place(tmp_path, site, listed(site, "0.png", "1.png"))
    made.build()
    name = sha256(PICTURES[0]).hexdigest()
    (made.store / "blobs" / name[:2] / name).unlink()
    assert made.having(version="1.1.0").build().kept == {"train": 2}
    assert site.asked.count("/0.png") == 2
    assert site.asked.count("/1.png") == 1


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"path": "list.txt"}, "'list.txt' is no table"),
        ({"contact": "me\r\nX-Evil: 1"}, "contact"),
        ({"contact": "(nested)"}, "contact"),
        ({"max_bytes": 0}, "max_bytes"),
        ({"at_once": 5000}, "at_once"),
    ],
)
def test_recipes_that_ask_for_nonsense(
    tmp_path: Path, site: Site, keys: dict[str, Any], words: str
) -> None:
    said = curate("build", place(tmp_path, site, listed(site, "0.png"), **keys).path)
    assert said.code == 2
    assert words in said.err
    assert site.asked == []


@pytest.mark.parametrize("quietly", [False, True])
def test_a_damaged_file_is_fetched_again(tmp_path: Path, site: Site, quietly: bool) -> None:
    """At once where its time has changed; a disk's own error is seen when the file is read."""
    made = place(tmp_path, site, listed(site, "0.png", "1.png"))
    for path in made.root.rglob("media/*"):
        os.utime(path, (0, 0))
    made.build()
    blobs = sorted(made.store.glob("blobs/*/*"))
    for path in blobs:
        os.utime(path, (0, 0))
    made.having(version="1.0.1").build()
    data = bytearray(blobs[0].read_bytes())
    data[50] ^= 0xFF
    blobs[0].write_bytes(data)
    if quietly:
        os.utime(blobs[0], (0, 0))
    again = made.having(version="1.0.2", steps=[{"filter": {"image.sharpness": 0}}])
    said = "damaged and was set aside; it is made or fetched anew"
    if quietly:
        wrong = pytest.raises(DataError, match="changed while it was being measured")
        with pytest.warns(UserWarning, match=said), wrong:
            again.build()
        again.build()
    else:
        with pytest.warns(UserWarning, match=said):
            again.build()
    rows = pl.concat(pl.read_parquet(p) for p in again.release.glob("data/*/*.parquet"))
    assert set(rows["image"].struct.field("bytes")) == set(PICTURES[:2])
    assert sum(path.endswith(".png") for path in site.asked) == 3

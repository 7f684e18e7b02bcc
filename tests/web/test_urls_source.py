"""A table of URLs becomes a release: fetched once, kept by hash, refused in words."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.web.served import Site, served
from tests.workspace import Workspace, photo


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    photo(seed).save(out, "PNG")
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

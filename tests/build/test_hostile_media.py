"""Media that crash, hang or bloat a decoder cost their own pair, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from curate.pairs import image, limited
from tests.engines.conftest import needs_ray
from tests.workspace import FOLDER, Workspace

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">%s</svg>'
NESTED = SVG % (b"<g>" * 900 + b'<rect width="9" height="9"/>' + b"</g>" * 900)
"""The renderer descends into groups until its stack is full."""
ENDLESS = SVG % (
    b'<filter id="f"><feTurbulence baseFrequency="0.01" numOctaves="1000000000"/></filter>'
    b'<rect width="60" height="60" filter="url(#f)"/>'
)
TOLD = {
    "nested": (NESTED, "decoding crashed (SIGSEGV)"),
    "endless": (ENDLESS, "decoding was stopped: more than 1 s of processor time"),
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits half a minute for a test; what was tried in another test is tried again."""
    monkeypatch.setattr(limited, "LIMITS", replace(limited.LIMITS, seconds=1, patience=300.0))
    monkeypatch.setattr(limited, "_ended", {})
    yield
    limited._pool.close()


def lenient(workspace: Workspace) -> Workspace:
    return workspace.having(sources=[{"folder": {**FOLDER, "max_unreadable": 1.0}}])


def planted(workspace: Workspace, name: str, data: bytes) -> str:
    """A pair more, and what its row is called."""
    path = workspace.media / "things" / f"{name}"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text("Nothing that anybody wants\n")
    return f"things/{name}"


def others(workspace: Workspace, row: str) -> list[list[dict[str, Any]]]:
    """What a release says of all pairs but one."""
    pairs, decisions, data = workspace.tables()
    left = pairs.filter(pl.col("row") != row).drop("occurrences")
    known = left.select("pair_id")
    rows = [left, decisions.join(known, on="pair_id"), data.join(known, on="pair_id")]
    return [table.sort(table.columns[:2]).to_dicts() for table in rows]


def detail(workspace: Workspace, row: str) -> tuple[str, str]:
    pairs, decisions, _ = workspace.tables()
    lines = decisions.join(pairs.filter(pl.col("row") == row).select("pair_id"), on="pair_id")
    last = lines.sort("step").row(-1, named=True)
    return last["verdict"], last["detail"]


def test_the_build_s_own_process_meets_no_decoder(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a step, a report or a card shows of media was decoded elsewhere."""

    def met(*args: object, **kwargs: object) -> None:
        raise AssertionError("a decoder is met where nothing holds it")

    for form in image.PLUGINS:
        monkeypatch.setitem(image.PLUGINS, form, met)
    for place in ("av.open", "soundfile.SoundFile", "resvg_py.svg_to_bytes", "PIL.Image.open"):
        monkeypatch.setattr(place, met)
    workspace.build()


@pytest.mark.parametrize("name", TOLD)
def test_the_rest_is_as_if_it_had_not_been_there(workspace: Workspace, name: str) -> None:
    data, words = TOLD[name]
    workspace = lenient(workspace)
    workspace.build(store=workspace.root / "without")
    row = f"things/{name}.svg"
    without = others(workspace, row)
    workspace.release.rename(workspace.root / "aside")
    planted(workspace, f"{name}.svg", data)
    workspace.build(store=workspace.root / "with")
    assert detail(workspace, row) == ("unreadable", f"image: {words}")
    assert others(workspace, row) == without


@needs_ray
@pytest.mark.slow
def test_workers_elsewhere_outlive_it_too(workspace: Workspace) -> None:
    row = planted(workspace, "nested.svg", NESTED)
    here = lenient(workspace).build(store=workspace.root / "here")
    there = lenient(workspace).build(store=workspace.root / "there", engine="ray")
    assert there.digest == here.digest
    assert detail(workspace, row) == ("unreadable", "image: decoding crashed (SIGSEGV)")


def test_how_a_decoder_ended_is_not_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where there is more memory, or time, the pair is in."""
    large = tmp_path / "large.png"
    Image.effect_mandelbrot((6000, 5000), (-3, -2.5, 2, 2.5), 9).save(large, compress_level=1)
    row = planted(workspace, "large.png", large.read_bytes())
    workspace = lenient(workspace)
    limited._pool.close()
    with monkeypatch.context() as patch:
        patch.setattr(limited, "LIMITS", replace(limited.LIMITS, memory=400 << 20, seconds=30))
        workspace.build()
        told = "image: decoding was stopped: more than 0.390625 GiB of memory"
        assert detail(workspace, row) == ("unreadable", told)
    workspace.release.rename(tmp_path / "aside")
    limited._pool.close()
    limited._ended.clear()
    monkeypatch.setattr(limited, "LIMITS", replace(limited.LIMITS, seconds=30))
    again = workspace.build()
    assert detail(workspace, row)[0] == "keep"
    assert again.usage.measures["image.decode"].computed == 1

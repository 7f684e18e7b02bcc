"""What a second build computes: after nothing, a threshold, or one row in a hundred has changed.

`recipes/openmoji.yaml` is built with an empty store and then again after each change, in one
workspace. One more workspace begins with 99 % of the rows (`--limit`) and goes on with all.

    python benchmarks/rebuild.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workspace import Workspace, show, workspace

DROP = "below_quantile: 0.02"
NEAR = "near: [image, caption]"
WORDS = "caption.words: {min: 1}"
SHARE = 0.99


def changes(place: Workspace) -> Iterator[tuple[str, dict[str, Any], str]]:
    """What was done, the build after it, and what is wanted of it."""
    yield "empty store", place.build(), ""
    yield "the same again", place.build(), "0 computed, ≤ 10 % of the time"
    place.edit("version: 1.0.0", "version: draft")
    for said, old, new, wanted in (
        ("tightened: align drops 10 %, not 2 %", DROP, "below_quantile: 0.1", "0 computed"),
        ("loosened: align drops 1 %", "below_quantile: 0.1", "below_quantile: 0.01", "only raster"),
        ("tightened: captions of 2 words", WORDS, "caption.words: {min: 2}", "0 computed"),
        (
            "loosened: near means 0.97, not 0.9",
            NEAR,
            f"{NEAR}, likeness: 0.97",
            "only what follows dedup",
        ),
    ):
        place.edit(old, new)
        yield said, place.build(), wanted


def grown(place: Workspace, rows: int) -> Iterator[tuple[str, dict[str, Any], str]]:
    """From 99 % of the rows to all of them."""
    yield "empty store, 99 % of the rows", place.build("--limit", str(round(rows * SHARE))), ""
    yield "1 % more rows", place.build(), "about 1 % computed"


def row(said: str, built: dict[str, Any], wanted: str, first: dict[str, Any]) -> list[str]:
    measures = built["measures"].items()
    news = ", ".join(
        f"{name} {spent['computed']:,}" for name, spent in measures if spent["computed"]
    )
    share = built["computed"] / first["computed"]
    return [
        said,
        f"{built['wall']:.1f}",
        f"{built['wall'] / first['wall']:.1%}",
        f"{built['computed']:,}",
        f"{share:.2%}",
        news if built is not first else "all",
        wanted,
    ]


def main() -> None:
    header = ["build", "seconds", "of the first", "computed", "of the first", "which", "wanted"]
    with workspace("openmoji") as place:
        done = list(changes(place))
    first = done[0][1]
    rows = first["pairs"]["read"] + first["pairs"]["merged"]
    with workspace("openmoji") as place:
        more = list(grown(place, rows))
    show(header, [row(*each, first=found[0][1]) for found in (done, more) for each in found])


if __name__ == "__main__":
    main()

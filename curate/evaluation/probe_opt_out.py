"""Refusals planted in the data: what a list names, what metadata reserve, what a file reserves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Planting, Ran, Share, share
from curate.evaluation.probe_places import as_png, pictures, with_pictures
from curate.pairs.xmp import in_png

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene
    from curate.steps.consent import Consent

RESERVED = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    b'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/></rdf:RDF></x:xmpmeta>'
)
"""PLUS's data mining property, as IPTC has it in XMP."""


class OptOuts(Planting):
    """Each way in which the recipe's `consent` step can be told, in turn."""

    word: ClassVar[str] = "opt_out"
    question: ClassVar[str] = "Are pairs found that somebody does not want to be used?"
    note: ClassVar[str | None] = "caught: the `consent` step dropped or flagged the pair"

    def unable(self, scene: Scene) -> str | None:
        steps = self._steps(scene)
        if not steps:
            return "the recipe has no `consent` step"
        told = (
            "the `consent` step names no list with addresses or ids, no metadata, and no pictures"
        )
        return None if list(_ways(steps[0], scene)) else told

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        names = pictures(scene)[:1]
        return kept.filter(pl.col(f"{name}_sha256").is_not_null() for name in names)

    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        ways = list(_ways(self._steps(scene)[0], scene))
        chosen = [ways[at % len(ways)] for at in range(drawn.height)]
        rows = pl.concat(
            _told(drawn[at : at + 1], column, value, scene)
            for at, (_, column, value) in enumerate(chosen)
        )
        told = drawn.select("pair_id").with_columns(pl.Series("way", [way for way, _, _ in chosen]))
        return Planted(rows, told=told)

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        assert planted.told is not None
        said = ran.planted.decisions.filter(
            pl.col("name").str.starts_with("consent") & pl.col("verdict").is_in(["drop", "flag"])
        )
        caught = planted.told["pair_id"].is_in(said["pair_id"].implode())
        by_way = planted.told.with_columns(caught=caught).partition_by("way", maintain_order=True)
        return [
            *share("caught", caught),
            *(one for part in by_way for one in share(f"caught: {part['way'][0]}", part["caught"])),
        ]

    def _steps(self, scene: Scene) -> list[Consent]:
        from curate.steps.consent import Consent

        return [step for step in scene.steps if isinstance(step, Consent)]


def _ways(step: Consent, scene: Scene) -> Iterator[tuple[str, str, str]]:
    """How it is told, the column that is changed, and what is put there."""
    from curate.steps.optout import read_opt_out

    yield from (("metadata", name, "noai") for name in _listed(step.reservations))
    if step.files:
        yield from (("file", name, "") for name in pictures(scene)[:1])
    for path in step.lists:
        named = read_opt_out(scene.ask.document(path), path)
        for domain in sorted(named.of("domain"))[:1]:
            address = f"https://{domain}/picture.png"
            yield from (("domain", name, address) for name in _listed(step.urls))
        for known in sorted(named.of("id"))[:1]:
            yield from (("id", name, known) for name in _listed(step.ids))


def _listed(written: str | list[str]) -> list[str]:
    return [written] if isinstance(written, str) else list(written)


def _told(row: pl.DataFrame, column: str, value: str, scene: Scene) -> pl.DataFrame:
    """One row with a refusal in a metadata field, or in its picture."""
    if column not in pictures(scene):
        return row.with_columns(pl.lit(value).cast(row.schema[column]).alias(column))
    (data,) = as_png(row, column, scene)
    return with_pictures(row, column, [in_png(data, RESERVED)], scene)

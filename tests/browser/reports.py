"""Reports to draw: one as a build would give it, and one in which every word is hostile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import cycle
from typing import Any

import numpy as np
import polars as pl
from pydantic import BaseModel

from curate.governance.audit import Audit, audited
from curate.governance.audit_settings import AuditSettings
from curate.governance.energy import Energy, EnergyTask, Sci
from curate.governance.facts import Facts, Field, Loss
from curate.governance.gates import Held
from curate.governance.statement import Statement
from curate.ledger.rethreshold import Rethresholded
from curate.report.content import (
    Bar,
    Cluster,
    Exit,
    Line,
    Made,
    Map,
    Medium,
    Member,
    Passage,
    Report,
    Scored,
    Shown,
)
from tests.governance.counts import lines
from tests.recordings import coded_sound, film, tone
from tests.workspace import photo

HOSTILE = (
    "<script>document.title='taken'</script>",
    "</script><script>document.title='taken'</script>",
    "<!--<script>",
    "<img src=x onerror=\"document.title='taken'\">",
    '" onmouseover="document.title=`taken`" x="',
    "javascript:document.title='taken'",
    "data:text/html,<script>parent.document.title='taken'</script>",
    "https://example.org/pixel.png",
    "{{ 7 * 7 }}{% raw %}",
    "invoice\u202egnp.exe",
    "\u2066hidden\u2069 \u200bzero\u0007bell \ud800lone",
    "\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308",
    "w" * 10_000,
    "many words " * 900,
)
PLACES = ("harbour", "forest", "market", "field")
LEFT = 30
"""Of the pairs that were read, how many went."""
READ = 120


@cache
def pictures() -> tuple[Medium, ...]:
    """Twelve thumbnails."""
    return tuple(Medium("image", "image/webp", _webp(seed)) for seed in range(12))


def _webp(seed: int) -> bytes:
    out = BytesIO()
    photo(seed).save(out, "WEBP", quality=60)
    return out.getvalue()


@cache
def sound() -> Medium:
    """Two seconds of a tone, of a recording of nine."""
    data = coded_sound("ogg", "libopus", tone(2.0))
    return Medium("audio", "audio/ogg", data, (2.0, 9.0))


@cache
def clip() -> Medium:
    """A short film."""
    return Medium("video", "video/mp4", film(), (1.6, 1.6))


def report() -> Report:
    """A release of 90 pairs out of 120, with every part that a report can have."""
    pairs, decisions = _tables()
    return Report(
        facts=facts(_known()),
        held=[
            Held(fact="pairs.kept", bound={"min": 10}, value=90, passed=True, why="is 90"),
            Held(
                fact="bias.flagged",
                bound={"max": 0},
                value=1,
                passed=False,
                why="is 1, above 0",
                culprits=["place field", pair_id(3)],
            ),
        ],
        audit=_audit(pairs, decisions),
        energy=_energy(),
        flow=_flow(),
        scores=_scores(),
        shown=_shown(),
        clusters=_clusters(),
        clusters_in_all=9,
        map=_map(pairs),
        evaluation=_evaluation(),
        notes=("12 of 120 pairs may not be shown: a step that guards privacy refused them",),
    )


def hostile(*texts: str) -> Report:
    """The same with these texts, in turn, for whatever words come from data."""
    turn, instead = cycle(texts), dict[str, str]()
    told: Report = _poisoned(report(), lambda word: instead.setdefault(word, next(turn)))
    audit = told.audit
    assert audit is not None
    assert audit.fields[0].levels[0].level in texts
    return told


def pair_id(number: int) -> str:
    """Like a hash."""
    return f"{number:064x}"


def facts(known: Mapping[str, Any]) -> Facts:
    """Facts of which these are known, by name; all others are not provided."""
    made = _section(Facts, known, "")
    assert isinstance(made, Facts)
    return made


def _section(model: type[BaseModel], known: Mapping[str, Any], path: str) -> BaseModel:
    parts: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        kind, full = info.annotation, f"{path}{name}"
        if isinstance(kind, type) and issubclass(kind, Statement):
            parts[name] = _statement(known, full)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            parts[name] = _section(kind, known, f"{full}.")
        elif full in known:
            parts[name] = known[full]
        elif info.is_required():
            parts[name] = {}
    return model.model_validate(parts)


def _statement(known: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in known:
        return {"status": "not_provided", "by": "the owner of the release"}
    return {"value": known[name], "status": "derived", "evidence": "pairs.parquet"}


def _known() -> dict[str, Any]:
    fields = [
        Field(name="image", type="image"),
        Field(name="speech", type="audio", optional=True),
        Field(name="scene", type="video", optional=True),
        Field(name="caption", type="text", language="en"),
        Field(name="place", type="metadata", group=True),
    ]
    losses = [
        Loss(step="02", name="filter image.min_side", reason="image too small", pairs=12),
        Loss(step="04", name="align image caption", reason="score below threshold", pairs=18),
    ]
    answer = Statement[str](value="To test.", status="declared", by="A. Author", at="2026-11-20")
    return {
        "release.name": "shore",
        "release.version": "1.0.0",
        "release.description": "Pictures of a shore, with captions.",
        "release.digest": "ab" * 32,
        "release.tool": "curate 0.1.0",
        "inputs.fields": fields,
        "inputs.sources": {"folder": 120},
        "inputs.models": {"pkg:encoder": "cd" * 32},
        "pairs.read": READ,
        "pairs.kept": READ - LEFT,
        "pairs.kept_share": 0.75,
        "pairs.splits": {"train": 72, "test": 18},
        "pairs.losses": losses,
        "making.expected_mismatch_share": 0.004,
        "quality": {},
        "evaluation": {},
        "bias.flagged": 1,
        "bias.judged": 4,
        "bias.flagged_in": {},
        "licences.counts": {"CC0-1.0": 90},
        "answers": {
            "purpose": answer,
            "contact": Statement[str](status="not_provided", by="the owner of the release"),
        },
        "completeness": 0.5,
    }


def _gone(number: int) -> str | None:
    """Why a pair went: all but one of a place are small, and some captions do not fit."""
    if number % 4 == 3 and number < 48:
        return "image too small"
    return "score below threshold" if number % 6 == 4 and number < 108 else None


def _tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [(pair_id(n), PLACES[n % 4], "dropped" if _gone(n) else "kept") for n in range(READ)]
    pairs = pl.DataFrame(rows, ["pair_id", "place", "status"], orient="row").with_columns(
        origin=pl.lit("collected"),
        caption=pl.concat_str(pl.lit("a boat in the "), "place"),
    )
    drop = pl.when(pl.col("status") != "kept").then(pl.lit("drop")).otherwise(pl.lit("keep"))
    return pairs, lines(pairs.select("pair_id", verdict=drop), "02", "filter image.min_side")


def _audit(pairs: pl.DataFrame, decisions: pl.DataFrame) -> Audit:
    settings = AuditSettings(
        smallest_group=20,
        hidden_below=3,
        reference={"place": {"harbour": 0.4, "forest": 0.3, "market": 0.2, "field": 0.1}},
    )
    return audited(pairs, decisions, None, ["place"], ["caption"], settings)


def _energy() -> Energy:
    def task(step: str, name: str, measure: str | None, wh: float, saved: float) -> EnergyTask:
        return EnergyTask(
            step=step,
            name=name,
            measure=measure,
            kwh=wh / 1000,
            g_co2e=None,
            seconds=wh * 9,
            computed=120,
            reused=40,
            saved_kwh=saved / 1000,
            method="estimated",
        )

    return Energy(
        started="2026-11-21T15:49:30+00:00",
        finished="2026-11-21T16:00:32+00:00",
        method="estimated",
        hardware="2 threads",
        country=None,
        grid=None,
        notes=["country not stated"],
        tasks=[
            task("00", "read", "image.probe", 0.2, 0.1),
            task("04", "align image caption", "image.vector", 1.4, 3.0),
            task("04", "align image caption", None, 0.1, 0.0),
        ],
        unattributed_kwh=0.0001,
        unmetered_seconds=0.4,
        kwh=0.0018,
        g_co2e=None,
        saved_kwh=0.0031,
        saved_g_co2e=None,
        read=READ,
        kept=READ - LEFT,
        kwh_per_1000_read=0.015,
        kwh_per_1000_kept=0.02,
        sci=Sci(per_1000_read=None, per_1000_kept=None, embodied_g_co2e=None, method=None),
    )


def _flow() -> list[Passage]:
    small = Exit("drop", "image too small", 12)
    low = Exit("drop", "score below threshold", 18)
    rejected = Exit("reject", "not heard", 4)
    return [
        Passage("00", "read", 120, 0, (), 120, None),
        Passage("02", "filter image.min_side", 120, 0, (small,), 108, None),
        Passage("04", "align image caption", 108, 0, (low,), 90, "keeps 83.3%"),
        Passage("05", "synthesize speak", 90, 4, (rejected,), 90, None),
    ]


def _scores() -> list[Scored]:
    bars = tuple(
        Bar(at / 10, (at + 1) / 10, 0 if at < 3 else 14, 6 if at < 3 else 0) for at in range(10)
    )
    choices = tuple(
        Rethresholded(at / 10, 108 - 6 * at, 90 - gone, gone, max(0, 18 - 6 * at))
        for at in range(9)
        for gone in [max(0, 6 * at - 18)]
    )
    return [Scored("04", "align image caption", "above", (0.3,), bars, choices)]


def _shown() -> list[Shown]:
    return [_pair(number) for number in range(READ)]


def _pair(number: int) -> Shown:
    why, place = _gone(number), PLACES[number % 4]
    withheld = "safety nsfw dropped it" if number % 10 == 9 else None
    score = 0.1 if why == "score below threshold" else 0.2 + number / 200
    said = [
        Line("00", "read", "keep", None, None, None, None, None),
        Line("02", "filter image.min_side", "keep", None, None, None, None, None),
    ]
    if why == "image too small":
        said[1] = replace(said[1], verdict="drop", reason=why, score=40.0, threshold=64.0)
    else:
        verdict = "drop" if why else "keep"
        said.append(
            Line("04", "align image caption", verdict, why, score, 0.3, pair_id(0), "by the head")
        )
    media: dict[str, Medium] = {"image": pictures()[number % 12]}
    if number == 1:
        media["speech"] = sound()
    if number == 2:
        media["scene"] = clip()
    made = Made("05", "synthesize", "caption", "a ship", "a boat", "parrot", 0.9, True)
    return Shown(
        pair_id=pair_id(number),
        kinds=("dropped",) if why else ("kept", "borderline") if number < 12 else ("kept",),
        status="dropped" if why else "kept",
        split=None if why else "test" if number % 5 == 0 else "train",
        origin="collected",
        parents=(pair_id(0),) if number == 1 else (),
        source="folder",
        texts={} if withheld else {"caption": f"a boat in the {place}, picture {number}"},
        metadata={} if withheld else {"place": place},
        media={} if withheld else media,
        withheld=withheld,
        lines=tuple(said),
        row=f"shore/{number}.png",
        made=(made,) if number == 1 else (),
    )


def _clusters() -> list[Cluster]:
    first = Member(pair_id(0), "kept", None, None, None)
    second = Member(pair_id(3), "dropped", pair_id(0), 0.987, "image")
    unknown = Member("f" * 64, "dropped", pair_id(0), 0.95, "image, mirrored")
    return [
        Cluster("03", "dedup near image", 3, (first, second, unknown)),
        Cluster("03", "dedup near image", 2, (first, second)),
    ]


def _map(pairs: pl.DataFrame) -> Map:
    chance = np.random.default_rng(0)
    return Map(
        title="Pictures in two of 64 dimensions, 31% of the variance",
        pair_ids=[*pairs["pair_id"], "f" * 64],
        x=chance.normal(size=READ + 1).tolist(),
        y=chance.normal(size=READ + 1).tolist(),
        colours={
            "status": [*pairs["status"], "kept"],
            "place": [*pairs["place"], "unknown"],
        },
        of=500,
    )


def _evaluation() -> dict[str, Any]:
    auc = {"value": 0.9632, "low": 0.9555, "high": 0.9695, "n": 90}
    recall = {"value": 0.67, "low": 0.63, "high": 0.7, "n": 90}
    return {
        "format": 1,
        "evaluations": [
            {
                "evaluation": "retrieval",
                "headline": "image to caption recall@10 0.67, AUC 0.963",
                "directions": [{"from": "image", "to": "caption", "recall@10": recall}],
                "auc": auc,
            }
        ],
    }


_WORDS = re.compile(
    r"^(text|caption|place|harbour|forest|market|field|folder|shore.*|Pictures.*|a boat.*|to test.*"
    r"|image too small|score below threshold|not heard|read|filter .*|align .*|synthesize.*|dedup .*"
    r"|by the head|a ship|parrot|keeps .*|is 90|is 1.*|place field|image, mirrored|safety nsfw .*"
    r"|retrieval|image to caption .*|12 of .*|pkg:.*|CC0-1.0|train|test|A\. Author|image.probe)$",
    re.IGNORECASE,
)


def _poisoned(value: Any, text: Callable[[str], str]) -> Any:
    """A copy with other words of data; names of the page's own stay."""
    if isinstance(value, str):
        return text(value) if _WORDS.match(value) else value
    if isinstance(value, BaseModel):
        known = {name: _poisoned(getattr(value, name), text) for name in type(value).model_fields}
        return value.model_copy(update=known)
    if hasattr(value, "__dataclass_fields__"):
        known = {name: _poisoned(getattr(value, name), text) for name in value.__dataclass_fields__}
        return replace(value, **known)
    if isinstance(value, Mapping):
        return {_poisoned(key, text): _poisoned(part, text) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_poisoned(part, text) for part in value)
    return value

"""The bias audit: false alarms under a true null, differences found, and what a million pairs cost.

    python benchmarks/audit.py [null] [planted] [clusters] [size]

`null`: 8 groups of 3,000 down to 120 pairs, all kept at one rate; how often anything is significant
after Holm, and how often anything is flagged. `planted`: the group of 500 is kept 10 points less.
`clusters`: the null again, but pairs of a speaker are kept or dropped together. `size`: one million
pairs, 12 group fields of 12 groups, ten steps, with and without words, clusters and intersections.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from curate.governance.audit import audited
from curate.governance.audit_settings import AuditSettings
from curate.governance.population import counted
from curate.governance.selection import Judged, contrasts, judged
from curate.ledger.verdict import LEDGER

SIZES = (3000, 1500, 1000, 700, 500, 300, 200, 120)
RATES = (0.5, 0.9, 0.985)
AUDIT = AuditSettings()
RUNS = 1000
PAIRS, FIELDS, LEVELS, STEPS = 1_000_000, 12, 12, 10


def main() -> None:
    parts: dict[str, Callable[[], None]] = {
        "null": null,
        "planted": planted,
        "clusters": clusters,
        "size": size,
    }
    for name in sys.argv[1:] or parts:
        parts[name]()


def null() -> None:
    """Every alarm is false."""
    for rate in RATES:
        told(f"null, all kept at {rate:.1%}", [judge(groups([rate] * 8, n)) for n in range(RUNS)])


def planted() -> None:
    place = SIZES.index(500)
    for rate in RATES:
        rates = [rate] * 8
        rates[place] -= 0.1
        flags = [flagged(judge(groups(rates, seed))) for seed in range(RUNS)]
        hits = sum((f"g{place}", "kept less") in each for each in flags)
        others = sum(any(level != f"g{place}" for level, _ in each) for each in flags)
        print(f"{rate:.1%} against {rates[place]:.1%}: found in {hits / RUNS:.1%} of {RUNS} runs, "
              f"another group flagged in {others / RUNS:.1%}")  # fmt: skip


def clusters() -> None:
    by_pair, by_speaker = AuditSettings(), AuditSettings(cluster_by="speaker")
    for settings, name in ((by_pair, "by pairs"), (by_speaker, "by speakers")):
        found = [judge(speakers(seed), settings) for seed in range(RUNS)]
        told(f"null of 120 speakers with 40 pairs each, {name}", found)


def told(name: str, found: list[Judged]) -> None:
    alarms = sum(any((one.p_family or 1) <= 0.05 for one in each.levels["group"]) for each in found)
    flags = sum(bool(flagged(each)) for each in found)
    print(f"{name}: significant in {alarms / len(found):.1%} of {len(found)} runs, "
          f"flagged in {flags / len(found):.1%}")  # fmt: skip


def flagged(found: Judged) -> set[tuple[str, str]]:
    return {(one.level, one.flagged) for one in found.levels["group"] if one.flagged}


def size() -> None:
    start = time.perf_counter()
    pairs, decisions, names = million()
    print(f"{pairs.height:,} pairs, {decisions.height:,} lines of the ledger, {FIELDS} group fields "
          f"of {LEVELS} groups (made in {time.perf_counter() - start:.0f} s)")  # fmt: skip
    for what, fields, texts, settings in (
        ("one field", names[:1], [], AuditSettings()),
        ("all fields", names, [], AuditSettings()),
        ("all fields and words of a caption", names, ["caption"], AuditSettings()),
        ("one field by 50,000 speakers", names[:1], [], AuditSettings(cluster_by="speaker")),
    ):
        start, busy = time.perf_counter(), time.process_time()
        found = audited(pairs, decisions, None, fields, texts, settings)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        print(f"{what}: {seconds:.1f} s, {busy:.1f} s of processors, {found.family.tests} tests, {len(found.flagged)} flagged, "
              f"{len(found.model_dump_json()) / 1e6:.1f} MB")  # fmt: skip


def groups(rates: list[float], seed: int) -> pl.DataFrame:
    chance = np.random.default_rng(seed)
    kept = [chance.random(n) < rate for n, rate in zip(SIZES, rates, strict=True)]
    names = np.repeat([f"g{place}" for place in range(8)], SIZES)
    return complete({"group": names, "kept": np.concatenate(kept)})


def speakers(seed: int, number: int = 120, each: int = 40) -> pl.DataFrame:
    chance = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(number), each)
    kept = chance.random(number * each) < np.clip(chance.normal(0.7, 0.25, number), 0, 1)[speaker]
    group = np.searchsorted(np.cumsum([40, 25, 20, 15, 10]), np.arange(number), side="right")
    return complete({"group": [f"g{n}" for n in group[speaker]], "speaker": speaker, "kept": kept})


def complete(columns: dict[str, Any]) -> pl.DataFrame:
    status = pl.when("kept").then(pl.lit("kept")).otherwise(pl.lit("dropped"))
    return pl.DataFrame(columns).select(
        pl.exclude("kept"),
        pair_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(8),
        origin=pl.lit("collected"),
        status=status,
    )


def judge(pairs: pl.DataFrame, settings: AuditSettings = AUDIT) -> Judged:
    whole = counted(pairs, None, ["group"], settings.cluster_by).whole
    return judged(contrasts(whole, settings), settings)


def ledger(said: pl.DataFrame, step: str) -> pl.DataFrame:
    known = said.with_columns(step=pl.lit(step), name=pl.lit(f"step {step}"))
    rest = [pl.lit(None, kind).alias(n) for n, kind in LEDGER.items() if n not in known.columns]
    return known.with_columns(rest).select(list(LEDGER))


def million() -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Every step drops two per cent; one group of the first field loses four points more."""
    chance = np.random.default_rng(0)
    names = [f"field {place}" for place in range(FIELDS)]
    shares = np.arange(LEVELS, 0, -1) / (LEVELS * (LEVELS + 1) / 2)
    columns: dict[str, Any] = {
        name: pl.Series(chance.choice(LEVELS, PAIRS, p=shares)).cast(pl.String) for name in names
    }
    words = np.array([f"word{n}" for n in range(20_000)])
    picked = np.minimum((20_000 * chance.random((PAIRS, 8)) ** 3).astype(int), 19_999)
    captions = pl.concat_str(
        [pl.Series(str(c), words[picked[:, c]]) for c in range(8)], separator=" "
    )
    gone = np.full(PAIRS, STEPS)
    for step in reversed(range(STEPS)):
        rate = np.where(columns[names[0]] == "3", 0.024, 0.02)
        gone[chance.random(PAIRS) < rate] = step
    ids = pl.int_range(PAIRS, eager=True).cast(pl.String)
    frame = pl.DataFrame(columns).with_columns(
        pair_id=pl.Series([f"{int(n) * 0x9E3779B97F4A7C15 % 2**128:032x}" for n in ids]),
        speaker=pl.Series(chance.integers(0, 50_000, PAIRS)),
        caption=pl.select(captions).to_series(),
        kept=pl.Series(gone == STEPS),
        gone=pl.Series(gone),
    )
    lines = []
    for step in range(STEPS):
        alive = frame.filter(pl.col("gone") >= step)
        verdict = pl.when(pl.col("gone") == step).then(pl.lit("drop")).otherwise(pl.lit("keep"))
        lines.append(ledger(alive.select("pair_id", verdict=verdict), f"{step:02d}"))
    status = pl.when("kept").then(pl.lit("kept")).otherwise(pl.lit("dropped"))
    pairs = frame.with_columns(status=status, origin=pl.lit("collected")).drop("kept", "gone")
    return pairs.sort("pair_id"), pl.concat(lines).sort("step", "pair_id"), names


if __name__ == "__main__":
    main()

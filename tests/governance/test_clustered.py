"""Pairs of one speaker say less than as many of many speakers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from curate.governance.audit import Audit, audited
from curate.governance.audit_settings import AuditSettings
from tests.governance.counts import decided, release

BY_PAIR = AuditSettings()
BY_SPEAKER = AuditSettings(cluster_by="speaker")


def speakers(seed: int, number: int = 60, each: int = 40, spread: float = 0.25) -> pl.DataFrame:
    """Of every speaker so many pairs, kept at the speaker's own rate; the accent says nothing."""
    chance = np.random.default_rng(seed)
    rates = np.clip(chance.normal(0.7, spread, number), 0, 1)
    speaker = np.repeat(np.arange(number), each)
    kept = chance.random(number * each) < rates[speaker]
    return pl.DataFrame(
        {
            "speaker": [f"s{n}" for n in speaker],
            "accent": [f"a{n % 4}" for n in speaker],
            "status": np.where(kept, "kept", "dropped"),
        }
    )


def audit(rows: pl.DataFrame, settings: AuditSettings) -> Audit:
    return audited(*decided(rows), None, ["accent"], [], settings)


def significant(found: Audit) -> bool:
    return any((level.p_family or 1.0) <= 0.05 for level in found.fields[0].levels)


def test_by_pairs_a_null_of_speakers_is_no_null() -> None:
    by_pair = sum(significant(audit(speakers(seed), BY_PAIR)) for seed in range(20))
    assert by_pair >= 15


def test_by_speakers_false_alarms_are_rare() -> None:
    by_speaker = sum(significant(audit(speakers(seed), BY_SPEAKER)) for seed in range(60))
    assert by_speaker <= 5


def test_what_is_there_is_found_by_speakers_too() -> None:
    rows = speakers(1, number=200, spread=0.1)
    lost = (pl.col("accent") == "a1") & (pl.int_range(pl.len()) % 3 == 0)
    rows = rows.with_columns(status=pl.when(lost).then(pl.lit("dropped")).otherwise("status"))
    flags = {(flag.level, flag.direction) for flag in audit(rows, BY_SPEAKER).flagged}
    assert ("a1", "kept less") in flags


def test_intervals_are_wider_and_hold_the_difference() -> None:
    rows = speakers(2)
    by_pair, by_speaker = (audit(rows, settings).fields[0] for settings in (BY_PAIR, BY_SPEAKER))
    for one, other in zip(by_pair.levels, by_speaker.levels, strict=True):
        assert one.difference is not None
        assert other.difference is not None
        assert other.difference.low <= one.difference.value <= other.difference.high
        width = one.difference.high - one.difference.low
        assert other.difference.high - other.difference.low > 1.5 * width
        assert (other.detectable or 1) > (one.detectable or 0)


def test_pairs_alone_in_their_clusters_are_as_pairs() -> None:
    pairs, decisions = release("accent", {"a": (700, 1000), "b": (780, 1000), "c": (800, 1000)})
    alone = pairs.with_columns(speaker="pair_id")
    nobody = pairs.with_columns(speaker=pl.lit(None, pl.String))
    one, other, third = (
        audited(table, decisions, None, ["accent"], [], settings).fields[0].levels
        for table, settings in ((pairs, BY_PAIR), (alone, BY_SPEAKER), (nobody, BY_SPEAKER))
    )
    assert other == third
    for by_pair, by_speaker in zip(one, other, strict=True):
        assert by_pair.difference is not None
        assert by_speaker.difference is not None
        assert by_speaker.difference.low == pytest.approx(by_pair.difference.low, abs=0.006)
        assert by_speaker.difference.high == pytest.approx(by_pair.difference.high, abs=0.006)
        assert by_speaker.detectable == pytest.approx(by_pair.detectable, abs=0.005)


def test_a_group_of_few_speakers_is_not_judged() -> None:
    rows = speakers(3, number=16, each=100)
    field = audit(rows, BY_SPEAKER).fields[0]
    assert {level.not_judged for level in field.levels} == {"too few clusters"}

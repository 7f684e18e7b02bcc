"""An audit of tables: what it says of decisions, and what it does not count."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from curate.governance.audit import Audit, audited
from curate.governance.audit_change import change_lines, changes
from curate.governance.audit_lines import audit_markdown
from curate.governance.audit_settings import AuditSettings
from curate.ledger.made import REPORTED
from tests.governance.counts import decided, lines, release

GENDER: dict[str | None, tuple[int, int]] = {
    "woman": (700, 1000),
    "man": (980, 1000),
    "person": (390, 400),
    None: (280, 300),
    "rare": (5, 8),
}


def audit(
    pairs: pl.DataFrame,
    decisions: pl.DataFrame | None,
    made: pl.DataFrame | None = None,
    groups: tuple[str, ...] = ("gender",),
    texts: tuple[str, ...] = (),
    **settings: Any,
) -> Audit:
    return audited(pairs, decisions, made, groups, texts, AuditSettings(**settings))


def test_who_loses_is_named_with_the_step_that_did_it() -> None:
    pairs, decisions = release("gender", GENDER)
    earlier = lines(pairs.select("pair_id", verdict=pl.lit("keep")), "00", "read")
    found = audit(pairs, pl.concat([earlier, decisions]))
    flag = min(found.flagged, key=lambda flag: flag.difference)
    assert (flag.field, flag.level, flag.n, flag.direction) == (
        "gender",
        "woman",
        1000,
        "kept less",
    )
    assert flag.step == "filter"
    assert flag.rate == 0.7
    assert found.lowest_ratio == flag.ratio
    assert found.headline.startswith("flagged: gender woman: 70.0% kept")


def test_null_and_blank_are_unknown_and_come_last() -> None:
    pairs, decisions = release("gender", {**GENDER, " ": (50, 100)})
    (field,) = audit(pairs, decisions).fields
    assert [level.level for level in field.levels] == ["man", "woman", "person", "rare", "unknown"]
    assert field.unknown == field.levels[-1].n == 400
    assert field.levels[-1].p is not None


def test_small_groups_hide_everywhere() -> None:
    pairs, decisions = release("gender", GENDER)
    found = audit(pairs, decisions)
    (field,) = found.fields
    assert field.levels[3].n is None
    assert next(one for one in found.steps[0].fields["gender"] if one.level == "rare").seen is None


def test_steps_tell_every_verdict() -> None:
    pairs, decisions = release("gender", {"a": (100, 200), "b": (200, 200)})
    flagged = pairs.filter(pl.col("gender") == "b").select("pair_id", verdict=pl.lit("redact"))
    rest = pairs.join(flagged, on="pair_id", how="anti").select("pair_id", verdict=pl.lit("keep"))
    found = audit(pairs, pl.concat([lines(pl.concat([flagged, rest]), "00", "privacy"), decisions]))
    privacy, last = found.steps
    assert (privacy.name, privacy.seen, privacy.left) == ("privacy", 400, 0)
    assert [one.verdicts for one in privacy.fields["gender"]] == [{}, {"redact": 200}]
    assert [(one.seen, one.left) for one in last.fields["gender"]] == [(200, 100), (200, 0)]
    assert [one.verdicts for one in last.fields["gender"]] == [{"drop": 100}, {}]


def test_rows_that_never_were_pairs_are_told_apart() -> None:
    """What lacks a caption when it is read was not dropped by anybody; what cannot be read was."""
    pairs, _ = release("kind", {"whole": (500, 500), "bare": (0, 400), "broken": (0, 300)})
    said = {"whole": "keep", "bare": "drop", "broken": "unreadable"}
    verdict = pl.col("kind").replace_strict(said, return_dtype=pl.String)
    found = audit(
        pairs, lines(pairs.select("pair_id", verdict=verdict), "00", "read"), groups=("kind",)
    )
    assert (found.population.seen, found.population.incomplete) == (800, 400)
    assert found.fields[0].incomplete == {"bare": 400}
    hidden = audit(
        pairs,
        lines(pairs.select("pair_id", verdict=verdict), "00", "read"),
        groups=("kind",),
        hidden_below=401,
    )
    assert hidden.fields[0].incomplete == {}
    assert [(flag.level, flag.step) for flag in found.flagged] == [("broken", "read")]


def test_a_field_that_no_label_could_fill_is_a_loss() -> None:
    """After a step has tried to fill what was missing, going without is a decision."""
    pairs, _ = release("kind", {"a": (200, 200), "b": (100, 200)})
    keep = pairs.select("pair_id", verdict=pl.lit("keep"))
    drop = pl.when(pl.col("status") == "kept").then(pl.lit("keep")).otherwise(pl.lit("drop"))
    decisions = pl.concat(
        [
            lines(keep, "00", "read"),
            lines(keep, "01", "pseudo_label transcribe speech"),
            lines(pairs.select("pair_id", verdict=drop), "02", "complete"),
        ]
    )
    found = audit(pairs, decisions, groups=("kind",))
    assert found.population.incomplete == 0
    assert [(flag.level, flag.step) for flag in found.flagged] == [("b", "complete")]


@pytest.mark.parametrize("by_cluster", [False, True])
def test_what_left_before_a_step_named_its_group_is_no_group(by_cluster: bool) -> None:
    """Nobody knows whom the first step dropped; nor does it make the others be kept more often."""
    pairs, _ = release("gender", {None: (0, 500), "a": (180, 200), "b": (120, 200), "": (90, 100)})
    early = pl.col("gender").is_null()
    first = pl.when(early).then(pl.lit("drop")).otherwise(pl.lit("keep"))
    asked = pairs.filter(~early)
    last = pl.when(pl.col("status") == "kept").then(pl.lit("keep")).otherwise(pl.lit("drop"))
    decisions = pl.concat(
        [
            lines(pairs.select("pair_id", verdict=first), "01", "filter"),
            lines(asked.select("pair_id", verdict=pl.lit("keep")), "02", "pseudo_label"),
            lines(asked.select("pair_id", verdict=last), "03", "dedup"),
        ]
    )
    made = asked.filter(pl.col("gender") != "").select(
        *(pl.lit(None, kind).alias(name) for name, kind in REPORTED.items() if name != "pair_id"),
        "pair_id",
    )
    made = made.with_columns(step=pl.lit("02"), field=pl.lit("gender"), accepted=pl.lit(True))
    clusters = "row" if by_cluster else None
    found = audit(pairs.with_columns(row="pair_id"), decisions, made, cluster_by=clusters)
    (field,) = found.fields
    assert (field.early, field.unknown) == (500, 100)
    assert {level.level: level.n for level in field.levels} == {"a": 200, "b": 200, "unknown": 100}
    assert [level.share_before for level in field.levels] == [0.4, 0.4, 0.2]
    flag = min(found.flagged, key=lambda flag: flag.difference)
    assert (flag.level, flag.rate, flag.rest, flag.step) == ("b", 0.6, 0.9, "dedup")
    assert "500 pairs left before a step filled it in" in audit_markdown(found)


def test_parts_and_synthetic_pairs_are_not_selected_from() -> None:
    pairs, decisions = release("gender", {"a": (190, 200), "b": (200, 200), "c": (0, 150)})
    pairs = pairs.with_columns(
        status=pl.when(pl.col("gender") == "c").then(pl.lit("paired")).otherwise("status")
    )
    child = pairs.filter(pl.col("gender") == "b").head(60)
    children = child.with_columns(
        pl.format("child {}", "pair_id").alias("pair_id"),
        origin=pl.lit("synthetic"),
        status=pl.Series(["kept"] * 40 + ["rejected"] * 20),
    )
    told = lines(children.select("pair_id", verdict=pl.lit("add")), "02", "synthesize")
    found = audit(pl.concat([pairs, children]), pl.concat([decisions, told]))
    assert (found.population.seen, found.population.kept) == (400, 390)
    assert (found.population.synthetic_made, found.population.synthetic_kept) == (60, 40)
    b, a = found.origins["gender"]
    assert (a.synthetic, b.synthetic, b.collected) == (0, 40, 200)
    assert b.share is not None
    assert b.share.value == pytest.approx(40 / 240, abs=1e-6)
    assert b.of_synthetic == 1.0
    assert a.of_others == pytest.approx(190 / 390, abs=1e-6)


def test_labels_by_group() -> None:
    pairs, decisions = release("gender", {"a": (300, 300), "b": (300, 300)})
    some = pairs.with_row_index("at")
    made = some.select(
        "pair_id",
        field=pl.lit("caption"),
        value=pl.lit("new"),
        replaced=pl.when(pl.col("at") % 3 == 0).then(pl.lit("old")),
        confidence=pl.when(pl.col("gender") == "a").then(0.9).otherwise(0.5),
        accepted=(pl.col("gender") == "a") | (pl.col("at") % 2 == 0),
    )
    missing = [pl.lit(None, t).alias(n) for n, t in REPORTED.items() if n not in made.columns]
    (found,) = audit(pairs, decisions, made.with_columns(missing).select(list(REPORTED))).labels
    a, b = found.levels
    assert (found.filled, found.field) == ("caption", "gender")
    assert a.taken is not None
    assert b.taken is not None
    assert (a.asked, a.taken.value, a.confidence) == (300, 1.0, 0.9)
    assert (b.asked, b.taken.value, b.confidence) == (300, 0.5, 0.5)
    assert a.unlike is not None
    assert (a.in_place, a.unlike.value) == (100, 1.0)


def test_what_people_corrected_by_group() -> None:
    pairs, decisions = release("gender", {"a": (300, 300), "b": (300, 300), "c": (5, 5)})
    wrong = (pl.col("gender") == "b") & (pl.int_range(pl.len()) % 2 == 0)
    looked = pairs.select(
        "pair_id",
        verdict=pl.when(wrong).then(pl.lit("change")).otherwise(pl.lit("keep")),
        reason=pl.when(wrong)
        .then(pl.lit("corrected by Ada"))
        .otherwise(pl.lit("confirmed by Ada")),
        detail=pl.lit("caption: 'a: b', 2026-11-21"),
    )
    judged = pairs.filter(pl.col("gender") == "b").select(
        "pair_id",
        verdict=pl.lit("drop"),
        reason=pl.lit("dropped by Bob"),
        detail=pl.lit("2026-11-21T10:00:00Z"),
    )
    people = [lines(looked, "00", "review"), lines(judged, "09", "review")]
    audited = audit(pairs, pl.concat([people[0], decisions, people[1]]))
    (found,) = audited.corrections
    ada, bob = audited.reviewers
    assert [(one.level, one.pairs, one.said) for one in bob.levels] == [
        ("b", 300, {"dropped": 300})
    ]
    assert ada.levels[1].said == {"confirmed": 150, "corrected": 150}
    assert ada.levels[2].pairs is None
    assert (found.reviewed, found.field) == ("caption", "gender")
    a, b, c = found.levels
    assert (a.looked_at, b.looked_at, c.looked_at) == (300, 300, None)
    assert a.corrected is not None
    assert b.corrected is not None
    assert (a.corrected.value, b.corrected.value) == (0.0, 0.5)


def test_intersections_name_who_is_not_there() -> None:
    rows = [
        (g, t, "kept" if g != "man" or t != "dark" or n < 0 else "dropped")
        for g in ("man", "woman")
        for t in ("dark", "light", "none")
        for n in range(0 if (g, t) == ("woman", "light") else 50)
    ]
    frame = pl.DataFrame(rows, ["gender", "tone", "status"], orient="row")
    (found,) = audit(*decided(frame), groups=("gender", "tone")).intersections
    assert found.fields == ("gender", "tone")
    assert (found.empty, found.hidden) == (1, 0)
    assert [one.levels for one in found.empty_named] == [("woman", "light")]
    assert found.emptied == (("man", "dark"),)
    assert sum(cell.n for cell in found.cells) == 250


def test_representation_beside_a_reference() -> None:
    pairs, decisions = release("gender", GENDER)
    wanted = {"woman": 0.5, "man": 0.5}
    (found,) = audit(pairs, decisions, reference={"gender": wanted}).representation
    woman, _ = found.levels
    assert woman.before is not None
    assert woman.after is not None
    assert woman.before.value == 0.5
    assert woman.after.value == pytest.approx(700 / 1680, abs=1e-6)
    assert found.left_out == 708
    assert found.distance_before == 0.0
    assert found.distance_after == pytest.approx(1 / 12, abs=1e-6)


def test_the_labels_origin_is_said_with_them() -> None:
    pairs, decisions = release("gender", GENDER)
    assert audit(pairs, decisions).fields[0].origin == "not provided"
    found = audit(pairs, decisions, origins={"gender": "self-reported"})
    assert "Who said so: self-reported." in audit_markdown(found)


def test_data_without_decisions() -> None:
    pairs, _ = release("gender", GENDER)
    found = audit(pairs, None)
    assert not found.decided
    assert (found.flagged, found.steps, found.family.tests) == ((), (), 0)
    assert [level.n for level in found.fields[0].levels] == [1000, 1000, 400, None, 300]
    assert "no decisions" in found.headline


def test_nothing_at_all() -> None:
    found = audit(*release("gender", {}))
    assert found.population.seen == 0
    assert found.lowest_ratio == 1
    assert audit_markdown(found)


def test_a_field_of_many_groups_is_cut_short() -> None:
    groups: dict[str | None, tuple[int, int]] = {f"s{n:03}": (20 + n, 30 + n) for n in range(300)}
    (field,) = audit(*release("speaker", groups), groups=("speaker",)).fields
    assert len(field.levels) == 101
    assert field.levels[-1].level == "200 smaller groups"
    assert sum(level.n or 0 for level in field.levels) == sum(n for _, n in groups.values())


def test_it_is_read_as_it_was_written() -> None:
    found = audit(*release("gender", GENDER), reference={"gender": {"woman": 0.5, "man": 0.5}})
    assert Audit.model_validate_json(found.model_dump_json()) == found


def test_the_order_of_rows_says_nothing() -> None:
    pairs, decisions = release("gender", GENDER)
    shuffled = pairs.sample(fraction=1, shuffle=True, seed=1), decisions.reverse()
    assert audit(*shuffled) == audit(pairs, decisions)


def test_two_audits_side_by_side() -> None:
    fair = audit(*release("gender", {"a": (900, 1000), "b": (900, 1000)}))
    unfair = audit(*release("gender", {"a": (900, 1000), "b": (600, 1000)}))
    told = list(change_lines(changes(fair, unfair)))
    assert told[0].startswith("new flag: gender b: 60.0% kept")
    assert "gender a: 50.0% -> 60.0% of the pairs (900 -> 900)" in told
    assert list(change_lines(changes(fair, fair))) == ["no group's share differs, and no flag"]


def test_any_text_is_one_cell_of_markdown() -> None:
    groups: dict[str | None, tuple[int, int]] = {"a|b\n<i>`": (150, 200), "c": (200, 200)}
    table = [
        row
        for row in audit_markdown(audit(*release("gender", groups))).split("\n")
        if "a\\|b" in row
    ]
    assert table
    assert all("<i>" not in row for row in table)

"""From a release's tables and documents to its facts. Nothing else is looked at, and nothing kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.governance.corrections import reviewed_pairs
from curate.governance.facts import (
    Acted,
    Bias,
    Copies,
    Facts,
    Field,
    Footprint,
    Generated,
    Inputs,
    Licences,
    Loss,
    Making,
    Pairs,
    Release,
    Stage,
)
from curate.governance.figures import figures
from curate.governance.licences import licences
from curate.governance.statement import (
    Statement,
    Status,
    derived,
    measured,
    not_applicable,
    not_provided,
)
from curate.ledger.cluster import DROPPED
from curate.ledger.verdict import LEAVES
from curate.pairs.field import MEDIA
from curate.pairs.origin import LABELLED, SYNTHETIC

if TYPE_CHECKING:
    from curate.governance.energy import Energy
    from curate.governance.evidence import Evidence

_PAIRS, _LEDGER, _LOCK = "pairs.parquet", "decisions.parquet", "recipe.lock.yaml"
_AUDIT, _ENERGY = "audit.json", "energy.json"
_WORDS = ("privacy", "safety", "consent")


def gather_facts(evidence: Evidence) -> Facts:
    """All facts of a release."""
    lock = evidence.lock
    acted = {word: _acted(evidence, word) for word in _WORDS}
    return Facts(
        release=_release(evidence),
        inputs=Inputs(
            fields=derived(_fields(lock), _LOCK),
            sources=derived({n: s["pairs"] for n, s in lock["inputs"].items()}, _LOCK),
            models=derived(dict(lock["models"]), _LOCK),
        ),
        pairs=_pairs(evidence),
        making=_making(evidence),
        quality=dict(figures(evidence.evaluation)),
        evaluation=_findings(evidence.evaluation),
        bias=_bias(evidence),
        energy=_footprint(evidence),
        privacy=acted["privacy"],
        safety=acted["safety"],
        consent=acted["consent"],
        licences=_licences(evidence),
        answers=dict(evidence.answers),
        completeness=_completeness(evidence.answers),
    )


def _release(evidence: Evidence) -> Release:
    recipe, about = evidence.lock["recipe"], evidence.lock["recipe"].get("description")
    return Release(
        name=derived(recipe["name"], _LOCK),
        version=derived("draft" if "limit" in evidence.lock else recipe["version"], _LOCK),
        description=Statement(value=about.strip(), status="declared", evidence="recipe.yaml")
        if about
        else not_provided("the recipe: description"),
        digest=derived(evidence.digest, "manifest.json"),
        tool=derived(f"curate {evidence.lock['curate']}", _LOCK),
    )


def _fields(lock: Mapping[str, Any]) -> list[Field]:
    known = Field.model_fields.keys() - {"name"}
    return [
        Field(name=name, **{key: field[key] for key in known & field.keys()})
        for name, field in lock["recipe"]["fields"].items()
    ]


def _pairs(evidence: Evidence) -> Pairs:
    pairs, lines = evidence.pairs, evidence.decisions
    kept = pairs.filter(pl.col("status") == "kept")
    synthetic = pairs["origin"] == SYNTHETIC
    formed = (pairs["parents"].list.len() > 0) & ~synthetic
    parts = int((pairs["status"] == "paired").sum())
    collected = pairs.filter(~synthetic & (pl.col("status") != "paired"))
    origins = dict(kept.group_by("origin").len().sort("origin").iter_rows())
    return Pairs(
        read=derived(int((~synthetic & ~formed).sum()), _PAIRS),
        parts=derived(parts, _PAIRS),
        formed=derived(int(formed.sum()), _PAIRS),
        made=derived(int(synthetic.sum()), _PAIRS),
        merged=derived(_said(lines, "merge"), _LEDGER),
        kept=derived(kept.height, _PAIRS),
        kept_share=derived(
            _share(float((collected["status"] == "kept").sum()), collected.height), _PAIRS
        ),
        splits=derived(_splits(kept), _PAIRS),
        losses=derived(list(_losses(lines)), _LEDGER),
        unreadable=derived(int((pairs["status"] == "unreadable").sum()), _PAIRS),
        changed=derived(_kept_with(lines, kept, "change"), _LEDGER),
        not_assessed=derived(_kept_with(lines, kept, "not_assessed"), _LEDGER),
        reviewed=derived(reviewed_pairs(lines), _LEDGER),
        origins=derived(origins, _PAIRS),
        synthetic_share=derived(_share(origins.get(SYNTHETIC, 0), kept.height), _PAIRS),
        labelled_share=derived(_share(origins.get(LABELLED, 0), kept.height), _PAIRS),
        duplicates_across_splits=derived(len(across_splits(pairs, evidence.lock)), _PAIRS)
        if any(field.type in MEDIA for field in _fields(evidence.lock))
        else not_applicable("no field holds media"),
    )


def across_splits(pairs: pl.DataFrame, lock: Mapping[str, Any]) -> list[str]:
    """Ids of kept pairs with a medium that a pair of another split has too."""
    kept = pairs.filter(pl.col("status") == "kept")
    if "split" not in kept.columns:
        return []
    found = pl.Series("pair_id", [], pl.String)
    for field in _fields(lock):
        if field.type not in ("text", "metadata"):
            key = f"{field.name}_sha256"
            known = kept.drop_nulls(key)
            torn = known.filter(pl.col("split").n_unique().over(key) > 1)
            found = found.append(torn["pair_id"])
    return found.unique().sort().to_list()


def _said(lines: pl.DataFrame, verdict: str) -> int:
    return int((lines["verdict"] == verdict).sum())


def _kept_with(lines: pl.DataFrame, kept: pl.DataFrame, verdict: str) -> int:
    """Kept pairs of which any step said so."""
    said = lines.filter(pl.col("verdict") == verdict).select("pair_id").unique()
    return said.join(kept, on="pair_id", how="semi").height


def _share(part: float, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def _splits(kept: pl.DataFrame) -> dict[str, int]:
    if "split" not in kept.columns:
        return {"train": kept.height}
    return dict(kept.group_by("split").len().sort("split").iter_rows())


def _losses(lines: pl.DataFrame) -> Iterator[Loss]:
    gone = lines.filter(pl.col("verdict").is_in(set(LEAVES) - {"paired"}))
    counted = gone.group_by("step", "name", "reason").len().sort("step", "len", "reason")
    for step, name, reason, count in counted.iter_rows():
        yield Loss(step=step, name=name, reason=reason or "", pairs=count)


def _making(evidence: Evidence) -> Making:
    stages = list(_stages(evidence))
    shares = [s.figures[MISMATCH] for s in stages if MISMATCH in s.figures]
    return Making(
        stages=derived(stages, _LEDGER),
        copies=derived(_copies(evidence.clusters), "clusters.parquet")
        if evidence.clusters is not None
        else not_applicable("no step looks for copies"),
        generated=derived(_generated(evidence.made), "made.parquet")
        if evidence.made is not None
        else not_applicable("machines made nothing"),
        expected_mismatch_share=measured(max(shares), "steps.json")
        if shares
        else not_provided("the recipe: a step align with expected_mismatch_share"),
    )


MISMATCH = "expected_mismatch_share"


def _stages(evidence: Evidence) -> Iterator[Stage]:
    told = {stage["step"]: stage for stage in evidence.stages}
    lines = evidence.decisions
    counts = lines.group_by("step", "name", "verdict").len().sort("step", "verdict")
    seen = dict(lines.group_by("step").agg(pl.col("pair_id").n_unique()).iter_rows())
    for (step, name), said in counts.group_by(["step", "name"], maintain_order=True):
        verdicts = dict(said.select("verdict", "len").iter_rows())
        known = told.get(str(step), {})
        yield Stage(
            step=str(step),
            name=str(name),
            pairs=seen[str(step)],
            left=sum(verdicts.get(word, 0) for word in LEAVES),
            verdicts=verdicts,
            note=known.get("note"),
            figures=known.get("figures", {}),
        )


def _copies(clusters: pl.DataFrame) -> list[Copies]:
    """By step, what was found."""
    sizes = clusters.group_by("step", "name", "cluster").agg(
        size=pl.len(), gone=(pl.col("role") == DROPPED).sum()
    )
    found = sizes.group_by("step", "name").agg(
        clusters=pl.len(), gone=pl.col("gone").sum(), largest=pl.col("size").max()
    )
    rows = found.sort("step").select("name", "clusters", "gone", "largest").iter_rows()
    return [Copies(step=n, clusters=c, gone=g, largest=size) for n, c, g, size in rows]


def _generated(made: pl.DataFrame) -> list[Generated]:
    """By step, field and generator, what was made and taken."""
    by = ["step", "name", "field", "generator"]
    found = made.group_by(by).agg(made=pl.len(), taken=pl.col("accepted").sum()).sort(by)
    rows = found.drop("step").iter_rows()
    return [Generated(step=s, field=f, generator=g, made=m, taken=t) for s, f, g, m, t in rows]


def _findings(evaluation: Mapping[str, Any] | None) -> dict[str, Statement[str]]:
    """Evaluation -> its finding in a line; of several with one word, all."""
    lines: dict[str, str] = {}
    for one in (evaluation or {}).get("evaluations", ()):
        word, said = one["evaluation"], one["headline"]
        lines[word] = f"{lines[word]}; {said}" if word in lines else said
    return {word: measured(said, "evaluation.json") for word, said in lines.items()}


def _acted(evidence: Evidence, word: str) -> Acted:
    lines = evidence.decisions
    known = lines.filter((pl.col("name") == word) | pl.col("name").str.starts_with(f"{word} "))
    if not known.height:
        lacking: Statement[Any] = not_provided(f"the recipe: a step {word}")
        return Acted(dropped=lacking, redacted=lacking, flagged=lacking, reasons=lacking)
    kept = evidence.pairs.filter(pl.col("status") == "kept")
    told = known.filter(pl.col("verdict").is_in(["drop", "redact", "flag"]))
    reasons = told.group_by("reason").agg(pl.col("pair_id").n_unique()).sort("reason")
    return Acted(
        dropped=measured(told.filter(pl.col("verdict") == "drop")["pair_id"].n_unique(), _LEDGER),
        redacted=measured(_kept_with(told, kept, "redact"), _LEDGER),
        flagged=measured(_kept_with(told, kept, "flag"), _LEDGER),
        reasons=measured(dict(reasons.drop_nulls().iter_rows()), _LEDGER),
    )


def _bias(evidence: Evidence) -> Bias:
    audit = evidence.audit
    if audit is None:
        lacking: Statement[Any] = not_provided("the recipe: metadata fields with group: true")
        return Bias(
            headline=lacking,
            groups=lacking,
            judged=lacking,
            flagged=lacking,
            flagged_in={},
            lowest_ratio=lacking,
        )
    by_field = Counter(flag.field for flag in audit.flagged)
    judged = {f.field: any(level.p is not None for level in f.levels) for f in audit.fields}
    untold: Statement[Any] = not_applicable("no group is large enough to be judged")
    told = any(judged.values())
    return Bias(
        headline=derived(audit.headline, _AUDIT),
        groups=derived([field.field for field in audit.fields], _AUDIT),
        judged=derived(audit.judged, _AUDIT),
        flagged=derived(len(audit.flagged), _AUDIT) if told else untold,
        flagged_in={
            name: derived(by_field[name], _AUDIT) if known else untold
            for name, known in judged.items()
        },
        lowest_ratio=derived(audit.lowest_ratio, _AUDIT) if told else untold,
    )


def _footprint(evidence: Evidence) -> Footprint:
    energy = evidence.energy
    if energy is None or energy.method is None:
        none: Statement[Any] = not_applicable(_not_metered(energy))
        return Footprint(
            kwh=none,
            g_co2e=none,
            kwh_saved=_saved(energy) if energy else none,
            kwh_per_1000_kept=none,
            sci_per_1000_kept=none,
        )
    country = "the recipe: governance.country"
    if energy.country is not None:
        country = f"a table of grids that knows {energy.country}"

    def told(
        value: float | None, who: str = "a meter of energy", how: Status = "derived"
    ) -> Statement[float]:
        if value is None:
            return not_provided(who)
        return Statement(value=value, status=how, evidence=_ENERGY, by=by, at=energy.finished)

    by = f"codecarbon, {energy.method}"
    read: Status = "measured" if energy.method == "measured" else "derived"
    return Footprint(
        kwh=told(energy.kwh, how=read),
        g_co2e=told(energy.g_co2e, country),
        kwh_saved=_saved(energy),
        kwh_per_1000_kept=told(energy.kwh_per_1000_kept),
        sci_per_1000_kept=told(energy.sci.per_1000_kept, country),
    )


def _not_metered(energy: Energy | None) -> str:
    notes = energy.notes if energy else []
    return next((note for note in notes if note.startswith("not metered")), "no meter ran")


def _saved(energy: Energy) -> Statement[float]:
    """What values from the store took when they were computed, in earlier builds."""
    if energy.saved_kwh is None and any(task.reused for task in energy.tasks):
        return not_provided("a meter of energy, in the builds that computed what was reused")
    return Statement(
        value=energy.saved_kwh or 0.0, status="derived", evidence=_ENERGY, at=energy.finished
    )


def _licences(evidence: Evidence) -> Licences:
    pairs = evidence.pairs
    if "license" not in pairs.columns:
        lacking: Statement[Any] = not_provided("the recipe: a step licence")
        return Licences(counts=lacking, unknown=lacking, terms=lacking, conflicts=lacking)
    found = licences(pairs)
    return Licences(
        counts=derived(found.counts, _PAIRS),
        unknown=derived(found.unknown, _PAIRS),
        terms=derived(found.terms, _PAIRS),
        conflicts=derived([one.words for one in found.conflicts], _PAIRS),
    )


def _completeness(answers: Mapping[str, Statement[str]]) -> Statement[float]:
    given = sum(answer.status != "not_provided" for answer in answers.values())
    return derived(_share(given, len(answers)), "answers.yaml")

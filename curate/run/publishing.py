"""The last stretch: a release's documents are made, its gates held, and it appears or does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError, GateFailed, NotFiled, OtherFormat, ReleaseExists
from curate.governance import gates
from curate.governance.answers import FILE as ANSWERS
from curate.governance.audit import Audit, audited
from curate.governance.culprits import culprits
from curate.governance.energy import Energy
from curate.governance.evidence import Evidence
from curate.governance.facts import Facts
from curate.governance.gates import Held, hold
from curate.governance.gathering import gather_facts
from curate.pairs.field import group_fields
from curate.release.content import ReleaseContent
from curate.release.differ import differences
from curate.release.evidence import last_before, read_facts
from curate.release.publish import DRAFT, publishing, put, read_manifest, staging, sweep
from curate.release.write import entries, seal, write_release
from curate.run.capacity import check_disk, demand
from curate.run.documents import file_card, write_documents
from curate.run.evaluating import evaluated
from curate.run.reporting import file_report, write_report

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe
    from curate.run.asking import Asking
    from curate.run.course import Course
    from curate.run.releasing import Released

_TOLD = 5
"""Pairs or groups of a failed gate that are named at once; all are in `gates.json`."""


@dataclass(frozen=True)
class Published:
    """Where a release stands, and what it says of itself."""

    path: Path
    new: bool
    """False when this very release was there already."""
    facts: Facts
    energy: Energy
    """What this build took; a release that was there already keeps what its own took."""
    held: list[Held]
    """Its gates; not looked at again where it was there already."""


def publish(course: Course, asking: Asking, made: Released, sample: bool) -> Published:
    """Publish what was made, or find it published already. Raises `GateFailed` where a gate does
    not hold, but of a `sample`, which cannot be judged as the whole is.
    """
    content, home = made.content, course.recipe.workspace / "releases" / made.content.name
    final = home / content.version
    if _stands(final, content):
        sweep(home)
        _file(final, course.recipe.workspace, new=False)
        return Published(final, False, read_facts(final), _energy(course, asking, content), [])
    wanted = demand(course.recipe, course.living, [], asking.pace.forecast)
    for told in check_disk(wanted, asking.store.root, course.recipe.workspace):
        asking.progress.warn("disk", told)
    evidence = evidence_of(course, asking, content, evaluated(course, asking))
    facts, energy = gather_facts(evidence), evidence.energy
    assert energy is not None
    held = hold(course.recipe.gates, facts, last_before(home, content.version), culprits(evidence))
    with staging(home) as folder:
        write_release(folder, content, made.media, course.recipe.text)
        _copy_answers(course.recipe, folder)
        files = entries(folder)
        write_documents(folder, files, evidence, facts, held)
        write_report(folder, course, asking, made, evidence, facts, held)
        (folder / "emissions.csv").write_text(asking.meter.emissions())
        seal(folder, content, facts, files)
        if not sample:
            _refuse(folder, course.recipe.workspace, content, held)
        with publishing(home):
            if _stands(final, content):
                return Published(final, False, read_facts(final), energy, [])
            _unfile(final, course.recipe.workspace)
            put(folder, final)
    _file(final, course.recipe.workspace, new=True)
    return Published(final, True, facts, energy, held)


def _file(final: Path, workspace: Path, *, new: bool) -> None:
    """The card and the report of a release among the workspace's. Of one that was there already only
    what lacks: a build that was stopped after it had published leaves them to the next.
    """
    version, name = final.name, final.parent.name
    if version == DRAFT:
        return
    try:
        if new or not (workspace / "data_cards" / name / f"{version}.md").exists():
            file_card(final, workspace / "data_cards" / name)
        if new or not (workspace / "reports" / name / f"{version}.html").exists():
            file_report(final, workspace / "reports" / name)
    except OSError as error:
        raise NotFiled(
            f"{final} is published, but its card and its report are not filed: {error}",
            "build again to file them",
        ) from error


def _unfile(final: Path, workspace: Path) -> None:
    """Documents of a release that was removed go before another takes its place: what is there when
    a build is stopped in between would be taken for the new one's.
    """
    version, name = final.name, final.parent.name
    (workspace / "data_cards" / name / f"{version}.md").unlink(missing_ok=True)
    (workspace / "reports" / name / f"{version}.html").unlink(missing_ok=True)


def evidence_of(
    course: Course,
    asking: Asking,
    content: ReleaseContent,
    evaluation: Mapping[str, Any] | None = None,
) -> Evidence:
    """What a finished course proves the facts of its release with."""
    return Evidence(
        digest=content.digest,
        pairs=content.pairs,
        decisions=content.decisions,
        lock=content.lock,
        clusters=content.clusters,
        made=content.made,
        stages=[
            {"step": s.step, "name": s.name, "pairs": s.pairs, "note": s.note, "figures": s.figures}
            for s in course.stages
        ],
        evaluation=evaluation,
        answers=course.recipe.answers,
        audit=_audit(course.recipe, content),
        energy=_energy(course, asking, content),
    )


def _audit(recipe: Recipe, content: ReleaseContent) -> Audit | None:
    """Of the groups that the recipe names; None where it names none."""
    groups = group_fields(recipe.fields)
    if not groups:
        return None
    texts = [name for name, field in recipe.fields.items() if field.type == "text"]
    tables = content.pairs, content.decisions, content.made
    return audited(*tables, groups, texts, recipe.governance.audit)


def _energy(course: Course, asking: Asking, content: ReleaseContent) -> Energy:
    kept = sum(frame.height for frame in content.data.values())
    return asking.meter.energy(course.gathered.table.height, kept)


def _copy_answers(recipe: Recipe, folder: Path) -> None:
    if recipe.governance.answers:
        shutil.copyfile(recipe.directory / recipe.governance.answers, folder / ANSWERS)


def _refuse(folder: Path, workspace: Path, content: ReleaseContent, held: Sequence[Held]) -> None:
    """Where a gate does not hold, put the candidate aside for people to look at."""
    failed = [one for one in held if not one.passed]
    if not failed:
        return
    candidate = workspace / ".curate" / "candidates" / content.name / content.version
    with staging(candidate.parent) as beside:
        shutil.copytree(folder, beside, dirs_exist_ok=True)
        put(beside, candidate)
    lines = [line for one in failed for line in _told(one)]
    raise GateFailed(
        f"{content.name} {content.version} is not published: "
        f"{len(failed)} of {len(held)} gates failed\n" + "\n".join(lines),
        f"the candidate lies in {candidate}; `curate explain` reads it like a release",
    )


def _told(one: Held) -> list[str]:
    bound = ", ".join(f"{word} {value}" for word, value in one.bound.items())
    more = len(one.culprits) - _TOLD
    named = [f"    {' '.join(name.split())}" for name in one.culprits[:_TOLD]]
    named += [f"    and {more:,} more, in {gates.FILE}"] if more > 0 else []
    return [f"  {one.fact} ({bound}): {one.why}", *named]


def _stands(final: Path, content: ReleaseContent) -> bool:
    """Whether this very release is published; another one under its version is an error, but for a
    draft, also for one of an earlier curate.
    """
    try:
        manifest = read_manifest(final)
    except OtherFormat:
        if content.version != DRAFT:
            raise
        return False
    if manifest is None:
        _require_free(final)
        return False
    if manifest["digest"] == content.digest:
        return True
    if content.version == DRAFT:
        return False
    raise ReleaseExists(
        f"{content.name} {content.version} is published and this build differs from it:\n"
        + "\n".join(f"  {line}" for line in differences(final, manifest, content)),
        "give the recipe a new version, or `version: draft` while you try things",
    )


def _require_free(final: Path) -> None:
    """What is no release is not replaced: it may be somebody's only copy."""
    if os.path.lexists(final):
        raise CurateError(f"{final} is in the way: it has no manifest.json", "move it elsewhere")

"""Do a release's documents follow from its tables and its evidence? Each is made again and compared.

Only the version that made a release makes its documents the same way: of others, what is evidence and
what was made of it is held to the hashes of the manifest (`maker`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import curate
from curate.errors import CurateError
from curate.governance.answers import FILE as ANSWERS
from curate.governance.attestation import FILE as STATEMENT
from curate.governance.attestation import statement
from curate.governance.audit import FILE as AUDIT
from curate.governance.audit import audited
from curate.governance.culprits import culprits
from curate.governance.facts import FILE as FACTS
from curate.governance.gates import FILE as GATES
from curate.governance.gates import Bound, Held, hold
from curate.governance.gathering import gather_facts
from curate.release.documents import documents
from curate.release.evidence import read_evidence, read_facts, read_held
from curate.release.reading import read_document, read_lock
from curate.release.samples import samples_of

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.governance.facts import Facts


def maker(release: Path) -> str | None:
    """The version that made a release, where it is not this one; raises `CurateError`."""
    made = str(read_lock(release)["curate"])
    return None if made == curate.__version__ else made


def otherwise(release: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What does not follow from the rest of a release whose files and tables agree."""
    try:
        shown, told, held = read_evidence(release), read_facts(release), read_held(release)
        yield from _called(manifest, told)
        yield from _answers(shown)
        yield from _audit(shown)
        yield from _facts(shown, told)
        yield from _gates(shown, told, held)
        yield from _rendered(release, manifest, shown, told, held)
        yield from _statement(release, manifest, told)
    except CurateError as error:
        yield error.message.removeprefix(f"{release}/")


def _called(manifest: Mapping[str, Any], told: Facts) -> Iterator[str]:
    for name in ("name", "version"):
        if manifest[name] != getattr(told.release, name).value:
            yield f"manifest.json has another {name} than {FACTS}"


def _answers(shown: Evidence) -> Iterator[str]:
    """What people said is what was read when the release was built."""
    said = {key: one.model_dump(exclude_none=True) for key, one in shown.answers.items()}
    locked = shown.lock["recipe"].get("answers", {})
    for key in sorted(said.keys() | locked.keys()):
        if said.get(key, _UNSAID)["status"] == locked.get(key, _UNSAID)["status"] == "not_provided":
            continue
        if said.get(key) != locked.get(key):
            yield f"{ANSWERS} says of '{key}' what recipe.lock.yaml does not"


_UNSAID = {"status": "not_provided"}


def _audit(shown: Evidence) -> Iterator[str]:
    """The audit is that of the tables beside it."""
    stated, recipe = shown.audit, shown.lock["recipe"]
    if stated is None:
        return
    groups = [name for name, field in recipe["fields"].items() if field.get("group")]
    texts = [name for name, field in recipe["fields"].items() if field["type"] == "text"]
    if audited(shown.pairs, shown.decisions, shown.made, groups, texts, stated.settings) != stated:
        yield f"{AUDIT} does not follow from the tables"


def _facts(shown: Evidence, told: Facts) -> Iterator[str]:
    """Facts follow from the tables and documents that they name as their evidence."""
    stated, derived = dict(told.statements()), dict(gather_facts(shown).statements())
    for name in sorted(stated.keys() | derived.keys()):
        if stated.get(name) != derived.get(name):
            yield f"{FACTS} states {name}, which does not follow from the release"


def _gates(shown: Evidence, told: Facts, held: list[Held]) -> Iterator[str]:
    """Every gate of the lock was held against the facts. What a release before said is not looked
    for, since it may be gone: a gate on it may have failed where nothing else of it did.
    """
    recipe = shown.lock["recipe"]
    named = [*recipe["governance"].get("gates", {}).items(), *recipe.get("policy", {}).items()]
    bounds = [(name, Bound.model_validate(bound)) for name, bound in named]
    derived = hold(bounds, told, None, culprits(shown))
    if [one.fact for one in held] != [one.fact for one in derived]:
        yield f"{GATES} does not name the gates of recipe.lock.yaml"
        return
    for stated, one in zip(held, derived, strict=True):
        if not _agree(stated, one):
            yield f"{GATES} says of {stated.fact} what does not follow from the facts"


def _agree(stated: Held, derived: Held) -> bool:
    if "not_below_last" not in derived.bound:
        return bool(_plain(stated) == _plain(derived))
    same = all(_plain(stated)[key] == _plain(derived)[key] for key in ("bound", "value"))
    return same and (derived.passed or not stated.passed)


def _plain(held: Held) -> Any:
    return json.loads(held.model_dump_json())


def _rendered(
    release: Path, manifest: Mapping[str, Any], shown: Evidence, told: Facts, held: list[Held]
) -> Iterator[str]:
    samples = samples_of(release, shown)
    made = dict(documents(release, manifest["files"], shown, told, held, samples))
    for name, text in made.items():
        path = release / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.read_bytes() != text.encode():
            yield f"{name} does not follow from the facts and tables"


def _statement(release: Path, manifest: Mapping[str, Any], told: Facts) -> Iterator[str]:
    """What is there to be signed names the files of the manifest, and how they came about."""
    found = read_document(release / STATEMENT, dict[str, Any])
    derived = json.loads(json.dumps(statement(manifest["files"], told)))
    if found.get("subject") != derived["subject"]:
        yield f"{STATEMENT} does not name the files of the manifest"
    elif found != derived:
        yield f"{STATEMENT} does not follow from the facts"

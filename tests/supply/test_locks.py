"""Every pinned package has one version, and a hash; what was not looked up is no good news."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.supply.audit import told
from tests.supply.lock import write

REPOSITORY = Path(__file__).parents[2]
_LINE = re.compile(r"(\S+)==(\S+) --hash=sha256:[0-9a-f]{64}")


def pinned(name: str) -> dict[str, str]:
    lines = (REPOSITORY / name).read_text().splitlines()
    needs = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): str(next(iter(one.specifier)).version) for one in needs}


def locked(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (REPOSITORY / name).read_text().splitlines()[1:]:
        parts = _LINE.fullmatch(line)
        assert parts is not None, line
        found[canonicalize_name(parts[1])] = Version(parts[2]).public
    return found


def test_locks_are_of_the_constraints() -> None:
    pins, product, tests = (
        pinned("constraints.txt"),
        locked("requirements.lock"),
        locked("requirements-dev.lock"),
    )
    assert not product.keys() & tests.keys()
    assert {"polars", "torch", "pydantic"} <= product.keys()
    assert "pytest" in tests
    other = {
        name: (version, pins.get(name))
        for name, version in (product | tests).items()
        if pins.get(name) != version
    }
    assert other == {}, "run `make lock`"


def test_direct_needs_are_locked() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text()
    lines = re.findall(r'"([\w.\[\]-]+)>=', project)
    names = {canonicalize_name(Requirement(line).name) for line in lines}
    assert names - {"curate"} <= locked("requirements.lock").keys(), "run `make lock`"


def test_what_pip_reports_becomes_two_locks(tmp_path: Path) -> None:
    def package(name: str, *needs: str) -> dict[str, object]:
        told = {"name": name, "version": "1.0", "requires_dist": list(needs)}
        return {
            "metadata": told,
            "download_info": {"archive_info": {"hashes": {"sha256": name[0] * 64}}},
        }

    curate = package("curate", 'Alpha_b[x]; extra == "all"', "beta; python_version < '3'")
    others = [package("alpha-b", 'cee; extra == "x"'), package("cee"), package("beta")]
    write({"install": [curate, *others]}, tmp_path)
    lines = (tmp_path / "requirements.lock").read_text().splitlines()[1:]
    assert lines == [f"{n}==1.0 --hash=sha256:{n[0] * 64}" for n in ("alpha-b", "cee")]
    assert "beta==1.0" in (tmp_path / "requirements-dev.lock").read_text()


def test_what_was_not_looked_up_is_told() -> None:
    fine = {"name": "a", "version": "1", "vulns": []}
    weak = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    missed = {"name": "c", "skip_reason": "Dependency not found on PyPI"}
    assert told([fine]) == ("1 packages looked up, 0 with known weaknesses", 0)
    assert told([fine, weak])[1] == 1
    assert "b 2: CVE-1 (mended in 3)" in told([fine, weak])[0]
    assert told([fine, missed]) == ("1 of 2 were not looked up: c", 3)
    assert "nothing was looked up" in told([missed])[0]

"""The report of a release that is about to be published, and its copy among the workspace's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from curate.report.gathering import report_of
from curate.report.page import render_report
from curate.run.documents import file_whole
from curate.run.embedded import embedded
from curate.run.media import MediaOfCourse

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.governance.facts import Facts
    from curate.governance.gates import Held
    from curate.run.asking import Asking
    from curate.run.course import Course
    from curate.run.releasing import Released

FILE = "report.html"


def write_report(
    folder: Path,
    course: Course,
    asking: Asking,
    made: Released,
    evidence: Evidence,
    facts: Facts,
    held: Sequence[Held],
) -> None:
    """Into the folder of a release."""
    media = MediaOfCourse(course, asking, made.media)
    report = report_of(evidence, facts, held, media, partial(embedded, course, asking))
    (folder / FILE).write_text(render_report(report), encoding="utf-8")


def file_report(release: Path, home: Path) -> None:
    """Among the workspace's reports, by the release's version; releases of earlier versions have none."""
    if not (release / FILE).exists():
        return
    file_whole(home / f"{release.name}.html", (release / FILE).read_bytes())

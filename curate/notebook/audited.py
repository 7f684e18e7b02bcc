"""What became of groups of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curate.governance.audit import Audit
from curate.governance.audit_lines import preface, sections
from curate.notebook.answer import Answer, Block, Line, Table, Title


@dataclass(frozen=True, repr=False)
class Audited(Answer):
    """An audit, in the tables that the command line draws."""

    audit: Audit

    def blocks(self) -> Iterator[Block]:
        yield Title(self.audit.headline)
        yield from map(Line, preface(self.audit))
        for section in sections(self.audit):
            yield Table(section.header, section.rows, section.title)
            yield from map(Line, section.notes)

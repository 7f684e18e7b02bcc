"""What became of groups of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curate.governance.audit import Audit
from curate.governance.audit_lines import preface, sections
from curate.notebook.answer import Answer, Block, Line, Table, Title

_OPEN = 2
"""Tables that a notebook shows at once; they come in the order of what matters."""


@dataclass(frozen=True, repr=False)
class Audited(Answer):
    """An audit, in the tables that the command line draws."""

    audit: Audit

    def blocks(self) -> Iterator[Block]:
        yield Title(self.audit.headline)
        yield from map(Line, preface(self.audit))
        for place, section in enumerate(sections(self.audit)):
            yield Table(
                section.header, section.rows, section.title, section.notes, folded=place >= _OPEN
            )

"""A receipt, and what a forgetting is about to do, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.run.forget_journal import Counts, Doomed, Journal
    from curate.run.forgetting import Receipt

KEY = (
    "The key of the marks is .curate/forget.key, or CURATE_FORGET_KEY: keep it, and apart from them. "
    "Without it nothing can be built here any more."
)


def text(receipt: Receipt) -> str:
    """The whole receipt."""
    return "\n".join(lines(receipt)) + "\n"


def lines(receipt: Receipt) -> Iterator[str]:
    yield f"Forgotten {receipt.begun}: {about(receipt.counts)}."
    yield ""
    yield from map(_stone, receipt.releases)
    for one in receipt.successors:
        yield f"Built without them: {one.name} {one.version}, digest {one.digest}."
    yield ""
    for kind, count in receipt.removed.items():
        yield f"Removed {kind}: {count:,}"
    yield ""
    if receipt.sources:
        yield "The sources still hold these rows. No build takes them in; delete them yourself, and this list:"
        yield from (f"  {row}" for row in receipt.sources)
        yield ""
    yield "Copies that were not reached:"
    yield from (f"  {line}" for line in receipt.unreached)
    yield ""
    yield KEY


def intent(journal: Journal) -> Iterator[str]:
    """What would be done."""
    yield f"Would forget {about(journal.counts)}."
    yield from map(_stone, journal.releases)
    yield from (f"{folder} would go." for folder in journal.folders)
    for one in journal.rebuilds:
        yield f"Would build {one.name} {one.version} without them."
    if journal.releases:
        yield "Exports, cards and reports of what goes would go with it, and reviews of these pairs."
    yield "Values, blobs and hashes of theirs would leave the store, and all fits with them."
    yield from journal.notes


def about(counts: Counts) -> str:
    """How much goes."""
    told = f"{_pairs(counts.asked)} asked for and {counts.along:,} that go along"
    told += f"; {counts.contents:,} contents that nobody else holds, {counts.made:,} made of them"
    return f"{told}; {_shared(counts)}" if counts.shared else told


def _shared(counts: Counts) -> str:
    one = counts.shared == 1
    held = "1 content stays" if one else f"{counts.shared:,} contents stay"
    it, where = "it" if one else "them", ", ".join(counts.holders)
    return f"{held}, since other pairs hold {it} too ({where}); --hash forgets {it} there as well"


def _stone(one: Doomed) -> str:
    after = f"its successor is {one.successor}" if one.successor else "nothing of it was left"
    return f"{one.name} {one.version} held {_pairs(one.pairs)} of them: it goes, and {after}."


def _pairs(count: int) -> str:
    return f"{count:,} pair" if count == 1 else f"{count:,} pairs"

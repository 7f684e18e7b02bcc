"""Which encoder reads which field, where a recipe names one for all or one for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from curate.pairs.field import Fields
from curate.steps.side import EMBEDDED, EMBEDDED_READS, no_encoder
from curate.steps.step import Objection

Encoder: TypeAlias = str | Mapping[str, str]


def encoder_of(name: str, encoder: Encoder) -> str:
    """The one of a field: `embedded`, unless another is named."""
    return encoder if isinstance(encoder, str) else encoder.get(name, EMBEDDED)


def encoder_extras(names: Sequence[str], encoder: Encoder) -> tuple[str, ...]:
    """The extras of `curate` that these fields' encoders need."""
    used = {encoder_of(name, encoder) for name in names}
    return tuple(sorted({"embedded" if one == EMBEDDED else "encoders" for one in used}))


def unreadable_by(names: Sequence[str], encoder: Encoder, fields: Fields) -> Iterator[Objection]:
    """What is wrong with an encoder's name, or with what it should read."""
    if not isinstance(encoder, str):
        for name in encoder.keys() - set(names):
            yield Objection(("encoder", name), f"'{name}' is not read", candidates=tuple(names))
    for name in names:
        chosen = encoder_of(name, encoder)
        if unnamed := no_encoder(chosen):
            yield unnamed
        elif name in fields and chosen == EMBEDDED and fields[name].type not in EMBEDDED_READS:
            message = f"'embedded' reads no {fields[name].type}"
            yield Objection(("encoder",), message, f"a model for it: {{{name}: 'hf:owner/name'}}")

"""Signed statements in a file of how it came about: C2PA manifests (https://spec.c2pa.org, 2.1).

A manifest says that the file was created, with the digital source type that its mark states, and by
which `curate`; the signature covers the file. No parent is named as an ingredient, no thumbnail is
added, and no authority is asked for the time, so that nothing leaves this machine: a reader takes
the signature to be as good as the certificate is when it is read. Signatures hold chance and names
of their own: the same file signed twice is two files.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import curate
from curate.errors import CurateError
from curate.pairs.marks import source_type

KINDS = {"image": "image/png", "audio": "audio/flac", "video": "video/mp4"}
"""How each modality is written that machines make and that a manifest can stand in; in FLAC it
stands in an ID3 tag before the file, as C2PA wants it, which decoders skip."""


@dataclass(frozen=True)
class Seal:
    """What files are signed with."""

    certificates: bytes
    """PEM: the signer's own, then those that vouch for it."""
    key: bytes = field(repr=False)
    """PEM, PKCS#8; written nowhere."""
    algorithm: str

    def signed(self, data: bytes, modality: str) -> bytes:
        """The file, which bears a mark, with a manifest; `CurateError` where they do not fit."""
        import c2pa

        info = c2pa.C2paSignerInfo(self.algorithm.encode(), self.certificates, self.key, None)
        kind, made = KINDS[modality], io.BytesIO()
        try:
            context = c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}})
            builder = c2pa.Builder(json.dumps(statement(source_type(data))), context)
            builder.sign(c2pa.Signer.from_info(info), kind, io.BytesIO(data), made)
        except c2pa.C2paError as error:
            raise CurateError(
                f"a {kind} file cannot be signed: {error}",
                "do the key, the certificates and the algorithm belong together?",
            ) from error
        return made.getvalue()


def statement(source: str | None) -> dict[str, Any]:
    """A manifest's definition: what is said before it is bound to a file."""
    created = {"action": "c2pa.created", "digitalSourceType": source}
    return {
        "claim_generator_info": [{"name": "curate", "version": curate.__version__}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }

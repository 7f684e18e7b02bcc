"""With what a recipe has files signed, and what of that a value depends on.

The certificates' hash is part of the value; the key is not. Its variable's name is access: the key
itself is no setting, so that it stands in no fingerprint, lock or report.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curate.measures.measure import Measure

VERSION = 1
"""Raised whenever manifests say something else."""
ROLE = "certificate"
"""Of the certificates among a measure's models."""


class Signature(BaseModel):
    """How a recipe says with what its files are signed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: str = Field(
        description="The certificates, as file:path: PEM, the signer's own first."
    )
    key: str = Field(
        description="The environment variable that holds the private key (PEM, PKCS#8), or the path "
        "of its file; the key itself stands nowhere."
    )
    algorithm: Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"] = Field(
        "es256", description="The signature's algorithm, which the key must be made for."
    )

    @field_validator("certificate")
    @classmethod
    def _on_disk(cls, reference: str) -> str:
        if not reference.removeprefix("file:") or not reference.startswith("file:"):
            raise ValueError("must be file:path")
        return reference

    @field_validator("key")
    @classmethod
    def _named(cls, key: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
            raise ValueError("must be the name of an environment variable, not the key itself")
        return key


def signed(measure: Measure, by: Signature) -> Measure:
    """The same contents made, each with a signed manifest."""
    return replace(
        measure,
        compute="curate.measures.signed:make",
        params={**measure.params, "sign": {"algorithm": by.algorithm, "version": VERSION}},
        models={**measure.models, ROLE: by.certificate},
        libraries=(*measure.libraries, "c2pa-python"),
        access={"key": by.key, "compute": measure.compute},
    )

"""What a recipe says under `governance`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from curate.governance.audit_settings import AuditSettings


class Governance(BaseModel):
    """How a release is audited, what only people can say of it, and what it must fulfil."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str | None = Field(
        None,
        pattern="^[A-Z]{3}$",
        description="Where the build runs, as ISO 3166-1 alpha-3 (DEU): its grid gives the grams of CO2e.",
    )
    audit: AuditSettings = Field(AuditSettings(), description="How groups are compared.")

"""What a recipe says under `governance`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from curate.governance.audit_settings import AuditSettings
from curate.governance.gates import Gates


class Policy(BaseModel):
    """Gates that several recipes share, in a file of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gates: Gates = Field(description="Facts with the bounds that every release must fulfil.")


COUNTRY = "^[A-Z]{3}$"


def _check_country(country: str | None) -> str | None:
    if country is None or re.fullmatch(COUNTRY, country):
        return country
    raise ValueError(f"'country' must be three letters of ISO 3166-1 such as DEU, not '{country}'")


class Governance(BaseModel):
    """How a release is audited, what only people can say of it, and what it must fulfil."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: Annotated[str | None, AfterValidator(_check_country)] = Field(
        None,
        json_schema_extra={"pattern": COUNTRY},
        description="Where the build runs, as ISO 3166-1 alpha-3 (DEU): its grid gives the grams of CO2e.",
    )
    embodied_g_co2e: float | None = Field(
        None,
        ge=0,
        description="This build's share of the CO2e of making its hardware, in grams (the M of SCI).",
    )
    answers: str | None = Field(
        None,
        min_length=1,
        description="A file beside the recipe with what only people can say; "
        "`curate card --questions` writes it.",
    )
    audit: AuditSettings = Field(
        AuditSettings(), description="Between which groups decisions are compared, and how."
    )
    gates: Gates = Field(
        {},
        description="Facts with their bounds: a release that misses one is not published.",
        examples=[{"bias.flagged": {"max": 0}, "pairs.synthetic_share": {"max": 0.3}}],
    )
    policy: str | None = Field(
        None,
        min_length=1,
        description="A file beside the recipe with further `gates`, shared by several recipes.",
    )

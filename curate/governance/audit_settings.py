"""What a recipe says under `governance: audit`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AuditSettings(BaseModel):
    """How groups are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smallest_group: int = Field(100, ge=1, description="Smaller groups are shown and not judged.")

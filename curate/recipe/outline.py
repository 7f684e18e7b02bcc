"""The top-level keys of a recipe, and what names and versions look like."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as Key

from curate.governance.settings import Governance
from curate.recipe.wording import describe

NAME = r"^[a-z0-9][a-z0-9._-]{0,99}$"
VERSION = r"^(draft|(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?)$"


def _check_name(name: str) -> str:
    if re.fullmatch(NAME, name):
        return name
    guess = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:100]
    example = f"; for example '{guess}'" if guess else ""
    raise ValueError(
        f"'name' may hold a-z, 0-9, '.', '_' and '-' and begins with a-z or 0-9{example}"
    )


def _check_version(version: Any) -> Any:
    if isinstance(version, str) and re.fullmatch(VERSION, version):
        return version
    if not isinstance(version, str | int | float) or isinstance(version, bool):
        raise ValueError(
            f"'version' must be 'draft' or three numbers such as 1.0.0, not {describe(version)}"
        )
    found = describe(version)
    parts = [str(int(part)) for part in re.findall(r"\d{1,9}", str(version))[:3]]
    guess = ".".join((*parts, "0", "0", "0")[:3]) if parts else "1.0.0"
    raise ValueError(f"'version' must be 'draft' or three numbers such as {guess}, not {found}")


class ReleaseKeys(BaseModel):
    """What a release holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    media: Literal["embed", "reference"] = Key(
        default="embed",
        description="Whether images and sounds are stored in the release (embed) or only where "
        "they are found (reference).",
    )


class Resources(BaseModel):
    """What one worker takes up while it computes a measure, on an engine of many machines."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpus: float = Key(default=1.0, gt=0, description="Processors.")
    gpus: float = Key(
        default=0.0, ge=0, description="Graphics processors; 0.5 has two workers share one."
    )


class Outline(BaseModel):
    """A recipe for a release of paired data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_check_name)] = Key(
        description="What the release is called; the folder below releases/.",
        json_schema_extra={"pattern": NAME},
    )
    version: Annotated[str, BeforeValidator(_check_version)] = Key(
        description="Three numbers such as 1.0.0, published once and never changed; or draft, "
        "replaced by every build.",
        json_schema_extra={"pattern": VERSION},
    )
    description: str | None = Key(None, description="What the release is about, for people.")
    fields: Any = Key(description="The named columns of a pair and what each holds.")
    sources: Any = Key(description="Where pairs come from.")
    steps: Any = Key((), description="What is done with the pairs, from first to last.")
    evaluate: Any = Key((), description="What is measured of the release, for people to judge it.")
    release: ReleaseKeys = Key(ReleaseKeys(), description="What the release holds.")
    governance: Governance = Key(Governance(), description="What the release proves about itself.")
    resources: dict[str, Resources] = Key(
        {},
        description="What a worker takes up, by measure; for --engine ray. Changes no value.",
    )
    seed: Annotated[int, Key(strict=True)] = Key(
        0, ge=0, lt=2**63, description="Changes everything that is drawn at random."
    )

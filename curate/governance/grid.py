"""How much CO2e a kilowatt hour of a country's grid stands for."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict

_SOURCE = "codecarbon's table of national grids, from Our World in Data"


class Grid(BaseModel):
    """A country's mean carbon intensity in one year."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str
    """ISO 3166-1 alpha-3."""
    g_co2e_per_kwh: float
    year: int
    source: str = _SOURCE


def grid_of(country: str) -> Grid | None:
    """The grid of a country by its alpha-3 code; None where the table does not know it, never a
    mean of the world instead.
    """
    found = _table().get(country)
    if found is None or found.get("carbon_intensity") is None:
        return None
    return Grid(country=country, g_co2e_per_kwh=found["carbon_intensity"], year=int(found["year"]))


@cache
def _table() -> dict[str, Any]:
    path = files("codecarbon") / "data" / "private_infra" / "global_energy_mix.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found

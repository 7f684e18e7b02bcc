"""What reads the energy: codecarbon's offline tracker, told everything and listened to in silence.

It reads counters of the processor where there are any (RAPL) and estimates from this process's load
otherwise; memory is estimated always, NVIDIA cards are read. Every option is passed, so that no file or
variable of the user's has a say; nothing is written, sent or printed, and no thread is left. Looking
for the hardware takes a second or two, once a process.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from curate.governance.energy import Method

_COUNTED = {"intel_rapl", "intel_power_gadget", "windows_emi", "apple_powermetrics"}
"""codecarbon's modes in which a counter is read."""

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Reading:
    """What was used since the reading before, in kWh."""

    cpu: float
    gpu: float
    ram: float

    @property
    def kwh(self) -> float:
        return self.cpu + self.gpu + self.ram


class Instrument:
    """One build's tracker. Builds at once in one process each have their own, and each reads all
    that the process uses.
    """

    def __init__(self) -> None:
        with _ONE_AT_A_TIME:
            self.tracker = _tracker()
            self.tracker.get_detected_hardware()
        self.tracker.start_task()

    def read(self) -> Reading:
        """What was used since the last reading, or since this began."""
        used = self.tracker.stop_task()
        self.tracker.start_task()
        return Reading(used.cpu_energy, used.gpu_energy, used.ram_energy)

    @property
    def method(self) -> Method:
        counted = self._mode in _COUNTED
        return "measured" if counted else "estimated"

    @property
    def _mode(self) -> str:
        """How the processor is read."""
        modes = (getattr(part, "_mode", None) for part in self.tracker._hardware)
        return next((mode for mode in modes if mode is not None), "unknown")

    @property
    def facts(self) -> dict[str, Any]:
        """What tells of the hardware, under codecarbon's names of columns."""
        conf = self.tracker._conf
        names = ("cpu_count", "cpu_model", "gpu_count", "gpu_model", "ram_total_size")
        known = {name: conf.get(name) for name in (*names, "tracking_mode")}
        return {**known, "codecarbon_version": conf["codecarbon_version"]}

    @property
    def hardware(self) -> str:
        """In words, without the names of hosts."""
        facts = self.facts
        how = f"read from {self._mode}" if self._mode in _COUNTED else self._guess
        said = [
            f"{facts['cpu_count']} threads of {facts['cpu_model']}, {how}",
            f"{facts['ram_total_size']:.0f} GiB of memory, estimated by its size",
        ]
        return "; ".join([*said, *([f"{facts['gpu_model']}, read"] if facts["gpu_count"] else [])])

    @property
    def _guess(self) -> str:
        watts = [tdp for part in self.tracker._hardware if (tdp := getattr(part, "_tdp", None))]
        at_most = f" and a design power of {watts[0]:g} W" if watts else ""
        return f"estimated from {self._mode.replace('_', ' ')}{at_most}"


class _Still:
    """Stands where codecarbon has timers that sample every second: readings here are seconds apart,
    and what a process did between two is known without sampling.
    """

    _stopped = True

    def start(self) -> None: ...

    def stop(self) -> None: ...


def _tracker() -> Any:
    _silence()
    from codecarbon import OfflineEmissionsTracker

    tracker = OfflineEmissionsTracker(**_told())
    tracker._scheduler = tracker._scheduler_monitor_power = _Still()
    return tracker


@cache
def _silence() -> None:
    """Importing codecarbon sets its level, and it speaks before it has read the one it is given."""
    import codecarbon  # noqa: F401

    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)


def _told() -> dict[str, Any]:
    """Every option of codecarbon that a file or a variable could set. Grams are not asked for."""
    return {
        "allow_multiple_runs": True,
        "api_call_interval": -1,
        "api_endpoint": "",
        "api_key": "",
        "cloud_provider": None,
        "cloud_region": None,
        "country_2letter_iso_code": None,
        "country_iso_code": None,
        "electricitymaps_api_token": "",
        "emissions_endpoint": None,
        "experiment_id": "",
        "experiment_name": "",
        "force_carbon_intensity_g_co2e_kwh": 0.0,
        "force_cpu_power": None,
        "force_mode_cpu_load": False,
        "force_ram_power": None,
        "gpu_ids": None,
        "log_level": "critical",
        "logger_preamble": "",
        "logging_logger": None,
        "measure_power_secs": 3600,
        "metadata": None,
        "on_csv_write": "append",
        "output_dir": ".",
        "output_file": "",
        "output_handlers": [],
        "output_methods": [],
        "project_name": "curate",
        "prometheus_url": "",
        "pue": 1.0,
        "rapl_include_dram": False,
        "rapl_prefer_psys": False,
        "region": None,
        "tracking_mode": "process",
        "wue": 0.0,
    }

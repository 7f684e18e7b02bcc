"""Turn raw media into releases of paired data, with the reason for every pair kept or dropped."""

__version__ = "0.1.0"

"""Which evaluations a recipe can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.evaluation.curation import Curation
from curate.evaluation.planted import PlantedErrors
from curate.evaluation.probes import Probes
from curate.evaluation.pseudo_labels import PseudoLabels
from curate.evaluation.retrieval import Retrieval
from curate.evaluation.synthetic import Synthetic

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Evaluation


def registry() -> dict[str, type[Evaluation]]:
    """Every evaluation's class by its word."""
    known = (Retrieval, PlantedErrors, Curation, Synthetic, PseudoLabels, Probes)
    return {found.word: found for found in known}

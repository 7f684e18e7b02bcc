"""Our figures are fairlearn's."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    selection_rate,
)

from curate.governance.audit_settings import AuditSettings
from curate.governance.parity import parity
from curate.governance.selection import contrasts, judged
from tests.governance.counts import UNEVEN, simulated


def test_rates_and_differences_are_those_of_fairlearn_over_pairs() -> None:
    """Of counts we say what fairlearn says of the pairs that they count."""
    table = simulated(3, [0.9, 0.8, 0.85, 0.7, 0.95, 0.5, 0.99, 0.6])
    settings = AuditSettings()
    levels = judged(contrasts(table, settings), settings).levels["group"]
    groups = np.repeat([level.level for level in levels], UNEVEN)
    kept = np.concatenate([np.arange(level.n or 0) < (level.kept or 0) for level in levels])
    frame = MetricFrame(metrics=selection_rate, y_true=kept, y_pred=kept, sensitive_features=groups)
    ours = {level.level: level.rate.value for level in levels if level.rate is not None}
    assert ours == pytest.approx(frame.by_group.to_dict(), abs=1e-6)
    found = parity(levels)
    assert found is not None
    assert found.selection_rate == pytest.approx(frame.overall, abs=1e-6)
    by_group = {"y_true": kept, "y_pred": kept, "sensitive_features": groups}
    assert found.demographic_parity_difference == pytest.approx(
        demographic_parity_difference(**by_group), abs=1e-6
    )
    assert found.demographic_parity_ratio == pytest.approx(
        demographic_parity_ratio(**by_group), abs=1e-6
    )
    assert found.demographic_parity_difference == pytest.approx(
        max(ours.values()) - min(ours.values()), abs=1e-6
    )
    assert found.demographic_parity_ratio == pytest.approx(
        min(ours.values()) / max(ours.values()), abs=1e-6
    )


def test_one_group_is_compared_with_nobody() -> None:
    table = simulated(3, [0.9], [1000])
    settings = AuditSettings()
    assert parity(judged(contrasts(table, settings), settings).levels["group"]) is None

"""Small plans and runs that several tests of the trials share."""

from pathlib import Path
from typing import Any

import pytest

from steelyard.trials.plan import TrialPlan, plan_from

SOLUTIONS = Path(__file__).parent / "solutions"


def small_plan(path: str, kind: str = "advisor", **sections: dict[str, Any]) -> TrialPlan:
    """A campaign plan of a few heats; `sections` replace single values."""
    raw: dict[str, Any] = {
        "trial": {"id": "small", "kind": "campaign"},
        "solution": {"path": path, "kind": kind},
        "suite": {"scenarios": ["normal"], "seed": 11},
        "statistics": {"resamples": 999},
        "runs": {"campaigns": 4, "heats": 3, "warmup_heats": 1, "floor_campaigns": 2, "oracle": False},
        "primary": [{"kpi": "departure_deviation_k", "margin": 0.5}],
        "guardrails": [{"kpi": "fallback_share", "margin": 5.0, "against": 0.0}],
    }
    for name, values in sections.items():
        raw[name] = {**raw.get(name, {}), **values} if isinstance(values, dict) else values
    return plan_from(raw, SOLUTIONS, "small plan")


@pytest.fixture(scope="session")
def silent_report() -> dict[str, Any]:
    """The report of a trial of an advisor that never advises."""
    from steelyard.trials.run import run_trial

    return run_trial(small_plan("silent_advisor.py"))

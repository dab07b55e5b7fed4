"""Where the solution of a trial runs: in confined processes of this machine, unless somebody brings it otherwise."""

import os
from pathlib import Path
from typing import Any

from steelyard.trials.plan import TrialPlan


class Hosting:
    """Hosts the solution under trial here, one process for each lane. The wire has a hosting of its own."""

    lanes: int | None = None  # None: as many as the plan says; the results are the same with any number

    def host(self, plan: TrialPlan, infos: dict[str, Any] | None, lane: int) -> Any:
        """Return the host of the plan's solution in one lane; `infos` are the board's signals (None: not checked)."""
        return hosted(plan, plan.solution_path(), infos, lane, plan.solution.network)

    def connection(self) -> dict[str, Any]:
        """Return how the solution was connected, for the facts of the report; {} means by pipe."""
        return {}


def hosted(plan: TrialPlan, path: Path | None, infos: dict[str, Any] | None, lane: int, network: bool = False) -> Any:
    """Return a host of the solution at `path`, with a core of its own where there are as many as lanes.

    `network` leaves it the network, which its plan must declare.
    """
    from steelyard.solutions.host import Host, Limits

    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    cpu = cpus[lane] if infos is not None and len(cpus) >= plan.runs.lanes else None  # a core of its own, or none
    assert path is not None
    return Host(path, timeout_s=plan.runs.decision_timeout_s, signals=infos, cpu=cpu, limits=Limits(network=network))

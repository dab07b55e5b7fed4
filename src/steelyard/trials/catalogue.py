"""Which KPIs a kind of trial has."""

from steelyard.trials.kpi import Kpi
from steelyard.trials.subjects import subject


def catalogue(kind: str, process: str = "ladle_furnace") -> dict[str, Kpi]:
    """Return the KPIs of a "campaign", "predictor" or "detector" trial of a process by id."""
    return subject(process).kpis[kind]

"""Which KPIs a kind of trial has."""

from steelyard.trials import kpi, predictor_kpi
from steelyard.trials.kpi import Kpi


def catalogue(kind: str) -> dict[str, Kpi]:
    """Return the KPIs of a "campaign" or a "predictor" trial by id."""
    return kpi.CATALOGUE if kind == "campaign" else predictor_kpi.CATALOGUE

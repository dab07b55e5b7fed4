"""KPIs: declared functions of the log of a run, with the fields of ISO 22400-2.

A KPI is `value(record)`: one number for one run. Trade units at this edge; the log itself is SI. Which KPIs there are
is said by the subject of the trial (`steelyard.trials.subjects`); here is what they have in common.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from steelyard.errors import DataError


@dataclass(frozen=True)
class RunRecord:
    """What one run left behind: the log of its products (SI), prices, and what host, board and monitor counted."""

    log: Any
    prices: dict[str, float]
    counts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Kpi:
    """One KPI with the fields of ISO 22400-2; `trend` says which is better: "lower", "higher" or "target".

    A KPI with the trend "target" is better the nearer it is to `target` (its own unit).
    """

    id: str
    name: dict[str, str]
    description: dict[str, str]
    formula: str
    unit: str
    low: float
    high: float
    trend: str
    timing: str
    audience: str
    value: Callable[[Any], float]
    digits: int = 2
    target: float | None = None

    @property
    def harmful(self) -> int:
        """+1 when a larger value is worse, -1 when a smaller one is."""
        return -1 if self.trend == "higher" else 1

    def difference(self, baseline: float, solution: float) -> float:
        """Return solution minus baseline; with a target, that of their distances from it, so that less is better."""
        if self.target is None:
            return solution - baseline
        return abs(solution - self.target) - abs(baseline - self.target)

    def declaration(self) -> dict[str, Any]:
        """Return the declaration as plain data (all fields but the function)."""
        return {
            "id": self.id, "name": self.name, "description": self.description, "formula": self.formula,
            "unit": self.unit, "range": [self.low, self.high], "trend": self.trend, "target": self.target,
            "timing": self.timing, "audience": self.audience,
        }  # fmt: skip


def declare(
    id_: str, unit: str, trend: str, span: tuple[float, float], value: Any, formula: str, *texts: str, **more: Any
) -> Kpi:
    """Return a KPI; `texts` are name and description in turn: English, Korean, English, Korean."""
    en, ko, what_en, what_ko = texts
    return Kpi(
        id_, {"en": en, "ko": ko}, {"en": what_en, "ko": what_ko}, formula, unit, span[0], span[1], trend,
        more.get("timing", "per campaign, after warm-up"), more.get("audience", "operator, engineer, management"),
        value, more.get("digits", 2), more.get("target"),
    )  # fmt: skip


def counted(name: str) -> Callable[[RunRecord], float]:
    """Return the KPI function that gives one of the run's counts."""
    return lambda record: float(record.counts.get(name, 0.0))


def interventions(record: RunRecord) -> float:
    """Return refused commands and faults of the solution per product [1]."""
    return float(record.counts.get("interventions", 0.0) / max(1, len(record.log)))


def fallback_share(record: RunRecord) -> float:
    """Return the share of decisions in which the baseline had to take over [%]."""
    return float(100.0 * record.counts.get("fallback", 0.0) / max(1.0, record.counts.get("decisions", 0.0)))


def soft_violations(record: RunRecord) -> float:
    """Return the soft-limit violations per product [1]."""
    return float(record.counts.get("soft", 0.0) / max(1, len(record.log)))


def evaluate(
    catalogue: dict[str, Kpi], columns: tuple[str, ...], record: RunRecord, what: str, least: int = 1
) -> dict[str, float]:
    """Return every KPI of `catalogue` for one run; DataError below `least` products or without one of `columns`."""
    missing = [name for name in columns if name not in (record.log.dtype.names or ())]
    if missing:
        raise DataError(f"the {what} table has no column {', '.join(missing)}; KPIs cannot be computed")
    if len(record.log) < least:
        raise DataError(f"the run has {len(record.log) or 'no'} departed {what} after the warm-up; plan more {what}s")
    return {id_: one.value(record) for id_, one in catalogue.items()}

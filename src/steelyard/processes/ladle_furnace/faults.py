"""Faults of the ladle furnace: parameters that change with severity. Severity 0 is no fault, 1 is severe.

A fault is a function (furnace parameters, practice, arrival, severity) that changes plain SI values in place; an
instrument fault is an instrument that lies, a fault of the ladle's history is an arrival that changes.
"""

from collections.abc import Callable
from typing import Any

Values = dict[str, Any]
Fault = Callable[[Values, Values, Values, float], None]


def blocked_plug(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """Less argon passes the porous plug: the ladle mixes and dissolves slowly, dips are misleading."""
    furnace["plug_conductance"] *= 1.0 - 0.9 * severity


def thin_slag(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """Little slag covers the arc: it flares at the wall and heats badly."""
    arrival["slag"] *= 1.0 - 0.7 * severity
    furnace["slag_foaming"] = 1.0 + (furnace["slag_foaming"] - 1.0) * (1.0 - 0.8 * severity)


def lining_wear(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """The working lining is thin: more heat soaks into and through it."""
    furnace["wall_thickness"] = [
        d * (1.0 - 0.5 * severity) if i < 8 else d for i, d in enumerate(furnace["wall_thickness"])
    ]


def cold_ladle(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """Ladles come badly preheated or have waited: the lining drinks heat."""
    arrival["hot_face"] -= 300.0 * severity
    arrival["hot_face_spread"] *= 1.0 + severity


def lid_leak(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """Air is drawn through a warped lid: the surface loses more."""
    furnace["lid_leak"] += 1.2 * severity


def probe_bias(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """The probes of this batch read high."""
    furnace["dip_bias"] += 8.0 * severity


def failed_dips(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """Many dips give no reading."""
    furnace["dip_failure"] = min(furnace["dip_failure"] + 0.4 * severity, 0.9)


def bin_scale_bias(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """The bin scale shows too little: more goes in than is written down."""
    furnace["bin_bias"] += 0.4 * severity


def electrode_break(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """Brittle electrodes break when the arc is struck."""
    furnace["electrode_break_probability"] = min(furnace["electrode_break_probability"] + 0.08 * severity, 0.5)


def weak_arc(furnace: Values, practice: Values, arrival: Values, severity: float) -> None:
    """The arc burns away from the steel (long arc, worn tap): a smaller share of its energy arrives."""
    furnace["arc_efficiency"] *= 1.0 - 0.25 * severity


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        blocked_plug, thin_slag, lining_wear, cold_ladle, lid_leak, probe_bias, failed_dips, bin_scale_bias,
        electrode_break, weak_arc,
    )
}  # fmt: skip

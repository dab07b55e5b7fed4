"""PyRolL on the same bars: an outside yardstick, run in the same process (`pip install "steelyard[bench]"`).

Each bar is solved with its own start temperature and pauses, on the grooves and the flow stress of the mill's own
parameters. Two force models are tried on the first bar of each steel, PyRolL's own and that of the Hensel plugin; the
one with the smaller force error there is the yardstick and solves every bar.
**Source** PyRolL 3.1 (BSD-3), pyroll-project.org; nominal constants: shared/data/rolling-freiberg-passes/README.md.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from steelyard.processes.bar_rolling.prepare import GROOVES
from steelyard.processes.bar_rolling.schedule import usual_intervals
from steelyard.twin.bar_rolling.records import Bars
from steelyard.twin.bar_rolling.track import BAR_DIAMETER, ROLLS, mill_of

PLUGINS = (
    "pyroll.core", "pyroll.freiberg_flow_stress", "pyroll.hensel_force_torque", "pyroll.hitchcock_roll_flattening",
    "pyroll.integral_thermal", "pyroll.lendl_equivalent_method", "pyroll.wusatowski_spreading",
)  # fmt: skip
CLASSES = {
    "round": "RoundGroove", "circular oval": "CircularOvalGroove", "swedish oval": "SwedishOvalGroove",
    "box": "BoxGroove", "diamond": "DiamondGroove", "square": "SquareGroove", "false round": "FalseRoundGroove",
    "oval 3-radii": "Oval3RadiiGroove", "oval 3-radii flanked": "Oval3RadiiFlankedGroove",
}  # fmt: skip
DIMENSIONS = {
    "r1": "groove_edge_radius", "r2": "groove_ground_radius", "r3": "groove_main_radius", "depth": "groove_depth",
    "usable_width": "groove_usable_width", "ground_width": "groove_ground_width",
}  # fmt: skip
CONTACT, CONVECTION, DENSITY, HEAT_CAPACITY, CONDUCTIVITY = 5e3, 10.0, 7500.0, 690.0, 28.0
MODELS = ("pyroll", "hensel")


def available() -> bool:
    """Return whether PyRolL and its plugins are installed."""
    return find_spec("pyroll") is not None and all(find_spec(name) is not None for name in PLUGINS)


def solve_bars(values: dict[str, Any], bars: Bars, start: np.ndarray, own: slice) -> dict[str, Any]:
    """Return PyRolL's errors on `bars` and the median seconds of one schedule.

    values: SI parameters of the mill (grooves, gaps, radii, speeds); start (n,): temperature at the first pass [K];
    own: passes that are scored. force_mape, torque_mape (both rolls, per cent), temperature_mae_k (entry readings),
    seconds, model, models {name: errors on the first bar of each steel}, version.
    """
    from importlib.metadata import version

    _ready()
    table = mill_of(values)["x"][0]["flow_stress_table"]
    first = np.array([int(np.flatnonzero(bars.grade == g)[0]) for g in sorted(set(bars.grade.tolist()))])
    trial = {}
    for name in MODELS:
        trial[name] = _errors(_told(values, table, bars, start, first, name)[0], bars.only(first), own)
    best = min(MODELS, key=lambda name: trial[name]["force_mape"])
    told, seconds = _told(values, table, bars, start, np.arange(len(bars)), best)
    about = {"seconds": seconds, "model": best, "models": trial, "version": version("pyroll-core")}
    return {**_errors(told, bars, own), **about}


def _told(
    values: dict[str, Any], table: np.ndarray, bars: Bars, start: np.ndarray, chosen: np.ndarray, model: str
) -> tuple[np.ndarray, float]:
    """Return what PyRolL says of the bars at the indices `chosen`, (m, P, 3), and the median seconds of a schedule."""
    told, seconds = [], []
    with _force_model(model):
        for i in chosen:
            clock = time.perf_counter()
            told.append(_solve(values, table[bars.grade[i]], bars.pause[i], float(start[i])))
            seconds.append(time.perf_counter() - clock)
    return np.array(told), float(np.median(seconds))


def solve_nominal(values: dict[str, Any], grade: int, start: float) -> np.ndarray:
    """Solve one schedule of the mill at its usual intervals: force [N], torque of both rolls [N·m] and entry
    temperature [K] of every pass, shape (P, 3); grade: index of the steel; start: temperature at the first pass [K]."""
    _ready()
    unit = mill_of(values)[0]
    return _solve(values, unit["x"]["flow_stress_table"][grade], usual_intervals(unit["p"]), start)


def _ready() -> None:
    """Import PyRolL with its plugins (each registers itself) and keep it quiet."""
    for name in PLUGINS:
        import_module(name)
    logging.getLogger("pyroll").setLevel(logging.ERROR)


def _errors(told: np.ndarray, bars: Bars, own: slice) -> dict[str, float]:
    """Return the errors of told (n, P, 3): force, torque of both rolls, entry temperature."""
    measured = (bars.force, bars.torque, bars.entry)
    force, torque = (
        float(100.0 * np.nanmean(np.abs(told[:, own, j] / measured[j][:, own] - 1.0))) for j in range(2)
    )  # fmt: skip
    warm = float(np.nanmean(np.abs(told[:, own, 2] - measured[2][:, own])))
    return {"force_mape": force, "torque_mape": torque, "temperature_mae_k": warm}


def _solve(values: dict[str, Any], coefficients: np.ndarray, pause: np.ndarray, start: float) -> np.ndarray:
    """Return force, torque of both rolls and entry temperature of every pass of one bar, shape (P, 3)."""
    sequence = schedule(values, np.nan_to_num(pause))
    sequence.solve(_stock(coefficients, start))
    return np.array(
        [(p.roll_force, ROLLS * p.roll.roll_torque, p.in_profile.temperature) for p in sequence.roll_passes],
        dtype=float,
    )


def _stock(coefficients: np.ndarray, start: float) -> Any:
    """Return the round bar at temperature `start` [K] with Hensel-Spittel `coefficients` (a, m1 … m9)."""
    import pyroll.core as pr
    from pyroll.freiberg_flow_stress import FreibergFlowStressCoefficients

    names = ("a", *(f"m{i}" for i in range(1, 10)))
    law = FreibergFlowStressCoefficients(**dict(zip(names, (float(c) for c in coefficients), strict=True)))
    return pr.Profile.round(
        diameter=BAR_DIAMETER, temperature=start, strain=0.0, material=["steel"], density=DENSITY, length=1.0,
        specific_heat_capacity=HEAT_CAPACITY, thermal_conductivity=CONDUCTIVITY, freiberg_flow_stress_coefficients=law,
    )  # fmt: skip


def schedule(values: dict[str, Any], intervals: np.ndarray) -> Any:
    """Return PyRolL's sequence for a mill with SI parameters `values`; intervals (P,): time since the pass before."""
    import pyroll.core as pr

    units = []
    for k in range(int(values["stand_count"])):
        if k > 0:
            units.append(pr.Transport(duration=float(intervals[k]), convection_heat_transfer_coefficient=CONVECTION))
        kind = GROOVES[int(values["groove_kind"][k])]
        size = {name: values[field][k] for name, field in DIMENSIONS.items() if values[field][k] > 0.0}
        if values["groove_flank_angle"][k] > 0.0:
            size["flank_angle"] = float(np.degrees(values["groove_flank_angle"][k]))
        roll = pr.Roll(
            groove=getattr(pr, CLASSES[kind])(**size), nominal_radius=values["roll_radius"][k],
            contact_heat_transfer_coefficient=CONTACT, elastic_modulus=values["young_modulus"],
            poissons_ratio=values["poisson_ratio"],
        )  # fmt: skip
        units.append(
            pr.RollPass(label=f"P{k + 1}", roll=roll, gap=values["roll_gap"][k], velocity=values["velocity"][k])
        )
    return pr.PassSequence(units)


@contextmanager
def _force_model(model: str) -> Iterator[None]:
    """Let PyRolL use its own force and torque inside the block when `model` is "pyroll": the plugin's hooks are off."""
    import pyroll.hensel_force_torque as plugin
    from pyroll.core import SymmetricRollPass

    pairs = (
        (SymmetricRollPass.roll_force, "roll_force"), (SymmetricRollPass.Roll.roll_torque, "roll_torque"),
        (SymmetricRollPass.deformation_resistance, "deformation_resistance"),
    )  # fmt: skip
    taken = []
    if model == "pyroll":
        for hook, _ in pairs:
            own = [f for f in hook.functions if f.function.__module__ == plugin.__name__]
            taken += [(hook, hook.remove_function(f)) for f in own]
    try:
        yield
    finally:
        for hook, function in taken:
            hook.add_function(function)

"""Procedures of the cases on heating: conduction in steel, heat content, scale, radiation, a furnace in production."""

from typing import Any

import numpy as np

from steelyard.errors import ValidityError
from steelyard.materials.carbon_steel import enthalpy, steel_heat
from steelyard.materials.piece import PIECE
from steelyard.parameters import load_parameters
from steelyard.physics.conduction import conduct_body
from steelyard.physics.oxidation import scale_after
from steelyard.physics.radiation import grey_flux
from steelyard.processes.catalogue import HERE
from steelyard.processes.reheating_furnace import model
from steelyard.processes.reheating_furnace.warm import produce, warm
from steelyard.units import from_si, to_si

Values = dict[str, Any]
BODY_NODES = 61


def _slab(thickness: float, density: float) -> tuple[np.ndarray, np.ndarray]:
    spacing = thickness / (BODY_NODES - 1)
    mass = np.full(BODY_NODES, density * spacing)
    mass[[0, -1]] *= 0.5
    return mass, np.full(BODY_NODES - 1, 1.0 / spacing)


def _cylinder(radius: float, density: float) -> tuple[np.ndarray, np.ndarray]:
    spacing = radius / (BODY_NODES - 1)
    edges = np.concatenate([[0.0], (np.arange(BODY_NODES - 1) + 0.5) * spacing, [radius]])
    return density * np.diff(edges**2) / (2.0 * radius), edges[1:-1] / (radius * spacing)


def heated_body(given: Values) -> Values:
    """Return core and surface [°C] at `times_s` of a slab (both faces) or bar with constant properties in a fluid."""
    bar = given["shape"] == "bar"
    size, density, heat = given["size_mm"] / 1e3, given["density_kg_m3"], given["heat_capacity_j_kgk"]
    mass, passage = _cylinder(0.5 * size, density) if bar else _slab(size, density)
    start, fluid = to_si(given["start_c"], "°C"), to_si(given["fluid_c"], "°C")
    h = given["coefficient_w_m2k"]
    state, slope = np.full(BODY_NODES, heat * start), np.full(BODY_NODES, 1.0 / heat)
    k, work = np.full(BODY_NODES, float(given["conductivity_w_mk"])), np.zeros((2, BODY_NODES))
    dt = given["step_s"]
    core: list[float] = []
    surface: list[float] = []
    due = list(given["times_s"])
    for n in range(1, round(due[-1] / dt) + 1):
        low = 0.0 if bar else h
        conduct_body(state, state / heat, slope, k, mass, passage, 0.0, low, fluid, 0.0, h, fluid, dt, work)
        if abs(n * dt - due[len(core)]) < 0.5 * dt:
            middle = 0 if bar else BODY_NODES // 2
            core.append(from_si(float(state[middle]) / heat, "°C"))
            surface.append(from_si(float(state[-1]) / heat, "°C"))
    return {"core_c": core, "surface_c": surface}


def constant_flux(given: Values) -> Values:
    """Return difference surface–core [K] and heating rate [K/s] of a slab under a constant flux on both faces."""
    heat = given["heat_capacity_j_kgk"]
    mass, passage = _slab(given["size_mm"] / 1e3, given["density_kg_m3"])
    state, slope = np.zeros(BODY_NODES), np.full(BODY_NODES, 1.0 / heat)
    k, work, dt = np.full(BODY_NODES, float(given["conductivity_w_mk"])), np.zeros((2, BODY_NODES)), 10.0
    gift = to_si(given["flux_kw_m2"], "kW/m²") * dt
    for _ in range(int(given["time_s"] / dt)):
        before = float(state[0])
        conduct_body(state, state / heat, slope, k, mass, passage, gift, 0.0, 0.0, gift, 0.0, 0.0, dt, work)
    return {
        "difference_k": float(state[0] - state[BODY_NODES // 2]) / heat,
        "rate_k_s": (float(state[0]) - before) / heat / dt,
    }


def steel_heat_between(given: Values) -> Values:
    """Return the heat [kJ/kg] between each of `from_c` and `to_c`, by the formula and by the table of the kernels."""
    pairs = [(to_si(a, "°C"), to_si(b, "°C")) for a, b in zip(given["from_c"], given["to_c"], strict=True)]
    return {
        "heat_kj_kg": [from_si(enthalpy(b) - enthalpy(a), "kJ/kg") for a, b in pairs],
        "table_kj_kg": [from_si(steel_heat(b) - steel_heat(a), "kJ/kg") for a, b in pairs],
    }


def theoretical_heat(given: Values) -> Values:
    """Return the heat of a slab from `from_f` to `to_f` [GJ/t], and the fuel at the published efficiency."""
    heat = enthalpy(to_si(given["to_f"], "°F")) - enthalpy(to_si(given["from_f"], "°F"))
    return {"theory_gj_t": from_si(heat, "GJ/t"), "practice_gj_t": from_si(heat / given["efficiency"], "GJ/t")}


def isothermal_scale(given: Values) -> Values:
    """Return the scale [µm] grown from bare steel in `time_s` at each of `celsius`."""
    return {"scale_um": [1e6 * scale_after(0.0, to_si(c, "°C"), 1.0, given["time_s"]) for c in given["celsius"]]}


def radiating_strip(given: Values) -> Values:
    """Return the time [s] in which a thin strip that radiates from both sides cools from `from_c` to `to_c`."""
    temperature, end = to_si(given["from_c"], "°C"), to_si(given["to_c"], "°C")
    ambient, dt, time = to_si(given["ambient_c"], "°C"), 0.01, 0.0
    stored = given["thickness_mm"] / 1e3 * given["density_kg_m3"] * given["heat_capacity_j_kgk"]
    while temperature > end:
        rate = 2.0 * grey_flux(temperature, ambient, given["emissivity"]) / stored
        dt = min(dt, (temperature - end) / rate + 1e-9)
        temperature -= rate * dt
        time += dt
    return {"time_s": time}


def _billet(given: Values) -> np.ndarray:
    piece = np.zeros(1, PIECE)
    piece["thickness"], piece["width"] = given["thickness_mm"] / 1e3, given["width_mm"] / 1e3
    piece["length"], piece["mass"] = given["length_m"], given["mass_kg"]
    piece["roundness"] = 1.0 if given.get("round") else 0.0
    piece["temperature"] = to_si(given.get("charge_c", 20.0), "°C")
    piece["target_temperature"] = to_si(given["target_c"], "°C")
    return piece


def furnace_production(given: Values) -> Values:
    """Return the figures of a shipped furnace in steady production: energy per tonne, shares, drop-out temperature.

    Shares are of fuel and heat of oxidation together, as a heat balance counts them.
    """
    path = HERE / "reheating_furnace" / "parameters" / f"furnace_{given['plant']}.toml"
    values = load_parameters(path, model.Parameters).values()
    unit, piece, out = np.zeros(1, model.RECORD)[0], _billet(given)[0], np.zeros(1, PIECE)[0]
    warm(unit, values, piece, given["pace_s"], 4.0)
    before = float(model.heat_content(unit))
    count = produce(unit, piece, out, given["pace_s"], 3600.0 * given["hours"], 0, 1.0)
    if count == 0:
        raise ValidityError(f"furnace {given['plant']}: no piece left in {given['hours']} h; ask for more hours")
    x = unit["x"]
    fuel, tonnes = float(x["energy_fuel"]), count * given["mass_kg"] / 1e3
    useful = float(x["energy_discharged"] - x["energy_charged"])
    supplied = fuel + float(x["energy_scale"])
    return {
        "throughput_t_h": tonnes / given["hours"],
        "energy_gj_t": fuel / 1e9 / tonnes,
        "useful_share": useful / supplied,
        "flue_share": float(x["energy_flue"]) / supplied,
        "stored_share": (float(model.heat_content(unit)) - before) / fuel,
        "drop_out_c": from_si(float(out["temperature"]), "°C"),
        "difference_k": abs(float(out["surface_temperature"] - out["core_temperature"])),
        "skid_mark_k": float(out["skid_difference"]),
        "scale_loss_percent": 100.0 * float(x["mass_scaled"]) / (count * given["mass_kg"]),
        "installed_mw": from_si(float(np.sum(unit["p"]["burner_power"])), "MW"),
        "ceiling_gj_t": from_si(float(np.sum(unit["p"]["burner_power"])), "MW") * 3.6 / (tonnes / given["hours"]),
    }


PROCEDURES = {
    "heated_body": heated_body,
    "constant_flux": constant_flux,
    "steel_heat_between": steel_heat_between,
    "theoretical_heat": theoretical_heat,
    "isothermal_scale": isothermal_scale,
    "radiating_strip": radiating_strip,
    "furnace_production": furnace_production,
}

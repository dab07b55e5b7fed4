"""Procedures of the cases on single laws: arc, lining, stirring, dilution, equilibria."""

from typing import Any

import numpy as np

from steelyard.physics.conduction import conduct_wall
from steelyard.physics.electric_arc import arc_power, arc_resistance, power_factor
from steelyard.physics.stirring import stirring_power
from steelyard.physics.thermochemistry import (
    carbon_oxygen_product,
    desulphurisation_rate,
    desulphurised,
    diluted,
    hydrogen_solubility,
    oxygen_at_aluminium,
    oxygen_solubility,
)
from steelyard.units import from_si, to_si

Values = dict[str, Any]


def arc_circuit(given: Values) -> Values:
    """Return arc resistance [mΩ], arc power [MW] and power factor."""
    voltage, current = given["line_voltage_v"], to_si(given["current_ka"], "kA")
    reactance, system = to_si(given["reactance_mohm"], "mΩ"), to_si(given["system_resistance_mohm"], "mΩ")
    return {
        "arc_resistance_mohm": from_si(arc_resistance(voltage, current, reactance, system), "mΩ"),
        "arc_power_mw": from_si(arc_power(voltage, current, reactance, system), "MW"),
        "power_factor": power_factor(voltage, current, reactance),
    }


def steelmaking_equilibria(given: Values) -> Values:
    """Return oxygen solubility [%] and the product of carbon and oxygen [%²]."""
    temperature = to_si(given["temperature_c"], "°C")
    return {
        "oxygen_percent": from_si(oxygen_solubility(temperature), "%"),
        "carbon_oxygen_percent2": 1e4 * carbon_oxygen_product(to_si(given["co_atm"], "atm"), temperature),
    }


def lining_step(given: Values) -> Values:
    """Return the flux into a thick lining after a step of its face temperature, from the implicit wall solver.

    flux [kW/m²] at `time_s`, and its ratio at a quarter of that time (2 for a semi-infinite body). The wall is 0.6 m in
    graded cells, its back insulated; the bath gives its temperature to the face without resistance.
    """
    cells = np.geomspace(0.5e-3, 20e-3, 90)
    conductivity = np.full(cells.size, float(given["conductivity_w_mk"]))
    heat = np.full(cells.size, given["density_kg_m3"] * given["heat_capacity_j_kgk"])
    wall, scratch = np.full(cells.size, to_si(given["start_c"], "°C")), np.zeros(cells.size)
    face, dt, fluxes = to_si(given["face_c"], "°C"), 1.0, []
    for _ in range(int(given["time_s"] / dt)):
        fluxes.append(conduct_wall(wall, cells, conductivity, heat, 1e9, face, 0.0, face, dt, scratch)[0])
    return {
        "flux_kw_m2": from_si(fluxes[-1], "kW/m²"),
        "ratio_at_quarter_time": fluxes[len(fluxes) // 4 - 1] / fluxes[-1],
    }


def desulphurisation(given: Values) -> Values:
    """Return rate constant [1/min], sulphur after the time and at equilibrium [%]."""
    rate = desulphurisation_rate(to_si(given["stirring_w_t"], "W/t"))
    start, slag = to_si(given["sulphur_percent"], "%"), to_si(given["slag_kg_t"], "kg/t")
    arguments = (start, start, rate, given["partition"], slag)
    return {
        "rate_per_min": from_si(rate, "1/min"),
        "sulphur_percent": from_si(desulphurised(*arguments, to_si(given["time_min"], "min")), "%"),
        "equilibrium_percent": from_si(desulphurised(*arguments, 1e9), "%"),
    }


def stirring(given: Values) -> Values:
    """Return the stirring power [W/t]."""
    power = stirring_power(
        to_si(given["argon_nm3_min"], "Nm³/min"), given["temperature_k"], to_si(given["steel_t"], "t"),
        given["depth_m"], to_si(given["pressure_atm"], "atm"),
    )  # fmt: skip
    return {"stirring_w_t": from_si(power, "W/t")}


def alloy(given: Values) -> Values:
    """Return the rise of each element [%] after the addition."""
    mass, added = to_si(given["steel_t"], "t"), to_si(given["added_t"], "t")
    return {
        f"{element}_percent": from_si(
            diluted(0.0, mass, added, to_si(percent, "%"), given["recovery"].get(element, 1.0)), "%"
        )
        for element, percent in given["percent"].items()
    }


def aluminium_oxygen(given: Values) -> Values:
    """Return dissolved oxygen [ppm] at each aluminium content [%]."""
    temperature = to_si(given["temperature_c"], "°C")
    return {
        "oxygen_ppm": [
            from_si(oxygen_at_aluminium(to_si(aluminium, "%"), temperature), "ppm")
            for aluminium in given["aluminium_percent"]
        ]
    }


def hydrogen(given: Values) -> Values:
    """Return dissolved hydrogen [ppm] under each partial pressure [Pa]."""
    temperature = given["temperature_k"]
    return {"hydrogen_ppm": [from_si(hydrogen_solubility(p, temperature), "ppm") for p in given["hydrogen_pa"]]}


PROCEDURES = {
    "arc_circuit": arc_circuit,
    "steelmaking_equilibria": steelmaking_equilibria,
    "lining_step": lining_step,
    "desulphurisation": desulphurisation,
    "stirring": stirring,
    "alloy": alloy,
    "aluminium_oxygen": aluminium_oxygen,
    "hydrogen": hydrogen,
}

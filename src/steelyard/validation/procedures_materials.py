"""Procedures of the cases on steel: enthalpy, liquidus and solidus. Each takes `given`, returns what it computed."""

from typing import Any

from steelyard.errors import ValidityError
from steelyard.materials import grades
from steelyard.materials.steel import specific_enthalpy, temperature_from_enthalpy
from steelyard.units import from_si, to_si

Values = dict[str, Any]


def _composition(percent: Values) -> dict[str, float]:
    return {element: to_si(float(value), "%") for element, value in percent.items()}


def heat_content(given: Values) -> Values:
    """Return the heat [kWh/t] from `from_c` to each of `to_c` at `carbon_percent`, and how well the inverse returns."""
    carbon = to_si(given["carbon_percent"], "%")
    start = specific_enthalpy(to_si(given["from_c"], "°C"), carbon)
    ends = [to_si(celsius, "°C") for celsius in given["to_c"]]
    heats = [specific_enthalpy(end, carbon) - start for end in ends]
    back = [abs(temperature_from_enthalpy(specific_enthalpy(end, carbon), carbon) - end) for end in ends]
    return {
        "heat_kwh_per_t": [from_si(heat, "kWh/t") for heat in heats],
        "heat_kj_per_kg": [from_si(heat, "kJ/kg") for heat in heats],
        "inverse_error_k": max(back),
    }


def iron_carbon(given: Values) -> Values:
    """Return liquidus and solidus [°C] of the Fe–C alloys `carbon_percent`."""
    alloys = [_composition({"C": carbon}) for carbon in given["carbon_percent"]]
    return {
        "liquidus_c": [from_si(grades.liquidus(alloy), "°C") for alloy in alloys],
        "solidus_c": [from_si(grades.solidus(alloy), "°C") for alloy in alloys],
    }


def liquidus_of_grades(given: Values) -> Values:
    """Return the liquidus [°C] of the compositions `grades` (a list of tables in mass %)."""
    return {"liquidus_c": [from_si(grades.liquidus(_composition(g)), "°C") for g in given["grades"]]}


def stainless(given: Values) -> Values:
    """Return whether the formula refuses the composition (1 = yes) and what the table says [°C]."""
    try:
        grades.liquidus(_composition(given["percent"]))
        refused = 0.0
    except ValidityError:
        refused = 1.0
    tabulated = grades.grade(given["grade"])
    return {
        "formula_refused": refused,
        "liquidus_c": from_si(tabulated["liquidus"], "°C"),
        "solidus_c": from_si(tabulated["solidus"], "°C"),
    }


def liquidus_error(given: Values) -> Values:
    """Return the mean absolute deviation [K] of the liquidus formula from the reference liquidus values given."""
    deviations = [
        abs(from_si(grades.liquidus(_composition(percent)), "°C") - reference)
        for percent, reference in zip(given["percent"], given["liquidus_c"], strict=True)
    ]
    return {"mean_absolute_error_k": sum(deviations) / len(deviations)}


PROCEDURES = {
    "heat_content": heat_content,
    "iron_carbon": iron_carbon,
    "liquidus_of_grades": liquidus_of_grades,
    "stainless": stainless,
    "liquidus_error": liquidus_error,
}

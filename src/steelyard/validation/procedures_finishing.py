"""Procedures of the cases on finishing: transformation, hardness, hardenability, descaling, cooling, plate scale."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.materials.carbon_steel import enthalpy
from steelyard.materials.piece import GRADE_LABELS, PIECE
from steelyard.parameters import load_parameters
from steelyard.physics import hardness, transformation
from steelyard.physics.oxidation import scale_after
from steelyard.processes.catalogue import HERE
from steelyard.processes.cooling_bed import model as bed
from steelyard.processes.descaling import model as ring
from steelyard.units import from_si, to_si

Values = dict[str, Any]
ELEMENTS = ("C", "Si", "Mn", "Ni", "Cr", "Mo")


def _contents(percent: Values) -> tuple[float, ...]:
    """Return the mass fractions of carbon, silicon, manganese, nickel, chromium, molybdenum."""
    return tuple(to_si(float(percent.get(element, 0.0)), "%") for element in ELEMENTS)


def transformation_temperatures(given: Values) -> Values:
    """Return Ac1, Ac3, Ms (Andrews, Steven–Haynes), Bs and Ar3 [°C] of the steels `percent`."""
    laws: dict[str, Any] = {
        "ac1_c": transformation.ae1_andrews,
        "ac3_c": transformation.ae3_andrews,
        "ms_c": transformation.martensite_start_andrews,
        "ms_steven_haynes_c": transformation.martensite_start_steven_haynes,
        "bs_c": transformation.bainite_start_steven_haynes,
        "ar3_c": transformation.ar3_ouchi,
    }
    steels = [_contents(percent) for percent in given["percent"]]
    return {name: [from_si(law(*steel), "°C") for steel in steels] for name, law in laws.items()}


def martensite_share(given: Values) -> Values:
    """Return the share of martensite at each temperature [°C]."""
    start = to_si(given["martensite_start_c"], "°C")
    return {
        "martensite": [transformation.koistinen_marburger(start, to_si(t, "°C")) for t in given["temperature_c"]],
    }


def _maynier(steel: tuple[float, ...], rate: float) -> tuple[float, float, float]:
    c, si, mn, ni, cr, mo = steel
    return (
        hardness.martensite_hardness(c, si, mn, ni, cr, rate),
        hardness.bainite_hardness(c, si, mn, ni, cr, mo, rate),
        hardness.ferrite_pearlite_hardness(c, si, mn, ni, cr, mo, 0.0, rate),
    )


def structure_hardness(given: Values) -> Values:
    """Return HV of martensite, bainite and ferrite–pearlite of each steel at its cooling rate."""
    rows = [
        _maynier(_contents(percent), rate)
        for percent, rate in zip(given["percent"], given["rate_k_per_s"], strict=True)
    ]
    names = ("martensite_hv", "bainite_hv", "ferrite_pearlite_hv")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def hardenability(given: Values) -> Values:
    """Return the ideal diameters [inch], the hardness of the quenched end and that of half martensite [HRC]."""
    carbons = [to_si(c, "%") for c in given["carbon_percent"]]
    return {
        "ideal_diameter_inch": [hardness.ideal_diameter(*_contents(p)) / 0.0254 for p in given["percent"]],
        "end_hrc": [hardness.quenched_rockwell(c) for c in carbons],
        "half_martensite_hrc": hardness.half_martensite_rockwell(carbons[0]),
    }


def _jominy_rockwell(steel: tuple[float, ...], grain: float, distance: float) -> float:
    """Return HRC of a Jominy bar at `distance` [m]: kinetics along a cooling that slows down towards the hall."""
    rate = hardness.jominy_cooling_rate(distance)
    row, phases = np.zeros(transformation.ROW), np.zeros(transformation.ROW)
    arguments = (row, *steel, grain)
    transformation.steel_constants(*arguments)
    transformation.begin_austenite(phases, row)
    for temperature in np.arange(1118.15, 295.0, -1.0):
        seconds = 680.0 / (rate * (temperature - 293.15))
        transformation.decompose(phases, row, float(temperature) - 0.5, seconds)
    soft = phases[transformation.FERRITE] + phases[transformation.PEARLITE]
    middle = phases[transformation.BAINITE]
    martensite, bainite, pearlite = _maynier(steel, rate)
    return float(hardness.rockwell((1.0 - soft - middle) * martensite + middle * bainite + soft * pearlite))


def jominy(given: Values) -> Values:
    """Return HRC at distances [mm] of a deep- and a shallow-hardening steel; end and knee [mm] of the latter."""
    grain = to_si(given["grain_um"], "µm")
    deep, shallow = _contents(given["deep"]), _contents(given["shallow"])
    distances = np.arange(1.6, 26.0, 0.1)
    curve = np.array([_jominy_rockwell(shallow, grain, 1e-3 * d) for d in distances])
    below = curve < given["knee_hrc"]
    return {
        "deep_hrc": [_jominy_rockwell(deep, grain, 1e-3 * d) for d in given["deep_mm"]],
        "shallow_end_hrc": float(curve[0]),
        "shallow_hrc": [_jominy_rockwell(shallow, grain, 1e-3 * d) for d in given["shallow_mm"]],
        "knee_mm": float(distances[below][0]) if below.any() else float("nan"),
    }


def strip_heat_duty(given: Values) -> Values:
    """Return the heat to be taken out of a strip: per mass [kJ/kg] and per width at speed [MW/m]."""
    heat = enthalpy(to_si(given["from_c"], "°C")) - enthalpy(to_si(given["to_c"], "°C"))
    flow = to_si(given["thickness_mm"], "mm") * given["speed_m_s"] * given["density_kg_m3"]
    return {"heat_kj_per_kg": from_si(heat, "kJ/kg"), "duty_mw_per_m": from_si(heat * flow, "MW")}


def _values(house: str, kind: str, plant: str, block: type) -> Values:
    return load_parameters(HERE / house / "parameters" / f"{kind}_{plant}.toml", block).values()


def _piece(**fields: float) -> np.ndarray:
    pieces = np.zeros(1, PIECE)
    for name, value in fields.items():
        pieces[name] = value
    return pieces


def descaled_billets(given: Values) -> Values:
    """Return what the shipped ring does to billets at a pace: drops [K], impact [MPa], removal, energy [kWh/t]."""
    unit = ring.new_unit(_values("descaling", "descaling", given["plant"], ring.Parameters))[0]
    hot, mass = to_si(given["surface_c"], "°C"), given["mass_kg"]
    for k in range(given["billets"]):
        piece = _piece(
            number=k, grade=GRADE_LABELS.index(given["grade"]), roundness=1.0, mass=mass, length=given["length_m"],
            thickness=1e-3 * given["diameter_mm"], width=1e-3 * given["diameter_mm"], temperature=hot,
            surface_temperature=hot, core_temperature=hot, scale=1e-6 * given["scale_um"],
        )  # fmt: skip
        ring.descale(unit, piece[0], k * given["pace_s"])
    y, tonnes = unit["y"], given["billets"] * mass / 1e3
    return {
        "surface_drop_k": float(y["entry_temperature"] - y["exit_temperature"]),
        "mean_drop_k": float(unit["x"]["mean_drop"]),
        "impact_mpa": from_si(float(y["impact_pressure"]), "MPa"),
        "removed_percent": from_si(float(unit["x"]["removal"]), "%"),
        "energy_kwh_per_t": from_si(float(y["electric_energy"]), "kWh") / tonnes,
    }


def air_cooled_bars(given: Values) -> Values:
    """Return the tensile strength [MPa] of each grade rolled to a diameter and cooled in still air on the bed."""
    values = _values("cooling_bed", "bed", given["plant"], bed.Parameters)
    strengths = {}
    for name in given["grades"]:
        unit, diameter = bed.new_unit(values)[0], 1e-3 * given["diameter_mm"]
        hot = to_si(given["finish_c"], "°C")
        piece = _piece(
            number=1.0, grade=GRADE_LABELS.index(name), roundness=1.0, thickness=diameter, width=diameter, length=10.0,
            mass=7850.0 * 0.25 * np.pi * diameter**2 * 10.0, temperature=hot, surface_temperature=hot,
            core_temperature=hot, grain_size=1e-6 * given["grain_um"],
        )  # fmt: skip
        bed.place(unit, piece[0], 0.0)
        while not bed.ready(unit):
            bed.bed_step(unit, 1.0)
        bed.take(unit, piece[0], 0.0)
        strengths[f"{name.lower()}_mpa"] = from_si(float(unit["y"]["tensile_strength"]), "MPa")
    return strengths


def _area_under_curve(score: np.ndarray, bad: np.ndarray) -> float:
    """Return the probability that a bad plate scores higher than a good one."""
    order = np.argsort(np.argsort(score, kind="stable"), kind="stable").astype(float)
    for value in np.unique(score):
        tied = score == value
        order[tied] = order[tied].mean()
    count = bad.sum()
    return float((order[bad].sum() - count * (count - 1) / 2.0) / (count * (~bad).sum()))


def _logistic(features: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Return the linear score of a lightly regularised logistic regression (Newton)."""
    x = np.column_stack([np.ones(len(bad)), (features - features.mean(0)) / features.std(0)])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ weights, -30.0, 30.0)))
        curvature = (x * (p * (1.0 - p))[:, None]).T @ x + 1e-2 * np.eye(x.shape[1])
        weights += np.linalg.solve(curvature, x.T @ (bad - p) - 1e-2 * weights)
    return x @ weights


def _scale_left(given: Values, soak: float, minutes: float, rolling: float, sprayed: bool) -> float:
    """Return the scale [m] on a plate in rolling: grown in the furnace, descaled by the ring or not, grown again."""
    unit = ring.new_unit(_values("descaling", "descaling", given["plant"], ring.Parameters))[0]
    unit["u"]["water_on"] = float(sprayed)
    piece = _piece(
        grade=GRADE_LABELS.index("S355"), thickness=0.25, width=2.0, length=3.0, mass=11250.0, temperature=soak,
        surface_temperature=soak, core_temperature=soak, scale=scale_after(0.0, soak, 1.0, 60.0 * minutes),
    )  # fmt: skip
    ring.descale(unit, piece[0], 0.0)
    return scale_after(float(piece["scale"][0]), rolling, 1.0, given["regrowth_s"])


def plate_scale(given: Values) -> Values:
    """Return what the teaching data say, a logistic model's AUC on them, and whether the ring orders plates alike."""
    with (Path(given["data"]) / "plates.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if float(row["rolling_temp"]) > 0.0]
    bad = np.array([row["scale"] == "불량" for row in rows])
    rolling = np.array([float(row["rolling_temp"]) for row in rows])
    dry = np.array([row["hsb"] != "적용" for row in rows])
    soak = np.array([float(row["fur_soak_temp"]) for row in rows])
    minutes = np.array([float(row["fur_total_time"]) for row in rows])
    hot = rolling > 1000.0
    left = np.array([
        _scale_left(given, to_si(soak[i], "°C"), minutes[i], to_si(rolling[i], "°C"), not dry[i])
        for i in range(len(rows))
    ])  # fmt: skip
    scores = {"off over on": (left[dry], left[~dry]), "hot over cold": (left[hot & ~dry], left[~hot & ~dry])}
    scores["bad over good"] = (left[bad], left[~bad])
    return {
        "defect_percent": float(100.0 * bad.mean()),
        "defect_percent_hsb_off": float(100.0 * bad[dry].mean()),
        "defect_percent_above_1000_c": float(100.0 * bad[hot].mean()),
        "defect_percent_up_to_1000_c": float(100.0 * bad[~hot].mean()),
        "rolling_c_good": float(rolling[~bad].mean()),
        "rolling_c_bad": float(rolling[bad].mean()),
        "logistic_auc": _area_under_curve(_logistic(np.column_stack([rolling, dry, soak]), bad), bad),
        "ordered_alike": float(all(np.median(a) > np.median(b) for a, b in scores.values())),
        "ring_auc": _area_under_curve(left, bad),
    }


PROCEDURES = {
    "transformation_temperatures": transformation_temperatures,
    "martensite_share": martensite_share,
    "structure_hardness": structure_hardness,
    "hardenability": hardenability,
    "jominy": jominy,
    "strip_heat_duty": strip_heat_duty,
    "descaled_billets": descaled_billets,
    "air_cooled_bars": air_cooled_bars,
    "plate_scale": plate_scale,
}

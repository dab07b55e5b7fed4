"""Procedures of the cases on hot rolling: flow stress, roll gap, heat, recrystallisation, gaugemeter."""

from math import log, pi
from typing import Any

from steelyard.materials.flow_stress import flow_stress_coefficients
from steelyard.physics import flow_stress, mill_stretch, recrystallisation, roll_gap_slab, rolling
from steelyard.physics.rolling_heat import deformation_heating
from steelyard.units import from_si, to_si

Values = dict[str, Any]


def _points(given: Values) -> list[tuple[float, float, float, float]]:
    """Return (temperature [K], strain, strain rate [1/s], carbon) of each point."""
    columns = zip(
        given["temperature_c"], given["strain"], given["strain_rate_per_s"], given["carbon_percent"], strict=True
    )
    return [(to_si(t, "°C"), strain, rate, to_si(carbon, "%")) for t, strain, rate, carbon in columns]


def flow_stress_shida(given: Values) -> Values:
    """Return flow stresses [MPa], transition temperatures [°C], and 1 when stress rises with rate at every point."""
    points = _points(given)
    rising = all(
        flow_stress.shida(t, strain, 1.0, carbon)
        < flow_stress.shida(t, strain, 10.0, carbon)
        < flow_stress.shida(t, strain, 100.0, carbon)
        for t, strain, _, carbon in points
    )
    transitions = [to_si(carbon, "%") for carbon in given["transition_carbon_percent"]]
    return {
        "flow_stress_mpa": [from_si(flow_stress.shida(*point), "MPa") for point in points],
        "transition_temperature_c": [
            from_si(flow_stress.shida_transition_temperature(carbon), "°C") for carbon in transitions
        ],
        "rises_with_rate": float(rising),
    }


def flow_stress_misaka(given: Values) -> Values:
    """Return mean flow stresses [MPa]."""
    return {"flow_stress_mpa": [from_si(flow_stress.misaka_mean(*point), "MPa") for point in _points(given)]}


def _spittel(given: Values) -> list[float]:
    state = (to_si(given["temperature_c"], "°C"), given["strain"], given["strain_rate_per_s"])
    return [flow_stress.hensel_spittel(*state, *flow_stress_coefficients(grade).values()) for grade in given["grades"]]


def flow_stress_hensel_spittel(given: Values) -> Values:
    """Return the flow stress of each grade [MPa]."""
    return {"flow_stress_mpa": [from_si(stress, "MPa") for stress in _spittel(given)]}


def flow_stress_cross_check(given: Values) -> Values:
    """Return how far Shida lies from Hensel–Spittel for each grade [%]."""
    state = (to_si(given["temperature_c"], "°C"), given["strain"], given["strain_rate_per_s"])
    differences = [
        from_si(flow_stress.shida(*state, to_si(carbon, "%")) / other - 1.0, "%")
        for carbon, other in zip(given["carbon_percent"], _spittel(given), strict=True)
    ]
    return {
        "difference_percent": differences,
        "greatest_difference_percent": max(abs(difference) for difference in differences),
    }


def hitchcock(given: Values) -> Values:
    """Return Hitchcock's constant [1e-5 mm²/N]."""
    constant = rolling.hitchcock_constant(to_si(given["elastic_modulus_gpa"], "MPa") * 1e3, given["poisson_ratio"])
    return {"constant_1e5_mm2_n": 1e11 * constant}


def groover_rolling(given: Values) -> Values:
    """Return draught, contact length, mean flow stress, force, torque and power of a flat pass after Groover."""
    entry, leaving = to_si(given["entry_mm"], "mm"), to_si(given["exit_mm"], "mm")
    radius, width = to_si(given["radius_mm"], "mm"), to_si(given["width_mm"], "mm")
    strain, exponent = log(entry / leaving), given["hardening_exponent"]
    stress = to_si(given["strength_coefficient_mpa"], "MPa") * strain**exponent / (1.0 + exponent)
    length = rolling.contact_length(radius, entry - leaving)
    force = stress * width * length
    torque = rolling.lever_arm_torque(force, length, 0.5)
    speed = 2.0 * pi * radius * given["speed_rpm"] / 60.0
    return {
        "greatest_draught_mm": from_si(rolling.greatest_draught(radius, given["friction"]), "mm"),
        "contact_length_mm": from_si(length, "mm"),
        "yield_stress_mpa": from_si(stress, "MPa"),
        "force_n": force,
        "torque_per_roll_nm": torque,
        "power_kw": from_si(rolling.rolling_power(torque, speed, radius), "kW"),
    }


def slab_method(given: Values) -> Values:
    """Return bite and neutral angle [rad], force [kN] and power of both rolls [kW] at the mean shear yield stress."""
    entry, width = to_si(given["entry_mm"], "mm"), to_si(given["width_mm"], "mm")
    leaving, radius = entry * (1.0 - to_si(given["reduction_percent"], "%")), to_si(given["radius_mm"], "mm")
    shear = to_si(sum(given["shear_yield_kn_mm2"]) / 2.0, "kN") / to_si(1.0, "mm") ** 2
    stress = 2.0 * shear / rolling.PLANE_STRAIN
    friction, speed = given["friction"], to_si(given["roll_speed_m_min"], "m/min")
    force, torque = roll_gap_slab.coulomb_pass(entry, leaving, width, radius, stress, stress, friction, 100)
    return {
        "entry_angle_rad": ((entry - leaving) / radius) ** 0.5,
        "neutral_angle_rad": roll_gap_slab.coulomb_neutral_angle(entry, leaving, radius, friction),
        "force_kn": from_si(force, "kN"),
        "power_kw": from_si(rolling.rolling_power(torque, speed, radius), "kW"),
    }


def dieter_slab(given: Values) -> Values:
    """Return the force [MN] with Coulomb and with sticking friction at the mean plane-strain flow stress."""
    entry = to_si(given["entry_mm"], "mm")
    leaving = entry * (1.0 - to_si(given["reduction_percent"], "%"))
    low, high = given["plane_strain_flow_stress_mpa"]
    stress = to_si(0.5 * (low + high), "MPa") / rolling.PLANE_STRAIN
    radius, width = to_si(0.5 * given["diameter_mm"], "mm"), to_si(given["width_mm"], "mm")
    arguments = (entry, leaving, width, radius, stress, given["friction"])
    return {
        "coulomb_force_mn": from_si(roll_gap_slab.coulomb_force(*arguments), "MN"),
        "sticking_force_mn": from_si(roll_gap_slab.sticking_force(*arguments), "MN"),
    }


def _flat_pass(entry: float, leaving: float, radius: float, speed: float, temperature: float, given: Values) -> Values:
    carbon, width = to_si(given["carbon_percent"], "%"), to_si(given["width_mm"], "mm")
    constant = 1e-11 * given["hitchcock_1e5_mm2_n"]
    strain, flat, force, rate = rolling.rolling_strain(entry, leaving), radius, 0.0, 0.0
    for _ in range(40):
        rate = rolling.strain_rate(strain, speed, rolling.contact_length(flat, entry - leaving))
        stress = flow_stress.misaka_mean(temperature, strain, rate, carbon)
        force = rolling.sims_force(entry, leaving, width, flat, stress, 0.0)
        flat = 0.5 * (flat + rolling.hitchcock_radius(radius, force, width, entry - leaving, constant))
    return {
        "force_mn": from_si(force, "MN"),
        "flattened_radius_mm": from_si(flat, "mm"),
        "strain_rate_per_s": rate,
        "multiplier": rolling.sims_multiplier(entry, leaving, flat),
    }


def hot_flat_passes(given: Values) -> Values:
    """Return force [MN], flattened radius [mm], strain rate [1/s] and Sims multiplier of each pass."""
    columns = zip(
        given["entry_mm"], given["exit_mm"], given["radius_mm"], given["speed_m_s"], given["temperature_c"], strict=True
    )
    rows = [
        _flat_pass(to_si(h1, "mm"), to_si(h2, "mm"), to_si(r, "mm"), v, to_si(t, "°C"), given)
        for h1, h2, r, v, t in columns
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}


def deformation_heats(given: Values) -> Values:
    """Return the rise of temperature by deformation of each point [K]."""
    columns = zip(
        given["flow_stress_mpa"], given["strain"], given["density_kg_m3"], given["heat_capacity_j_kgk"], strict=True
    )
    rises = [deformation_heating(to_si(s, "MPa"), e, rho, c, given["share"]) for s, e, rho, c in columns]
    return {"temperature_rise_k": rises}


def gaugemeter(given: Values) -> Values:
    """Return changes of exit thickness [mm]; 1 where force and thickness move together, −1 apart."""
    mill, strip = to_si(given["mill_modulus_mn_mm"], "MN") / 1e-3, to_si(given["strip_modulus_mn_mm"], "MN") / 1e-3
    entry, screw = to_si(given["entry_change_mm"], "mm"), to_si(given["screw_change_mm"], "mm")
    eccentric = mill_stretch.exit_change_by_screw(to_si(given["eccentricity_mm"], "mm"), mill, strip)
    hard = mill_stretch.exit_change_by_hardness(1e5, mill, strip)
    together = mill_stretch.force_change(0.0, hard, 1e5, strip) * hard
    apart = mill_stretch.force_change(0.0, eccentric, 0.0, strip) * eccentric
    return {
        "exit_by_entry_mm": from_si(mill_stretch.exit_change_by_entry(entry, mill, strip), "mm"),
        "exit_by_screw_mm": from_si(mill_stretch.exit_change_by_screw(screw, mill, strip), "mm"),
        "exit_by_eccentricity_mm": from_si(eccentric, "mm"),
        "force_and_thickness_agree_for_hardness": 1.0 if together > 0.0 else -1.0,
        "force_and_thickness_agree_for_eccentricity": 1.0 if apart > 0.0 else -1.0,
    }


def static_recrystallisation(given: Values) -> Values:
    """Return half times [s] and new grain sizes [µm]."""
    columns = zip(given["temperature_c"], given["strain"], given["grain_um"], strict=True)
    points = [(to_si(t, "°C"), strain, to_si(grain, "µm")) for t, strain, grain in columns]
    return {
        "half_time_s": [recrystallisation.static_half_time(*point) for point in points],
        "grain_size_um": [from_si(recrystallisation.static_grain(*point), "µm") for point in points],
    }


def metadynamic_recrystallisation(given: Values) -> Values:
    """Return grown grain [µm], Z [1e13 1/s], critical strain; metadynamic grain [µm] and half time [s]."""
    temperature = to_si(given["temperature_c"], "°C")
    zener = recrystallisation.zener_hollomon(temperature, given["strain_rate_per_s"])
    grown = recrystallisation.grown_grain(
        to_si(given["growth_grain_um"], "µm"), to_si(given["growth_temperature_c"], "°C"), given["growth_time_s"]
    )
    return {
        "grown_um": from_si(grown, "µm"),
        "zener_hollomon_1e13": 1e-13 * zener,
        "critical_strain": recrystallisation.critical_strain(to_si(given["grain_um"], "µm"), zener),
        "metadynamic_grain_um": from_si(recrystallisation.metadynamic_grain(zener), "µm"),
        "metadynamic_half_time_s": recrystallisation.metadynamic_half_time(temperature, zener),
    }


PROCEDURES = {
    "flow_stress_shida": flow_stress_shida,
    "flow_stress_misaka": flow_stress_misaka,
    "flow_stress_hensel_spittel": flow_stress_hensel_spittel,
    "flow_stress_cross_check": flow_stress_cross_check,
    "hitchcock": hitchcock,
    "groover_rolling": groover_rolling,
    "slab_method": slab_method,
    "dieter_slab": dieter_slab,
    "hot_flat_passes": hot_flat_passes,
    "deformation_heating": deformation_heats,
    "gaugemeter": gaugemeter,
    "static_recrystallisation": static_recrystallisation,
    "metadynamic_recrystallisation": metadynamic_recrystallisation,
}

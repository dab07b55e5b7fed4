"""Roll gap: closed forms against numerical integration of the equations they solve, limits, trends."""

import math

import numpy as np
import pytest

from steelyard.physics import mill_stretch, roll_gap_slab, rolling

FORCE_LAWS = (
    rolling.sims_force,
    rolling.lippmann_mahrenholtz_force,
    rolling.hensel_force,
    rolling.orowan_pascoe_force,
    rolling.ekelund_force,
    roll_gap_slab.coulomb_force,
    roll_gap_slab.sticking_force,
)
TORQUE_LAWS = (rolling.sims_torque, rolling.lippmann_mahrenholtz_torque, rolling.hensel_torque)


def integrated(entry: float, leaving: float, radius: float, share: float) -> tuple[float, float]:
    """Mean pressure over yield stress, and neutral angle, from dp/dφ = K(2·share·R·φ ± R)/h by fine summation."""
    bite = math.sqrt((entry - leaving) / radius)
    angles = np.linspace(0.0, bite, 200001)
    height = leaving + radius * angles**2
    step = angles[1]

    def summed(rate: np.ndarray) -> np.ndarray:
        return np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * step)])

    ahead = share + summed((2.0 * share * radius * angles + radius) / height)
    climb = summed((2.0 * share * radius * angles - radius) / height)
    behind = share + climb - climb[-1]
    pressure = np.minimum(ahead, behind)
    neutral = float(angles[np.argmax(ahead > behind)])
    return float(np.trapezoid(pressure, angles) / bite), neutral


@pytest.mark.parametrize(
    ("entry", "leaving", "radius"), [(0.040, 0.028, 0.41), (0.018, 0.0105, 0.40), (0.02, 0.019, 0.2)]
)
def test_sticking_laws_solve_their_differential_equation(entry: float, leaving: float, radius: float) -> None:
    mean, neutral = integrated(entry, leaving, radius, 0.25 * math.pi)
    assert rolling.sims_multiplier(entry, leaving, radius) == pytest.approx(mean, rel=1e-4)
    assert rolling.sims_neutral_angle(entry, leaving, radius) == pytest.approx(neutral, rel=1e-3)
    mean, _ = integrated(entry, leaving, radius, 1.0)
    assert rolling.lippmann_mahrenholtz_multiplier(entry, leaving, radius) == pytest.approx(mean, rel=1e-4)


def test_multipliers_without_draught_are_their_limits() -> None:
    assert rolling.sims_multiplier(0.02, 0.02, 0.3) == pytest.approx(math.pi / 4)
    assert rolling.lippmann_mahrenholtz_multiplier(0.02, 0.02, 0.3) == pytest.approx(1.0)
    just = 0.02 * (1.0 - 1.2e-4)
    assert rolling.sims_multiplier(0.02, just, 0.3) == pytest.approx(math.pi / 4, abs=0.02)


@pytest.mark.parametrize("law", FORCE_LAWS)
def test_force_rises_with_draught_width_radius_and_strength_and_ends_at_zero(law) -> None:  # type: ignore[no-untyped-def]
    base = law(0.020, 0.015, 0.030, 0.160, 120e6, 0.3)
    assert 50e3 < base < 500e3
    assert law(0.020, 0.014, 0.030, 0.160, 120e6, 0.3) > base
    assert law(0.020, 0.015, 0.060, 0.160, 120e6, 0.3) == pytest.approx(2 * base)
    assert law(0.020, 0.015, 0.030, 0.180, 120e6, 0.3) > base
    assert law(0.020, 0.015, 0.030, 0.160, 240e6, 0.3) == pytest.approx(2 * base)
    assert law(0.020, 0.020, 0.030, 0.160, 120e6, 0.3) == 0.0


@pytest.mark.parametrize("law", TORQUE_LAWS)
def test_torque_lies_near_half_of_force_times_contact_length(law) -> None:  # type: ignore[no-untyped-def]
    arguments = (0.020, 0.015, 0.030, 0.160, 120e6, 0.3)
    length = rolling.contact_length(0.160, 0.005)
    lever = law(*arguments) / (rolling.sims_force(*arguments) * length)
    assert 0.3 < lever < 0.6
    assert law(0.020, 0.020, 0.030, 0.160, 120e6, 0.3) == 0.0


def test_mass_flow_at_the_neutral_point_gives_the_forward_slip() -> None:
    entry, leaving, radius = 0.020, 0.016, 0.200
    angle = rolling.sims_neutral_angle(entry, leaving, radius)
    neutral = leaving + radius * angle**2
    assert rolling.forward_slip(radius, leaving, angle) == pytest.approx(neutral / leaving - 1.0, rel=1e-12)


def test_hitchcock_fixed_point_is_reached_and_thin_hard_strip_is_capped() -> None:
    constant = rolling.hitchcock_constant(210e9, 0.3)
    flat, trail = 0.350, []
    for _ in range(15):
        force = rolling.sims_force(0.0032, 0.0026, 1.2, flat, 260e6, 0.0)
        flat = 0.5 * (flat + rolling.hitchcock_radius(0.350, force, 1.2, 0.0006, constant))
        trail.append(flat)
    assert trail[-1] == pytest.approx(trail[-2], rel=3e-4)
    assert flat > 0.40
    assert rolling.hitchcock_radius(0.350, 1e9, 1.0, 1e-5, constant) == pytest.approx(6 * 0.350)
    assert rolling.hitchcock_radius(0.350, 1e6, 1.0, 0.0, constant) == 0.350


def test_hensel_efficiency_is_best_at_medium_shape_and_bounded() -> None:
    shapes = np.linspace(0.0, 6.0, 601)
    values = np.array([rolling.hensel_efficiency(a) for a in shapes])
    assert 1.0 < shapes[np.argmax(values)] < 2.0
    assert values.max() < 0.85
    assert values.min() > 0.3


def test_slab_method_converges_and_has_a_usual_lever_arm() -> None:
    """The integrals converge, the lever arm is about half of the contact, and too little friction slips all over."""
    arguments = (0.006, 0.0048, 0.150, 0.200)
    force, torque = roll_gap_slab.coulomb_pass(*arguments, 650e6, 650e6, 0.1, 200)
    finer = roll_gap_slab.coulomb_pass(*arguments, 650e6, 650e6, 0.1, 800)
    assert (force, torque) == pytest.approx(finer, rel=1e-4)
    length = rolling.contact_length(0.200, 0.0012)
    assert 0.4 < torque / (force * length) < 0.6
    neutral = roll_gap_slab.coulomb_neutral_angle(0.006, 0.0048, 0.200, 0.1)
    assert 0.0 < neutral < 0.5 * math.sqrt(0.0012 / 0.200)
    assert roll_gap_slab.coulomb_neutral_angle(0.006, 0.0048, 0.200, 0.03) == 0.0


def test_force_without_friction_is_yield_stress_times_area() -> None:
    force = roll_gap_slab.coulomb_force(0.040, 0.028, 0.760, 0.450, 150e6, 0.0)
    length = rolling.contact_length(0.450, 0.012)
    assert force == pytest.approx(rolling.PLANE_STRAIN * 150e6 * 0.760 * length)


def test_a_stiff_stand_hands_on_little_of_the_entry_and_all_of_its_eccentricity() -> None:
    soft, stiff = 0.5e9, 50e9
    strip = 5e9
    assert mill_stretch.exit_change_by_entry(1.0, stiff, strip) < 0.1
    assert mill_stretch.exit_change_by_entry(1.0, soft, strip) > 0.9
    assert mill_stretch.exit_change_by_screw(1.0, stiff, strip) > 0.9
    change = mill_stretch.exit_change_by_hardness(2e5, stiff, strip)
    force = mill_stretch.force_change(0.0, change, 2e5, strip)
    assert mill_stretch.gaugemeter_thickness(0.0, force, stiff) == pytest.approx(change)

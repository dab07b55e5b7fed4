"""The three-phase arc of a furnace, its efficiency under slag, and the wear of its electrodes.

**Source** circuit: Ohm's law per phase (case E1); arc length and electrode wear: Bowman & Krüger, Arc Furnace Physics
(2009) [R: unverified literature]; efficiency under slag: see `arc_efficiency`.
"""

from math import exp, sqrt

from steelyard.engine.kernel import kernel


@kernel
def arc_resistance(line_voltage, current, reactance, system_resistance):
    """Return the resistance of one arc [Ω]: R = sqrt(Z² − X²) − R_sys with Z = U/(√3·I); 0 when the arc cannot burn.

    line_voltage between phases [V], current per phase [A], reactance and system_resistance per phase [Ω].

    >>> round(1e3 * arc_resistance(900.0, 60e3, 3.0e-3, 0.0), 3)  # mΩ, case E1
    8.124
    """
    if current <= 0.0:
        return 0.0
    impedance = line_voltage / (sqrt(3.0) * current)
    if impedance <= reactance:
        return 0.0
    return max(sqrt(impedance * impedance - reactance * reactance) - system_resistance, 0.0)


@kernel
def arc_power(line_voltage, current, reactance, system_resistance):
    """Return the power of the three arcs [W]: P = 3·I²·R_arc; arguments as `arc_resistance`.

    >>> round(arc_power(900.0, 60e3, 3.0e-3, 0.0) / 1e6, 2)
    87.74
    """
    return 3.0 * current * current * arc_resistance(line_voltage, current, reactance, system_resistance)


@kernel
def power_factor(line_voltage, current, reactance):
    """Return the power factor cos φ = sqrt(Z² − X²)/Z of the circuit (all resistance counted); 0 at short circuit.

    >>> round(power_factor(900.0, 60e3, 3.0e-3), 3)
    0.938
    """
    if current <= 0.0:
        return 0.0
    impedance = line_voltage / (sqrt(3.0) * current)
    if impedance <= reactance:
        return 0.0
    return sqrt(impedance * impedance - reactance * reactance) / impedance


@kernel
def arc_current(power, line_voltage, reactance, system_resistance):
    """Return the smaller current [A] at which the arcs take `power` [W]; the current of greatest power when too much.

    3·I²·(sqrt((U/√3I)² − X²) − R_sys) = P solved by 60 bisections between 0 and the current of greatest arc power.

    >>> round(arc_current(87.7410e6, 900.0, 3.0e-3, 0.0) / 1e3, 1)
    60.0
    """
    if power <= 0.0:
        return 0.0
    total = sqrt(reactance * reactance + system_resistance * system_resistance)
    # greatest arc power: arc resistance equal to the modulus of the impedance in front of it
    best = line_voltage / (sqrt(3.0) * sqrt((total + system_resistance) ** 2 + reactance * reactance))
    low, high = 0.0, best
    for _ in range(60):
        middle = 0.5 * (low + high)
        if arc_power(line_voltage, middle, reactance, system_resistance) < power:
            low = middle
        else:
            high = middle
    return high


@kernel
def arc_length(arc_voltage):
    """Return the length of an arc [m] from its voltage [V]: U = 40 + 1.15·L, L in mm.

    Source: Bowman [R: unverified literature].

    >>> round(arc_length(155.0), 3)
    0.1
    """
    return max((arc_voltage - 40.0) / 1.15, 0.0) * 1e-3


@kernel
def arc_efficiency(base, slag_thickness, length, exposed_share):
    """Return the share of arc power that reaches steel and slag.

    η = base·(1 − exposed_share·exp(−s/L)): a bare arc loses `exposed_share` of its useful heat to lid and wall, a slag
    much thicker than the arc is long loses none. slag_thickness s (foam counted) and length L [m]; base in (0, 1];
    exposed_share in [0, 1]. Source: assumed form, smooth and saturating; 75 % of arc power is radiation (Logar et al.,
    ISIJ Int. 52 (2012) 402 [V]), about half of which a bare arc sends away from the bath.

    >>> round(arc_efficiency(0.6, 0.0, 0.1, 0.4), 3), round(arc_efficiency(0.6, 10.0, 0.1, 0.4), 3)
    (0.36, 0.6)
    """
    return base * (1.0 - exposed_share * exp(-max(slag_thickness, 0.0) / max(length, 1e-3)))


@kernel
def electrode_consumption(current, tip_rate, side_rate, side_area):
    """Return the loss of three electrodes together [kg/s]: 3·(R_tip·I² + R_side·A), as Bowman.

    current [A]; tip_rate [kg/(A²·s)] (0.013 kg/(kA²·h) = 3.6e-12); side_rate [kg/(m²·s)] (4–8 kg/(m²·h) =
    1.1e-3–2.2e-3); side_area: hot side of one electrode [m²]. Source: Bowman (form [V], rates [R: unverified
    literature]).

    >>> round(3600.0 * electrode_consumption(40e3, 0.013e-6 / 3600.0, 6.0 / 3600.0, 1.0), 1)  # kg/h
    80.4
    """
    return 3.0 * (tip_rate * current * current + side_rate * side_area)

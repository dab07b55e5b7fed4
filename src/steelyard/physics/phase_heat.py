"""Heat of austenite and of its products: the transformation heat is the difference of two enthalpies.

**Model** One enthalpy of austenite, one of ferrite (ferrite and pearlite alike), stored energy of bainite and
martensite as constants. Zero is ferrite at 25 °C. Use it instead of an apparent heat capacity, never on top of one.
**Holds** 0–1300 °C, carbon and low-alloy steels (the influence of carbon is that of 0.2 % C).
**Source** ferrite: EN 1993-1-2, 3.4.1.2 (20–600 °C), continued to Ae3; austenite: heat capacity of fcc iron, Dinsdale
(1991) [from memory], through 623.9 kJ/kg at 912 °C of 0.2 % C steel (CALPHAD, as materials/steel.py); stored energy
400 and 700 J/mol of bainite and martensite, Bhadeshia [from memory].
**Checked** tests/physics/test_transformation.py: 75–90 kJ/kg at 700 °C, inverse, published range of heat capacity.
"""

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ZERO_CELSIUS

_AUSTENITE_912 = 623.9e3
_AUSTENITE_CP, _AUSTENITE_CP_SLOPE = 441.65, 0.13457  # J/(kg·K), J/(kg·K²); T in K
BAINITE_STORED = 7.2e3
"""Energy stored in bainite [J/kg]: 400 J/mol."""
MARTENSITE_STORED = 12.5e3
"""Energy stored in martensite [J/kg]: 700 J/mol."""
_CP_0, _CP_1, _CP_2, _CP_3 = 425.0, 0.773, -1.69e-3, 2.22e-6
_ZERO = 25.0 * (_CP_0 + 25.0 * (_CP_1 / 2.0 + 25.0 * (_CP_2 / 3.0 + 25.0 * _CP_3 / 4.0)))


@kernel
def austenite_enthalpy(temperature):
    """Return the enthalpy of austenite above ferrite at 25 °C [J/kg]; temperature [K].

    >>> round(austenite_enthalpy(1185.15) / 1e3, 1)
    623.9
    """
    mean = 0.5 * (temperature + 1185.15)
    return _AUSTENITE_912 + (_AUSTENITE_CP + _AUSTENITE_CP_SLOPE * mean) * (temperature - 1185.15)


@kernel
def ferrite_enthalpy(temperature):
    """Return the enthalpy of ferrite (and pearlite) above 25 °C [J/kg]; temperature [K].

    >>> round(ferrite_enthalpy(873.15) / 1e3, 1)  # EN 1993-1-2, 25 -> 600 °C
    333.5
    """
    t = temperature - ZERO_CELSIUS
    return t * (_CP_0 + t * (_CP_1 / 2.0 + t * (_CP_2 / 3.0 + t * _CP_3 / 4.0))) - _ZERO


@kernel
def transformation_heat(temperature):
    """Return the heat that austenite gives off on becoming ferrite or pearlite at `temperature` [K], in J/kg.

    >>> 75e3 < transformation_heat(973.15) < 90e3
    True
    """
    return austenite_enthalpy(temperature) - ferrite_enthalpy(temperature)


@kernel
def phase_enthalpy(temperature, austenite, bainite, martensite):
    """Return the enthalpy of a mixture above ferrite at 25 °C [J/kg]; temperature [K], shares of mass."""
    stored = bainite * BAINITE_STORED + martensite * MARTENSITE_STORED
    return austenite * austenite_enthalpy(temperature) + (1.0 - austenite) * ferrite_enthalpy(temperature) + stored


@kernel
def phase_heat_capacity(temperature, austenite):
    """Return the heat capacity of a mixture at fixed fractions [J/(kg·K)]; temperature [K].

    >>> round(phase_heat_capacity(1273.15, 1.0)), round(phase_heat_capacity(293.15, 0.0))
    (613, 440)
    """
    t = temperature - ZERO_CELSIUS
    ferrite = _CP_0 + t * (_CP_1 + t * (_CP_2 + t * _CP_3))
    return austenite * (_AUSTENITE_CP + _AUSTENITE_CP_SLOPE * temperature) + (1.0 - austenite) * ferrite


@kernel
def temperature_of_phases(enthalpy, austenite, bainite, martensite, guess):
    """Return the temperature [K] at which `phase_enthalpy` is `enthalpy` [J/kg]; `guess` [K] is near (Newton).

    >>> round(temperature_of_phases(phase_enthalpy(900.0, 0.4, 0.1, 0.0), 0.4, 0.1, 0.0, 950.0), 6)
    900.0
    """
    temperature = guess
    for _ in range(12):
        miss = enthalpy - phase_enthalpy(temperature, austenite, bainite, martensite)
        step = miss / phase_heat_capacity(temperature, austenite)
        temperature += step
        if abs(step) < 1e-9:
            break
    return temperature

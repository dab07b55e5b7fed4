"""Carbon steel while it is heated: heat capacity, enthalpy, conductivity and density of EN 1993-1-2.

**Model** One curve for all carbon and low-alloy grades; the heat of the change to austenite is inside the heat capacity
(a peak at 735 °C), so no transformation heat may be added to it. For the kernels the temperature is a piecewise linear
function of the enthalpy in steps of 1 kJ/kg; `steel_heat` is its exact inverse, so heat is conserved to rounding.
**Holds** 20–1200 °C; beyond, the last slope goes on (650 J/(kg·K) above 900 °C, 440 below 20 °C). Heating only.
**Source** EN 1993-1-2:2005, 3.4.1.2 (heat capacity), 3.4.1.3 (conductivity) [M].
**Checked** validation case V07.
"""

import math

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ZERO_CELSIUS

REFERENCE_CELSIUS = 20.0
COLD_DENSITY = 7850.0
"""Density at 20 °C [kg/m³]: EN 1993-1-2, 3.2.2."""

STEP = 1000.0  # J/kg
COUNT = 1024


@kernel
def heat_capacity(temperature):
    """Return the apparent heat capacity [J/(kg·K)] of carbon steel at `temperature` [K]; Source: EN 1993-1-2, 3.4.1.2.

    >>> round(heat_capacity(973.15), 1)  # 700 °C
    1008.2
    """
    t = temperature - ZERO_CELSIUS
    if t < 20.0:
        return 439.801760
    if t < 600.0:
        return 425.0 + t * (0.773 + t * (-1.69e-3 + t * 2.22e-6))
    if t < 735.0:
        return 666.0 + 13002.0 / (738.0 - t)
    if t < 900.0:
        return 545.0 + 17820.0 / (t - 731.0)
    return 650.0


@kernel
def _cubic_part(t):
    """Antiderivative of the cubic of 20–600 °C."""
    return t * (425.0 + t * (0.773 / 2.0 + t * (-1.69e-3 / 3.0 + t * 2.22e-6 / 4.0)))


@kernel
def enthalpy(temperature):
    """Return the enthalpy above 20 °C [J/kg] at `temperature` [K]: the heat capacity integrated in closed form.

    >>> round(enthalpy(1473.15) / 1e3, 1)  # 1200 °C, case V07
    827.1
    """
    t = temperature - ZERO_CELSIUS
    if t < 20.0:
        return 439.801760 * (t - 20.0)
    total = _cubic_part(min(t, 600.0)) - _cubic_part(20.0)
    if t > 600.0:
        high = min(t, 735.0)
        total += 666.0 * (high - 600.0) + 13002.0 * math.log(138.0 / (738.0 - high))
    if t > 735.0:
        high = min(t, 900.0)
        total += 545.0 * (high - 735.0) + 17820.0 * math.log((high - 731.0) / 4.0)
    if t > 900.0:
        total += 650.0 * (t - 900.0)
    return total


def _table() -> np.ndarray:
    celsius = np.unique(np.concatenate([np.linspace(20.0, 1600.0, 15801), np.linspace(700.0, 780.0, 16001)]))
    plain = getattr(enthalpy, "py_func", enthalpy)  # absent when numba is switched off
    heat = np.array([plain(c + ZERO_CELSIUS) for c in celsius])
    return np.interp(STEP * np.arange(COUNT), heat, celsius + ZERO_CELSIUS)


TEMPERATURES = _table()
"""Temperature [K] at 0, 1, 2 … kJ/kg above 20 °C."""


@kernel
def steel_state(heat):
    """Return (temperature [K], slope dT/dh [K·kg/J]) at the enthalpy `heat` [J/kg above 20 °C], from the table.

    >>> temperature, slope = steel_state(enthalpy(1273.15))
    >>> round(temperature), round(1.0 / slope)
    (1273, 650)
    """
    at = heat * (1.0 / STEP)
    i = np.uint64(min(max(at, 0.0), COUNT - 2.0))
    low = TEMPERATURES[i]
    rise = TEMPERATURES[i + np.uint64(1)] - low
    return low + (at - np.float64(i)) * rise, rise * (1.0 / STEP)


@kernel
def steel_heat(temperature):
    """Return the enthalpy [J/kg above 20 °C] at which `steel_state` gives `temperature` [K]: its inverse.

    >>> round(steel_state(steel_heat(1100.0))[0], 9)
    1100.0
    """
    low, high = 0, COUNT - 2
    while low < high:
        middle = (low + high + 1) // 2
        if TEMPERATURES[middle] <= temperature:
            low = middle
        else:
            high = middle - 1
    rise = TEMPERATURES[low + 1] - TEMPERATURES[low]
    return STEP * (low + (temperature - TEMPERATURES[low]) / rise)


@kernel
def conductivity(temperature):
    """Return the conductivity [W/(m·K)] at `temperature` [K]: 54 − 0.0333·T[°C], 27.3 above 800 °C; EN 1993-1-2.

    >>> round(conductivity(293.15), 2), conductivity(1300.0)
    (53.33, 27.3)
    """
    t = temperature - ZERO_CELSIUS
    return 27.3 if t > 800.0 else 54.0 - 3.33e-2 * t

"""Argon, the stirring gas (ideal monatomic gas: exact from kinetic theory)."""

from steelyard.engine.kernel import kernel

ARGON_HEAT_CAPACITY = 520.3
"""Heat capacity at constant pressure [J/(kg·K)]: 5/2·R/M."""

ARGON_NORMAL_DENSITY = 1.784
"""Density at 0 °C and 101,325 Pa [kg/Nm³]."""


@kernel
def argon_heat(flow, gas_temperature, bath_temperature):
    """Return the heat that argon takes out of the bath [W]: V·ρ·cp·(T_bath − T_gas); flow [Nm³/s], temperatures [K].

    >>> round(argon_heat(0.005, 300.0, 1873.0))
    7300
    """
    return flow * ARGON_NORMAL_DENSITY * ARGON_HEAT_CAPACITY * (bath_temperature - gas_temperature)

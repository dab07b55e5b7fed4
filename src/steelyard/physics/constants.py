"""Constants of nature and of the trade (CODATA 2018; normal state of gases: 0 °C, 101,325 Pa, DIN 1343)."""

STEFAN_BOLTZMANN = 5.670374419e-8
"""Radiation of a black body [W/(m²·K⁴)]."""

GAS_CONSTANT = 8.314462618
"""Molar gas constant [J/(mol·K)]."""

ZERO_CELSIUS = 273.15
"""0 °C in kelvin."""

ATMOSPHERE = 101325.0
"""Standard atmosphere [Pa]."""

NORMAL_MOLAR_VOLUME = 0.022413969545
"""Volume of one mole of ideal gas at 0 °C and 101,325 Pa [m³/mol]."""

STANDARD_GRAVITY = 9.80665
"""Acceleration of gravity [m/s²]."""

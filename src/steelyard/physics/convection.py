"""Natural convection to air from hot shells."""

from steelyard.engine.kernel import kernel
from steelyard.physics.radiation import radiation_coefficient


@kernel
def natural_convection(surface_temperature, air_temperature):
    """Return the heat transfer coefficient of a tall hot vertical surface in still air [W/(m²·K)].

    h = 1.31·|T_s − T_a|^(1/3), turbulent (Gr·Pr > 10⁹; surfaces taller than about 1 m, air near 1 atm); T [K].
    Source: Holman, Heat Transfer, simplified equations for air, table 7-2 [R: unverified literature].

    >>> round(natural_convection(573.15, 300.0), 2)
    8.5
    """
    return 1.31 * abs(surface_temperature - air_temperature) ** (1.0 / 3.0)


@kernel
def shell_coefficient(surface_temperature, surroundings_temperature, emissivity):
    """Return the sum of natural convection and radiation from a shell [W/(m²·K)]; T [K], emissivity in [0, 1].

    >>> round(shell_coefficient(573.15, 300.0, 0.8), 1)
    25.1
    """
    radiation = radiation_coefficient(surface_temperature, surroundings_temperature, emissivity)
    return natural_convection(surface_temperature, surroundings_temperature) + radiation

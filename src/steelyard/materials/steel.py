"""Steel: liquidus, solidus, enthalpy, density.

**Model** Enthalpy is piecewise linear in temperature and rises everywhere, so it can be inverted in closed form: a
solid table (pure iron and 0.2 % C, blended by carbon), a mushy range with liquid share linear between solidus and
liquidus, a liquid with constant heat capacity. Left out: heats of mixing, alloying elements other than carbon.
**Holds** 25–1750 °C, carbon and low-alloy steels. Between 700 and 1100 °C the influence of carbon is interpolated
(assumed) and not validated. Stainless grades: tabulated values, see `steelyard.materials.grades`.
**Source** iron: NIST-JANAF Shomate coefficients; 0.2 % C: anchors of an open CALPHAD calculation (cfe_broshe.tdb), both
[C]: computed, not measured. Liquidus and solidus: see the functions.
**Checked** validation cases P1–P8.
"""

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ZERO_CELSIUS

LIQUID_HEAT_CAPACITY = 825.0
"""Heat capacity of liquid steel [J/(kg·K)]: 0.82 (trade) to 0.826 (CALPHAD 1550–1600 °C); 2.29 kWh/t per 10 °C."""

_LIQUID_1600_IRON = 1350.2e3  # above 25 °C [J/kg], NIST Shomate
_LIQUID_1600_CARBON = 1350.8e3  # at 0.2 % C [J/kg], CALPHAD
_BLEND_CARBON = 0.002
_CELSIUS = (
    25.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 727.0, 735.0, 770.0, 800.0, 850.0, 912.0, 914.0, 1000.0,
    1100.0, 1200.0, 1300.0, 1394.0, 1396.0, 1500.0, 1538.0,
)  # fmt: skip
_IRON = (
    0.0, 34.8, 84.8, 139.0, 197.4, 256.7, 328.4, 405.8, 431.0, 439.0, 479.0, 515.0, 555.6, 603.2, 620.0, 672.8, 735.6,
    799.8, 865.6, 928.7, 945.2, 1022.8, 1051.6,
)  # fmt: skip
_CARBON_02 = (
    0.0, 34.8, 84.8, 139.0, 197.4, 256.7, 328.4, 405.8, 432.0, 458.0, 497.0, 531.0, 586.5, 623.9, 625.2, 678.2, 741.1,
    805.8, 871.6, 934.9, 936.3, 1007.6, 1034.1,
)  # fmt: skip
_SOLIDUS_CARBON = (0.0, 0.05, 0.10, 0.17, 0.45, 0.80, 1.0)
_SOLIDUS_CELSIUS = (1538.0, 1515.0, 1495.0, 1495.0, 1444.0, 1383.0, 1348.0)


@kernel
def liquidus_temperature(carbon, silicon, manganese, phosphorus, sulphur, copper, nickel, chromium, aluminium):
    """Return the liquidus of a carbon or low-alloy steel [K]; arguments are mass fractions.

    T_L[°C] = 1536 − 78C − 7.6Si − 4.9Mn − 34.4P − 38S − 4.7Cu − 3.1Ni − 1.3Cr − 3.6Al, in %.
    Range: low alloy (within 3–4 K of CALPHAD up to 1 % C); 20 K wrong for 304: use `grades.liquidus`, which refuses
    what lies outside. Source: Kawawa, as used by Won & Thomas (2001) [R: unverified literature; agrees with CALPHAD].

    >>> round(liquidus_temperature(0.0017, 0.003, 0.014, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0) - 273.15)  # S355, CALPHAD 1514
    1514
    """
    drop = 78.0 * carbon + 7.6 * silicon + 4.9 * manganese + 34.4 * phosphorus + 38.0 * sulphur
    drop += 4.7 * copper + 3.1 * nickel + 1.3 * chromium + 3.6 * aluminium
    return 1536.0 - 100.0 * drop + ZERO_CELSIUS


@kernel
def solidus_temperature(carbon, silicon, manganese, phosphorus, sulphur, nickel, chromium, aluminium):
    """Return the solidus of a carbon or low-alloy steel [K]; arguments are mass fractions.

    Fe–C solidus (table) − (20.5Si + 6.5Mn + 500P + 700S + 11.5Ni + 2Cr + 5.5Al), in %; at least 1 K below the liquidus
    of the Fe–C alloy. Range: C <= 1 % (held beyond). Source: table CALPHAD cfe_broshe [C]; coefficients Hirai [V].

    >>> round(solidus_temperature(0.0045, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0) - 273.15)
    1444
    """
    percent = 100.0 * carbon
    celsius = _SOLIDUS_CELSIUS[6]
    for i in range(6):
        if percent <= _SOLIDUS_CARBON[i + 1]:
            share = (percent - _SOLIDUS_CARBON[i]) / (_SOLIDUS_CARBON[i + 1] - _SOLIDUS_CARBON[i])
            celsius = _SOLIDUS_CELSIUS[i] + share * (_SOLIDUS_CELSIUS[i + 1] - _SOLIDUS_CELSIUS[i])
            break
    celsius = min(celsius, 1535.0 - 78.0 * percent)
    drop = 20.5 * silicon + 6.5 * manganese + 500.0 * phosphorus + 700.0 * sulphur
    drop += 11.5 * nickel + 2.0 * chromium + 5.5 * aluminium
    return celsius - 100.0 * drop + ZERO_CELSIUS


@kernel
def _solid_enthalpy(celsius, share):
    """Enthalpy of the solid above 25 °C [J/kg] from the blended table; the last slope goes on above 1538 °C."""
    i = 0
    while i < 21 and celsius > _CELSIUS[i + 1]:
        i += 1
    low = _IRON[i] + share * (_CARBON_02[i] - _IRON[i])
    high = _IRON[i + 1] + share * (_CARBON_02[i + 1] - _IRON[i + 1])
    return 1e3 * (low + (high - low) * (celsius - _CELSIUS[i]) / (_CELSIUS[i + 1] - _CELSIUS[i]))


@kernel
def _solid_celsius(enthalpy, share):
    """Temperature of the solid [°C] of which `_solid_enthalpy` is `enthalpy` [J/kg]."""
    wanted = 1e-3 * enthalpy
    i = 0
    while i < 21 and wanted > _IRON[i + 1] + share * (_CARBON_02[i + 1] - _IRON[i + 1]):
        i += 1
    low = _IRON[i] + share * (_CARBON_02[i] - _IRON[i])
    high = _IRON[i + 1] + share * (_CARBON_02[i + 1] - _IRON[i + 1])
    return _CELSIUS[i] + (wanted - low) / (high - low) * (_CELSIUS[i + 1] - _CELSIUS[i])


@kernel
def _liquid_enthalpy(celsius, share):
    """Enthalpy of the liquid above 25 °C [J/kg]."""
    at_1600 = _LIQUID_1600_IRON + share * (_LIQUID_1600_CARBON - _LIQUID_1600_IRON)
    return at_1600 + LIQUID_HEAT_CAPACITY * (celsius - 1600.0)


@kernel
def steel_enthalpy(temperature, liquidus, solidus, carbon):
    """Return the enthalpy of a steel above 25 °C [J/kg].

    temperature, liquidus, solidus [K] (solidus < liquidus <= 1809 K), carbon: mass fraction. Range: 298–2023 K.
    Rises with temperature everywhere and is continuous in all arguments. Source: module text.

    >>> round(steel_enthalpy(1873.15, 1793.55, 1762.65, 0.002) / 1e3, 1)  # 0.2 % C, 1600 °C
    1350.8
    """
    share = min(max(carbon, 0.0) / _BLEND_CARBON, 1.0)
    celsius = temperature - ZERO_CELSIUS
    if temperature >= liquidus:
        return _liquid_enthalpy(celsius, share)
    if temperature <= solidus:
        return _solid_enthalpy(celsius, share)
    low = _solid_enthalpy(solidus - ZERO_CELSIUS, share)
    high = _liquid_enthalpy(liquidus - ZERO_CELSIUS, share)
    return low + (high - low) * (temperature - solidus) / (liquidus - solidus)


@kernel
def steel_temperature(enthalpy, liquidus, solidus, carbon):
    """Return the temperature [K] at which `steel_enthalpy` is `enthalpy` [J/kg above 25 °C]: its exact inverse.

    >>> round(steel_temperature(steel_enthalpy(1780.0, 1793.55, 1762.65, 0.002), 1793.55, 1762.65, 0.002), 6)
    1780.0
    """
    share = min(max(carbon, 0.0) / _BLEND_CARBON, 1.0)
    high = _liquid_enthalpy(liquidus - ZERO_CELSIUS, share)
    if enthalpy >= high:
        return liquidus + (enthalpy - high) / LIQUID_HEAT_CAPACITY
    low = _solid_enthalpy(solidus - ZERO_CELSIUS, share)
    if enthalpy <= low:
        return _solid_celsius(enthalpy, share) + ZERO_CELSIUS
    return solidus + (enthalpy - low) / (high - low) * (liquidus - solidus)


@kernel
def specific_enthalpy(temperature, carbon):
    """Return the enthalpy of an iron–carbon alloy above 25 °C [J/kg]; temperature [K], carbon: mass fraction <= 0.01.

    >>> round(specific_enthalpy(1873.15, 0.0) / 3600.0, 1)  # pure iron 25 -> 1600 °C, kWh/t
    375.1
    """
    liquidus = liquidus_temperature(carbon, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    solidus = solidus_temperature(carbon, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return steel_enthalpy(temperature, liquidus, solidus, carbon)


@kernel
def temperature_from_enthalpy(enthalpy, carbon):
    """Return the temperature [K] of an iron–carbon alloy from its enthalpy above 25 °C [J/kg]: inverse of the above.

    >>> round(temperature_from_enthalpy(specific_enthalpy(1500.0, 0.004), 0.004), 6)
    1500.0
    """
    liquidus = liquidus_temperature(carbon, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    solidus = solidus_temperature(carbon, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return steel_temperature(enthalpy, liquidus, solidus, carbon)


@kernel
def density_liquid(temperature, carbon):
    """Return the density of liquid steel [kg/m³]: ρ = 7100 − 73.2C − (0.828 − 0.0874C)·(T − 1550), C in %, T in °C.

    temperature [K], carbon: mass fraction. Source: Jimbo & Cramb (1993) [R: unverified literature].

    >>> round(density_liquid(1873.15, 0.0))
    7059
    """
    percent = 100.0 * carbon
    return 7100.0 - 73.2 * percent - (0.828 - 0.0874 * percent) * (temperature - ZERO_CELSIUS - 1550.0)

"""Equilibria of liquid steel and the rates at which a stirred ladle reaches them.

Activities follow Wagner: log f_i = Σ e_i^j·[%j]; constants per mass %, functions in mass fractions, temperatures [K].
**Holds** liquid low-alloy steel, 1,800–1,950 K. **Checked** validation cases L7, L9–L12.
"""

from math import exp, log10, sqrt

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ATMOSPHERE


@kernel
def oxygen_at_aluminium(aluminium, temperature):
    """Return the dissolved oxygen (mass fraction) in equilibrium with dissolved aluminium and pure alumina.

    log(a_Al²·a_O³) = −45300/T + 11.62; e_O^Al = 1.90 − 5750/T, e_O^O = 0.76 − 1750/T, e_Al^O = 3.21 − 9720/T,
    e_Al^Al = 80.5/T; first order, solved by 12 Newton steps for log[%O]. aluminium: mass fraction, taken as at least
    1e-6 (below the deoxidation range the answer is capped at iron oxide saturation). Source: Zhang, Ren et al., Metall.
    Mater. Trans. B 46 (2015) 1809 [V].

    >>> round(1e6 * oxygen_at_aluminium(0.0003, 1873.15), 1)  # 0.03 % Al at 1600 °C: ppm
    7.3
    """
    al = 100.0 * max(aluminium, 1e-6)
    e_o_al = 1.90 - 5750.0 / temperature
    e_o_o = 0.76 - 1750.0 / temperature
    e_al_o = 3.21 - 9720.0 / temperature
    e_al_al = 80.5 / temperature
    right = -45300.0 / temperature + 11.62 - 2.0 * (log10(al) + e_al_al * al) - 3.0 * e_o_al * al
    slope = 2.0 * e_al_o + 3.0 * e_o_o
    limit = log10(100.0 * oxygen_solubility(temperature))
    x = min(right / 3.0, limit)
    for _ in range(12):
        oxygen = 10.0**x
        derivative = 3.0 + 2.302585092994046 * slope * oxygen
        if derivative < 0.3:
            return oxygen_solubility(temperature)
        x = min(x - (3.0 * x + slope * oxygen - right) / derivative, limit)
    return 10.0**x * 1e-2


@kernel
def oxygen_solubility(temperature):
    """Return the oxygen solubility of pure iron under iron oxide (mass fraction): log[%O] = −6380/T + 2.765.

    Source: Turkdogan, Fundamentals of Steelmaking (1996) [V].

    >>> round(100.0 * oxygen_solubility(1873.15), 4)  # %
    0.2285
    """
    return 10.0 ** (-6380.0 / temperature + 2.765) * 1e-2


@kernel
def aluminium_oxidation_heat():
    """Return the heat of 2[Al] + 3[O] → Al2O3 per mass of aluminium [J/kg].

    ΔH = −2.303·R·64000 = −1,225 kJ per mol Al2O3 = 22.7 MJ/kg Al. Source: JSPS equilibrium −64000/T + 20.57
    [R: unverified literature]; the 2015 set gives 16.1 MJ/kg.

    >>> round(aluminium_oxidation_heat() / 1e6, 1)
    22.7
    """
    return 2.302585092994046 * 8.314462618 * 64000.0 / (2.0 * 0.0269815)


@kernel
def hydrogen_solubility(hydrogen_pressure, temperature):
    """Return dissolved hydrogen (mass fraction) under a partial pressure [Pa].

    log[%H] = −1905/T − 1.591 + ½·log p[atm]. Source: Sieverts' law; constants recalled [R: unverified literature].

    >>> round(1e6 * hydrogen_solubility(101325.0, 1873.0), 1)  # ppm, case L12
    24.7
    """
    return 1e-2 * 10.0 ** (-1905.0 / temperature - 1.591) * sqrt(max(hydrogen_pressure, 0.0) / ATMOSPHERE)


@kernel
def nitrogen_solubility(nitrogen_pressure, temperature):
    """Return dissolved nitrogen (mass fraction) under a partial pressure [Pa].

    log[%N] = −518/T − 1.063 + ½·log p[atm]. Source: Sieverts' law; constants recalled [R: unverified literature].

    >>> round(1e6 * nitrogen_solubility(101325.0, 1873.0))
    458
    """
    return 1e-2 * 10.0 ** (-518.0 / temperature - 1.063) * sqrt(max(nitrogen_pressure, 0.0) / ATMOSPHERE)


@kernel
def carbon_oxygen_product(monoxide_pressure, temperature):
    """Return the equilibrium product of carbon and oxygen as mass fractions: [%C][%O] = p_CO[atm]/10^(1160/T + 2.003).

    Source: constants recalled [R: unverified literature]; ideal (Henry) activities, C < 0.5 %.

    >>> round(1e4 * carbon_oxygen_product(101325.0, 1873.0), 5)  # in %²
    0.00239
    """
    return 1e-4 * (monoxide_pressure / ATMOSPHERE) / 10.0 ** (1160.0 / temperature + 2.003)


@kernel
def sulphide_capacity(basicity, temperature):
    """Return log10 of the sulphide capacity of a slag from its optical basicity Λ (0.6–0.85).

    log C_S = −6.08 + 4.49/Λ + (15893 − 15864/Λ)/T. Source: Zhang, Chou & Pal, ISIJ Int. 53 (2013) 761 [V].

    >>> round(sulphide_capacity(0.80, 1873.0), 2)
    -2.57
    """
    return -6.08 + 4.49 / basicity + (15893.0 - 15864.0 / basicity) / temperature


@kernel
def sulphur_partition(basicity, temperature, oxygen_activity, log_sulphur_activity_coefficient):
    """Return the equilibrium ratio of sulphur in slag to sulphur in steel L_S.

    log L_S = log C_S + (−935/T + 1.375) + log f_S − log h_O; oxygen_activity h_O in mass % as usual in this relation
    (e.g. 3e-4), log f_S about 0 in plain steel. Source: as `sulphide_capacity` [V].

    >>> round(sulphur_partition(0.80, 1873.0, 4.0e-4, 0.0))
    51
    """
    exponent = sulphide_capacity(basicity, temperature) - 935.0 / temperature + 1.375 + log_sulphur_activity_coefficient
    return 10.0**exponent / oxygen_activity


@kernel
def desulphurisation_rate(power):
    """Return the rate constant of desulphurisation [1/s] at stirring power [W/kg].

    k[1/min] = 0.013·ε^0.25 below 60 W/t, 8e-6·ε^2.1 from 60 W/t on (the source's jump there, 0.036 to 0.043, is kept),
    held at 200 W/t. Source: MSTS 11th ed., eqs 11.2.3–5, read through public code [V].

    >>> round(60.0 * desulphurisation_rate(0.060), 4)  # 1/min, case L7
    0.0434
    """
    per_tonne = min(max(power, 0.0) * 1e3, 200.0)
    if per_tonne < 60.0 - 1e-9:
        return 0.013 * per_tonne**0.25 / 60.0
    return 8e-6 * per_tonne**2.1 / 60.0


@kernel
def desulphurised(sulphur, total_sulphur, rate, partition, slag_ratio, dt):
    """Return the sulphur of the steel (mass fraction) after `dt` [s]: the exact first-order step.

    d[S]/dt = −k·([S]·(1 + 1/Y) − S₀/Y), Y = L_S·m_slag/m_steel. sulphur: now; total_sulphur S₀: sulphur of steel and
    slag together per mass of steel; rate k [1/s]; partition L_S; slag_ratio: kg slag per kg steel (0: no change).
    Source: MSTS 11th ed., eq. 11.2.3, read through public code [V].

    >>> s = desulphurised(300e-6, 300e-6, desulphurisation_rate(0.060), 200.0, 0.020, 1200.0)
    >>> round(1e2 * s, 4)  # %, case L7
    0.0141
    """
    capacity = partition * slag_ratio
    if capacity <= 0.0:
        return sulphur
    equilibrium = total_sulphur / (1.0 + capacity)
    return equilibrium + (sulphur - equilibrium) * exp(-rate * (1.0 + 1.0 / capacity) * dt)


@kernel
def first_order(value, equilibrium, rate, dt):
    """Return `value` after `dt` [s] of first-order approach to `equilibrium` with `rate` [1/s]: the exact step.

    >>> round(first_order(10.0, 0.0, 1.0, 1.0), 4)
    3.6788
    """
    return equilibrium + (value - equilibrium) * exp(-rate * dt)


@kernel
def diluted(fraction, mass, added_mass, added_fraction, recovery):
    """Return the mass fraction of an element after an addition dissolved.

    (m·w + r·m_a·w_a)/(m + m_a): the whole addition counts as metal, the lost share of the element counts as iron.

    >>> round(1e2 * diluted(0.0, 100e3, 1e3, 0.78, 0.95), 3)  # 1 t FeMn in 100 t: % Mn, case L9
    0.734
    """
    return (mass * fraction + recovery * added_mass * added_fraction) / (mass + added_mass)

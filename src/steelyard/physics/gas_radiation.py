"""Radiation of combustion gas, and of a grey enclosure that it fills.

**Model** The gas is a weighted sum of three grey gases and a clear one (CO₂ and H₂O together); in the enclosure it is
grey, its absorptivity equal to its emissivity. Steel sees wall and gas only, the wall sees steel, itself and gas.
**Holds** gas 600–2400 K, partial pressure times path 0.01–10 atm·m; one gas temperature and wall temperature per zone.
**Source** weights: reheating-furnace code of Hu et al., Applied Energy 173 (2016) 555 [V]; absorption coefficients
0.91, 9.4, 130 1/(atm·m): Truelove (1976), H₂O/CO₂ about 2 [M]. Enclosure: Hottel & Sarofim, Radiative Transfer
(1967), ch. 8.
**Checked** tests/physics/test_gas_radiation.py: energy closes, limits of black and of clear gas.
"""

import math

from steelyard.engine.kernel import kernel


@kernel
def gas_emissivity(temperature, path):
    """Return the emissivity of combustion gas at `temperature` [K].

    path: partial pressure of CO₂ and H₂O times mean beam length [atm·m]. ε = Σ a_i(T)·(1 − exp(−k_i·path)).

    >>> round(gas_emissivity(1500.0, 0.27), 3)
    0.209
    """
    t = min(max(temperature, 600.0), 2400.0)
    a2 = 0.2844 + t * (1.848e-4 - 8.023e-8 * t)
    a3 = 0.3800 + t * (-2.247e-4 + 3.332e-8 * t)
    a4 = 0.0903 + t * (-7.265e-5 + 1.624e-8 * t)
    total = a2 * (1.0 - math.exp(-0.91 * path)) + a3 * (1.0 - math.exp(-9.4 * path))
    return min(total + a4 * (1.0 - math.exp(-130.0 * path)), 0.95)


@kernel
def enclosure(gas, steel_emissivity, wall_emissivity, ratio):
    """Return what falls on steel and wall of a grey enclosure as shares of the emissive powers σT⁴ in it.

    gas: emissivity of the gas; ratio: effective area of steel over area of wall, 0 <= ratio <= 1. The result is
    (steel from wall, steel from steel, steel from gas, wall from wall, wall from steel, wall from gas): irradiation of
    the steel G_s = r₀·E_w + r₁·E_s + r₂·E_g, of the wall G_w = r₃·E_w + r₄·E_s + r₅·E_g. Each triple sums to 1.

    >>> shares = enclosure(0.3, 0.8, 0.6, 0.4)
    >>> round(sum(shares[:3]), 12), round(sum(shares[3:]), 12)
    (1.0, 1.0)
    """
    through = 1.0 - gas
    dark, bright = 1.0 - steel_emissivity, 1.0 - wall_emissivity
    bounce = bright * through
    over = 1.0 / (1.0 - bounce * (1.0 - ratio + ratio * dark * through))
    wall_w = over * wall_emissivity
    wall_s = over * bounce * ratio * steel_emissivity
    wall_g = over * (bounce * ratio * dark * gas + bright * gas)
    steel_w, steel_s, steel_g = through * wall_w, through * wall_s, through * wall_g + gas
    back_w = ratio * dark * steel_w + (1.0 - ratio) * wall_w
    back_s = ratio * (steel_emissivity + dark * steel_s) + (1.0 - ratio) * wall_s
    back_g = ratio * dark * steel_g + (1.0 - ratio) * wall_g
    return steel_w, steel_s, steel_g, through * back_w, through * back_s, through * back_g + gas

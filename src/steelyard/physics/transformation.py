"""Decomposition of austenite on cooling: temperatures, kinetics, fractions and heat.

**Model** Start temperatures by regression; ferrite, pearlite and bainite by Kirkaldy–Venugopalan kinetics in the form
of Li (1998) with Scheil additivity, competing for the austenite that is left; ferrite up to its equilibrium share
(lever rule between straight lines); martensite by Koistinen–Marburger from the carbon-enriched austenite. Heat: one
enthalpy of austenite and one of ferrite, so that the heat of transformation is their difference at the temperature
where it happens. Left out: retained strain and precipitates in the kinetics, segregation, tempering.
**Holds** carbon and low-alloy steels, C 0.05–0.6 %, Σ(Mn, Si, Ni, Cr, Mo) < 5 %; 25–1250 °C; cooling.
**Source** Andrews (1965); Steven & Haynes (1956); Li, Niebuhr, Meekisho & Atteridge, Metall. Mater. Trans. B 29 (1998)
661; Koistinen & Marburger (1959). Coefficients recalled or read in secondary sources: unverified originals.
**Checked** validation cases V34, V35, V39, V42; tests/physics/test_transformation.py.
"""

import math

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ZERO_CELSIUS

AE3, AE1, BAINITE_START, MARTENSITE_START, FERRITE_SPEED, PEARLITE_SPEED, BAINITE_SPEED, CARBON = range(8)
FERRITE, PEARLITE, BAINITE, MARTENSITE, FERRITE_PROGRESS, PEARLITE_PROGRESS, BAINITE_PROGRESS, LOWEST = range(8)
ROW = 8
"""Length of the two rows that belong to one piece: constants of its steel, and its fractions and progress."""

WHOLE_REACTION = 2.0517640002
"""∫₀¹ dX / [X^0.4(1−X)·(1−X)^0.4X]: the progress at which a reaction is complete."""

_FERRITE_DIFFUSION, _DIFFUSION = 23500.0 / 1.987, 27500.0 / 1.987  # K
_EUTECTOID_CARBON, _FERRITE_CARBON = 0.0077, 0.0002
_KOISTINEN = 0.011  # 1/K
_TABLE_CELLS = 256


def _grown_table() -> np.ndarray:
    """Fraction X at equal steps of the progress ∫dX/[X^0.4(1−X)·(1−X)^0.4X], from 0 to the whole reaction."""
    w = np.linspace(0.0, 0.5**0.6, 4001)
    x = w ** (1.0 / 0.6)
    slope = x ** (0.4 * x) * (1.0 - x) ** (-0.4 * x) / 0.6  # dS/dw; the singular X^-0.4 cancels dX/dw
    half = np.concatenate([[0.0], np.cumsum(0.5 * (slope[1:] + slope[:-1]) * np.diff(w))])
    progress = np.concatenate([half, 2.0 * half[-1] - half[-2::-1]]) * (WHOLE_REACTION / (2.0 * half[-1]))
    fraction = np.concatenate([x, 1.0 - x[-2::-1]])
    table = np.interp(np.linspace(0.0, WHOLE_REACTION, _TABLE_CELLS + 1), progress, fraction)
    table.setflags(write=False)
    return table


_GROWN = _grown_table()


@kernel
def ae1_andrews(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return Ae1 [K]: 723 − 10.7Mn − 16.9Ni + 29.1Si + 16.9Cr °C, in %; arguments are mass fractions.

    Source: Andrews, JISI 203 (1965) 721. Scatter about 12 K.

    >>> round(ae1_andrews(0.0045, 0.0022, 0.0075, 0.0, 0.0, 0.0) - 273.15)  # 1045
    721
    """
    return 723.0 + ZERO_CELSIUS + 100.0 * (29.1 * silicon - 10.7 * manganese - 16.9 * nickel + 16.9 * chromium)


@kernel
def ae3_andrews(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return Ae3 [K]: 910 − 203√C + 44.7Si − 15.2Ni + 31.5Mo − 30Mn − 11Cr °C, in %; arguments are mass fractions.

    Source: Andrews, JISI 203 (1965) 721; note that Mn, Cr lower it (often reprinted with the wrong sign).

    >>> round(ae3_andrews(0.0040, 0.0025, 0.0090, 0.0, 0.0100, 0.0020) - 273.15)  # 4140
    761
    """
    rise = 44.7 * silicon - 15.2 * nickel + 31.5 * molybdenum - 30.0 * manganese - 11.0 * chromium
    return 910.0 + ZERO_CELSIUS + 100.0 * rise - 203.0 * math.sqrt(100.0 * carbon)


@kernel
def martensite_start_andrews(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return Ms [K]: 539 − 423C − 30.4Mn − 17.7Ni − 12.1Cr − 7.5Mo °C, in %. Source: Andrews (1965), linear form.

    >>> round(martensite_start_andrews(0.0040, 0.0025, 0.0090, 0.0, 0.0100, 0.0020) - 273.15, 1)  # 4140
    328.8
    """
    drop = 423.0 * carbon + 30.4 * manganese + 17.7 * nickel + 12.1 * chromium + 7.5 * molybdenum
    return 539.0 + ZERO_CELSIUS - 100.0 * drop


@kernel
def martensite_start_steven_haynes(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return Ms [K]: 561 − 474C − 33Mn − 17Cr − 17Ni − 21Mo °C, in %. Source: Steven & Haynes, JISI 183 (1956) 349.

    >>> round(martensite_start_steven_haynes(0.0045, 0.0022, 0.0075, 0.0, 0.0, 0.0) - 273.15)  # 1045
    323
    """
    drop = 474.0 * carbon + 33.0 * manganese + 17.0 * chromium + 17.0 * nickel + 21.0 * molybdenum
    return 561.0 + ZERO_CELSIUS - 100.0 * drop


@kernel
def bainite_start_steven_haynes(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return Bs [K]: 830 − 270C − 90Mn − 37Ni − 70Cr − 83Mo °C, in %. Source: Steven & Haynes, JISI 183 (1956) 349.

    >>> round(bainite_start_steven_haynes(0.0040, 0.0025, 0.0090, 0.0, 0.0100, 0.0020) - 273.15)  # 4140
    554
    """
    drop = 270.0 * carbon + 90.0 * manganese + 37.0 * nickel + 70.0 * chromium + 83.0 * molybdenum
    return 830.0 + ZERO_CELSIUS - 100.0 * drop


@kernel
def bainite_start_li(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return Bs [K]: 637 − 58C − 35Mn − 15Ni − 34Cr − 41Mo °C, in %; goes with the kinetics below. Source: Li (1998).

    >>> round(bainite_start_li(0.0040, 0.0025, 0.0090, 0.0, 0.0100, 0.0020) - 273.15)  # 4140
    540
    """
    drop = 58.0 * carbon + 35.0 * manganese + 15.0 * nickel + 34.0 * chromium + 41.0 * molybdenum
    return 637.0 + ZERO_CELSIUS - 100.0 * drop


@kernel
def ar3_ouchi(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return Ar3 of an 8 mm plate in air [K]: 910 − 310C − 80Mn − 15Cr − 55Ni − 80Mo °C, in %. Source: Ouchi (1982).

    >>> round(ar3_ouchi(0.0045, 0.0022, 0.0075, 0.0, 0.0, 0.0) - 273.15, 1)  # 1045
    710.5
    """
    drop = 310.0 * carbon + 80.0 * manganese + 15.0 * chromium + 55.0 * nickel + 80.0 * molybdenum
    return 910.0 + ZERO_CELSIUS - 100.0 * drop


@kernel
def koistinen_marburger(martensite_start, temperature):
    """Return the share of austenite that is martensite at `temperature` [K]: 1 − exp(−0.011·(Ms − T)), 0 above Ms.

    Source: Koistinen & Marburger, Acta Metall. 7 (1959) 59.

    >>> round(koistinen_marburger(328.8 + 273.15, 373.15), 3)  # 4140 at 100 °C
    0.919
    """
    return 1.0 - math.exp(-_KOISTINEN * max(martensite_start - temperature, 0.0))


@kernel
def grain_number(grain_size):
    """Return the ASTM grain number of a mean intercept length [m]: G = −6.644·log₁₀(l[mm]) − 3.288. Source: ASTM E112.

    >>> round(grain_number(20e-6), 1)
    8.0
    """
    return -6.644 * math.log10(1e3 * max(grain_size, 1e-7)) - 3.288


@kernel
def steel_constants(row, carbon, silicon, manganese, nickel, chromium, molybdenum, grain_size):
    """Fill `row` (float64 (ROW,)) with what `decompose` needs of a steel; mass fractions, austenite grain size [m].

    Speeds are 2^(a·G)/F: ferrite F = exp(1 + 6.31C + 1.78Mn + 0.31Si + 1.12Ni + 2.7Cr + 4.06Mo), a = 0.41; pearlite
    exp(−4.25 + 4.12C + 4.36Mn + 0.44Si + 1.71Ni + 3.33Cr + 5.19√Mo), 0.32; bainite exp(−10.23 + 10.18C + 0.85Mn +
    0.55Ni + 0.9Cr + 0.36Mo), 0.29, in %. The carbon of the record is used, the grain number is kept within 0–12.
    Source: Li et al. (1998).

    >>> row = np.zeros(ROW)
    >>> steel_constants(row, 0.0045, 0.0022, 0.0075, 0.0, 0.0, 0.0, 20e-6)
    >>> [round(t - 273.15) for t in row[:4]]
    [761, 721, 585, 326]
    """
    number = min(max(grain_number(grain_size), 0.0), 12.0)
    c, si, mn = 100.0 * carbon, 100.0 * silicon, 100.0 * manganese
    ni, cr, mo = 100.0 * nickel, 100.0 * chromium, 100.0 * molybdenum
    row[AE3] = ae3_andrews(carbon, silicon, manganese, nickel, chromium, molybdenum)
    row[AE1] = min(ae1_andrews(carbon, silicon, manganese, nickel, chromium, molybdenum), row[AE3] - 1.0)
    row[BAINITE_START] = bainite_start_li(carbon, silicon, manganese, nickel, chromium, molybdenum)
    row[MARTENSITE_START] = martensite_start_andrews(carbon, silicon, manganese, nickel, chromium, molybdenum)
    ferrite = 1.0 + 6.31 * c + 1.78 * mn + 0.31 * si + 1.12 * ni + 2.7 * cr + 4.06 * mo
    pearlite = -4.25 + 4.12 * c + 4.36 * mn + 0.44 * si + 1.71 * ni + 3.33 * cr + 5.19 * math.sqrt(mo)
    bainite = -10.23 + 10.18 * c + 0.85 * mn + 0.55 * ni + 0.9 * cr + 0.36 * mo
    row[FERRITE_SPEED] = 2.0 ** (0.41 * number) * math.exp(-ferrite)
    row[PEARLITE_SPEED] = 2.0 ** (0.32 * number) * math.exp(-pearlite)
    row[BAINITE_SPEED] = 2.0 ** (0.29 * number) * math.exp(-bainite)
    row[CARBON] = carbon


@kernel
def begin_austenite(phases, steel):
    """Set `phases` (float64 (ROW,)) to pure austenite of the steel with constants `steel`."""
    for i in range(ROW):
        phases[i] = 0.0
    phases[LOWEST] = steel[MARTENSITE_START]


@kernel
def austenite(phases):
    """Return the share of austenite that is left."""
    return max(1.0 - phases[FERRITE] - phases[PEARLITE] - phases[BAINITE] - phases[MARTENSITE], 0.0)


@kernel
def equilibrium_ferrite(temperature, steel):
    """Return the equilibrium share of ferrite: lever rule between the lines Ae3 and 0.02 % C, no pearlite counted.

    The austenite line is straight from (Ae3, C) through (Ae1, 0.77 %) and stays at 0.77 % below (assumed).
    """
    if temperature >= steel[AE3] or steel[CARBON] >= _EUTECTOID_CARBON:
        return 0.0
    way = min((steel[AE3] - temperature) / (steel[AE3] - steel[AE1]), 1.0)
    line = steel[CARBON] + way * (_EUTECTOID_CARBON - steel[CARBON])
    return max((line - steel[CARBON]) / (line - _FERRITE_CARBON), 0.0)


@kernel
def grown(progress):
    """Return the share X that a reaction has reached at this progress ∫dX/[X^0.4(1−X)·(1−X)^0.4X] (Li 1998).

    >>> round(grown(0.0), 3), round(grown(0.5 * WHOLE_REACTION), 3), round(grown(9.0), 3)
    (0.0, 0.5, 1.0)
    """
    place = min(max(progress, 0.0) / WHOLE_REACTION, 1.0) * _TABLE_CELLS
    cell = min(int(place), _TABLE_CELLS - 1)
    return _GROWN[cell] + (place - cell) * (_GROWN[cell + 1] - _GROWN[cell])


@kernel
def _share(phases, which, advance):
    """Advance one reaction; return the share of what was left to react that reacts now."""
    before = grown(phases[which])
    phases[which] = min(phases[which] + advance, WHOLE_REACTION)
    return (grown(phases[which]) - before) / (1.0 - before) if before < 1.0 else 1.0


@kernel
def decompose(phases, steel, temperature, dt):
    """Let austenite decompose for `dt` [s] at `temperature` [K]; `phases` and `steel` are rows (ROW,), phases in place.

    Rates: speed·(Ae3 − T)³·exp(−23500/RT) for ferrite, (Ae1 − T)³·exp(−27500/RT) for pearlite, (Bs − T)²·exp(−27500/RT)
    for bainite, R = 1.987; the progress of each adds up over temperatures (Scheil). Ferrite grows towards its
    equilibrium share, pearlite and bainite into all austenite left; martensite forms on new lows under Ms, which falls
    with the carbon that ferrite rejected. Fractions only grow, and their sum is at most 1. Source: Li (1998); the 27500
    of pearlite is that of Kirkaldy & Venugopalan (1984): recollections of Li differ, and 23500 would be ten times
    faster than isothermal diagrams of 1045 and 4140.
    """
    left = austenite(phases)
    if left <= 0.0 or temperature >= steel[AE3]:
        return
    start = enriched_martensite_start(phases, steel)
    if temperature > start:
        room = equilibrium_ferrite(temperature, steel) - phases[FERRITE]
        driving = steel[AE3] - temperature
        mobility = math.exp(-_FERRITE_DIFFUSION / temperature) * dt
        share = _share(phases, FERRITE_PROGRESS, steel[FERRITE_SPEED] * driving * driving * driving * mobility)
        phases[FERRITE] += min(share * max(room, 0.0), left)
        left = austenite(phases)
        if temperature < steel[AE1]:
            driving = steel[AE1] - temperature
            mobility = math.exp(-_DIFFUSION / temperature) * dt
            share = _share(phases, PEARLITE_PROGRESS, steel[PEARLITE_SPEED] * driving * driving * driving * mobility)
            phases[PEARLITE] += share * left
            left = austenite(phases)
        if temperature < steel[BAINITE_START]:
            mobility = math.exp(-_DIFFUSION / temperature) * dt
            driving = steel[BAINITE_START] - temperature
            share = _share(phases, BAINITE_PROGRESS, steel[BAINITE_SPEED] * driving * driving * mobility)
            phases[BAINITE] += share * left
            left = austenite(phases)
    if temperature < min(start, phases[LOWEST]):
        phases[MARTENSITE] += left * koistinen_marburger(min(start, phases[LOWEST]), temperature)
        phases[LOWEST] = temperature


@kernel
def enriched_martensite_start(phases, steel):
    """Return Ms [K] of the austenite left, richer in carbon by what ferrite rejected (at most 0.77 %)."""
    rest = max(1.0 - phases[FERRITE], 0.05)
    carbon = min((steel[CARBON] - phases[FERRITE] * _FERRITE_CARBON) / rest, _EUTECTOID_CARBON)
    return steel[MARTENSITE_START] - 42300.0 * max(carbon - steel[CARBON], 0.0)

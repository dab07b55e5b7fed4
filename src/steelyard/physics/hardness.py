"""Hardness, strength and grain size from composition, cooling rate and phases.

**Model** Regressions. Maynier for the hardness of each structure, mixed by mass; ASTM A255 for hardenability; tables
for the conversion of hardness; Sellars–Beynon for the ferrite grain.
**Holds** each function names its range; scatter of Maynier about ±20–40 HV.
**Source** Maynier, Dollet & Bastien (1978); ASTM A255-20, ASTM E140, ISO 18265: tables from memory, texts not at hand.
**Checked** validation cases V36, V38, V39.
"""

import math

from steelyard.engine.kernel import kernel

_STRENGTH_HARDNESS = (
    80.0, 100.0, 120.0, 140.0, 160.0, 180.0, 200.0, 220.0, 240.0, 260.0, 280.0, 300.0, 320.0, 340.0, 360.0, 380.0,
    400.0, 450.0, 500.0, 550.0, 600.0, 650.0,
)  # fmt: skip
_STRENGTH = (
    255.0, 320.0, 385.0, 450.0, 510.0, 575.0, 640.0, 705.0, 770.0, 835.0, 900.0, 965.0, 1030.0, 1095.0, 1155.0, 1220.0,
    1290.0, 1455.0, 1630.0, 1810.0, 1995.0, 2180.0,
)  # fmt: skip
_ROCKWELL = (
    20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 32.0, 34.0, 36.0, 38.0, 40.0, 42.0, 44.0, 46.0, 48.0, 50.0, 52.0, 54.0, 56.0,
    58.0, 60.0, 62.0, 64.0, 66.0, 68.0,
)  # fmt: skip
_ROCKWELL_VICKERS = (
    238.0, 248.0, 260.0, 272.0, 286.0, 302.0, 318.0, 336.0, 354.0, 372.0, 392.0, 412.0, 434.0, 458.0, 484.0, 513.0,
    544.0, 577.0, 613.0, 653.0, 697.0, 746.0, 800.0, 865.0, 940.0,
)  # fmt: skip
_SLOWEST, _FASTEST = 10.0 / 3600.0, 300.0  # K/s; outside, Maynier's logarithm leads astray


@kernel
def _table(value, first, second):
    """Interpolate along two rising columns; the end slopes go on."""
    i = 0
    while i < len(first) - 2 and value > first[i + 1]:
        i += 1
    return second[i] + (value - first[i]) * (second[i + 1] - second[i]) / (first[i + 1] - first[i])


@kernel
def _log_hourly(cooling_rate):
    return math.log10(3600.0 * min(max(cooling_rate, _SLOWEST), _FASTEST))


@kernel
def martensite_hardness(carbon, silicon, manganese, nickel, chromium, cooling_rate):
    """Return HV of martensite: 127 + 949C + 27Si + 11Mn + 8Ni + 16Cr + 21·log V, in % and V in K/h at 700 °C.

    Arguments: mass fractions and cooling rate [K/s]. Source: Maynier (1978); C 0.1–0.5 %.

    >>> round(martensite_hardness(0.0040, 0.0025, 0.0090, 0.0, 0.0100, 50.0))  # 4140
    650
    """
    alloy = 949.0 * carbon + 27.0 * silicon + 11.0 * manganese + 8.0 * nickel + 16.0 * chromium
    return 127.0 + 100.0 * alloy + 21.0 * _log_hourly(cooling_rate)


@kernel
def bainite_hardness(carbon, silicon, manganese, nickel, chromium, molybdenum, cooling_rate):
    """Return HV of bainite: −323 + 185C + 330Si + 153Mn + 65Ni + 144Cr + 191Mo + (89 + 53C − …)·log V (Maynier 1978).

    Arguments: mass fractions and cooling rate at 700 °C [K/s]. Source: Maynier (1978); C 0.1–0.5 %.

    >>> round(bainite_hardness(0.0040, 0.0025, 0.0090, 0.0, 0.0100, 0.0020, 50.0))  # 4140
    416
    """
    alloy = 185.0 * carbon + 330.0 * silicon + 153.0 * manganese + 65.0 * nickel + 144.0 * chromium + 191.0 * molybdenum
    slope = 53.0 * carbon - 55.0 * silicon - 22.0 * manganese - 10.0 * nickel - 20.0 * chromium - 33.0 * molybdenum
    return -323.0 + 100.0 * alloy + (89.0 + 100.0 * slope) * _log_hourly(cooling_rate)


@kernel
def ferrite_pearlite_hardness(carbon, silicon, manganese, nickel, chromium, molybdenum, vanadium, cooling_rate):
    """Return HV of ferrite and pearlite: 42 + 223C + 53Si + 30Mn + 12.6Ni + 7Cr + 19Mo + (10 − 19Si + …)·log V.

    Arguments: mass fractions and cooling rate at 700 °C [K/s]. Source: Maynier (1978); C 0.1–0.5 %.

    >>> round(ferrite_pearlite_hardness(0.0016, 0.0030, 0.0140, 0.0, 0.0, 0.0, 0.0, 10.0))  # S355
    155
    """
    alloy = 223.0 * carbon + 53.0 * silicon + 30.0 * manganese + 12.6 * nickel + 7.0 * chromium + 19.0 * molybdenum
    slope = -19.0 * silicon + 4.0 * nickel + 8.0 * chromium + 130.0 * vanadium
    return 42.0 + 100.0 * alloy + (10.0 + 100.0 * slope) * _log_hourly(cooling_rate)


@kernel
def tensile_strength(hardness):
    """Return the tensile strength [Pa] at this hardness HV. Range 80–650 HV, straight beyond.

    Source: ISO 18265, table A.1 (unalloyed and low-alloy steel), from memory.

    >>> [round(tensile_strength(h) / 1e6) for h in (200.0, 300.0, 400.0, 500.0)]
    [640, 965, 1290, 1630]
    """
    return 1e6 * _table(hardness, _STRENGTH_HARDNESS, _STRENGTH)


@kernel
def rockwell(hardness):
    """Return HRC at this hardness HV. Source: ASTM E140 table 1, from memory; 238–940 HV, straight beyond.

    >>> [round(rockwell(h), 1) for h in (302.0, 513.0, 697.0)]
    [30.0, 50.0, 60.0]
    """
    return _table(hardness, _ROCKWELL_VICKERS, _ROCKWELL)


@kernel
def ferrite_grain(austenite_grain, retained_strain, cooling_rate):
    """Return the ferrite grain size [m] of C–Mn steel: (1 − 0.45√ε)·[1.4 + 5/√V + 22·(1 − exp(−0.015·d_γ))] in µm.

    austenite_grain [m], retained strain, V: cooling rate [K/s]. Range: 0.1–20 K/s. Source: Sellars & Beynon (1984)
    [from memory].

    >>> round(ferrite_grain(30e-6, 0.0, 1.0) * 1e6, 1)
    14.4
    """
    rate = min(max(cooling_rate, 0.01), 50.0)
    grown = 22.0 * (1.0 - math.exp(-0.015e6 * max(austenite_grain, 0.0)))
    refined = 1.0 - 0.45 * math.sqrt(min(max(retained_strain, 0.0), 1.0))
    return 1e-6 * refined * (1.4 + 5.0 / math.sqrt(rate) + grown)


@kernel
def ideal_diameter(carbon, silicon, manganese, nickel, chromium, molybdenum):
    """Return the ideal critical diameter [m] by multiplying factors; mass fractions. Source: ASTM A255 [from memory].

    >>> round(ideal_diameter(0.0045, 0.0022, 0.0075, 0.0, 0.0, 0.0) / 0.0254, 3)  # 1045, inch
    0.909
    """
    c, mn = 100.0 * carbon, 100.0 * manganese
    if c <= 0.39:
        base = 0.54 * c
    elif c <= 0.55:
        base = 0.171 + 0.001 * c + 0.265 * c * c
    elif c <= 0.65:
        base = 0.115 + 0.268 * c - 0.038 * c * c
    elif c <= 0.75:
        base = 0.143 + 0.2 * c
    else:
        base = 0.062 + 0.409 * c - 0.135 * c * c
    factor = 3.3333 * mn + 1.0 if mn <= 1.2 else 5.10 * mn - 1.12
    factor *= (1.0 + 70.0 * silicon) * (1.0 + 36.3 * nickel) * (1.0 + 216.0 * chromium) * (1.0 + 300.0 * molybdenum)
    return 0.0254 * base * factor


@kernel
def quenched_rockwell(carbon):
    """Return HRC of the Jominy end (1/16 inch), all martensite; C 0.1–0.7 %. Source: ASTM A255 [from memory].

    >>> round(quenched_rockwell(0.0040), 1), round(quenched_rockwell(0.0045), 1)
    (56.1, 58.6)
    """
    c = 100.0 * carbon
    return 35.395 + c * (6.990 + c * (312.330 + c * (-821.744 + c * (1015.479 - 538.346 * c))))


@kernel
def half_martensite_rockwell(carbon):
    """Return HRC of a structure of half martensite; mass fraction 0.1–0.7 %. Source: ASTM A255 [from memory].

    >>> round(half_martensite_rockwell(0.0040), 1)
    42.4
    """
    c = 100.0 * carbon
    return 22.974 + c * (6.214 + c * (356.364 + c * (-1091.488 + c * (1464.880 - 750.441 * c))))


@kernel
def jominy_cooling_rate(distance):
    """Return the cooling rate at 700 °C [K/s] of a Jominy bar at `distance` [m]: log V = 2.95 − 1.55·log d.

    d in mm, 1.5–50 mm. Source: fit to published Jominy cooling curves [from memory].

    >>> round(jominy_cooling_rate(0.010))
    25
    """
    return 10.0 ** (2.95 - 1.55 * math.log10(1e3 * distance))

"""The building blocks of a rule: ``x > t``, ``x is odd``, ``x = value``, ``x is missing``, and pairs of them."""

from dataclasses import dataclass

import numpy as np

from steelyard.hub.plausibility.sheet import Sheet, codes

MOST_VALUES = 30  # a text column with more values than this is a name, not a category


@dataclass(frozen=True)
class Literal:
    """One condition: the rows where it holds, its text, its cost [bit], and whether it cuts through dense data."""

    holds: np.ndarray
    words: str
    bits: float
    columns: tuple[str, ...]
    dense: bool = True


@dataclass(frozen=True)
class Feature:
    """One column offered to the rule search: `numbers` for thresholds, `choices` for equality and parity."""

    name: str
    numbers: np.ndarray | None
    choices: dict[str, np.ndarray]


def features(sheet: Sheet, leave_out: set[str]) -> list[Feature]:
    """Return the columns that a rule may use: no time, no batch number, no row number, no label."""
    found = []
    for name, values in sheet.numbers.items():
        if name in leave_out or name == sheet.group or sheet.distinct[name] < 2 or sheet.is_order(name):
            continue
        found.append(Feature(name, values, _numeric_choices(name, values, sheet.distinct[name])))
    for name in sheet.words:
        if name in leave_out or name == sheet.group or not 2 <= sheet.distinct[name] <= MOST_VALUES:
            continue
        code, texts = codes(sheet, name), list(dict.fromkeys(v for v in sheet.words[name] if v is not None))
        choices = {f"{name} = {value}": code == at for at, value in enumerate(texts)}
        if (code < 0).any():
            choices[f"{name} is missing"] = code < 0
        found.append(Feature(name, None, choices))
    return found


def _numeric_choices(name: str, values: np.ndarray, distinct: int) -> dict[str, np.ndarray]:
    choices = {}
    given = np.isfinite(values)
    if not given.all():
        choices[f"{name} is missing"] = ~given
    whole = given.any() and np.all(values[given] % 1 == 0)
    if whole and distinct >= 4:
        filled = np.where(given, values, 0.0)
        choices[f"{name} is odd"] = given & (filled % 2 == 1)
        choices[f"{name} is even"] = given & (filled % 2 == 0)
    if distinct <= 6:
        for value in np.unique(values[given]):
            choices[f"{name} = {value:g}"] = given & (values == value)
    return choices


def pure_literals(
    offered: list[Feature], good: np.ndarray, wanted: np.ndarray, within: np.ndarray, cost: float
) -> list[Literal]:
    """Return the conditions that hold for `wanted` rows and for no `good` row, looking only at rows `within`."""
    found = []
    bits = cost + np.log2(max(2, sum(len(f.choices) + (f.numbers is not None) * 2 for f in offered)))
    for feature in offered:
        for words, holds in feature.choices.items():
            if not (holds & good & within).any() and (holds & wanted & within).any():
                found.append(Literal(holds & within, words, bits, (feature.name,)))
        if feature.numbers is not None:
            found += _thresholds(feature, good & within, wanted & within, within, bits)
    return found


def _thresholds(
    feature: Feature, good: np.ndarray, wanted: np.ndarray, within: np.ndarray, bits: float
) -> list[Literal]:
    values = feature.numbers
    assert values is not None
    given = np.isfinite(values)
    if not (good & given).any() or not (wanted & given).any():
        return []
    found = []
    price = bits + np.log2(max(2, np.unique(values[(good | wanted) & given]).size))
    top, bottom = values[good & given].max(), values[good & given].min()
    above, below = wanted & given & (values > top), wanted & given & (values < bottom)
    if above.any():
        edge = values[above].min()
        words = f"{feature.name} > {_nice(top, edge):.10g}"
        found.append(Literal(within & given & (values > top), words, price, (feature.name,), _dense(values, top, edge)))
    if below.any():
        edge = values[below].max()
        words = f"{feature.name} < {-_nice(-bottom, -edge):.10g}"
        found.append(
            Literal(within & given & (values < bottom), words, price, (feature.name,), _dense(values, edge, bottom))
        )
    return found


def _nice(low: float, high: float) -> float:
    """Return the roundest number t with low <= t < high."""
    for digits in range(-6, 12):
        for value in (np.floor(high * 10.0**digits) / 10.0**digits, np.ceil(low * 10.0**digits) / 10.0**digits):
            if low <= value < high:
                return float(value)
    return low


def _dense(values: np.ndarray, low: float, high: float) -> bool:
    """Return whether values crowd on both sides of the cut: a natural border would leave a gap there."""
    levels = np.unique(values[np.isfinite(values)])
    at = int(np.searchsorted(levels, high))
    near = np.diff(levels[max(0, at - 11) : at + 11])
    if near.size < 6:
        return True
    inside = [np.median(np.diff(side)) for side in (levels[:at], levels[at:]) if side.size > 2]
    thinned = bool(inside) and np.median(near) > 2.0 * max(inside)  # values thin out towards a natural border
    return bool(high - low <= 6.0 * np.median(near) and not thinned)

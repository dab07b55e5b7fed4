"""Prices with their sources, and what an effect is worth: saving per year, payback, highest price."""

import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.wording import trouble


@dataclass(frozen=True)
class Prices:
    """Prices and factors by name in `units`; `sources` says where each is from."""

    title: str
    values: dict[str, float]
    sources: dict[str, str]
    units: dict[str, str]

    def record(self) -> dict[str, Any]:
        """Return the prices as plain data for the plan and the report."""
        return {
            "title": self.title,
            "items": {
                name: {
                    "value": self.values[name],
                    "unit": unit,
                    "source": self.sources[name],
                    "assumed": self.sources[name].startswith("assumed"),
                }
                for name, unit in self.units.items()
            },
        }


def load_prices(name: str, items: dict[str, str], folder: Path | None = None) -> Prices:
    """Read a packaged price list by name, or a TOML file (relative to `folder`); `items` are its entries and units.

    Raises DataError that names file and entry when a price is missing, negative, in a wrong unit or without source.
    """
    if name.endswith(".toml"):
        path = Path(name) if folder is None else folder / name
    else:
        path = Path(str(files("steelyard.trials") / "prices" / f"{name}.toml"))
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(
            f"{path}: cannot be read as a price list: {trouble(error)}; start from a packaged one"
        ) from error
    about = raw.pop("about", {})
    unknown = sorted(set(raw) - set(items))
    if unknown:
        raise DataError(f"{path}: [{unknown[0]}] is not a price; prices are: {', '.join(items)}")
    values = {item: _price(path, item, unit, raw.get(item)) for item, unit in items.items()}
    sources = {item: str(raw[item]["source"]) for item in items}
    return Prices(str(about.get("title", path.stem)), values, sources, items)


def _price(path: Path, item: str, unit: str, entry: Any) -> float:
    if not isinstance(entry, dict):
        raise DataError(f"{path}: [{item}] is missing; it needs value, unit ({unit}) and source")
    value = entry.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise DataError(f"{path}: [{item}] value {value!r} is not a number of at least 0")
    if entry.get("unit") != unit:
        raise DataError(f"{path}: [{item}] is in {entry.get('unit')!r}; it must be in {unit!r}")
    if not str(entry.get("source", "")).strip():
        raise DataError(f'{path}: [{item}] has no source; say where it is from, or "assumed: why"')
    return float(value)


def worth(
    saving: tuple[float, float, float], tonnes_per_year: float, price: float, running: float, payback_years: float
) -> dict[str, Any]:
    """Return what a saving (mean, low, high) [won/t] is worth.

    `price` once [won], `running` costs [won/a]. Gives saving per year [won/a] with its interval, payback [a] (None
    when it never pays back) and the highest price [won] that pays back in `payback_years`, at the mean and at the
    cautious end of the interval.
    """
    mean, low, high = (value * tonnes_per_year - running for value in saving)
    return {
        "saving_won_per_year": {"mean": mean, "low": low, "high": high, "unit": "won/a"},
        "price_won": price,
        "running_won_per_year": running,
        "tonnes_per_year": tonnes_per_year,
        "payback_years": _payback(price, mean),
        "payback_years_cautious": _payback(price, low),
        "payback_asked_years": payback_years,
        "highest_price_won": {"mean": max(0.0, mean * payback_years), "cautious": max(0.0, low * payback_years)},
    }


def _payback(price: float, saving: float) -> float | None:
    return price / saving if saving > 0.0 else None

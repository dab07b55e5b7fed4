"""The sections of a plan file: what may stand in each, with type, range and default.

A plan counts its products in the word of its process: a key with "products" in it is written "heats" or "bars".
"""

import math
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.subjects import PROCESSES

INFINITE = math.inf


def entry(default: Any = MISSING, low: float = -INFINITE, high: float = INFINITE, choices: tuple[str, ...] = ()) -> Any:
    """Declare one key of a section: default (none = required), range of a number, allowed words."""
    meta = {"low": low, "high": high, "choices": choices}
    return field(metadata=meta) if default is MISSING else field(default=default, metadata=meta)


@dataclass(frozen=True)
class Trial:
    """What is asked. `title` and `question` by language."""

    id: str = entry()
    kind: str = entry(choices=("campaign", "predictor", "detector"))
    title: dict = field(default_factory=dict)
    question: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Solution:
    """The object under test: its file (or ``reference:NAME``), its role, and whether it needs the network."""

    path: str = entry()
    kind: str = entry(choices=("advisor", "controller", "predictor", "detector"))
    network: bool = entry(False)


@dataclass(frozen=True)
class Baseline:
    """What it is compared with: `path` empty = the control that the process comes with (operator practice)."""

    name: dict = field(default_factory=dict)
    path: str = entry("")


@dataclass(frozen=True)
class Plant:
    """The plant: process, a parameter set by name (empty: the process's own), or a twin file that replaces it."""

    process: str = entry("ladle_furnace", choices=PROCESSES)
    parameters: str = entry("")
    twin: str = entry("")


QUARTER = 0.25


@dataclass(frozen=True)
class Data:
    """Recorded products for a predictor trial: scored from `from_key` on, earlier ones only shown.

    With `from_key` 0 the last `scored_share` of them is scored.
    """

    name: str = entry("")
    from_key: int = entry(0, low=0)
    scored_share: float = entry(QUARTER, low=0.05, high=0.95)
    until_key: int = entry(0, low=0)
    learn_products: int = entry(0, low=0)
    block_products: int = entry(5, low=1, high=1000)


@dataclass(frozen=True)
class Suite:
    """Scenarios and where the seeds come from: `seed` (public) or a seal with its published commitment."""

    name: str = entry("")
    version: str = entry("1")
    tag: str = entry("public", choices=("public", "sealed"))
    scenarios: tuple = entry(())
    seed: int = entry(0, low=0)
    commitment: str = entry("")
    seal: str = entry("")


@dataclass(frozen=True)
class Statistics:
    """Significance level (two-sided), planned power, bootstrap resamples."""

    alpha: float = entry(0.05, low=1e-6, high=0.5)
    power: float = entry(0.8, low=0.05, high=0.999)
    resamples: int = entry(9999, low=199, high=1_000_000)


@dataclass(frozen=True)
class Runs:
    """Paired campaigns, products each, warm-up, solution processes (`lanes`) and the budget of a decision."""

    campaigns: int = entry(30, low=2, high=100_000)
    products: int = entry(20, low=1, high=10_000)
    warmup_products: int = entry(2, low=0, high=1_000)
    lanes: int = entry(2, low=1, high=64)
    decision_timeout_s: float = entry(2.0, low=0.01, high=600.0)
    floor_campaigns: int = entry(12, low=0, high=10_000)
    oracle: bool = entry(True)


@dataclass(frozen=True)
class Ensemble:
    """The twin's own doubt: parameter draws, paired campaigns for each, in these scenarios (none named = all)."""

    draws: int = entry(0, low=0, high=1_000)
    campaigns: int = entry(6, low=2, high=10_000)
    scenarios: tuple = entry(())


@dataclass(frozen=True)
class Money:
    """Prices (empty: the process's own list), what the solution costs, and the size of the plant that would use it."""

    prices: str = entry("")
    price_won: float = entry(0.0, low=0.0)
    running_won_per_year: float = entry(0.0, low=0.0)
    products_per_year: float = entry(9000.0, low=1.0)
    payback_years: float = entry(2.0, low=0.01, high=50.0)


@dataclass(frozen=True)
class Detection:
    """A detector trial: each campaign runs `hours` twice, sound and with one of `faults` from a seeded time on.

    The fault starts between `onset_from_h` and `onset_until_h`, with a severity between its limits, and grows to it
    over `growth_h`; false alarms count after `warmup_h`. With `place_needed` an alarm has to name a place that the
    fault hits; without, one that has exactly the fault's name will do.
    """

    faults: tuple = entry(())
    severity_low: float = entry(0.3, low=0.0, high=1.0)
    severity_high: float = entry(0.8, low=0.0, high=1.0)
    hours: float = entry(8.0, low=0.1, high=1000.0)
    warmup_h: float = entry(1.0, low=0.0, high=1000.0)
    onset_from_h: float = entry(2.0, low=0.0, high=1000.0)
    onset_until_h: float = entry(4.0, low=0.0, high=1000.0)
    growth_h: float = entry(1.0, low=0.0, high=1000.0)
    place_needed: bool = entry(True)


@dataclass(frozen=True)
class Target:
    """A KPI with its margin (in the KPI's unit): primary = "not worse" margin, guardrail = largest harm tolerated.

    `against` compares with a fixed value instead of the baseline.
    """

    kpi: str = entry()
    margin: float = entry(low=0.0)
    against: float | None = entry(None)


_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    tuple: "a list",
}


def _value(kind: Any, value: Any, place: str) -> Any:
    optional = kind == (float | None)
    if optional and value is None:
        return None
    wanted = float if optional else kind
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if wanted is tuple and isinstance(value, list):
        value = tuple(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise DataError(f"{place} = {value!r}: must be {_WORDS[wanted]}")
    return value


def _texts(value: Any, place: str) -> Any:
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    if not all(isinstance(text, str) for text in entries):
        raise DataError(f"{place}: every entry must be text")
    return {str(key): text for key, text in value.items()} if isinstance(value, dict) else value


def spoken(key: str, word: str) -> str:
    """Return a key as it stands in a plan whose process makes `word`s.

    >>> spoken("warmup_products", "bar"), spoken("alpha", "bar")
    ('warmup_bars', 'alpha')
    """
    return key.replace("products", f"{word}s")


def section_record(section: Any, word: str) -> dict[str, Any]:
    """Return a section as plain data with the keys of a plan file."""
    return {spoken(key, word): value for key, value in asdict(section).items()}


def read_section(kind: type, raw: Any, name: str, where: str, word: str = "product") -> Any:
    """Return one section from parsed TOML; DataError that names file, section, key and what is allowed."""
    if not isinstance(raw, dict):
        raise DataError(f"{where}: [{name}] must be a table")
    declared = {spoken(one.name, word): one for one in fields(kind)}
    unknown = sorted(set(raw) - set(declared))
    if unknown:
        raise DataError(f"{where}: [{name}] {unknown[0]} is not known there; known are: {', '.join(declared)}")
    values: dict[str, Any] = {}
    for key, one in declared.items():
        place = f"{where}: [{name}] {key}"
        if key not in raw:
            if one.default is MISSING and one.default_factory is MISSING:
                raise DataError(f"{place} is missing")
            continue
        values[one.name] = _texts(_value(one.type, raw[key], place), place)
        _in_range(values[one.name], one.metadata, place)
    return kind(**values)


def _in_range(value: Any, meta: Any, place: str) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not (math.isfinite(value) and meta["low"] <= value <= meta["high"]):
            raise DataError(f"{place} = {value!r} is outside {meta['low']:g} to {meta['high']:g}")
    elif meta.get("choices") and value not in meta["choices"]:
        raise DataError(f"{place} = {value!r}; allowed are: {', '.join(meta['choices'])}")


def read_targets(raw: Any, name: str, where: str) -> tuple[Target, ...]:
    """Return the KPIs of ``[[primary]]`` or ``[[guardrails]]``."""
    if not isinstance(raw, list):
        raise DataError(f"{where}: write {name} as a list of tables: [[{name}]]")
    return tuple(read_section(Target, one, f"{name} {i + 1}", where) for i, one in enumerate(raw))

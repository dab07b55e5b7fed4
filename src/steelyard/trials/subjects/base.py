"""What a process must say of itself to be the subject of a trial."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from steelyard.trials.kpi import Kpi, RunRecord
from steelyard.trials.safety import BoardLimit, Limit

Texts = dict[str, str]


@dataclass(frozen=True)
class Moment:
    """One recorded event as a solution meets it, `time_s` after the first one.

    `value` is nan unless the predicted quantity was measured; `signals` do not hold it yet then, `after` do. `number`
    counts the earlier measurements of the same product. `after` is shown
    next; without it nothing is, and what was measured comes as a later moment of its own (with no value to predict).
    """

    time_s: float
    key: int
    signals: dict[str, float]
    value: float
    number: int
    after: dict[str, float] | None


class Recorded(Protocol):
    """A recorded product: its key, and when its first event was."""

    @property
    def key(self) -> int:
        """Its number in the records."""

    def begin(self) -> datetime:
        """Return the time of the first event."""


@dataclass(frozen=True)
class Records:
    """Recorded products that predictors are tried on: kind of data set, and what is predicted.

    `load(store, name)` gives the products in time order, `moments(product, origin)` its events, `scorable(product)`
    whether there is something to score in it; measurements before the number `first` are not scored. With `relative`
    an error is in percent of the measured value. `near` is the error below which an estimate is suspiciously exact in
    more than `suspicious` percent of cases; `groups` are (first number, last number, text) of measurements;
    `missing` is the error of an answer that neither arm gave; within ± `window` an error is small.
    `setup(products, store, name, twin file, scored keys)` adds what a calibrated twin would have expected.
    """

    dataset: str
    signal: str
    unit: str
    load: Callable[[Any, str], list[Any]]
    moments: Callable[[Any, datetime], Iterator[Moment]]
    scorable: Callable[[Any], bool]
    first: int
    relative: bool
    near: float
    suspicious: float
    missing: float
    window: float
    groups: tuple[tuple[int, int, Texts], ...]
    sheet: dict[str, Any]
    setup: Callable[[list[Any], Any, str, Path, set[int]], list[Any]] | None = None


@dataclass
class Trace:
    """What a time plot shows of one arm; a subject says what that is."""

    def look(self, time_s: float, values: Mapping[str, float]) -> None:
        """Note what the board shows."""

    def record(self, log: Any) -> dict[str, list]:
        """Return the trace as plain data, with what the log of products adds."""
        return {}


class Subject:
    """One process under trial. `word` is what it makes ("heat"): a plan says "heats" where others say "bars"."""

    process: str
    word: str
    twin_process: str
    longest: int
    hours_per_product: float
    parameters: str
    prices: str
    advice: bool = False
    oracle: bool = False
    kinds: dict[str, tuple[str, ...]]
    kpis: dict[str, dict[str, Kpi]]
    limits: Sequence[Limit] = ()
    board_limits: Sequence[BoardLimit] = ()
    items: dict[str, str]
    cost: str
    co2: str
    mass: str
    watched: tuple[str, ...] = ()
    window: float | None = None
    records: Records | None = None
    unmeasured: Texts | None = None  # what no record of this process can confirm: said on every credibility card

    def shipped(self, plant: str) -> Any:
        """Return the values of a shipped plant."""
        raise self._cannot("ships no plants")

    def draws(self, plant: str, n: int, seed: int) -> list[Any]:
        """Return `n` plausible plants before any calibration."""
        raise self._cannot("has no plausible plants")

    def from_twin(self, twin: Any, n: int, seed: int) -> tuple[Any, list[Any]]:
        """Return values and `n` plausible variants of the plant in a loaded twin file."""
        raise self._cannot("takes no twin file; leave [plant] twin out")

    def open(self, values: Any, seed: int, scenario: str) -> Any:
        """Return a works at time 0."""
        raise self._cannot("cannot be opened")

    def mirror(self, works: Any) -> bool:
        """Turn the luck of the baseline's own decisions to its mirror image; False when that cannot be had."""
        return False

    def reveal(self, works: Any) -> None:
        """Let the baseline know the truth (oracle)."""
        raise self._cannot("has no oracle; write oracle = false in [runs]")

    def sheet(self, values: Any) -> dict[str, Any]:
        """Return the public data sheet that a solution may know, in trade units."""
        return {}

    def neutral(self, works: Any) -> dict[str, float]:
        """Return the set-points, in trade units, with which a works runs as its baseline would run it alone."""
        return {}

    def advance(self, works: Any, products: int) -> None:
        """Advance fused until so many products have departed since time 0."""
        works.advance_products(products)

    def log(self, works: Any) -> Any:
        """Return the log of departed products, a structured array in SI; it holds the truth."""
        raise self._cannot("keeps no log")

    def evaluate(self, record: RunRecord) -> dict[str, float]:
        """Return every KPI of one run of a campaign."""
        raise self._cannot("has no KPIs")

    def cost_split(self, logs: list[Any], prices: dict[str, float]) -> dict[str, float]:
        """Return the cost [won/t] of several runs by cause; their sum is the KPI `cost`."""
        return {}

    def errors(self, log: Any) -> Any:
        """Return what the distribution picture shows of each product: the distance from its target."""
        return []

    def faults(self) -> list[str]:
        """Return the faults ``house.fault`` that may be injected."""
        return []

    def places(self, values: Any, fault: str) -> list[str]:
        """Return the places that a fault ``house.fault`` hits, as the board labels them; [] when it has no place."""
        return []

    def trace(self) -> Trace:
        """Return an empty trace."""
        return Trace()

    def timeplot(self, baseline: Any, solution: Any, names: tuple[str, str], caption: str) -> str:
        """Return both traces of one run as SVG."""
        return ""

    def _cannot(self, what: str) -> Exception:
        from steelyard.errors import DataError

        return DataError(f"{self.process}: {what}")

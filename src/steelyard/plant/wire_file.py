"""The declaration of faults of the wire, in the file of a scenario: what goes wrong between the board and its readers.

```toml
[wire.gateway_hangs]
kind = "stale"                                        # see KINDS
signals = ["reheating_furnace.zone_temperature[*]"]
start_h = [1.0, 2.0]                                  # a number, or [earliest, latest] as the seed draws
length = { value = 20, unit = "min" }                 # without it the fault stays
every = { value = 2, unit = "h" }                     # without it the fault comes once
```
"""

from dataclasses import dataclass
from typing import Any

from steelyard.errors import ParameterError
from steelyard.plant.declaring import amount, seconds
from steelyard.plant.frame import BAD, GOOD, UNCERTAIN

HOUR = 3600.0
STATUS = {"good": GOOD, "uncertain": UNCERTAIN, "bad": BAD}
_ALWAYS = frozenset({"kind", "start_h"})
_MAYBE = frozenset({"length", "every"})
KINDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "stale": (frozenset({"signals"}), _MAYBE),
    "stuck": (frozenset({"signals"}), _MAYBE),
    "swapped": (frozenset({"signals", "with"}), _MAYBE),
    "drifted": (frozenset({"signals", "amount"}), _MAYBE | {"growth"}),
    "skewed": (frozenset({"amount"}), _MAYBE | {"signals"}),
    "lying": (frozenset({"signals", "status"}), _MAYBE | {"share"}),
    "late": (frozenset({"amount", "share"}), _MAYBE),
    "duplicated": (frozenset({"share"}), _MAYBE),
    "lost": (frozenset({"length"}), _MAYBE),
}
"""Kind → the keys that it needs, and those that it may have besides ``kind`` and ``start_h``."""


@dataclass(frozen=True)
class WireFault:
    """One declared fault of the wire. Times in s; `length` None: until the end, `every` None: once.

    `signals` and `partners` are patterns; `amount` is in `unit`; `share` is the probability for each message, or for
    each value where the fault has signals; `status` is what a lying flag says.
    """

    id: str
    kind: str
    signals: tuple[str, ...]
    earliest: float
    latest: float
    length: float | None = None
    every: float | None = None
    partners: tuple[str, ...] = ()
    amount: float = 0.0
    unit: str = "s"
    growth: float = 0.0
    share: float = 1.0
    status: int = GOOD


def read_wire(entries: Any, where: str) -> tuple[WireFault, ...]:
    """Return the faults of the wire in the tables ``[wire.NAME]`` of a scenario; ParameterError says what and where."""
    if not isinstance(entries, dict):
        raise ParameterError(f"{where}: faults of the wire are written as [wire.NAME]")
    return tuple(_fault(str(name), entry, f"{where}: [wire.{name}]") for name, entry in entries.items())


def _fault(name: str, entry: Any, where: str) -> WireFault:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if kind not in KINDS:
        raise ParameterError(f"{where}: kind {kind!r} is not known; kinds are: {', '.join(KINDS)}")
    needs, may = KINDS[kind]
    missing, unknown = sorted((needs | _ALWAYS) - set(entry)), sorted(set(entry) - needs - may - _ALWAYS)
    if missing or unknown:
        wrong = f"{missing[0]} is missing" if missing else f"{unknown[0]} is not understood"
        raise ParameterError(f"{where}: {wrong}; {kind} needs {_list(needs | _ALWAYS)} and may have {_list(may)}")
    earliest, latest = _start(entry["start_h"], where)
    times = {key: _length(entry[key], f"{where} {key}") for key in ("length", "every", "growth") if key in entry}
    if "every" in times and not times.get("length", times["every"]) < times["every"]:
        raise ParameterError(f"{where}: what comes every so often needs a length that is shorter than that")
    change, symbol = _amount(entry.get("amount"), kind, where)
    return WireFault(
        id=name, kind=kind, signals=_patterns(entry.get("signals", ["*"]), where), earliest=earliest, latest=latest,
        partners=_patterns(entry.get("with", []), where), amount=change, unit=symbol,
        share=_share(entry.get("share", 1.0), where), status=_status(entry.get("status", "good"), where), **times,
    )  # fmt: skip


def _list(keys: frozenset[str]) -> str:
    return ", ".join(sorted(keys)) or "nothing"


def _patterns(entry: Any, where: str) -> tuple[str, ...]:
    if not isinstance(entry, list) or not all(isinstance(pattern, str) for pattern in entry):
        raise ParameterError(f'{where}: signals are written as ["house.signal", …]')
    return tuple(entry)


def _start(entry: Any, where: str) -> tuple[float, float]:
    both = entry if isinstance(entry, list) and len(entry) == 2 else [entry, entry]
    if not all(isinstance(hour, int | float) and not isinstance(hour, bool) for hour in both):
        raise ParameterError(f"{where}: start_h = {entry!r}: a number of hours, or [earliest, latest]")
    if not 0.0 <= both[0] <= both[1] < float("inf"):
        raise ParameterError(f"{where}: start_h = {entry!r}: not negative, the earliest first")
    return both[0] * HOUR, both[1] * HOUR


def _length(entry: Any, where: str) -> float:
    found = seconds(entry, where)
    if not found > 0.0:
        raise ParameterError(f"{where}: must be longer than nothing")
    return found


def _amount(entry: Any, kind: str, where: str) -> tuple[float, str]:
    """Return the amount and its unit: seconds where it is a time; the unit of a drift has to fit its signals later."""
    if entry is None:
        return 0.0, "s"
    if kind in ("late", "skewed"):
        found = amount(entry, "s", f"{where} amount", difference=True)
        if found == 0.0 or (kind == "late" and found < 0.0):
            raise ParameterError(f"{where}: amount: {found:g} s is not possible")
        return found, "s"
    if not isinstance(entry, dict) or set(entry) != {"value", "unit"}:
        raise ParameterError(f'{where}: amount is written as {{ value = -20, unit = "K" }}')
    if isinstance(entry["value"], bool) or not isinstance(entry["value"], int | float):
        raise ParameterError(f"{where}: amount: {entry['value']!r} is not a number")
    return float(entry["value"]), str(entry["unit"])


def _share(entry: Any, where: str) -> float:
    if isinstance(entry, bool) or not isinstance(entry, int | float) or not 0.0 < entry <= 1.0:
        raise ParameterError(f"{where}: share = {entry!r} is not above 0 and up to 1")
    return float(entry)


def _status(entry: Any, where: str) -> int:
    if entry not in STATUS:
        raise ParameterError(f"{where}: status {entry!r} is not known; it is one of: {', '.join(STATUS)}")
    return STATUS[entry]

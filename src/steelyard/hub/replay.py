"""Replay: what happened to the heats of a data set, event by event, in time order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from steelyard.errors import DataError

if TYPE_CHECKING:
    from steelyard.hub.store import Store

HEATING_START, HEATING_END, ADDITION, DIP = "heating_start", "heating_end", "addition", "dip"
_RANK = {HEATING_END: 0, ADDITION: 1, DIP: 2, HEATING_START: 3}  # at one and the same second


@dataclass(frozen=True)
class HeatEvent:
    """One event of one heat.

    `value`: heating_start: nan; heating_end: active energy of that heating [MWh]; addition: amount [kg; wire: unknown];
    dip: temperature [°C]. `material` names the addition, else "". `duration_s`: of the heating, at its end.
    """

    time: datetime
    key: int
    what: str
    value: float
    material: str = ""
    duration_s: float = 0.0


def heat_events(store: "Store", name: str) -> Iterator[HeatEvent]:
    """Give all events of a ladle-furnace data set in time order, heats interleaved as they were.

    At one second: an end of heating, then additions, then dips, then starts. DataError when the set is of another kind.
    """
    info = store.info(name)
    if info["kind"] != "ladle-furnace":
        raise DataError(f"data set {name!r} is of kind {info['kind']!r}; only ladle-furnace heats can be replayed")
    events: list[HeatEvent] = []
    for key, start, end, energy in (
        store.table(name, "heatings").select("key", "start", "end", "active_energy_mwh").iter_rows()
    ):
        events.append(HeatEvent(start, key, HEATING_START, float("nan")))
        events.append(HeatEvent(end, key, HEATING_END, energy, "", (end - start).total_seconds()))
    for key, time, temperature in store.table(name, "dips").select("key", "time", "temperature_c").iter_rows():
        events.append(HeatEvent(time, key, DIP, temperature))
    for key, time, material, amount in (
        store.table(name, "additions").select("key", "time", "material", "amount").iter_rows()
    ):
        events.append(HeatEvent(time, key, ADDITION, amount, material))
    events.sort(key=lambda event: (event.time, event.key, _RANK[event.what], event.material))
    return iter(events)

"""Recorded heats as a solution would have met them: what the board showed at each event, in time order."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.subjects.base import Moment, Records

PREFIX = "ladle_furnace."
DIP_SIGNAL = PREFIX + "dip_temperature"


@dataclass
class RecordedHeat:
    """One heat: heatings (start, end, MWh), additions (time, material, amount), dips (time, °C); all in time order."""

    key: int
    heatings: list[tuple[datetime, datetime, float]] = field(default_factory=list)
    additions: list[tuple[datetime, str, float]] = field(default_factory=list)
    dips: list[tuple[datetime, float]] = field(default_factory=list)

    def begin(self) -> datetime:
        """Return the time of the first event."""
        return min(
            [start for start, _, _ in self.heatings]
            + [row[0] for row in self.additions]
            + [row[0] for row in self.dips]
        )

    def energy(self, now: datetime) -> float:
        """Return what the energy meter shows at `now` [MWh]: a running heating counts for the part that has passed."""
        total = 0.0
        for start, end, energy in self.heatings:
            if now >= end:
                total += energy
            elif now > start:
                total += energy * (now - start).total_seconds() / (end - start).total_seconds()
        return total


def load_heats(store: Any, name: str) -> list[RecordedHeat]:
    """Return the heats of a ladle-furnace data set in the order of their first event; DataError when there are none."""
    from steelyard.hub.replay import heat_events

    heats: dict[int, RecordedHeat] = {}
    for event in heat_events(store, name):
        heat = heats.setdefault(event.key, RecordedHeat(event.key))
        if event.what == "heating_end":
            if event.duration_s > 0.0 and math.isfinite(event.value):
                heat.heatings.append((event.time - timedelta(seconds=event.duration_s), event.time, event.value))
        elif event.what == "addition":
            heat.additions.append((event.time, event.material, event.value))
        elif event.what == "dip":
            heat.dips.append((event.time, event.value))
    found = [heat for heat in heats.values() if heat.dips]
    if not found:
        raise DataError(f"data set {name!r} has no heat with a dip; nothing can be predicted")
    return sorted(found, key=lambda heat: (heat.begin(), heat.key))


def moments(heat: RecordedHeat, origin: datetime) -> Iterator[Moment]:
    """Give the events of one heat in time order. Nothing in a moment's `signals` is later than its time.

    At a dip, `signals` is the board just before the reading and `after` the board with it.
    """
    begin = heat.begin()
    events: list[tuple[datetime, int, Any]] = [(end, 0, None) for _, end, _ in heat.heatings]
    events += [(start, 3, None) for start, _, _ in heat.heatings]
    events += [(time, 1, (material, amount)) for time, material, amount in heat.additions]
    events += [(time, 2, value) for time, value in heat.dips]
    events.sort(key=lambda event: (event[0], event[1]))
    board: dict[str, float] = {PREFIX + "heat_number": float(heat.key), PREFIX + "dip_count": 0.0, DIP_SIGNAL: math.nan}
    dips, last = 0, begin
    for now, rank, what in events:
        board[PREFIX + "heat_time"] = (now - begin).total_seconds()
        board[PREFIX + "arc_energy"] = heat.energy(now)
        board[PREFIX + "heating_count"] = float(sum(end <= now for _, end, _ in heat.heatings))
        board[PREFIX + "dip_age"] = (now - last).total_seconds() if dips else math.nan
        if rank == 1:
            name = f"{PREFIX}addition[{what[0]}]"
            board[name] = board.get(name, 0.0) + what[1]
        before = dict(board)
        value = math.nan
        if rank == 2:
            value, dips, last = what, dips + 1, now
            board.update({DIP_SIGNAL: value, PREFIX + "dip_count": float(dips), PREFIX + "dip_age": 0.0})
        yield Moment((now - origin).total_seconds(), heat.key, before, value, dips - (rank == 2), dict(board))


RECORDS = Records(
    dataset="ladle-furnace", signal=DIP_SIGNAL, unit="°C", load=load_heats, moments=moments,
    scorable=lambda heat: len(heat.dips) > 1, first=1, relative=False, near=0.5, suspicious=40.0, missing=50.0,
    window=5.0,
    groups=(
        (1, 1, {"en": "second dip", "ko": "2번째 측온"}),
        (2, 2, {"en": "third dip", "ko": "3번째 측온"}),
        (3, 99, {"en": "later dips", "ko": "이후 측온"}),
    ),
    sheet={"nominal_mass_t": 100.0},
)  # fmt: skip

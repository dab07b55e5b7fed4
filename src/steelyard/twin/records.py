"""Recorded heats as plain arrays: the door between the hub's tables and the twin. SI inside, key order outside.

**Holds** what every ladle-furnace record has: heatings with energy, dips, timed additions. A heat is used when it has
a heating and at least two dips; others are counted, never silently lost (`Heats.skipped`).
"""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.units import to_si

if TYPE_CHECKING:
    from steelyard.hub.store import Store

LONGEST_LEAD = 1800.0
REPEAT_WITHIN = 90.0


@dataclass(frozen=True)
class Heats:
    """Heats of one furnace, flat arrays with offsets; times in seconds since the heat's start, energies in J.

    key, start (n,): number and start [s since 1970] of each heat, in the order of the keys. dip_offset, heating_offset,
    addition_offset (n+1,): dips of heat h are dip_time[dip_offset[h]:dip_offset[h+1]], and so on. dip_temperature [K],
    heating_begin, heating_end [s], heating_energy [J], addition_time [s], addition_slot (index of the material in
    `labels`), addition_mass [kg].
    """

    labels: tuple[str, ...]
    key: np.ndarray
    start: np.ndarray
    dip_offset: np.ndarray
    dip_time: np.ndarray
    dip_temperature: np.ndarray
    heating_offset: np.ndarray
    heating_begin: np.ndarray
    heating_end: np.ndarray
    heating_energy: np.ndarray
    addition_offset: np.ndarray
    addition_time: np.ndarray
    addition_slot: np.ndarray
    addition_mass: np.ndarray
    skipped: int = 0
    synthetic: bool = False

    def __len__(self) -> int:
        """Return the number of heats."""
        return len(self.key)

    @property
    def heat_of_dip(self) -> np.ndarray:
        """Index of the heat of each dip, shape (dips,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.dip_offset))

    @property
    def last_dip(self) -> np.ndarray:
        """Index of the last dip of each heat, shape (n,)."""
        return self.dip_offset[1:] - 1

    @property
    def end(self) -> np.ndarray:
        """When the last dip of each heat was taken [s since 1970], shape (n,)."""
        return self.start + self.dip_time[self.last_dip]


def read_heats(store: "Store", dataset: str, labels: tuple[str, ...], until: int | None = None) -> Heats:
    """Read the heats of a stored data set of kind ladle-furnace, keys < `until` when given.

    `labels` are the material slots of the furnace. DataError when the set is not of that kind, names a material that
    the furnace has no slot for, or holds no usable heat.
    """
    kind = store.info(dataset)["kind"]
    if kind != "ladle-furnace":
        raise DataError(
            f"data set {dataset!r} is of kind {kind!r}; the twin of a ladle furnace needs ladle-furnace heats"
        )
    dips = _columns(store, dataset, "dips", ("key", "time", "temperature_c"))
    arcs = _columns(store, dataset, "heatings", ("key", "start", "end", "active_energy_mwh"))
    adds = _columns(store, dataset, "additions", ("key", "time", "material", "amount"))
    slots = {label: i for i, label in enumerate(labels)}
    strangers = sorted(set(adds["material"].tolist()) - set(slots))
    if strangers:
        raise DataError(
            f"data set {dataset!r} names material {strangers[0]!r}, for which the furnace has no slot; "
            f"slots are {labels[0]} … {labels[-1]}: rename it in the import mapping"
        )
    adds["slot"] = np.array([slots[name] for name in adds.pop("material").tolist()], dtype=np.int64)
    heats = assemble(labels, dips, arcs, adds, until)
    if not len(heats):
        limit = "" if until is None else f" below key {until}"
        raise DataError(
            f"data set {dataset!r} has no heat{limit} with a heating and two dips; check --until and the set"
        )
    return heats


def _columns(store: "Store", dataset: str, table: str, names: tuple[str, ...]) -> dict[str, Any]:
    frame = store.table(dataset, table)
    found = {}
    for name in names:
        if name not in frame.columns:
            raise DataError(f"data set {dataset!r}: table {table!r} has no column {name!r}; import the set again")
        column = frame[name]
        if str(column.dtype).startswith("Datetime"):
            found[name] = column.dt.timestamp("us").to_numpy() / 1e6
        else:
            found[name] = column.to_numpy()
    return found


def assemble(
    labels: tuple[str, ...], dips: dict[str, Any], arcs: dict[str, Any], adds: dict[str, Any], until: int | None = None
) -> Heats:
    """Build `Heats` from columns: dips (key, time s, temperature_c), arcs (key, start, end, active_energy_mwh), adds
    (key, time, slot, amount). Rows in any order; additions long before the first arc count at the start of the heat.
    """
    by_dip, by_arc = _rows(dips, "time"), _rows(arcs, "start")
    by_add = _rows(adds, "time") if len(adds["key"]) else {}
    keys = [k for k in sorted(set(by_dip) | set(by_arc)) if until is None or k < until]
    used = [k for k in keys if k in by_arc and len(by_dip.get(k, ())) >= 2]
    start = np.array([min(arcs["start"][by_arc[k][0]], dips["time"][by_dip[k][0]]) for k in used], dtype=float)
    none = np.zeros(0, dtype=np.int64)
    picks = [[rows.get(k, none) for k in used] for rows in (by_dip, by_arc, by_add)]
    at = [np.concatenate(p) if p else none for p in picks]
    offsets = [np.concatenate([[0], np.cumsum([len(rows) for rows in p])]).astype(np.int64) for p in picks]
    begin_of = [np.repeat(start, np.diff(offset)) for offset in offsets]
    dip, arc, add = at
    return Heats(
        labels, np.array(used, dtype=np.int64), start,
        offsets[0], dips["time"][dip] - begin_of[0], to_si(dips["temperature_c"][dip].astype(float), "°C"),
        offsets[1], arcs["start"][arc] - begin_of[1], arcs["end"][arc] - begin_of[1],
        to_si(arcs["active_energy_mwh"][arc].astype(float), "MWh"),
        offsets[2], np.maximum(adds["time"][add] - begin_of[2], -LONGEST_LEAD), adds["slot"][add].astype(np.int64),
        adds["amount"][add].astype(float), len(keys) - len(used),
    )  # fmt: skip


def _rows(table: dict[str, Any], time: str) -> dict[int, np.ndarray]:
    """Return the row numbers of each key, in order of time."""
    order = np.lexsort((table[time], table["key"]))
    keys = np.asarray(table["key"])[order]
    cuts = np.flatnonzero(np.diff(keys)) + 1
    return {int(keys[rows[0]]): order[rows] for rows in np.split(np.arange(len(order)), cuts) if len(rows)}


def between(heats: Heats, low: int | None, high: int | None = None) -> np.ndarray:
    """Return which heats have low <= key < high, boolean (n,)."""
    chosen = np.ones(len(heats), dtype=bool)
    if low is not None:
        chosen &= heats.key >= low
    if high is not None:
        chosen &= heats.key < high
    return chosen


def energy_before(heats: Heats) -> np.ndarray:
    """Return the arc energy [J] of the heat up to each dip, shape (dips,).

    A heating under way counts at its mean power: records hold no meter in time.
    """
    total = np.zeros(len(heats.dip_time))
    for h in range(len(heats)):
        dips = slice(heats.dip_offset[h], heats.dip_offset[h + 1])
        arcs = slice(heats.heating_offset[h], heats.heating_offset[h + 1])
        begin, end = heats.heating_begin[arcs], heats.heating_end[arcs]
        share = (heats.dip_time[dips, None] - begin) / np.maximum(end - begin, 1.0)
        total[dips] = (np.clip(share, 0.0, 1.0) * heats.heating_energy[arcs]).sum(axis=1)
    return total


def heatings_before(heats: Heats) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each dip, the heatings begun before it and the time since the last arc ended [s]; 1e4 = none yet."""
    count, since = np.zeros(len(heats.dip_time)), np.full(len(heats.dip_time), 1e4)
    for h in range(len(heats)):
        dips = slice(heats.dip_offset[h], heats.dip_offset[h + 1])
        arcs = slice(heats.heating_offset[h], heats.heating_offset[h + 1])
        time = heats.dip_time[dips, None]
        begun = heats.heating_begin[arcs] < time
        count[dips] = begun.sum(axis=1)
        age = np.where(begun, np.maximum(time - heats.heating_end[arcs], 0.0), 1e4)
        since[dips] = age.min(axis=1)
    return count, since


def added_before(heats: Heats) -> np.ndarray:
    """Return the mass of each material [kg] added before each dip, shape (dips, materials)."""
    total = np.zeros((len(heats.dip_time), len(heats.labels)))
    for h in range(len(heats)):
        for j in range(heats.addition_offset[h], heats.addition_offset[h + 1]):
            first = heats.dip_offset[h] + np.searchsorted(
                heats.dip_time[heats.dip_offset[h] : heats.dip_offset[h + 1]], heats.addition_time[j], side="right"
            )
            total[first : heats.dip_offset[h + 1], heats.addition_slot[j]] += heats.addition_mass[j]
    return total


def repeated(heats: Heats) -> np.ndarray:
    """Return which dips were repeated within 90 s, boolean (dips,): the operator doubted them.

    Known only at the time of the next dip: no forecast of the dip itself may use it.
    """
    doubt = np.zeros(len(heats.dip_time), dtype=bool)
    heat = heats.heat_of_dip
    doubt[:-1] = (heat[1:] == heat[:-1]) & (np.diff(heats.dip_time) < REPEAT_WITHIN)
    return doubt


def ends_only(heats: Heats) -> Heats:
    """Return the heats without the dips between the first and the last of each, as the final task knows them."""
    ends = np.sort(np.concatenate([heats.dip_offset[:-1], heats.last_dip]))
    return replace(
        heats, dip_offset=2 * np.arange(len(heats) + 1), dip_time=heats.dip_time[ends],
        dip_temperature=heats.dip_temperature[ends],
    )  # fmt: skip


def fingerprints(heats: Heats) -> list[str]:
    """Return a 64-bit digest of each heat (16 hexadecimal digits): of the seconds at which it and its first dip began.

    The same heat has the same digest under any name, key or file; the digest holds no temperature and no treatment.
    """
    first = heats.start + heats.dip_time[heats.dip_offset[:-1]]
    return [
        blake2b(f"{round(begin)} {round(dip)}".encode(), digest_size=8).hexdigest()
        for begin, dip in zip(heats.start.tolist(), first.tolist(), strict=True)
    ]


def wait_before(heats: Heats) -> np.ndarray:
    """Return the minutes the station stood idle before each heat, between 2 and 60, shape (n,).

    A heat waits after the latest end of all heats that had started before it; the first counts as 12 minutes.
    """
    order = np.argsort(heats.start, kind="stable")
    wait = np.full(len(heats), 12.0)
    latest = np.maximum.accumulate(heats.end[order])
    wait[order[1:]] = (heats.start[order[1:]] - latest[:-1]) / 60.0
    return np.clip(wait, 2.0, 60.0)

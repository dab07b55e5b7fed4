"""Synthetic heats: the records that a plant would hand over, made by the twin of a shipped ladle furnace.

They are for trying things out and for tests. They are not measured and prove nothing about any real furnace.
"""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.plant.works import Works, new_plant, shipped_values
from steelyard.units import from_si

START = datetime(2030, 1, 1, 6, 0, 0)
HEATS, SEED = 500, 20300101
BULK, WIRE = 15, 9
FALSE_DIP_SHARE = 0.002


def heats(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield `count` synthetic heats: key, heatings, dips, additions, gas; times as datetime, trade units."""
    values = shipped_values()
    works = Works(new_plant(values, seed))
    plant = works.plant[0]
    reactive_share = np.sqrt(1.0 - values.furnace["power_factor"] ** 2) / values.furnace["power_factor"]
    rng = np.random.default_rng(seed)
    for key in range(1, count + 1):
        yield _one_heat(works, plant, key, float(reactive_share), rng)


def _one_heat(works: Works, plant: Any, key: int, reactive_share: float, rng: np.random.Generator) -> dict[str, Any]:
    """Run the station until ladle `key` has left and note what its instruments showed."""
    unit = plant["ladle_furnace"]
    heat: dict[str, Any] = {"key": key, "heatings": [], "dips": [], "additions": {}}
    struck: tuple[float, float] | None = None
    dips, added = 0.0, np.zeros(BULK + WIRE)
    while works.departed() < key:
        works.advance(1)
        y, now = unit["y"], works.time_s
        if plant["heats"] != key:
            continue
        if y["arc_power"] > 0.0 and struck is None:
            struck = (now, float(y["arc_energy"]))
        elif y["arc_power"] <= 0.0 and struck is not None:
            active = from_si(float(y["arc_energy"]) - struck[1], "MWh")
            if active > 0.01:
                reactive = active * reactive_share * (1.0 + 0.03 * rng.standard_normal())
                heat["heatings"].append((_at(struck[0]), _at(now), round(active, 6), round(reactive, 6)))
            struck = None
        if y["dip_count"] > dips:
            dips = float(y["dip_count"])
            shown = from_si(float(y["dip_temperature"]), "°C")
            false = rng.random() < FALSE_DIP_SHARE
            heat["dips"].append((_at(now), float(round(1240.0 + 90.0 * rng.random() if false else shown))))
        fresh = y["addition"] - added
        for slot in np.flatnonzero(fresh > 0.0):
            heat["additions"][int(slot)] = (_at(now), round(float(y["addition"][slot]), 1 if slot < BULK else 3))
        added = y["addition"].copy()
        heat["gas"] = round(float(y["argon_volume"]), 6)
    return heat


def _at(seconds: float) -> str:
    return (START + timedelta(seconds=round(seconds))).strftime("%Y-%m-%d %H:%M:%S")


def write(directory: Path, count: int = HEATS, seed: int = SEED) -> Path:
    """Write the seven CSV files of `count` synthetic heats into `directory`; return it."""
    directory.mkdir(parents=True, exist_ok=True)
    made = list(heats(count, seed))
    _table(directory / "arc.csv", "key heating_start heating_end active_power reactive_power", [
        (h["key"], *row) for h in made for row in h["heatings"]
    ])  # fmt: skip
    _table(directory / "temp.csv", "key time temperature_c", [(h["key"], *row) for h in made for row in h["dips"]])
    _table(directory / "gas.csv", "key gas_1", [(h["key"], h["gas"]) for h in made])
    for name, first, slots in (("bulk", 0, BULK), ("wire", BULK, WIRE)):
        header = "key " + " ".join(f"{name}_{i + 1}" for i in range(slots))
        for part, suffix in ((1, ""), (0, "_time")):
            rows = [
                (
                    h["key"],
                    *(h["additions"][first + i][part] if first + i in h["additions"] else "" for i in range(slots)),
                )
                for h in made
            ]
            _table(directory / f"{name}{suffix}.csv", header, [row for row in rows if any(row[1:])])
    return directory


def _table(path: Path, header: str, rows: list[tuple]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)

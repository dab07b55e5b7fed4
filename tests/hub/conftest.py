"""A small set of synthetic heats in the seven files, and ways to spoil it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

START = datetime(2024, 3, 4, 6, 0, 0)
BULK, WIRE = 3, 2


def heat_files(count: int = 12) -> dict[str, list[list[str]]]:
    """Return file → rows (header first) of `count` plausible heats, every value a text."""
    files: dict[str, list[list[str]]] = {
        "arc": [["key", "heating_start", "heating_end", "active_power", "reactive_power"]],
        "temp": [["key", "time", "temperature_c"]],
        "gas": [["key", "gas_1"]],
    }
    for stem, slots in (("bulk", BULK), ("wire", WIRE)):
        header = ["key", *(f"{stem}_{slot}" for slot in range(1, slots + 1))]
        files[stem], files[f"{stem}_time"] = [list(header)], [list(header)]
    for key in range(1, count + 1):
        begin = START + timedelta(minutes=50 * key)
        for heating in range(3):
            on = begin + timedelta(minutes=9 * heating)
            off = on + timedelta(seconds=150 + 7 * heating)
            energy = 14.0 * (150 + 7 * heating) / 3600.0
            files["arc"].append([str(key), str(on), str(off), f"{energy:.6f}", f"{0.7 * energy:.6f}"])
            dip = off + timedelta(minutes=2)
            files["temp"].append([str(key), str(dip), f"{1560 + 11 * heating + key % 5}.0"])
        files["gas"].append([str(key), f"{9.5 + 0.1 * key:.3f}"])
        for stem, slots in (("bulk", BULK), ("wire", WIRE)):
            given = [(key + slot) % 3 != 0 for slot in range(slots)]
            files[stem].append([str(key), *(f"{40.0 + 3 * key + s}" if g else "" for s, g in enumerate(given))])
            moment = str(begin + timedelta(minutes=5))
            files[f"{stem}_time"].append([str(key), *(moment if g else "" for g in given)])
    return files


def write_files(folder: Path, files: dict[str, list[list[str]]], separator: str = ",", encoding: str = "utf-8") -> Path:
    """Write the rows as CSV files and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        text = "".join(separator.join(row) + "\n" for row in rows)
        (folder / f"{name}.csv").write_text(text, encoding=encoding)
    return folder


@pytest.fixture
def files() -> dict[str, list[list[str]]]:
    """The rows of twelve good heats."""
    return heat_files()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write rows to a folder of this test."""
    return lambda rows, **how: write_files(tmp_path / "heats", rows, **how)

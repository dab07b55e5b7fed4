"""Synthetic 500 Hz recordings of a reversing stand and four finishing stands, and ways to make them hard."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import polars as pl

STEP = 0.002
START = datetime(2030, 5, 6, 7, 0, 0)
CELLS = {"vl": 0.35, "vr": 0.14, "hl": 0.36, "hr": 0.15}
COLUMNS = (
    *(f"force_duo_{cell}_kn" for cell in CELLS),
    *(f"force_f{k}_kn" for k in range(1, 5)),
    "torque_duo_knm",
    *(f"torque_f{k}_knm" for k in range(1, 5)),
    "t2_duo_exit_c",
    "t3_duo_entry_c",
    *(f"t{k + 3}_before_f{k}_c" for k in range(1, 5)),
    "t8_after_f4_c",
)


@dataclass
class Rolled:
    """One pass put into a recording: what the detector shall find again."""

    label: str
    start: float
    contact: float
    force: float
    torque: float
    before: float
    after: float
    ripple: float = 0.02


@dataclass
class Recording:
    """A recording while it is made; `drift` moves the zero of the load cells, `idle` is friction torque."""

    length: float
    passes: list[Rolled] = field(default_factory=list)
    noise: float = 0.8
    drift: float = 0.0
    idle: float = 1.1
    seed: int = 5
    name: str = "bar_1"

    def frame(self) -> pl.DataFrame:
        """Return the samples as the data set `rolling-recordings` has them."""
        count = round(self.length / STEP)
        rng, at = np.random.default_rng(self.seed), np.arange(count) * STEP
        data = {column: np.zeros(count) for column in COLUMNS}
        for column in COLUMNS:
            data[column] = np.full(count, 670.0) if column.startswith("t") and column.endswith("_c") else data[column]
        data["torque_duo_knm"][:] = self.idle
        for one in self.passes:
            self._roll(data, at, one)
        for cell in CELLS:
            walk = self.drift * at / self.length + 0.3 * np.sin(at / 3.0 + len(cell))
            data[f"force_duo_{cell}_kn"] += self.noise * rng.standard_normal(count) + walk
        for k in range(1, 5):
            data[f"force_f{k}_kn"] += 0.06 * rng.standard_normal(count) - 6.0
        for column in COLUMNS:
            if "torque" in column:
                data[column] += 0.03 * rng.standard_normal(count)
        stamps = [START + timedelta(seconds=float(t)) for t in at]
        frame = pl.DataFrame({"recording": [self.name] * count, "time": stamps} | data)
        return frame.with_columns(pl.col("time").cast(pl.Datetime("us")))

    def _roll(self, data: dict[str, np.ndarray], at: np.ndarray, one: Rolled) -> None:
        """Put one pass into the signals."""
        edge = 0.02
        rise = np.clip((at - one.start + edge) / (2 * edge), 0.0, 1.0)
        fall = np.clip((one.start + one.contact + edge - at) / (2 * edge), 0.0, 1.0)
        shape = np.minimum(rise, fall) * (1.0 + one.ripple * np.sin(2 * np.pi * 9.0 * (at - one.start)))
        end = one.start + one.contact
        if one.label.startswith("F"):
            k = int(one.label[1:])
            data[f"force_f{k}_kn"] += one.force * shape
            data[f"torque_f{k}_knm"] += one.torque * shape
            sees = (at > one.start - 0.05) & (at < end + 0.05)
            data[f"t{k + 3}_before_f{k}_c"][sees] = one.before
            data["t8_after_f4_c" if k == 4 else f"t{k + 4}_before_f{k + 1}_c"][sees] = one.after
            return
        for cell, share in CELLS.items():
            data[f"force_duo_{cell}_kn"] += share * one.force * shape
        sign = -1.0 if one.torque < 0 else 1.0
        data["torque_duo_knm"] += (one.torque - self.idle) * shape
        entry, leave = ("t3_duo_entry_c", "t2_duo_exit_c") if sign < 0 else ("t2_duo_exit_c", "t3_duo_entry_c")
        data[entry][(at > one.start - 1.5) & (at < one.start - 0.05)] = one.before
        data[leave][(at > end + 0.05) & (at < end + 1.5)] = one.after


def schedule(begin: float = 6.0, forces: float = 1.0) -> list[Rolled]:
    """Return a whole bar: ten reversing and four finishing passes, of the size that a small bar mill has."""
    plan = (
        (180, 12.5, 0.30), (150, 12.0, 0.45), (260, 14.0, 0.30), (120, 10.0, 0.45), (180, 8.5, 0.55),
        (75, 6.0, 0.75), (185, 7.5, 1.0), (60, 5.0, 1.35), (92, 3.3, 1.6), (44, 3.5, 2.0),
    )  # fmt: skip
    found, at, hot = [], begin, 1160.0
    for k, (force, torque, contact) in enumerate(plan):
        sign = -1.0 if k % 2 == 0 else 1.0
        found.append(Rolled(f"R{k + 1}", at, contact, forces * force, sign * torque, hot, hot - 4.0))
        at, hot = at + contact + 5.0, hot - 24.0
    at += 3.0
    for k, (force, torque) in enumerate(((60, 1.1), (62, 0.9), (70, 1.5), (40, 0.75)), 1):
        found.append(Rolled(f"F{k}", at + 0.18 * k, 0.6, forces * force, torque, 910.0 + 8 * k, 918.0 + 8 * k))
    return found

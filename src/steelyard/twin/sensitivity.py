"""The deterministic part of the twin at some parameters, and how it moves with each adjustable number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.twin.adjustable import WAIT, Adjustable, apply
from steelyard.twin.records import Heats, ends_only
from steelyard.twin.replay import USUAL_WAIT, Script, play, script_of, start_of, template_of, wait_before

TEMPERATURE_STEP, LINING_STEP, EFFICIENCY_STEP, MOVE = 5.0, 40.0, 0.05, 0.3


@dataclass(frozen=True)
class Paths:
    """What the kernel says each dip should read [K], shape (dips,), and its sensitivities, shape (dips, 3), to the
    arrival temperature [K/K], the hot face [K/K] and the relative arc efficiency [K]."""

    path: np.ndarray
    by: np.ndarray


@dataclass(frozen=True)
class Plant:
    """The numbers a replay needs: furnace and arrival parameters (SI), lining per log wait [K], argon flow [Nm³/s]."""

    furnace: dict[str, Any]
    arrival: dict[str, Any]
    wait: float
    argon_flow: float


def replay(script: Script, heats: Heats, plant: Plant, threads: int = 2, only: np.ndarray | None = None) -> np.ndarray:
    """Return the reading at each dip [K], shape (dips,), of the furnace `plant`."""
    unit = template_of(plant.furnace, plant.arrival, plant.argon_flow)
    start = start_of(heats, plant.arrival, plant.wait)
    return play(script, unit, start, len(heats.dip_time), threads, only=only)


def paths(heats: Heats, plant: Plant, threads: int = 2, script: Script | None = None) -> Paths:
    """Return the deterministic paths of `plant` over `heats` and their three sensitivities (four replays)."""
    script = script or script_of(heats)
    unit = template_of(plant.furnace, plant.arrival, plant.argon_flow)
    start = start_of(heats, plant.arrival, plant.wait)
    path = play(script, unit, start, len(heats.dip_time), threads)
    by = np.empty((len(path), 3))
    for column, (place, step) in enumerate(((0, -TEMPERATURE_STEP), (3, -LINING_STEP))):
        moved = start.copy()
        moved[:, place] += step
        if place == 0:
            moved[:, 3] = np.minimum(moved[:, 3], moved[:, 0])
        by[:, column] = (play(script, unit, moved, len(path), threads) - path) / step
    other = dict(plant.furnace, arc_efficiency=plant.furnace["arc_efficiency"] * (1.0 - EFFICIENCY_STEP))
    dimmed = template_of(other, plant.arrival, plant.argon_flow)
    by[:, 2] = (path - play(script, dimmed, start, len(path), threads)) / EFFICIENCY_STEP
    return Paths(path, by)


def end_paths(heats: Heats, plant: Plant, threads: int = 2) -> Paths:
    """Return paths of a replay that knows of no dip between the first and the last of a heat: zero at those between.

    A dip cuts the replay's steps, by which a path moves a little (0.01 K at most on measured heats); the final task
    must not see even that.
    """
    told = paths(ends_only(heats), plant, threads)
    ends = np.sort(np.concatenate([heats.dip_offset[:-1], heats.last_dip]))
    found = Paths(np.zeros(len(heats.dip_time)), np.zeros((len(heats.dip_time), 3)))
    found.path[ends], found.by[ends] = told.path, told.by
    return found


def jacobian(
    numbers: list[Adjustable], z: np.ndarray, base: Plant, heats: Heats, script: Script, around: Paths,
    threads: int = 2, progress: Callable[[float], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """Return d(reading)/dz of each adjustable at `z`, shape (dips, adjustables), by forward differences.

    `around` are the paths at z: arrival temperature and hot face come from their sensitivities, chills only from the
    heats that got the material.
    """
    columns = np.zeros((len(around.path), len(numbers)))
    log_wait = np.log(wait_before(heats) / USUAL_WAIT)[heats.heat_of_dip]
    for i, number in enumerate(numbers):
        if number.name == "temperature":
            columns[:, i] = number.sd * around.by[:, 0]
        elif number.name in ("hot_face", WAIT):
            columns[:, i] = number.sd * around.by[:, 1] * (log_wait if number.name == WAIT else 1.0)
        else:
            columns[:, i] = _column(numbers, z, i, base, heats, script, around.path, threads)
        if progress:
            progress((i + 1) / len(numbers))
    return columns


def _column(
    numbers: list[Adjustable], z: np.ndarray, i: int, base: Plant, heats: Heats, script: Script, path: np.ndarray,
    threads: int,
) -> np.ndarray:  # fmt: skip
    moved = z.copy()
    moved[i] += MOVE
    furnace, arrival, wait = apply(numbers, moved, base.furnace, base.arrival)
    only = None
    if numbers[i].name == "chill":
        heat = np.repeat(np.arange(len(heats)), np.diff(heats.addition_offset))
        only = np.unique(heat[heats.addition_slot == numbers[i].slot])
    after = replay(script, heats, Plant(furnace, arrival, wait, base.argon_flow), threads, only)
    return np.where(np.isnan(after), 0.0, (after - path) / MOVE)

"""Cause and effect: what one more MWh or one more minute does in the twin, and in a robust regression of the records.

The twin answers by its kernel alone — nothing learned takes part: the recorded treatment is replayed with every heating
stronger, and with a hold before the last dip. The regression of the records is of the rise between dips on energy,
minutes and additions (no constant: no cause, no change), Huber weights, without the intervals after the first dip.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from steelyard.twin.baselines import interval_table
from steelyard.twin.context import ENERGY_COLUMN, FORECAST_COLUMN
from steelyard.twin.fitting import observed
from steelyard.twin.mixture import LIQUID
from steelyard.twin.records import Heats, added_before
from steelyard.twin.replay import Script, script_of
from steelyard.twin.sensitivity import paths, replay
from steelyard.twin.twin import Twin

STRONGER, HOLD = 0.05, 300.0
HUBER = 1.345
RAISE, LEAST_ENERGY = 0.1, 0.1
ROUNDS = 30


def causal(twin: Twin, heats: Heats, scored: np.ndarray, threads: int = 2) -> dict[str, Any]:
    """Return k_per_mwh, k_per_min of the twin and of the records (records_…), on the heats `scored` (boolean (n,))."""
    per_mwh, per_minute = twin_response(twin, heats, scored, threads)
    regression = records_response(heats, scored)
    return {
        "k_per_mwh": per_mwh, "k_per_min": per_minute,
        "records_k_per_mwh": regression[0], "records_k_per_min": regression[1],
    }  # fmt: skip


def twin_response(twin: Twin, heats: Heats, scored: np.ndarray, threads: int = 2) -> tuple[float, float]:
    """Return the twin's own K per MWh given between two dips, and K per minute of holding before the last dip.

    The rise of a stronger treatment is followed from dip to dip: what it had gained before is carried by the twin's own
    sensitivity and taken off, so that the number compares with the regression of rises between dips.
    """
    script = script_of(heats)
    plant = twin.as_plant()
    only = np.flatnonzero(scored)
    around = paths(heats, plant, threads, script)
    stronger = replay(replace(script, power=script.power * (1.0 + STRONGER)), heats, plant, threads, only) - around.path
    energy = observed(heats, added_before(heats)).energy
    heat = heats.heat_of_dip
    n = np.flatnonzero((np.arange(len(heat)) > heats.dip_offset[heat]) & scored[heat])
    liquid = around.by[:, 0]
    n = n[(liquid[n] > LIQUID) & (liquid[n - 1] > LIQUID)]
    gained = stronger[n] - liquid[n] / liquid[n - 1] * stronger[n - 1]
    last = heats.last_dip[scored]
    last = last[liquid[last] > LIQUID]
    held = replay(_hold_before_last(script, heats), heats, plant, threads, only)[last] - around.path[last]
    return (
        float(gained.sum() / (STRONGER * (energy[n] - energy[n - 1]).sum())),
        float(held.mean() / (HOLD / 60.0)),
    )


def _hold_before_last(script: Script, heats: Heats) -> Script:
    """Return the script with an arc-off hold between every last dip's segment and its reading."""
    ends = np.flatnonzero(np.isin(script.dip, heats.last_dip))
    dip = script.dip.copy()
    dip[ends] = -1
    inserted = np.searchsorted(ends, script.offset)
    return Script(
        script.offset + inserted, np.insert(script.duration, ends + 1, HOLD), np.insert(script.power, ends + 1, 0.0),
        np.insert(dip, ends + 1, script.dip[ends]),
        np.insert(script.feed_offset, ends + 1, script.feed_offset[ends + 1]), script.feed_slot, script.feed_mass,
    )  # fmt: skip


def learned_part(twin: Twin, features: np.ndarray, per_mwh: float) -> dict[str, Any]:
    """Return how large the residual is on scored intervals, `features` (k, f), and what it does to the response.

    forecast_k_per_mwh: the response of the whole forecast of a record when the energy of a heating between two dips is
    raised in its features — "seeing", while `per_mwh` [K/MWh] of the kernel is "doing". residual_sd_k; support (mean).
    """
    residual = twin.learned.interval
    heated = features[:, ENERGY_COLUMN] > LEAST_ENERGY
    raised = features[heated].copy()
    raised[:, ENERGY_COLUMN] += RAISE
    raised[:, FORECAST_COLUMN] += per_mwh * RAISE
    more = (residual(raised) - residual(features[heated])) / RAISE
    return {
        "forecast_k_per_mwh": float(per_mwh + more.mean()) if heated.any() else None,
        "residual_sd_k": float(residual(features).std()) if len(features) else None,
        "support": float(residual.support(residual.scaling.standard(features)).mean()) if len(features) else None,
    }


def records_response(heats: Heats, scored: np.ndarray) -> tuple[float, float]:
    """Return K per MWh and K per minute of a Huber regression of the records, shape-free numbers."""
    heat, present, following, features = interval_table(heats)
    number = features[:, 3 + len(heats.labels) + 2]
    rows = scored[heat] & (number >= 1)
    x, y = features[rows, 1 : 3 + len(heats.labels)], (following - present)[rows]
    weight, slope = np.ones(len(y)), np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        normal = (x * weight[:, None]).T @ x + 1e-3 * np.eye(x.shape[1])
        slope = np.linalg.solve(normal, (x * weight[:, None]).T @ y)
        off = np.abs(y - x @ slope)
        scale = max(1.4826 * float(np.median(off)), 1e-6)
        weight = np.minimum(1.0, HUBER * scale / np.maximum(off, 1e-9))
    return float(slope[0]), float(slope[1])

"""Pulses in a force signal: where a stand bites a bar, found above a baseline that drifts. Plain arrays, no tables."""

from dataclasses import dataclass

import numpy as np

BLOCK_S = 0.05  # the baseline is found on medians of blocks of this length
COARSE_S, FINE_S = 30.0, 6.0  # widths: to tell quiet from rolling, and of the running median over what is quiet
QUIET_PERCENTILE = 10.0  # a stand is empty for more than a tenth of any half minute
QUIET_SIGMAS, QUIET_SHARE = 5.0, 0.04  # blocks no further above it, in noise or in the range of the signal, are quiet
SIGMAS, MAD_TO_SIGMA = 8.0, 1.4826
MEAN_STEP = 0.4506  # lower quartile of the difference of two numbers with standard deviation 1
SHARE_OF_TOP = 0.04  # no pass of a trial has less force than this share of its highest one
HALF = 0.5  # a contact reaches from half the plateau to half the plateau


@dataclass(frozen=True)
class Pulse:
    """One contact: first and last+1 sample above half of the plateau, plateau force above the baseline."""

    first: int
    last: int
    level: float


def filled(values: np.ndarray, most: int) -> np.ndarray:
    """Return the signal with holes of up to `most` samples bridged by a straight line; longer ones stay nan."""
    values = values.astype(float)
    hole = ~np.isfinite(values)
    if not hole.any() or hole.all():
        return values
    at = np.arange(values.size)
    bridged = values.copy()
    bridged[hole] = np.interp(at[hole], at[~hole], values[~hole])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hole.astype(int), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start > most:
            bridged[start:stop] = np.nan
    return bridged


def baseline(values: np.ndarray, step: float) -> np.ndarray:
    """Return what the sensor shows with no bar in the stand, at every sample (`step` [s]); it may drift."""
    length = max(round(BLOCK_S / step), 1)
    count = max(values.size // length, 1)
    blocks = np.array([_middle(part) for part in np.array_split(values, count)])
    low = np.array([_percentile(window, QUIET_PERCENTILE) for window in _windows(blocks, COARSE_S)])
    reach = QUIET_SHARE * (_percentile(blocks, 99.0) - _percentile(blocks, 1.0))
    steps = np.abs(np.diff(blocks))
    noise = _percentile(steps, 25.0) / MEAN_STEP if steps.size else 0.0
    quiet = np.where(np.abs(blocks - low) <= max(reach, QUIET_SIGMAS * noise), blocks, np.nan)
    level = np.array([_middle(window) for window in _windows(quiet, FINE_S)])
    known = np.isfinite(level)
    if not known.any():
        return np.zeros_like(values)
    places = (np.arange(blocks.size) + 0.5) * values.size / blocks.size
    return np.interp(np.arange(values.size), places[known], level[known])


def _windows(blocks: np.ndarray, width_s: float) -> np.ndarray:
    """Return a view of the blocks around each block, padded with nan at the ends."""
    half = max(int(width_s / BLOCK_S / 2), 1)
    padded = np.concatenate([np.full(half, np.nan), blocks, np.full(half, np.nan)])
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)


def _percentile(part: np.ndarray, share: float) -> float:
    """Return a percentile of the finite values, nan when there is none."""
    finite = part[np.isfinite(part)]
    return float(np.percentile(finite, share)) if finite.size else float("nan")


def _middle(part: np.ndarray) -> float:
    """Return the median of the finite values, nan when there is none."""
    return _percentile(part, 50.0)


def find_pulses(force: np.ndarray, step: float, lowest: float, shortest_s: float, bridge_s: float) -> list[Pulse]:
    """Return the contacts in a force that lies at zero without a bar (`baseline` taken off), in time order.

    `lowest`: force below which nothing is a pass; `shortest_s`: shorter contacts are knocks; a bar that bounces, with
    the force gone for less than `bridge_s`, is one contact.
    """
    smooth = _smoothed(force, max(round(0.01 / step) | 1, 3))
    usable = smooth[np.isfinite(smooth)]
    if not usable.size:
        return []
    noise = float(np.median(np.abs(usable))) * MAD_TO_SIGMA
    enter = max(SIGMAS * noise, SHARE_OF_TOP * float(np.percentile(usable, 99.9)), lowest)
    above = np.nan_to_num(smooth, nan=-np.inf) > enter
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(int), [0]])))
    spans = _bridged(list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)), bridge_s / step)
    found = []
    for start, stop in spans:
        pulse = _contact(smooth, start, stop)
        if (pulse.last - pulse.first) * step >= shortest_s:
            found.append(pulse)
    return found


def _bridged(spans: list[tuple[int, int]], most: float) -> list[tuple[int, int]]:
    """Return the spans with those joined that lie less than `most` samples apart."""
    joined: list[tuple[int, int]] = []
    for start, stop in spans:
        if joined and start - joined[-1][1] <= most:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _contact(smooth: np.ndarray, start: int, stop: int) -> Pulse:
    """Return the contact inside a span: from the first to the last sample above half of its plateau."""
    part = smooth[start:stop]
    high = np.nan_to_num(part, nan=-np.inf)
    level = float(np.percentile(part[np.isfinite(part)], 80.0))
    for _ in range(3):
        inside = high > HALF * level
        level = float(np.median(part[inside]))
    places = np.flatnonzero(high > HALF * level)
    return Pulse(start + int(places[0]), start + int(places[-1]) + 1, level)


def _smoothed(values: np.ndarray, width: int) -> np.ndarray:
    """Return the running median over `width` (odd) samples: spikes shorter than half of it vanish."""
    half = width // 2
    padded = np.concatenate([np.full(half, values[0]), values, np.full(half, values[-1])])
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)

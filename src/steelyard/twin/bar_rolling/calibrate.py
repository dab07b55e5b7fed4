"""From recorded bars to a twin of the mill: thermal track, loads, practice of the crew, baselines, figures, card.

Steps: bars of the calibration → off-schedule bars out by their elongation → thermal numbers from the pyrometers → load
numbers at the filtered temperatures, twice, because factors change the flattening of the rolls → pauses and scatter.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError, ParameterError
from steelyard.parameters import load_parameters
from steelyard.processes.bar_rolling.blocks import Parameters
from steelyard.processes.catalogue import house
from steelyard.twin.bar_rolling.baselines import fit_baselines
from steelyard.twin.bar_rolling.credibility import credibility_card
from steelyard.twin.bar_rolling.loads import Loads, fit_loads, with_loads
from steelyard.twin.bar_rolling.numbers import apply
from steelyard.twin.bar_rolling.predict import estimate
from steelyard.twin.bar_rolling.records import (
    KIND,
    Bars,
    calibrating,
    elongation,
    fingerprints,
    off_schedule,
    read_bars,
)
from steelyard.twin.bar_rolling.thermal import Thermal, fit_thermal, uncalibrated
from steelyard.twin.bar_rolling.twin import PROCESS, BarTwin

if TYPE_CHECKING:
    from collections.abc import Callable

    from steelyard.hub.store import Store

PLANT = "pilot"
FEWEST_BARS = 8
FIRST_SCORED, LAST_SCORED = "R2", "R10"
LEAST_SCATTER = 1e-3


def shipped_mill(plant: str) -> dict[str, Any]:
    """Return the SI parameters of a shipped mill: "pilot" or "rod_mill"."""
    return load_parameters(house(PROCESS).parameter_file("mill", plant), Parameters).values()


def calibrate_bars(
    dataset: str, until: list[str], store: "Store", seed: int = 1,
    progress: "Callable[[float, str], None] | None" = None,
) -> BarTwin:  # fmt: skip
    """Calibrate the twin of a bar mill on the bars of `dataset` (see `records.calibrating` for `until`).

    A data set of kind rod-mill is calibrated by `rod_mill`. DataError when there are too few bars. Same input and seed,
    same bytes.
    """
    info = store.info(dataset)
    if info["kind"] == "rod-mill":
        from steelyard.twin.bar_rolling.rod_mill import calibrate_rod_mill

        return calibrate_rod_mill(dataset, until, store, seed)
    say = progress or (lambda fraction, text: None)
    bars = read_bars(store, dataset)
    chosen = bars.only(calibrating(bars, until))
    try:
        synthetic = bool(info["source"].get("synthetic", False))
        return calibrate_recorded(dataset, info["hash"], chosen, until, seed, say, synthetic=synthetic)
    except ParameterError as error:
        raise DataError(
            f"the records of {dataset!r} drive a number of the mill out of its range ({error}): look for a wrong "
            f"clock, unit or file with: steelyard hub check {dataset}"
        ) from error


def calibrate_recorded(
    dataset: str, content: str, chosen: Bars, until: list[str], seed: int, say: "Callable[[float, str], None]",
    base: dict[str, Any] | None = None, synthetic: bool = False,
) -> BarTwin:  # fmt: skip
    """Calibrate on the bars `chosen`; `content` is the hash of their data set, `base` the mill to start from (SI)."""
    shipped = base or shipped_mill(PLANT)
    _refuse_schedule(shipped, chosen)
    usual = np.nanmedian(elongation(chosen), axis=0) if len(chosen) else np.zeros(0)
    bars = chosen.only(~off_schedule(chosen, usual)) if len(chosen) else chosen
    if len(bars) < FEWEST_BARS:
        raise DataError(
            f"data set {dataset!r} has {len(bars)} usable bars before --until; {FEWEST_BARS} are needed: "
            "give later trials or import more bars"
        )
    say(0.1, "temperatures")
    thermal = fit_thermal(shipped, bars)
    say(0.8, "loads")
    warm = apply(shipped, thermal.numbers, thermal.z)
    loads = _fit_loads(warm, bars, thermal)
    values = with_loads(warm, loads)
    prior = uncalibrated(shipped, bars)
    told = estimate(shipped, bars, prior.start, prior.noise, given=True)
    extra = {
        "start": thermal.start, "noise": thermal.noise.tolist(), "elongation": usual.tolist(),
        "uncalibrated": {"start": prior.start, "noise": prior.noise.tolist()},
        "cut": _ends(chosen),
        "scored": [FIRST_SCORED, LAST_SCORED], "off_schedule": len(chosen) - len(bars),
        "baselines": fit_baselines(bars, told, scored_passes(bars.labels)),
        "scatter": {load: spread.tolist() for load, spread in loads.scatter.items()},
    }  # fmt: skip
    twin = BarTwin(
        PROCESS, PLANT, dataset, content, KIND, list(until), seed, len(bars), list(bars.labels), shipped,
        values | _practice(values, bars, loads), [*thermal.numbers, *loads.numbers], np.r_[thermal.z, loads.z],
        _blocks(thermal.covariance, loads.covariance), extra, fingerprint=sorted(fingerprints(bars)),
    )  # fmt: skip
    twin.figures = {"skipped_bars": chosen.skipped, "off_schedule": extra["off_schedule"], "synthetic": synthetic}
    twin.card = credibility_card(twin, bars)
    say(1.0, "done")
    return twin


def _ends(chosen: Bars) -> dict[str, float]:
    """Return when the last bar of each campaign that calibrates began [s since 1970]."""
    names = ((c, chosen.campaigns[c]) for c in sorted(set(chosen.campaign.tolist())))
    return {name: float(chosen.start[chosen.campaign == c].max()) for c, name in names}


def scored_passes(labels: tuple[str, ...] | list[str]) -> slice:
    """Return the passes that are scored, R2 to R10; all but the first where the names are others."""
    names = list(labels)
    if FIRST_SCORED in names and LAST_SCORED in names:
        return slice(names.index(FIRST_SCORED), names.index(LAST_SCORED) + 1)
    return slice(1, len(names))


def _fit_loads(warm: dict[str, Any], bars: Bars, thermal: Thermal) -> Loads:
    """Return the load numbers; a second look corrects for the flattening of the rolls under the true force."""
    reference = warm["reference_temperature"]
    told = estimate(warm, bars, thermal.start, thermal.noise, given=True)
    loads = fit_loads(warm, bars, told, reference)
    again = estimate(with_loads(warm, loads), bars, thermal.start, thermal.noise, given=True)
    return fit_loads(warm, bars, again, reference, loads.z)


def _practice(values: dict[str, Any], bars: Bars, loads: Loads) -> dict[str, Any]:
    """Return what the plant draws at random: pauses of the crew (Weibull) and scatter of the force from bar to bar."""
    gap = bars.pause[:, 1:] - 0.5 * (bars.contact[:, 1:] + bars.contact[:, :-1])
    scale, shape = list(values["pause_scale"]), list(values["pause_shape"])
    scatter = list(values["force_scatter"])
    for k in range(1, len(bars.labels)):
        own = gap[:, k - 1][np.isfinite(gap[:, k - 1])]
        if values["stand_group"][k] < 0.5 and len(own) >= FEWEST_BARS and (own > 0.0).all():
            scale[k], shape[k] = weibull(own)
    for k in range(len(bars.labels)):
        scatter[k] = float(max(loads.scatter["force"][k], LEAST_SCATTER))
    return {"pause_scale": scale, "pause_shape": shape, "force_scatter": scatter}


def weibull(sample: np.ndarray) -> tuple[float, float]:
    """Return scale and shape of a Weibull distribution whose median and quartiles are those of the sample (n,)."""
    low, middle, high = np.quantile(sample, (0.25, 0.5, 0.75))
    shape = np.log(np.log(4.0) / np.log(4.0 / 3.0)) / max(np.log(high / low), 1e-3)
    shape = float(np.clip(shape, 1.0, 50.0))
    return float(middle / np.log(2.0) ** (1.0 / shape)), shape


def _blocks(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the block-diagonal matrix of two."""
    found = np.zeros((len(a) + len(b),) * 2)
    found[: len(a), : len(a)], found[len(a) :, len(a) :] = a, b
    return found


def _refuse_schedule(values: dict[str, Any], bars: Bars) -> None:
    """DataError when the records have another number of passes than the mill."""
    if int(values["stand_count"]) != len(bars.labels):
        raise DataError(
            f"the records have {len(bars.labels)} passes, the mill {PLANT!r} has {int(values['stand_count'])}; "
            "only records of that schedule can calibrate it"
        )

"""From recorded heats to a twin: parameters with doubt, noise, operator practice, and what is learned beside them.

Steps: practice from the records → kernel replayed over all heats with its sensitivities → maximum a posteriori by
scoring → replayed and linearised again there → residual and aim, checked on blocks held out → credibility card.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError, ParameterError
from steelyard.parameters import load_parameters
from steelyard.plant.works import PlantValues, shipped_values
from steelyard.processes.catalogue import house
from steelyard.processes.ladle_furnace.model import LABELS, Parameters
from steelyard.twin.adjustable import Adjustable, adjustables, apply, inside
from steelyard.twin.context import context
from steelyard.twin.credibility import credibility_card
from steelyard.twin.estimate import forecast
from steelyard.twin.fitting import Fit, Observed, covariance, hyper_at, observed, repeat_shares, search
from steelyard.twin.learning import cross_check, learn
from steelyard.twin.mixture import HYPER, SHARES
from steelyard.twin.practice import fit_arrival, fit_practice, usual_target
from steelyard.twin.records import Heats, added_before, fingerprints, read_heats, repeated, wait_before
from steelyard.twin.replay import USUAL_WAIT, script_of, start_of, template_of, unmixed_after
from steelyard.twin.sensitivity import Paths, Plant, end_paths, jacobian, paths
from steelyard.twin.twin import Learned, Twin

if TYPE_CHECKING:
    from steelyard.hub.store import Store

FEWEST_HEATS = 40
THREADS = 2
ROUNDS = 3
MOST_STEPS = 30
LEAST_UNMIXED = 0.2
Progress = Callable[[float, str], None]


def calibrate(
    process: str, dataset: str, until: int | None, store: "Store", seed: int = 1, progress: Progress | None = None
) -> Twin:
    """Calibrate the twin of `process` on the heats of `dataset` with key < `until` (None: all).

    Returns a `Twin`. `progress(fraction, text)` is called now and then. DataError when there are too few usable
    heats or the set is no ladle-furnace set; ParameterError for an unknown process. Same input and seed, same bytes.
    """
    house(process)
    heats = read_heats(store, dataset, LABELS, until)
    if len(heats) < FEWEST_HEATS:
        raise DataError(
            f"data set {dataset!r} has {len(heats)} usable heats for calibration; {FEWEST_HEATS} are needed: "
            "raise --until or bring more heats (a heat needs a heating and two dips)"
        )
    info = store.info(dataset)
    heats = replace(heats, synthetic=bool(info["source"].get("synthetic", False)))
    try:
        return calibrate_heats(process, dataset, info["hash"], heats, until, seed, progress)
    except ParameterError as error:
        raise DataError(
            f"the records of {dataset!r} drive a number out of its range ({error}): look for a wrong clock, unit or "
            f"file with: steelyard hub check {dataset}"
        ) from error


def calibrate_heats(
    process: str, dataset: str, content: str, heats: Heats, until: int | None, seed: int,
    progress: Progress | None = None,
) -> Twin:  # fmt: skip
    """Calibrate on heats already read; `content` is the hash of their data set."""
    say = progress or (lambda fraction, text: None)
    say(0.02, "practice")
    plant, shipped = nearest_plant(process, heats)
    practice = fit_practice(heats, shipped.practice, usual_target(heats))
    furnace = load_parameters(house(process).parameter_file("furnace", plant), Parameters)
    added = added_before(heats)
    seen = observed(heats, added)
    numbers = adjustables(furnace, shipped.arrival, added[heats.last_dip].sum(axis=0) > 0.0)
    base = Plant(shipped.furnace, shipped.arrival, 0.0, practice["argon_flow"])
    fit, around, figures = _estimate(numbers, base, heats, seen, say)
    p = len(numbers)
    hyper = hyper_at(fit.z[p:], repeat_shares(seen))
    say(0.7, "residual")
    values, arrival, wait = apply(numbers, fit.z[:p], shipped.furnace, shipped.arrival)
    ends = end_paths(heats, Plant(values, arrival, wait, base.argon_flow), THREADS)
    physics = forecast(seen, around, hyper, ends)
    known = context(heats, seen, added, physics, usual_target(heats))
    learned = learn(known, seen, physics, seed)
    widths, held_out = cross_check(known, seen, physics, seed)
    learned = Learned(learned.interval, learned.final, learned.aim, widths)
    say(0.95, "credibility")
    noise = {name: float(f"{hyper[name][0]:.9g}") for name in HYPER + SHARES}
    extra = _noise(noise, Plant(values, arrival, wait, base.argon_flow), heats, practice["prepare_delay"])
    first = heats.dip_offset[:-1]
    lever = float((around.by[first, 1] / around.by[first, 0]).mean())
    spreads = _spreads(heats, arrival, noise, wait, lever)
    arrival = fit_arrival(heats, arrival, practice, physics.state[first, 0]) | spreads
    twin = Twin(
        process, plant, dataset, content, until, seed, len(heats), shipped.furnace, values | extra,
        arrival, practice, wait, numbers, fit.z[:p], covariance(fit.information)[:p, :p], noise, learned,
        figures | {"held_out_blocks": held_out, "skipped_heats": heats.skipped, "synthetic": heats.synthetic},
        fingerprint=sorted(fingerprints(heats)),
    )  # fmt: skip
    twin.card = credibility_card(twin, heats)
    say(1.0, "done")
    return twin


def nearest_plant(process: str, heats: Heats) -> tuple[str, PlantValues]:
    """Return the shipped plant whose arc power is nearest to that of the records, and its values."""
    length = np.maximum(heats.heating_end - heats.heating_begin, 1.0)
    power = float(np.median(heats.heating_energy / length))
    plants = {name: shipped_values(process, name) for name in house(process).plants}
    name = min(plants, key=lambda n: abs(np.log(max(power, 1.0) / plants[n].furnace["nominal_power"])))
    return name, plants[name]


def _estimate(
    numbers: list[Adjustable], base: Plant, heats: Heats, seen: Observed, say: Progress
) -> tuple[Fit, Paths, dict[str, Any]]:
    """Return the fit, the paths there and how it went; linearised at the prior and again at each estimate."""
    script = script_of(heats)
    p = len(numbers)
    z = np.zeros(p + len(HYPER))
    around = paths(heats, base, THREADS, script)
    steps = 0
    fit = Fit(z, np.eye(len(z)), 0.0, 0)
    gap = 0.0
    for round_ in range(ROUNDS):
        anchor = fit.z[:p].copy()
        say(0.05 + 0.2 * round_, "replay")
        columns = jacobian(numbers, anchor, base, heats, script, around, THREADS)
        say(0.15 + 0.2 * round_, "estimate")
        fit = search(seen, around, columns, anchor, fit.z, MOST_STEPS, THREADS)
        steps += fit.steps
        furnace, arrival, wait = apply(numbers, fit.z[:p], base.furnace, base.arrival)
        linear = around.path + columns @ (fit.z[:p] - anchor)
        around = paths(heats, Plant(furnace, arrival, wait, base.argon_flow), THREADS, script)
        gap = float(np.abs(around.path - linear).mean())
    return fit, around, {"scoring_steps": steps, "linearisation_gap_k": gap, "log_posterior": fit.objective}


def _noise(noise: dict[str, float], plant: Plant, heats: Heats, lead: float) -> dict[str, Any]:
    """Return the furnace's noise parameters that belong to the filter's numbers.

    The kernel lets noise and misleading share of an unmixed bath decay with mixing; they are set so that a first dip at
    its usual time, `lead` [s] later after arrival than after the first arc, is as recorded first dips are.
    """
    usual = float(np.median(heats.dip_time[heats.dip_offset[:-1]])) + lead
    unit = template_of(plant.furnace, plant.arrival, plant.argon_flow)
    left = max(unmixed_after(unit, start_of(heats, plant.arrival, plant.wait)[0], usual), LEAST_UNMIXED)
    again = repeated(heats)
    first = np.zeros(len(again), dtype=bool)
    first[heats.dip_offset[:-1]] = True
    share, share_first = (
        (1.0 - again[part].mean()) * noise[name] + again[part].mean() * noise["doubt_repeated"]
        for part, name in ((~first, "doubt"), (first, "doubt_first"))
    )
    weight = np.array([share * (~first).sum(), share_first * first.sum()])
    found = {
        "dip_noise": noise["noise"],
        "dip_noise_unmixed": float(np.sqrt(max(noise["noise_first"] ** 2 - noise["noise"] ** 2, 0.0))) / left,
        "dip_outlier_share": float(share),
        "dip_outlier_share_unmixed": max(float(share_first - share), 0.0) / left,
        "dip_outlier_spread": float(
            np.sqrt(weight @ np.array([noise["doubt_spread"], noise["doubt_first_spread"]]) ** 2 / weight.sum())
        ),
        "efficiency_spread": noise["efficiency_spread"], "disturbance": noise["walk"],
    }  # fmt: skip
    return {name: inside(name, value, Parameters) for name, value in found.items()}


def _spreads(
    heats: Heats, arrival: dict[str, Any], noise: dict[str, float], wait: float, lever: float
) -> dict[str, Any]:
    """Return mean and spread of arriving temperature and lining; the lining's holds what idle minutes explain.

    The plant draws temperature and lining apart, the records say that hot ladles find colder linings (correlation):
    the temperature's spread is lowered so that the spread at the first dip stays; `lever` is K at that dip per K of
    hot face over K per K of arrival temperature.
    """
    log_wait = wait * np.log(wait_before(heats) / USUAL_WAIT)
    joint = 2.0 * lever * noise["correlation"] * noise["arrival_spread"] * noise["lining_spread"]
    return {
        "temperature": arrival["temperature"],
        "temperature_spread": float(np.sqrt(max(noise["arrival_spread"] ** 2 + joint, 1.0))),
        "hot_face": arrival["hot_face"],
        "hot_face_spread": float(np.hypot(noise["lining_spread"], log_wait.std())),
    }

"""A predictor trial: two soft sensors meet the same recorded heats in time order; the next dip is the truth.

Unit of analysis: a block of consecutive heats, since neighbouring heats and the dips of one heat are alike.
"""

import math
import time
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.assemble import seal_report
from steelyard.trials.executor import Progress, run_lanes
from steelyard.trials.plan import TrialPlan
from steelyard.trials.predictor_result import Estimate, Replayed, predictor_result
from steelyard.trials.recorded import DIP_SIGNAL, RecordedHeat, load_heats, moments


def scored_heats(heats: list[RecordedHeat], plan: TrialPlan) -> tuple[list[RecordedHeat], list[RecordedHeat], int]:
    """Return the heats to learn from, the heats to score, and the first scored key; DataError when too few remain."""
    from_key = plan.data.from_key or heats[(3 * len(heats)) // 4].key
    scored = [
        heat for heat in heats if heat.key >= from_key and (not plan.data.until_key or heat.key <= plan.data.until_key)
    ]
    scored = [heat for heat in scored if len(heat.dips) > 1]
    learn = [heat for heat in heats if heat.key < from_key]
    learn = learn[-plan.data.learn_heats :] if plan.data.learn_heats else learn
    if len(scored) < 4 * plan.data.block_heats:
        raise DataError(
            f"plan: only {len(scored)} heats with two dips from key {from_key} on; 4 blocks need at least "
            f"{4 * plan.data.block_heats}; choose an earlier [data] from_key or smaller block_heats"
        )
    return learn, scored, from_key


def with_data(plan: TrialPlan, store: Any) -> TrialPlan:
    """Return the plan with the data set it means: the named one, else the only ladle-furnace set of the store.

    DataError that lists what there is when neither can be.
    """
    names = [name for name in store.names() if store.info(name)["kind"] == "ladle-furnace"]
    if plan.data.name in names:
        return plan
    if len(names) == 1 and not plan.data.name:
        return plan.with_changes(data={"name": names[0]})
    known = ", ".join(names) or "none; import heats first: steelyard hub import ladle-furnace DIR"
    raise DataError(
        f"plan: [data] name {plan.data.name!r} is no ladle-furnace data set; name one by --data NAME: {known}"
    )


def replay(host: Any, learn: list[RecordedHeat], scored: list[RecordedHeat], sheet: dict[str, Any]) -> list[Estimate]:
    """Show all heats in time order to a hosted predictor and collect its estimates of the scored dips.

    Each dip is estimated from what was known just before it, then shown. The first dip of a heat is not scored.
    """
    host.start({"seed_label": "recorded heats", "plant": sheet})
    origin = (learn or scored)[0].begin()
    wanted = {heat.key for heat in scored}
    known = list(dict.fromkeys(name for heat in (*learn, *scored) for m in moments(heat, origin) for name in m.after))
    reads = [name for name in host.hello.reads if not name.endswith("[*]")]
    if any(name.endswith("[*]") for name in host.hello.reads):
        reads = list(dict.fromkeys([*reads, *known]))
    found: list[Estimate] = []
    for heat in (*learn, *scored):
        for moment in moments(heat, origin):
            is_dip = not math.isnan(moment.dip)
            if is_dip and heat.key in wanted and moment.number > 0:
                shown = {name: moment.signals.get(name, math.nan) for name in reads}
                answer = host.predict(moment.time_s, shown, DIP_SIGNAL).estimate
                found.append(
                    Estimate(heat.key, moment.number, moment.dip, answer.value, answer.low, answer.high)
                    if answer is not None
                    else Estimate(heat.key, moment.number, moment.dip, None, math.nan, math.nan)
                )
            host.observe(moment.time_s, {name: moment.after.get(name, math.nan) for name in reads})
    return found


def run_predictor_trial(
    plan: TrialPlan, store: Any, progress: Progress | None = None, threads: int | None = None
) -> dict[str, Any]:
    """Run a predictor trial on a recorded data set of `store` and return its report.

    Raises DataError for a plan or data set that cannot be used, SolutionError for a solution that cannot introduce
    itself; faults during the replay are counted.
    """
    plan = with_data(plan, store)
    begun, plan_hash = time.time(), plan.hash()
    heats = load_heats(store, plan.data.name)
    learn, scored, from_key = scored_heats(heats, plan)
    sheet = {"name": plan.data.name, "nominal_mass_t": 100.0}
    paths = [plan.baseline_path(), plan.solution_path()]
    hosts: dict[int, Any] = {}

    def open_lane(lane: int) -> Any:
        hosts[lane] = _host(plan, paths[lane], lane)
        return hosts[lane]

    def work(host: Any, job: int) -> list[Estimate]:
        host.open()
        _check_kind(host, paths[job])
        return replay(host, learn, scored, sheet)

    both = run_lanes([0, 1], 2, open_lane, work, progress, threads)
    facts = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "seconds": time.time() - begun,
        "solution_timing": [hosts[1].timing()],
        "isolation": hosts[1].isolation,
        "reasons": {"1": hosts[1].reasons} if hosts[1].reasons else {},
        "places": plan.places(),
    }
    info = store.info(plan.data.name)
    made_up = bool(info.get("source", {}).get("synthetic"))
    replayed = Replayed(plan, plan_hash, info["hash"], learn, scored, from_key, both[0], both[1], made_up)
    return seal_report(predictor_result(replayed, hosts[1]), facts)


def _host(plan: TrialPlan, path: Path | None, lane: int) -> Any:
    from steelyard.solutions.host import Host

    assert path is not None
    return Host(path, timeout_s=plan.runs.decision_timeout_s)


def _check_kind(host: Any, path: Path | None) -> None:
    if host.hello.kind != "predictor":
        raise DataError(f"{path}: says it is a {host.hello.kind}; a predictor trial takes predictors")

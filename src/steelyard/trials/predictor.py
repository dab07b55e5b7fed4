"""A predictor trial: two predictors meet the same recorded products in time order; the next measurement is the truth.

Unit of analysis: a block of consecutive products, since neighbours and the measurements of one product are alike.
"""

import math
import time
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.assemble import seal_report
from steelyard.trials.executor import Progress, run_lanes
from steelyard.trials.hosting import Hosting, hosted
from steelyard.trials.plan import TrialPlan
from steelyard.trials.predictor_result import Estimate, Replayed, predictor_result
from steelyard.trials.subjects.base import Records


def scored_products(products: list[Any], plan: TrialPlan) -> tuple[list[Any], list[Any], int]:
    """Return the products to learn from, those to score, and the first scored key; DataError when too few remain."""
    data, word = plan.data, plan.subject.word
    from_key = data.from_key or products[int((1.0 - data.scored_share) * len(products))].key
    scored = [one for one in products if one.key >= from_key and (not data.until_key or one.key <= data.until_key)]
    scored = [one for one in scored if records_of(plan).scorable(one)]
    learn = [one for one in products if one.key < from_key]
    learn = learn[-data.learn_products :] if data.learn_products else learn
    if len(scored) < 4 * data.block_products:
        raise DataError(
            f"plan: only {len(scored)} {word}s that can be scored from key {from_key} on; 4 blocks need at least "
            f"{4 * data.block_products}; choose an earlier [data] from_key or smaller block_{word}s"
        )
    return learn, scored, from_key


def records_of(plan: TrialPlan) -> Records:
    """Return what is recorded of the plan's process."""
    assert plan.subject.records is not None
    return plan.subject.records


def with_data(plan: TrialPlan, store: Any) -> TrialPlan:
    """Return the plan with the data set it means: the named one, else the only one of its kind in the store.

    DataError that lists what there is when neither can be.
    """
    kind, word = records_of(plan).dataset, plan.subject.word
    names = [name for name in store.names() if store.info(name)["kind"] == kind]
    if plan.data.name in names:
        return plan
    if len(names) == 1 and not plan.data.name:
        return plan.with_changes(data={"name": names[0]})
    known = ", ".join(names) or f"none; import {word}s first: steelyard hub import {kind} DIR"
    raise DataError(f"plan: [data] name {plan.data.name!r} is no {kind} data set; name one by --data NAME: {known}")


def replay(host: Any, learn: list[Any], scored: list[Any], records: Records, run: dict[str, Any]) -> list[Estimate]:
    """Show all products in time order to a hosted predictor and collect its estimates of the scored measurements.

    Each measurement is estimated from what was known just before it, then shown.
    """
    every = (*learn, *scored)
    host.start(run)
    origin = every[0].begin()
    wanted = {one.key for one in scored}
    known = list(dict.fromkeys(name for one in every for m in records.moments(one, origin) for name in m.after or ()))
    reads = [name for name in host.hello.reads if not name.endswith("[*]")]
    if any(name.endswith("[*]") for name in host.hello.reads):
        reads = list(dict.fromkeys([*reads, *known]))
    found: list[Estimate] = []
    for product in every:
        for moment in records.moments(product, origin):
            if not math.isnan(moment.value) and product.key in wanted and moment.number >= records.first:
                shown = {name: moment.signals.get(name, math.nan) for name in reads}
                answer = host.predict(moment.time_s, shown, records.signal).estimate
                ends = (answer.value, answer.low, answer.high) if answer is not None else (None, math.nan, math.nan)
                found.append(Estimate(product.key, moment.number, moment.value, *ends))
            if moment.after is not None:
                host.observe(moment.time_s, {name: moment.after.get(name, math.nan) for name in reads})
    return found


def run_predictor_trial(
    plan: TrialPlan, store: Any, progress: Progress | None = None, threads: int | None = None,
    hosting: Hosting | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run a predictor trial on a recorded data set of `store` and return its report; `hosting` as in `run_trial`.

    Raises DataError for a plan or data set that cannot be used, SolutionError for a solution that cannot introduce
    itself; faults during the replay are counted.
    """
    plan = with_data(plan, store)
    begun, plan_hash, hosting = time.time(), plan.hash(), hosting or Hosting()
    records = records_of(plan)
    learn, scored, from_key = scored_products(records.load(store, plan.data.name), plan)
    if (twin := plan.twin_path()) is not None and records.setup is not None:
        wanted = {one.key for one in scored}
        learn, scored = (records.setup(some, store, plan.data.name, twin, wanted) for some in (learn, scored))
    run = {"seed_label": f"recorded {plan.subject.word}s", "plant": {"name": plan.data.name, **records.sheet}}
    paths = [plan.baseline_path(), plan.solution_path()]
    hosts: dict[int, Any] = {}

    def open_lane(lane: int) -> Any:
        hosts[lane] = hosting.host(plan, None, lane) if lane else hosted(plan, paths[0], None, lane)
        return hosts[lane]

    def work(host: Any, job: int) -> list[Estimate]:
        host.open()
        _check_kind(host, paths[job])
        return replay(host, learn, scored, records, run)

    both = run_lanes([0, 1], 2, open_lane, work, progress, threads)
    facts = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "seconds": time.time() - begun,
        "solution_timing": [hosts[1].timing()],
        "isolation": hosts[1].isolation,
        "connection": hosting.connection(),
        "reasons": {"1": hosts[1].reasons} if hosts[1].reasons else {},
        "places": plan.places(),
    }
    info = store.info(plan.data.name)
    made_up = bool(info.get("source", {}).get("synthetic"))
    replayed = Replayed(plan, plan_hash, info["hash"], learn, scored, from_key, both[0], both[1], made_up)
    return seal_report(predictor_result(replayed, hosts[1]), facts)


def _check_kind(host: Any, path: Path | None) -> None:
    if host.hello.kind != "predictor":
        raise DataError(f"{path}: says it is a {host.hello.kind}; a predictor trial takes predictors")

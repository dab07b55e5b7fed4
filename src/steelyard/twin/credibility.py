"""The credibility card of a twin: seven questions, each with a level 0-4 and the evidence behind it.

**Levels** 0 nothing; 1 argued; 2 checked in part; 3 checked with figures inside the stated limits; 4 checked by
others or over long use. A level is computed from evidence where it can be; it is never raised by hand.
**Source** the factors of ASME V&V 40-2018 and NASA-STD-7009A, as design/trials.md lists them.
"""

from typing import Any

import numpy as np

from steelyard.processes.ladle_furnace.model import heat_content, place_ladle
from steelyard.twin.records import Heats
from steelyard.twin.replay import STEP, play, play_into, script_of, start_of, template_of
from steelyard.twin.twin import Twin

SAMPLE = 40
CODE = (
    "kernel laws run as validation cases against analytic values and published numbers (steelyard validate); the "
    "filter and the fit recover known parameters from synthetic heats (tests/twin)"
)
UNSEEN = "for heats never seen run: steelyard twin agreement"
ROBUST = (
    "doubtful dips and unrecorded events are hypotheses of the filter; what is learned fades to nothing outside its "
    "data; threads do not change a byte"
)
FACTORS = (
    "code_verification", "solution_verification", "validation", "input_pedigree", "uncertainty", "robustness",
    "use_history",
)  # fmt: skip


def credibility_card(twin: Twin, heats: Heats) -> dict[str, Any]:
    """Return the card: factor → {level, evidence, figures}. See `with_agreement`."""
    halving, closure = step_halving(twin, heats), energy_closure(twin, heats)
    rows = twin.estimates()
    known = sum(row["identified"] for row in rows)
    blocks = twin.figures["held_out_blocks"]
    error = f"next dip {blocks['interval_mae_k']:.2f} K, last dip from the first {blocks['final_mae_k']:.2f} K (MAE)"
    return {
        "code_verification": _level(2, CODE, {}),
        "solution_verification": _level(
            3 if halving <= 0.5 and closure <= 5e-3 else 1,
            f"halving the replay step of {STEP:g} s moves a dip by {halving:.2f} K at most; the heat balance of a "
            f"replayed heat closes within {100 * closure:.4f} %",
            {"step_halving_k": halving, "closure": closure},
        ),
        "validation": _level(
            2, f"blocks of heats held out from the learned part inside the calibration: {error}; {UNSEEN}", dict(blocks)
        ),
        "input_pedigree": _level(
            2, f"{twin.heats} recorded heats of {twin.dataset!r}; geometry, lining and analysis are of a shipped "
            f"{twin.plant} furnace, with sources; materials anonymous; steel mass not recorded", {"heats": twin.heats},
        ),
        "uncertainty": _level(
            3, f"posterior of {len(rows)} numbers, {known} identified (posterior below half the prior width), the rest "
            "at their priors; ensemble draws; forecast intervals set on held-out blocks",
            {"identified": known, "of": len(rows)},
        ),
        "robustness": _level(2, ROBUST, {}),
        "use_history": _level(0, "no use on a plant yet", {}),
    }  # fmt: skip


def with_agreement(card: dict[str, Any], agreement: dict[str, Any]) -> dict[str, Any]:
    """Return the card with validation judged by errors on unseen heats (`agreement` of steelyard.twin.agreement)."""
    interval, final = agreement["interval"], agreement["final"]
    seen = agreement["split"]["heats_seen_before"]
    covered = all(0.85 <= task["coverage_90"] <= 0.95 for task in (interval, final))
    causal = 16.0 <= agreement["causal"]["k_per_mwh"] <= 20.0
    level = 1 if seen else (3 if covered and causal else 2)
    which = f"{agreement['split']['heats_scored']} heats from key {agreement['split']['first_key']} on"
    if seen:
        which += f" ({seen} of them seen by the calibration)"
    text = (
        f"{which}: next dip {interval['mae_k']:.2f} K, last dip from the first {final['mae_k']:.2f} K (MAE); 90 % "
        f"intervals cover {100 * interval['coverage_90']:.0f} and {100 * final['coverage_90']:.0f} %; "
        f"{agreement['causal']['k_per_mwh']:.1f} K per MWh"
    )
    figures = {"interval": interval, "final": final, "causal": agreement["causal"]}
    return card | {"validation": _level(level, text, figures)}


def _level(level: int, evidence: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {"level": level, "evidence": evidence, "figures": figures}


def step_halving(twin: Twin, heats: Heats) -> float:
    """Return the largest change of a dip [K] when the replay step is halved, over the first heats."""
    script, plant = script_of(heats), twin.as_plant()
    unit = template_of(plant.furnace, plant.arrival, plant.argon_flow)
    start = start_of(heats, plant.arrival, plant.wait)
    only = np.arange(min(SAMPLE, len(heats)))
    full, half = (play(script, unit, start, len(heats.dip_time), 1, STEP / f, only) for f in (1.0, 2.0))
    return float(np.nanmax(np.abs(full - half)))


def energy_closure(twin: Twin, heats: Heats) -> float:
    """Return the largest relative gap of the heat balance over the first heats: stored, brought and given off."""
    script, plant = script_of(heats), twin.as_plant()
    start = start_of(heats, plant.arrival, plant.wait)
    worst = 0.0
    for h in range(min(SAMPLE // 4, len(heats))):
        template = template_of(plant.furnace, plant.arrival, plant.argon_flow)
        before, after = template.copy(), template.copy()
        play_into(script, template, after, start, h, np.full(len(heats.dip_time), np.nan))
        place_ladle(before[0], start[h, 0], start[h, 1], start[h, 2], start[h, 3], 1.0)
        x = after["x"][0]
        gained = heat_content(after[0]) - heat_content(before[0])
        brought = x["energy_arc"] - x["energy_surface"] - x["energy_shell"] + x["energy_additions"]
        worst = max(worst, abs(gained - brought) / max(float(x["energy_arc"]), 1.0))
    return float(worst)

"""How much fuel does it save to look at the time that each billet still has? The same shift twice, side by side.

Once level 2 sets the furnace by its table, once a solution does by the remaining time of each billet. Both meet the
same billets and the same delays. One pair shows how it works; a verdict takes a trial with many (steelyard trial run).
"""

import numpy as np

from steelyard.plant.line import LineWorks, open_line, shipped_line
from steelyard.solutions.host import Host
from steelyard.solutions.reference import reference_path
from steelyard.units import from_si

BARS, WARM_UP, SEED, SCENARIO = 110, 50, 7, "mill_delays"


def run(solution: str = "") -> LineWorks:
    """Return the line after the shift, set by a reference solution or by level 2."""
    works = open_line(shipped_line("pilot"), SEED, SCENARIO)
    if not solution:
        works.advance_products(BARS)
        return works
    with Host(reference_path(solution)) as host:
        host.start({"seed_label": "example", "plant": {}})
        names = host.reads(list(works.board.signals))
        board = works.board.reader(names)
        while works.departed() < BARS:
            answer = host.decide(works.time_s, dict(zip(names, board.read(), strict=True)))
            for name, value in answer.set.items():
                works.board.write(name, value, "controller")
            works.advance(int(host.hello.interval_s))
    return works


def figures(works: LineWorks) -> tuple[float, float, float]:
    """Return fuel [GJ/t] less stored heat, mean distance from target [K], largest core-surface difference [K]."""
    bars = works.bars(WARM_UP)[: BARS - WARM_UP]
    fuel = bars["fuel_energy"][1:].sum() - (bars["furnace_heat"][-1] - bars["furnace_heat"][0])
    off = np.abs(bars["exit_temperature"] - bars["target_temperature"])
    return (
        float(from_si(fuel / bars["mass"][1:].sum(), "GJ/t")),
        float(off.mean()),
        float(bars["exit_difference"].max()),
    )


table, late = figures(run()), figures(run("furnace_setpoint_optimiser"))
print(f"bars {WARM_UP} to {BARS}, scenario {SCENARIO}      level 2   solution")
for what, a, b in zip(("fuel, GJ/t", "off target, K", "core to surface, K"), table, late, strict=True):
    print(f"{what:<32}{a:12.2f}{b:11.2f}")
print(f"fuel {100.0 * (late[0] / table[0] - 1.0):+.1f} %")
assert late[0] < table[0], "heating late saves fuel"
assert late[1] < table[1] + 10.0, "and not by cold billets"

"""Does a better expected force bring the bar closer to its diameter? Set-up by adaptation against level 2, same bars.

A stand stretches under load, so its gap is set for the force that is expected. Level 2 expects the learned mean of the
pass, whatever the steel; the solution knows the steel of the billet that comes next.
"""

import numpy as np

from steelyard.plant.line import LineWorks, open_line, shipped_line
from steelyard.solutions.host import Host
from steelyard.solutions.reference import reference_path
from steelyard.units import from_si

BARS, WARM_UP, SEED = 100, 50, 11


def run(scenario: str, solution: str = "") -> LineWorks:
    """Return the line after `BARS` bars, the forces set by a reference solution or by level 2."""
    works = open_line(shipped_line("pilot"), SEED, scenario)
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


def figures(works: LineWorks) -> tuple[float, float]:
    """Return the mean error of the expected force [%] and the standard deviation of the diameter [µm]."""
    bars = works.bars(WARM_UP)[: BARS - WARM_UP]
    rolled = bars["force"] > 0.0
    error = np.abs(bars["expected_force"][rolled] / bars["force"][rolled] - 1.0).mean()
    return 100.0 * float(error), float(from_si(bars["diameter_deviation"].std(), "µm"))


print(f"{'scenario':<16}{'force error, %':>24}{'scatter of diameter, µm':>28}")
print(f"{'':<16}{'level 2':>12}{'solution':>12}{'level 2':>16}{'solution':>12}")
for scenario in ("normal", "mixed_grades"):
    table, adapted = figures(run(scenario)), figures(run(scenario, "roll_force_setup"))
    print(f"{scenario:<16}{table[0]:12.2f}{adapted[0]:12.2f}{table[1]:16.0f}{adapted[1]:12.0f}")
    assert adapted[0] < table[0], "the steel of the next billet is worth knowing"

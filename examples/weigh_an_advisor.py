"""Does an arc-energy advisor make the ladle furnace better? A small paired trial in the virtual plant.

The shipped plan has 30 campaigns of 20 heats (`steelyard trial run advisor`); this example takes fewer, to be quick.
"""

from steelyard.trials.plan import load_plan
from steelyard.trials.run import run_trial

plan = load_plan("advisor").with_changes(
    suite={"scenarios": ("normal", "cold_ladles")}, runs={"campaigns": 8, "heats": 10, "floor_campaigns": 4}
)
report = run_trial(plan)
primary = report["primary"]

print("plan   ", plan.hash()[:16])
print("verdict", report["verdict"])
print(
    "effect ",
    f"{primary['effect']:+.2f} {primary['unit']} [{primary['low']:+.2f}, {primary['high']:+.2f}] {primary['kpi']}",
)
assert primary["effect"] < 0.0, "the advisor brings heats closer to their target"

"""How well is the roll force of the next pass known, bar after bar? Adaptation against the mean of the pass.

The predictors watch the virtual bar mill through its board: before each pass they are asked, after it they are told.
"""

from collections import defaultdict

from steelyard.plant.line import open_line, shipped_line
from steelyard.solutions.host import Host
from steelyard.solutions.reference import reference_path

BARS, SEED = 60, 5
FORCE, NUMBER, BAR = "bar_rolling.roll_force", "bar_rolling.pass_number", "bar_rolling.bar_number"
AFTERWARDS = {
    FORCE: float("nan"),
    "bar_rolling.roll_torque": float("nan"),
    "bar_rolling.exit_temperature": float("nan"),
}
PREDICTORS = ("pass_mean_predictor", "roll_force_adapter")

works = open_line(shipped_line("pilot"), SEED, "normal")
hosts = {name: Host(reference_path(name)) for name in PREDICTORS}
for host in hosts.values():
    host.start({"seed_label": "example", "plant": {}})
names = list(dict.fromkeys(name for host in hosts.values() for name in host.reads(list(works.board.signals))))
board = works.board.reader(names)
errors: dict[str, dict[int, list[float]]] = {name: defaultdict(list) for name in PREDICTORS}
inside = dict.fromkeys(PREDICTORS, 0)
last, passes = (0.0, 0.0), 0
while works.departed() < BARS:
    works.advance(1)
    shown = dict(zip(names, board.read(), strict=True))
    if (shown[BAR], shown[NUMBER]) == last or shown[NUMBER] < 1.0:
        continue
    last, learned = (shown[BAR], shown[NUMBER]), works.departed() >= BARS // 2
    passes += learned
    for name, host in hosts.items():
        estimate = host.predict(works.time_s - 1.0, {**shown, **AFTERWARDS}, FORCE).estimate
        if estimate is not None and learned:
            errors[name][int(shown[NUMBER])].append(abs(estimate.value / shown[FORCE] - 1.0))
            inside[name] += estimate.low <= shown[FORCE] <= estimate.high
        host.observe(works.time_s, shown)
for host in hosts.values():
    host.close()

print("mean error of the roll force, second half of the bars [%]")
print("pass                 " + "".join(f"{k:>5}" for k in sorted(errors[PREDICTORS[0]])) + "   all  inside 90 %")
means = {}
for name in PREDICTORS:
    by_pass = [100.0 * sum(e) / len(e) for _, e in sorted(errors[name].items())]
    means[name] = sum(by_pass) / len(by_pass)
    figures = "".join(f"{e:5.1f}" for e in by_pass)
    print(f"{name:<20} {figures} {means[name]:5.1f}  {100.0 * inside[name] / passes:.0f} %")
assert means["roll_force_adapter"] < means["pass_mean_predictor"]

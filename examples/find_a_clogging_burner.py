"""How early can a clogging burner be found? A limit alarm and a detector watch the same furnace.

The burners of one zone clog slowly. Level 1 opens the valve and keeps the temperature: for hours nothing exceeds a
limit, yet fewer and fewer cubic metres flow per per cent of opening.
"""

from steelyard.plant.line import open_line, shipped_line
from steelyard.solutions.contract import ALARM_RAISED
from steelyard.solutions.host import Host
from steelyard.solutions.reference import reference_path

HOURS, SEED = 7, 3
DETECTORS = ("burner_limit_alarm", "burner_clogging_detector")


def first_alarms(scenario: str) -> dict[str, dict[str, float]]:
    """Return for each detector the hour at which each alarm was raised first."""
    works = open_line(shipped_line("pilot"), SEED, scenario)
    hosts = {name: Host(reference_path(name)) for name in DETECTORS}
    found: dict[str, dict[str, float]] = {name: {} for name in DETECTORS}
    readers = {}
    for name, host in hosts.items():
        host.start({"seed_label": "example", "plant": {}})
        readers[name] = works.board.reader(host.reads(list(works.board.signals)))
    for minute in range(60 * HOURS):
        works.advance(60)
        for name, host in hosts.items():
            host.decide(60.0 * minute, dict(zip(readers[name].names, readers[name].read(), strict=True)))
            for alarm, score in host.alarms.items():
                if score >= ALARM_RAISED:
                    found[name].setdefault(alarm, minute / 60.0)
    for host in hosts.values():
        host.close()
    return found


for scenario in ("normal", "burner_clogging"):
    for name, alarms in first_alarms(scenario).items():
        said = ", ".join(f"{alarm} after {hour:.1f} h" for alarm, hour in alarms.items()) or "nothing"
        print(f"{scenario:<16} {name:<26} {said}")
        if name == "burner_clogging_detector":
            assert bool(alarms) == (scenario == "burner_clogging")

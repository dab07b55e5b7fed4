"""What an alarm of a detector trial means: whether it names the injected fault, detects it, or is a false one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from steelyard.solutions.contract import ALARM_RAISED
from steelyard.trials.detector_kpi import REMINDER_S, episodes

HOUR_S = 3600.0


class Heard(Protocol):
    """What a detector said in one run."""

    @property
    def scores(self) -> list[tuple[float, dict[str, float]]]:
        """Time [s] and score by alarm at each of its decisions."""


def stem_of(fault: str, places: Collection[str]) -> str:
    """Return ``house.fault`` without its house and without the place at its end.

    >>> stem_of("reheating_furnace.burner_clogging_top_3", ["top_3"])
    'burner_clogging'
    """
    name = fault.rpartition(".")[2]
    return next((name.removesuffix(f"_{place}") for place in places if name.endswith(f"_{place}")), name)


def stems_that_mean(stem: str, others: Collection[str]) -> tuple[str, ...]:
    """Return the stems that name a fault: its own, and its last whole words unless they end another planned fault too.

    >>> stems_that_mean("burner_clogging", {"burner_clogging", "recuperator_fouling"})
    ('burner_clogging', 'clogging')
    >>> stems_that_mean("air_meter_drift", {"air_meter_drift", "thermocouple_drift"})
    ('air_meter_drift', 'meter_drift')
    """
    words = stem.split("_")
    ends = ["_".join(words[i:]) for i in range(1, len(words))]
    rest = [other for other in others if other != stem]
    return stem, *(end for end in ends if not any(other == end or other.endswith(f"_{end}") for other in rest))


@dataclass(frozen=True)
class Injection:
    """The fault of a campaign: ``house.fault``, severity, plant time of its onset [s], the places that it hits.

    `stems` are the names an alarm may have to mean it (the first is the fault's own); with `place_needed` the alarm has
    to name a place too, unless the fault has none.
    """

    fault: str
    severity: float
    onset: float
    places: tuple[str, ...]
    stems: tuple[str, ...]
    place_needed: bool = True

    def means(self, alarm: str) -> bool:
        """Say whether an alarm such as ``clogging[top_3]`` names this fault and a place that it hits."""
        house, _, name = alarm.partition("[")[0].rpartition(".")
        if house and house != self.fault.rpartition(".")[0]:
            return False
        place = alarm.partition("[")[2].removesuffix("]")
        if not place:
            name, place = self._place_at_its_end(name)
        if place:
            return name in self.stems and (not self.places or place in self.places)
        return name in self.stems if not self.places else name == self.stems[0] and not self.place_needed

    def _place_at_its_end(self, name: str) -> tuple[str, str]:
        """Return stem and place of a name such as ``burner_clogging_top_3``."""
        for place in self.places:
            if name.endswith(f"_{place}"):
                return name.removesuffix(f"_{place}"), place
        return name, ""


def _states(run: Heard, alarm: str) -> list[tuple[float, bool]]:
    return [(now, scores.get(alarm, 0.0) >= ALARM_RAISED) for now, scores in run.scores]


def _names(run: Heard) -> list[str]:
    return sorted({alarm for _, scores in run.scores for alarm in scores})


def raised_at(states: list[tuple[float, bool]], after: float) -> list[float]:
    """Return when an alarm was raised later than `after` [s]; one that stood then has to fall first.

    >>> raised_at([(60.0, True), (120.0, False), (180.0, True), (240.0, True)], 60.0)
    [180.0]
    """
    before = [False, *(on for _, on in states)]
    return [now for (now, on), was in zip(states, before, strict=False) if on and not was and now > after]


def detection_time(faulty: Heard, injection: Injection) -> float | None:
    """Return when an alarm that means the fault was raised after its onset [s]; None when none was.

    An alarm that stood before says nothing: it has to fall and be raised again.
    """
    meant = [alarm for alarm in _names(faulty) if injection.means(alarm)]
    return min((now for alarm in meant for now in raised_at(_states(faulty, alarm), injection.onset)), default=None)


def chatter(raised: list[float]) -> int:
    """Return how many of the times [s] at which a right alarm was raised came within an hour of the one that counted.

    >>> chatter([0.0, 60.0, 120.0, 3600.0])
    2
    """
    count, last = 0, None
    for now in raised:
        if last is not None and now - last < REMINDER_S:
            count += 1
        else:
            last = now
    return count


def false_alarms(sound: Heard, faulty: Heard, injection: Injection, warmup_s: float) -> int:
    """Return the false alarms of both runs after the warm-up.

    In the sound run and before the onset every alarm is false; after it those are that do not mean the fault, and those
    that mean it but chatter. A false alarm that stays on counts again after each hour.
    """
    count = 0
    for alarm in _names(sound):
        count += episodes([row for row in _states(sound, alarm) if row[0] > warmup_s])
    for alarm in _names(faulty):
        states = [row for row in _states(faulty, alarm) if row[0] > warmup_s]
        if injection.means(alarm):
            count += episodes([row for row in states if row[0] <= injection.onset])
            count += chatter(raised_at(_states(faulty, alarm), injection.onset))
        else:
            count += episodes(states)
    return count


def meant_and_other(scores: Mapping[str, float], injection: Injection) -> tuple[float, float]:
    """Return the highest score of the alarms that mean the fault and the highest of the others."""
    sides = ([0.0], [0.0])
    for alarm, score in scores.items():
        sides[not injection.means(alarm)].append(score)
    return max(sides[0]), max(sides[1])

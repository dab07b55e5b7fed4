"""What `steelyard solution new` writes: a commented solution of each kind that passes the check."""

from pathlib import Path

from steelyard.errors import SolutionError
from steelyard.solutions.contract import KINDS

_HEAD = '''"""My {kind} for a ladle furnace. Contract: docs/reference/contract.md of Steelyard.

Check it:  steelyard solution check {file}
Try it:    steelyard trial run {trial} --solution {file}
"""


class Solution:
    """{what}"""

    name = "my {kind}"
    version = "0.1"
    kind = "{kind}"
    # The signals you want to see. A signal that has not been measured yet is None.
    reads = [
        "ladle_furnace.dip_temperature",  # last good dip of this heat [°C]
        "ladle_furnace.arc_energy",  # arc energy of this heat so far [MWh]
        "ladle_furnace.target_temperature",  # [°C]
        "ladle_furnace.time_to_departure",  # until the caster's call, negative = late [min]
    ]
    writes = {writes}  # {writes_comment}
    interval_s = 10.0  # how often you are asked [plant seconds]

    def start(self, run: dict) -> None:
        """A new run begins: forget everything that you have learned in the run before.

        run["plant"] is the furnace's public data sheet.
        """
        plant = run.get("plant") or {{}}
        mass = plant.get("nominal_mass_t") or 100.0
        self.k_per_mwh = plant.get("textbook_k_per_mwh") or 18.0 * 100.0 / mass
        self.k_per_min = plant.get("textbook_k_per_min") or 0.9
{body}'''

_WRITER = '''
    def decide(self, time_s: float, signals: dict) -> dict:
        """Return the values to write now; an empty dict writes nothing."""
        dip = signals["ladle_furnace.dip_temperature"]
        target = signals["ladle_furnace.target_temperature"]
        if dip is None or target is None:
            return {{}}
        minutes = max(signals["ladle_furnace.time_to_departure"] or 0.0, 0.0)
        lack = target - dip + self.k_per_min * minutes  # K to gain until the ladle leaves
        energy = min(max(lack / self.k_per_mwh, 0.0), 3.0)  # MWh; the set-point takes 0 to 3
        return {{"{signal}": energy}}
'''

_PREDICTOR = '''        self.dip, self.energy, self.time_s = None, 0.0, 0.0

    def observe(self, time_s: float, signals: dict) -> None:
        """Learn what happened; events and dips come in time order."""
        dip = signals["ladle_furnace.dip_temperature"]
        if dip != self.dip:
            self.dip, self.time_s = dip, time_s
            self.energy = signals["ladle_furnace.arc_energy"] or 0.0

    def predict(self, time_s: float, signals: dict, what: str) -> dict:
        """Return the value of the signal `what` that a measurement would give now, with its 90 % interval."""
        if self.dip is None:
            return {{"value": 1580.0, "low": 1540.0, "high": 1620.0}}  # nothing known yet: say so by a wide interval
        energy = (signals["ladle_furnace.arc_energy"] or 0.0) - self.energy
        value = self.dip + self.k_per_mwh * energy - self.k_per_min * (time_s - self.time_s) / 60.0
        return {{"value": value, "low": value - 12.0, "high": value + 12.0}}
'''

_DETECTOR = '''"""My detector for a reheating furnace. Contract: docs/reference/contract.md of Steelyard.

Check it:  steelyard solution check {file}
Try it:    steelyard trial run {trial} --solution {file}
"""

ZONES = [f"{{side}}_{{number}}" for side in ("top", "bottom") for number in (1, 2, 3, 4)]


class Solution:
    """Compares what flows per opening of each zone's fuel valve with what flowed when the run was young."""

    name = "my detector"
    version = "0.1"
    kind = "detector"
    # The signals you want to see. A signal that has not been measured yet is None.
    reads = [
        *(f"reheating_furnace.valve_position[{{zone}}]" for zone in ZONES),  # [%]
        *(f"reheating_furnace.fuel_flow[{{zone}}]" for zone in ZONES),  # [Nm³/h]
    ]
    writes = []  # a detector writes nothing
    alarms = [f"clogging[{{zone}}]" for zone in ZONES]  # the names of your scores
    interval_s = 60.0  # how often you are asked [plant seconds]

    def start(self, run: dict) -> None:
        """A new run begins: forget everything that you have learned in the run before."""
        self.now = dict.fromkeys(ZONES)
        self.healthy = dict.fromkeys(ZONES)

    def decide(self, time_s: float, signals: dict) -> dict:
        """Return scores from 0 to 1; 0.5 and more raises the alarm. A name left out keeps its score."""
        scores = {{}}
        for zone in ZONES:
            valve = signals[f"reheating_furnace.valve_position[{{zone}}]"]
            flow = signals[f"reheating_furnace.fuel_flow[{{zone}}]"]
            if valve is None or flow is None or valve < 10.0:  # nothing can be said
                continue
            ratio = flow / valve
            before = self.now[zone]
            self.now[zone] = ratio if before is None else before + 0.02 * (ratio - before)  # slow mean
            if time_s < 2.0 * 3600.0 or self.healthy[zone] is None:
                self.healthy[zone] = self.now[zone]  # the first two hours count as healthy
            loss = 1.0 - self.now[zone] / max(self.healthy[zone], 1e-9)
            scores[f"clogging[{{zone}}]"] = min(max(loss / 0.2, 0.0), 1.0)  # a loss of 10 % raises the alarm
        return scores
'''

_KINDS = {
    "advisor": {
        "what": "Proposes the energy of the next heating; the operator accepts a share of the advices.",
        "signal": "operator.heating_energy_advice", "trial": "advisor", "body": _WRITER,
        "writes_comment": "the advice [MWh]; a negative value = no advice",
    },
    "controller": {
        "what": "Sets the energy of the next heating.",
        "signal": "operator.heating_energy_setpoint", "trial": "advisor", "body": _WRITER,
        "writes_comment": "the set-point [MWh]; a negative value = the operator decides",
    },
    "predictor": {
        "what": "Predicts the temperature that the next dip will show.",
        "signal": "", "trial": "predictor", "body": _PREDICTOR,
        "writes_comment": "a predictor writes nothing",
    },
}  # fmt: skip


def template(kind: str, file: str) -> str:
    """Return the text of a new solution; SolutionError when the kind is not known."""
    if kind not in KINDS:
        raise SolutionError(f"kind {kind!r} is not known; use one of: {', '.join(KINDS)}")
    if kind == "detector":
        return _DETECTOR.format(file=file, trial="detector")
    words = _KINDS[kind]
    writes = f'["{words["signal"]}"]' if words["signal"] else "[]"
    body = words["body"].format(signal=words["signal"])
    return _HEAD.format(
        kind=kind, file=file, trial=words["trial"], what=words["what"], writes=writes,
        writes_comment=words["writes_comment"], body=body,
    )  # fmt: skip


def write_template(path: Path, kind: str) -> Path:
    """Write a new solution to `path`; SolutionError when something is there already or it cannot be written."""
    path = Path(path).expanduser()
    if path.suffix != ".py":
        raise SolutionError(f"{path}: a Python solution needs a name that ends in .py, for example my_{kind}.py")
    text = template(kind, path.name)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SolutionError(f"{path} exists already and is not overwritten; choose another name") from None
    except OSError as error:
        raise SolutionError(f"{path}: cannot be written ({error.strerror}); choose a folder that exists") from None
    return path

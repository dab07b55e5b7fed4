"""The main job in one go: recorded heats in; a calibrated twin, a paired trial and a report with a verdict out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.plausibility.check import check_dataset
from steelyard.hub.store import Store, open_store
from steelyard.studies.samples import SAMPLES
from steelyard.trials.plan import load_plan
from steelyard.trials.predictor import run_predictor_trial
from steelyard.trials.report import write
from steelyard.trials.run import run_trial
from steelyard.twin.agreement import agreement
from steelyard.twin.calibrate import calibrate
from steelyard.twin.credibility import with_agreement
from steelyard.twin.file import save

PROCESS = "ladle_furnace"
KIND = "ladle-furnace"
FEWEST_HEATS = 60
DRAWS = 10
Progress = Callable[..., None]


@dataclass(frozen=True)
class Split:
    """Where time is cut: heats with a key below `until` calibrate, the others score; `why` in words."""

    until: int
    calibrating: int
    scoring: int
    why: str


def split_by_time(store: Store, name: str) -> Split:
    """Return the cut between calibration and scoring: the longest stop between 70 % and 85 % of the heats.

    A stop separates the two best, since heats that follow each other share the weather of the shop.
    """
    dips = store.table(name, "dips").group_by("key", maintain_order=True).first().sort("key")
    keys, times = dips["key"].to_list(), dips["time"].to_list()
    if len(keys) < FEWEST_HEATS:
        raise DataError(
            f"data set {name!r} has {len(keys)} heats with dips; a twin needs at least {FEWEST_HEATS}: hand over more"
        )
    first, last = int(0.70 * len(keys)), int(0.85 * len(keys))
    cut = max(range(first, last), key=lambda i: (times[i] - times[i - 1]).total_seconds())
    hours = (times[cut] - times[cut - 1]).total_seconds() / 3600.0
    return Split(keys[cut], cut, len(keys) - cut, f"longest stop ({hours:.0f} h) between 70 % and 85 % of the heats")


def demonstrate(
    data: Path | None, out: Path, lang: str = "en", seed: int = 1, progress: Progress | None = None
) -> dict[str, Any]:
    """Do the main job and return its result; `data` None takes the packaged synthetic heats.

    The result holds ``data, check, split, calibration, agreement, trial, predictor``; the twin file, the store and the
    reports are written below `out`. Raises SteelyardError children for data that cannot be used.
    """
    report = progress or (lambda fraction, text="": None)
    out.mkdir(parents=True, exist_ok=True)
    store = open_store(out / "store")
    name = "synthetic-heats" if data is None else KIND
    report(0.02, "import")
    if name in store.names():
        store.remove(name)
    imported = import_dataset(KIND, SAMPLES if data is None else data, name=name, store=store)
    report(0.06, "plausibility")
    checked = check_dataset(store, name)
    _refuse_errors(checked, lang)
    split = split_by_time(store, name)
    report(0.10, "calibrate the twin")
    twin = calibrate(PROCESS, name, split.until, store, seed=seed)
    twin_file = out / "twin.json"
    report(0.45, "agreement on unseen heats")
    scores = agreement(twin, name, split.until, store)
    twin.card = with_agreement(twin.card, scores)
    save(twin, twin_file)
    report(0.55, "predictor trial")
    recorded = load_plan("predictor").with_changes(data={"name": name, "from_key": split.until})
    predictor = run_predictor_trial(recorded, store)
    plan = load_plan("advisor").with_changes(plant={"twin": str(twin_file.resolve())}, ensemble={"draws": DRAWS})
    trial = run_trial(plan, lambda fraction, text="": report(0.65 + 0.35 * fraction, "advisor trial"))
    return {
        "data": {"name": name, "synthetic": data is None, "import": imported},
        "check": {"findings": checked["counts"]},
        "split": {"until": split.until, "calibrating": split.calibrating, "scoring": split.scoring, "why": split.why},
        "calibration": {"heats": twin.heats, "until": twin.until, "estimates": twin.estimates(), **twin.figures},
        "agreement": scores,
        "trial": _short(trial, out / "advisor-trial", lang),
        "predictor": _short(predictor, out / "predictor-trial", lang),
        "twin": str(twin_file),
    }


def _refuse_errors(checked: dict[str, Any], lang: str) -> None:
    """Raise DataError when the plausibility check found an error: a twin of such records would mislead."""
    errors = [finding for finding in checked["findings"] if finding["severity"] == "error"]
    if errors:
        raise DataError(
            f"the records are not plausible: {errors[0]['message'][lang]} "
            f"({len(errors)} finding(s) of this weight; see: steelyard hub check)"
        )


def _short(trial: dict[str, Any], folder: Path, lang: str) -> dict[str, Any]:
    """Write the report of a trial and return its verdict, primary KPI and where the page is."""
    page = write(trial, folder, lang)
    verdict = trial["result"]["verdict"]
    return {
        "verdict": trial["verdict"],
        "verdict_text": verdict["label"][lang],
        "sentence": verdict["sentence"][lang],
        "primary": trial["primary"],
        "report": str(page),
    }

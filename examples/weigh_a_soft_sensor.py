"""Does a soft sensor know the next dip better than "last dip + textbook rate"? A trial on recorded heats.

The records here are the packaged SYNTHETIC heats; put your own folder of seven CSV files in place of SAMPLES.
"""

import tempfile
from pathlib import Path

from steelyard.hub.ingest import import_dataset
from steelyard.hub.store import open_store
from steelyard.studies.samples import SAMPLES
from steelyard.trials.plan import load_plan
from steelyard.trials.predictor import run_predictor_trial

with tempfile.TemporaryDirectory() as folder:
    store = open_store(Path(folder))
    import_dataset("ladle-furnace", SAMPLES, name="synthetic-heats", store=store)
    plan = load_plan("predictor").with_changes(data={"name": "synthetic-heats"})
    report = run_predictor_trial(plan, store)

primary = report["primary"]
print("verdict", report["verdict"])
print(
    "effect ",
    f"{primary['effect']:+.2f} {primary['unit']} [{primary['low']:+.2f}, {primary['high']:+.2f}] {primary['kpi']}",
)
assert primary["effect"] < 0.0, "a filter over all dips beats the last dip"

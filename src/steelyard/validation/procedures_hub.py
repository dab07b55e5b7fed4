"""Procedures of the cases on the data hub: what it finds in measured recordings, beside what others found there."""

from pathlib import Path
from typing import Any


def pass_detector(given: dict[str, Any]) -> dict[str, Any]:
    """Return how the passes found in the 500 Hz recordings differ from the published table of their trials.

    Worst deviations [%] of force, torque and temperature, and the numbers of passes missing and too many.
    """
    from steelyard.hub.freiberg_passes import read_freiberg_passes
    from steelyard.hub.ledger import Ledger
    from steelyard.hub.pass_compare import beside
    from steelyard.hub.passes import detect
    from steelyard.hub.rolling_recordings import read_recordings

    recordings = Path(given["data"])
    passes = recordings.parent / given["passes"]
    found = detect(read_recordings(recordings, None, Ledger())["signals"])
    result = beside(found, read_freiberg_passes(passes, None, Ledger())["passes"], given["passes"])
    worst = {f"worst_{kind}_percent": value for kind, value in result["worst_percent"].items()}
    return worst | {"missing": float(len(result["missing"])), "extra": float(len(result["extra"]))}


PROCEDURES = {"pass_detector": pass_detector}

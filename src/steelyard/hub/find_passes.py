"""`hub passes` in one call: recordings from the store or from files, passes found, compared with a table."""

from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.hub.ledger import Ledger
from steelyard.hub.pass_compare import compare
from steelyard.hub.passes import detect
from steelyard.hub.rolling_recordings import read_recordings
from steelyard.hub.store import open_store


def find_passes(
    what: str,
    trials: list[str] | None = None,
    dataset: str | None = None,
    first: str = "R1",
    mapping: Path | None = None,
) -> dict[str, Any]:
    """Return the passes in a data set of recordings (a name of the store) or in a file or folder of them.

    Keys: source, trials (trial, passes, rejected), compare (see `pass_compare.compare`; None without `dataset`).
    DataError: neither data set nor file, no recordings, an unknown trial.
    """
    store = open_store()
    names = store.names()
    if what in names:
        if store.info(what)["kind"] != "rolling-recordings":
            raise DataError(
                f"data set {what!r} holds no recordings; import them: steelyard hub import rolling-recordings"
            )
        signals = store.table(what, "signals")
    elif Path(what).exists() or Path(what).suffix:
        signals = read_recordings(Path(what).expanduser(), mapping, Ledger())["signals"]
    else:
        known = ", ".join(names) or "none yet"
        raise DataError(f"{what!r} is neither a data set nor a file; data sets are: {known}")
    found = detect(signals, trials, first)
    compared = compare(found, store, dataset) if dataset else None
    return {"source": what, "trials": [trial.as_dict() for trial in found], "compare": compared}

"""Where the packaged sample records lie, and how to copy them. All of them are synthetic."""

import shutil
from pathlib import Path

from steelyard.errors import DataError

_FOLDER = Path(__file__).resolve().parent.parent / "samples"
SAMPLES = _FOLDER / "ladle_furnace_synthetic"
BARS = _FOLDER / "bar_rolling_synthetic"
KINDS = {"heats": SAMPLES, "bars": BARS}


def copy_samples(directory: Path, what: str = "heats") -> list[str]:
    """Copy the synthetic "heats" or "bars" into `directory` and return the file names.

    DataError when there are no such samples, or one of the files is there already.
    """
    if what not in KINDS:
        raise DataError(f"there are no samples called {what!r}; samples are: {', '.join(KINDS)}")
    files = sorted(path for path in KINDS[what].iterdir() if path.suffix in {".csv", ".md"})
    if directory.exists() and not directory.is_dir():
        raise DataError(f"{directory} is a file; name a folder")
    there = [path.name for path in files if (directory / path.name).exists()]
    if there:
        raise DataError(f"{directory} already holds {', '.join(there)}; name an empty folder, nothing was written")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path in files:
            shutil.copyfile(path, directory / path.name)
    except OSError as error:
        raise DataError(f"{directory} cannot be written: {error}; name a folder of yours") from error
    return [path.name for path in files]

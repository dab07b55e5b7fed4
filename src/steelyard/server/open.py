"""Open the works that is to be served: a line or a ladle station under a scenario, with its record in the hub."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steelyard.errors import ParameterError
from steelyard.live.audit import Audit
from steelyard.live.works import LiveWorks
from steelyard.plant.board import PLANTS

USUAL = {"hot_bar_line": "pilot", "ladle_furnace": "100t"}
"""The plant of a process when none is named."""
TITLES = {
    "hot_bar_line": {"en": "Hot bar line", "ko": "봉강 압연 라인"},
    "ladle_furnace": {"en": "Ladle furnace", "ko": "레이들로"},
}


def open_process(process: str, plant: str | None, seed: int, scenario: str, twin: Path | None = None) -> Any:
    """Return the works of a process at plant time 0; ParameterError when there is none, or no such plant."""
    if process == "hot_bar_line":
        from steelyard.plant.line import open_line, shipped_line, with_mill

        values = shipped_line(plant or USUAL[process])
        if twin is not None:
            found = _twin(twin, "bar_rolling")
            values = with_mill(values, plant or USUAL[process], found.plant, found.parameters)
        return open_line(values, seed, scenario)
    if process == "ladle_furnace":
        from steelyard.plant.works import open_works, shipped_values

        return open_works(
            _twin(twin, process).values() if twin else shipped_values(plant=plant or USUAL[process]), seed, scenario
        )
    raise _unknown(process)


def _unknown(process: str) -> ParameterError:
    return ParameterError(f"there is no works {process!r} to serve; works are: {', '.join(PLANTS)}")


def _twin(path: Path, process: str) -> Any:
    from steelyard.twin.file import load

    found = load(path)
    if found.process != process:
        raise ParameterError(f"{path} is a twin of {found.process}; this works takes one of {process}")
    return found


def recording_name(process: str) -> str:
    """Return the name of a recording that begins now, e.g. ``hot_bar_line-20261123-065500``."""
    return f"{process}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def live_works(
    process: str, plant: str | None, seed: int, scenario: str, *, twin: Path | None = None, record: bool = True,
    dt: float = 1.0, publish_hz: float = 10.0,
) -> Callable[[Path, Audit], LiveWorks]:  # fmt: skip
    """Return what opens a live works of a process, with its record, limits and the faults of its wire."""

    if process not in PLANTS:
        raise _unknown(process)

    def build(folder: Path, audit: Audit) -> LiveWorks:
        from steelyard.hub.recordings import Recording
        from steelyard.hub.store import home
        from steelyard.plant.limits import Watch, load_limits
        from steelyard.plant.scenarios import scenario as scenario_of
        from steelyard.plant.wire_faults import Wire

        story = scenario_of(process, scenario)
        works = open_process(process, plant, seed, scenario, twin)
        signals = works.board.signals
        about = {
            "plant": plant or USUAL[process],
            "scenario": scenario,
            "seed": seed,
            "twin": str(twin) if twin else None,
        }
        return LiveWorks(
            "main", works, process, audit=audit, dt=dt, publish_hz=publish_hz, title=TITLES[process], about=about,
            wire=Wire(story.wire, signals, seed) if story.wire else None,
            watch=Watch(load_limits(process, signals), signals),
            record=Recording(home(), recording_name(process), about) if record else None,
        )  # fmt: skip

    return build

"""A live works behind a bad wire: readers get what the wire makes of it, record and alarms are of the board itself."""

import tomllib

import numpy as np
import pytest

from steelyard.errors import SteelyardError
from steelyard.hub.recordings import Recording
from steelyard.plant.frame import BAD
from steelyard.plant.limits import Watch, load_limits
from steelyard.plant.wire_faults import Wire
from steelyard.plant.wire_file import read_wire

from .conftest import ladle

pytestmark = pytest.mark.asyncio
SHELL = "ladle_furnace.shell_temperature"
DRIFT = f"""
[wire.x]
kind = "drifted"
signals = ["{SHELL}"]
start_h = 0
amount = {{ value = 500, unit = "K" }}
"""
LOST = """
[wire.x]
kind = "lost"
start_h = 0.01
length = { value = 20, unit = "s" }
"""
LATE = """
[wire.x]
kind = "late"
start_h = 0
share = 0.4
amount = { value = 5, unit = "s" }
[wire.y]
kind = "duplicated"
start_h = 0
share = 0.3
"""


def behind(works, declared: str, seed: int = 1) -> dict:
    """What a works behind this wire is opened with."""
    return {"wire": Wire(read_wire(tomllib.loads(declared)["wire"], "test"), works.board.signals, seed)}


async def test_readers_get_the_wire_record_and_alarms_the_board(opened, engineer, tmp_path):
    plant = ladle()
    signals = plant.board.signals
    watch = Watch(load_limits("ladle_furnace", signals), signals)
    works = await opened(plant, record=Recording(tmp_path, "one"), watch=watch, **behind(plant, DRIFT))
    shown = (await works.advance(engineer, 900)).values[list(works.signals).index(SHELL)]
    recorded = (await works.history([SHELL], 0.0, 1e9, 10_000))[SHELL]
    assert shown == pytest.approx(recorded[-1] + 500.0)
    assert shown > 420.0, "what arrives is beyond the limit, and the control room is not misled"
    assert [one["id"] for one in works.alarms] == []


async def test_a_lost_connection_is_told_to_every_listener_and_ends(opened, engineer):
    plant = ladle()
    works = await opened(plant, **behind(plant, LOST))
    seen = []

    async def listen(frame):
        seen.append(frame)

    works.subscribe(listen)
    for _ in range(9):
        await works.advance(engineer, 10)
    assert [frame.connected for frame in seen] == [True, True, True, False, False, True, True, True, True]
    assert all(np.isnan(frame.values).all() and (frame.status == BAD).all() for frame in seen if not frame.connected)
    assert works.status()["connected"] is True


async def test_nobody_writes_over_a_lost_connection(opened, engineer, controller):
    plant = ladle()
    works = await opened(plant, **behind(plant, LOST))
    energy = "operator.heating_energy_setpoint"
    await works.write(controller, {energy: 1.0})
    await works.advance(engineer, 40)
    before = works.works.snapshot()
    with pytest.raises(SteelyardError, match="set-points hold"):
        await works.write(controller, {energy: 2.0})
    assert works.works.plant.tobytes() == before.tobytes()
    assert works.audit.counts["refused"] == 1
    await works.advance(engineer, 40)
    await works.write(controller, {energy: 2.0})
    assert works.works.board.read([energy]) == [pytest.approx(2.0)]


async def told(works, engineer, steps: int) -> list[tuple[float, bytes]]:
    """What listeners of a works are given while it makes steps."""
    seen = []

    async def listen(frame):
        seen.append((frame.time_s, frame.values[:-3].tobytes()))

    end = works.subscribe(listen)
    for _ in range(steps):
        await works.advance(engineer, 1)
    end()
    return seen


async def test_a_fork_meets_the_same_faults_as_the_works_that_it_comes_from(opened, engineer):
    plant = ladle()
    works = await opened(plant, **behind(plant, LATE))
    await told(works, engineer, 60)
    fork = await works.fork(engineer, "fork-1")
    try:
        first, second = await told(works, engineer, 60), await told(fork, engineer, 60)
    finally:
        await fork.close()
    times = [time_s for time_s, _ in first]
    assert first == second
    assert times != sorted(times)
    assert len(times) > len(set(times))

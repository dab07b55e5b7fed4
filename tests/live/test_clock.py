"""The clock: plant time follows the wall, waits for the slowest listener, and never loses a step."""

import asyncio
import time

import numpy as np
import pytest

from steelyard.errors import SteelyardError
from steelyard.live.clock import Clock

from .conftest import ladle

pytestmark = pytest.mark.asyncio


async def until(condition, seconds=5.0):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("speed", [10.0, 100.0, 1000.0])
async def test_plant_time_follows_the_wall(opened, engineer, speed):
    works = await opened()
    await works.run(engineer, speed)
    begin, before = time.monotonic(), works.works.time_s
    await asyncio.sleep(1.0)
    gone, passed = time.monotonic() - begin, works.works.time_s - before
    assert abs(passed - gone * speed) <= 2 * works.clock.block + 0.05 * speed


async def test_a_speed_change_neither_jumps_nor_starves_the_plant(opened, engineer):
    """Changed twenty times a second, the plant still makes the steps of the wall."""
    works = await opened()
    times = []

    async def note(frame):
        times.append(frame.time_s)

    works.subscribe(note)
    begin = time.monotonic()
    for k in range(20):
        await works.run(engineer, 20.0 if k % 2 else 10.0)
        await asyncio.sleep(0.05)
    gone = time.monotonic() - begin
    await works.pause(engineer)
    await until(lambda: times and times[-1] == works.works.time_s)
    assert 0.6 * 15 * gone < times[-1] < 1.4 * 15 * gone + 2
    assert set(np.diff(times)) <= {1.0, 2.0}


async def test_frames_come_in_order_and_say_every_block(opened, engineer):
    works = await opened()
    steps = []

    async def note(frame):
        steps.append(frame.step)

    works.subscribe(note)
    await works.run(engineer, 1000.0)
    await asyncio.sleep(0.5)
    await works.pause(engineer)
    await until(lambda: steps[-1] == works.engine.steps)
    assert steps == list(range(100, steps[-1] + 1, 100))


async def test_a_slow_listener_makes_the_plant_late_and_loses_nothing(opened, engineer):
    works = await opened(publish_hz=100.0)
    steps, lags = [], []

    async def slow(frame):
        await asyncio.sleep(0.03)
        steps.append(frame.step)
        lags.append(frame.values[list(works.signals).index("live.lag")])

    works.subscribe(slow)
    await works.run(engineer, 100.0)
    await asyncio.sleep(2.5)
    assert works.status()["lag_s"] > 0.5
    await works.pause(engineer)
    await until(lambda: steps[-1] == works.engine.steps)
    assert steps == list(range(1, len(steps) + 1))
    assert lags[0] < 0.2
    assert lags[-1] > 0.3
    assert works.status()["lag_s"] == 0.0


async def test_a_listener_that_fails_is_noted_and_the_others_go_on(opened, engineer):
    works = await opened()
    seen = []

    async def bad(frame):
        raise RuntimeError("boom")

    async def good(frame):
        seen.append(frame.step)

    works.subscribe(bad)
    end = works.subscribe(good)
    await works.advance(engineer, 1)
    await until(lambda: seen == [1])
    assert works.audit.counts["unhandled"] == 1
    end()
    end()
    await works.advance(engineer, 1)
    await until(lambda: works.audit.counts["unhandled"] == 2)
    assert seen == [1]


async def test_by_hand_waits_for_listeners_too(opened, engineer):
    works = await opened()
    seen = []

    async def slow(frame):
        await asyncio.sleep(0.005)
        seen.append(frame.step)

    works.subscribe(slow)
    await asyncio.gather(*(works.advance(engineer, 1) for _ in range(100)))
    assert len(seen) >= 100 - 2 * 32
    await until(lambda: len(seen) == 100)
    assert seen == list(range(1, 101))


async def test_by_hand_only_while_it_is_paused(opened, engineer):
    works = await opened()
    await works.run(engineer, 10.0)
    with pytest.raises(SteelyardError, match="pause"):
        await works.advance(engineer, 1)
    for n in (0, -1, 10**9):
        with pytest.raises(SteelyardError, match="86400"):
            await works.advance(engineer, n)
    for speed in (0.01, 5000.0, float("nan")):
        with pytest.raises(SteelyardError, match="outside"):
            await works.run(engineer, speed)


class Broken:
    """A works that fails at its fifth step."""

    def __init__(self):
        self._works = ladle()

    def __getattr__(self, name):
        return getattr(self._works, name)

    def advance(self, n, dt):
        if self._works.time_s >= 4.0:
            raise ZeroDivisionError("the plant broke")
        self._works.advance(n, dt)


async def test_a_plant_that_fails_stands_still_and_says_why(opened, engineer):
    works = await opened(Broken())
    await works.run(engineer, 100.0)
    await until(lambda: not works.clock.running)
    assert works.status()["failure"] == "the plant broke"
    assert works.works.time_s == 4.0
    with pytest.raises(ZeroDivisionError):
        await works.advance(engineer, 1)


async def test_close_ends_at_once_whatever_it_does(opened, engineer):
    for busy in ("run", "advance", "listener"):
        works = await opened()
        job = None
        if busy == "run":
            await works.run(engineer, 1000.0)
        elif busy == "advance":
            job = asyncio.ensure_future(works.advance(engineer, 86_400))
        else:
            works.subscribe(lambda frame: asyncio.sleep(60))
            await works.run(engineer, 1000.0)
        await asyncio.sleep(0.1)
        begin = time.monotonic()
        await works.close()
        assert time.monotonic() - begin < 1.0, busy
        if job is not None:
            with pytest.raises(SteelyardError, match="closed"):
                await job
        with pytest.raises(SteelyardError, match="closed"):
            await works.pause(engineer)


async def test_the_clock_does_not_drift():
    """Steps that take a while themselves do not add up to a delay."""
    made = []
    clock = Clock(lambda n: (made.append(time.monotonic()), time.sleep(0.004)), lambda: True, 1.0, 100.0)
    clock.start()
    await asyncio.wrap_future(clock.order(lambda: clock.run(100.0)))
    begin = time.monotonic()
    await asyncio.sleep(2.0)
    gone = time.monotonic() - begin
    clock.stop()
    assert abs(len(made) - 100 * gone) < 12

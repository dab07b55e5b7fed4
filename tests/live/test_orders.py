"""Orders to a live works: shown at once and in order, logged where they are done, held by who took the clock."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from steelyard.errors import LeaseError, SignalError, SteelyardError
from steelyard.hub.recordings import Recording, describe_recording
from steelyard.live.access import CLOCK
from steelyard.live.audit import Audit
from steelyard.live.site import MOST_FORKS, Site
from steelyard.live.works import BLOCK

from .conftest import ladle, somebody
from .test_clock import until

pytestmark = pytest.mark.asyncio
FLOW = "ladle_furnace.argon_flow_setpoint"


def heard(works):
    """Everything that a listener of a works is given."""
    seen = []

    async def listen(frame):
        seen.append(frame)

    works.subscribe(listen)
    return seen


def value(works, frame, name=FLOW):
    return frame.values[list(works.signals).index(name)]


async def test_a_write_on_a_paused_works_reaches_every_listener_at_once(opened, engineer, controller):
    works = await opened()
    await works.advance(engineer, 3)
    seen = heard(works)
    await works.write(controller, {FLOW: 350.0})
    assert [(frame.step, frame.time_s) for frame in seen] == [(3, 3.0)]
    assert value(works, seen[-1]) == value(works, works.frame) == pytest.approx(350.0)


async def test_a_write_beside_an_advance_never_brings_back_an_older_frame(opened, engineer, controller):
    works = await opened()
    seen = heard(works)
    for k in range(200):
        before = works.frame.step
        await asyncio.gather(works.write(controller, {FLOW: 100.0 + k}), works.advance(engineer, 1))
        assert works.frame.step == before + 1
    steps = [frame.step for frame in seen]
    assert steps == sorted(steps)
    assert value(works, seen[-1]) == pytest.approx(299.0)


async def test_what_was_done_is_logged_also_when_nobody_waits_for_it_any_more(opened, engineer, controller):
    """The asking task is cancelled while the engine does what it was asked."""
    works = await opened()
    for ask in (lambda: works.write(controller, {FLOW: 1.25}), lambda: works.inject(engineer, {"lid_leak": 0.5})):
        task = asyncio.ensure_future(ask())
        await asyncio.sleep(0)
        time.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert works.works.board.read([FLOW]) == [pytest.approx(1.25)]
    assert works.audit.counts == {"write": 1, "command": 1}


class Tight:
    """A record that refuses at a step."""

    failure = None

    def __init__(self, last):
        self.left = last

    def begin(self, units, about): ...
    def add(self, frame): ...
    def room(self, rows):
        return True

    def reserve(self):
        self.left -= 1
        if self.left < 0:
            raise SteelyardError("the disk is full")

    def close(self):
        return 0


async def test_a_block_that_breaks_off_hands_on_what_it_made(opened, engineer):
    event = {"id": "a", "active": True}
    watch = SimpleNamespace(active=[event], look=lambda frame: [event] if frame.step == 100 else [])
    watch.copy = lambda: watch
    works = await opened(record=Tight(150), watch=watch)
    told, seen = [], heard(works)

    async def note(one):
        told.append(one)

    works.subscribe_alarms(note)
    with pytest.raises(SteelyardError, match="disk is full"):
        await works.advance(engineer, 300)
    await until(lambda: bool(seen))
    assert (works.frame.step, seen[-1].step, works.works.time_s) == (150, 150, 150.0)
    assert told == works.alarms == [event]


async def test_a_value_that_is_refused_takes_no_lease(opened):
    works = await opened()
    with pytest.raises(SignalError):
        await works.write(somebody("controller"), {FLOW: 1e9})
    assert works.leases.table() == []


async def test_forks_asked_for_at_once_are_no_more_than_the_limit(opened, engineer, tmp_path):
    site = Site("site", SimpleNamespace(), Audit(None), tmp_path)
    await site.add(await opened())
    answers = await asyncio.gather(*(site.fork(engineer, "main") for _ in range(12)), return_exceptions=True)
    assert len(site.forks()) == sum(isinstance(one, str) for one in answers) == MOST_FORKS
    for name in site.forks():
        await site.remove(name)


async def test_the_clock_belongs_to_who_advanced_first_and_engineers_are_above_that(opened, engineer):
    works, first, second = await opened(), somebody("controller"), somebody("predictor")
    await works.advance(first, 1)
    assert [(row["role"], row["user"]) for row in works.status()["leases"]] == [(CLOCK, "controller")]
    with pytest.raises(LeaseError, match="clock"):
        await works.advance(second, 1)
    await works.advance(engineer, 1)
    await works.advance(first, 1)
    assert works.frame.step == 3
    works.leases.release(first)
    await works.advance(second, 1)
    with pytest.raises(LeaseError):
        works.leases.take(CLOCK, first)
    with pytest.raises(SteelyardError, match="may not advance"):
        works.leases.take(CLOCK, somebody("viewer"))


async def test_who_may_not_advance_because_it_runs_holds_no_clock(opened, engineer, controller):
    works = await opened()
    await works.run(engineer, 1.0)
    with pytest.raises(SteelyardError, match="pause it"):
        await works.advance(controller, 1)
    assert works.leases.table() == []


async def test_orders_come_through_a_long_advance_and_a_pause_ends_it(opened, engineer, controller):
    works = await opened()
    long = asyncio.ensure_future(works.advance(engineer, 86_400))
    await until(lambda: works.frame.step > 0)
    await works.write(controller, {FLOW: 350.0})
    written = works.frame.step
    assert written < 86_400
    assert written % BLOCK == 0
    await works.pause(engineer)
    with pytest.raises(SteelyardError, match=r"paused, run or restored meanwhile: it stands at step \d+"):
        await long
    assert written <= works.frame.step < 86_400
    assert (await works.advance(engineer, 2 * BLOCK + 1)).step == works.frame.step


async def test_a_record_that_lost_steps_says_how_many(opened, engineer, tmp_path):
    record = Recording(tmp_path / "home", "one", seconds=60.0)
    works = await opened(ladle(), record=record)
    await works.advance(engineer, 30)
    parts = record.folder / "signals"
    parts.rmdir()
    parts.write_text("no folder")
    await works.close()
    entry = next(one for one in works.audit.tail() if one["kind"] == "lost")
    assert (entry["works"], entry["steps"], works.lost_steps) == ("main", 30, 30)
    parts.unlink()
    parts.mkdir()
    source = describe_recording(tmp_path / "home", "one")["source"]
    assert source["lost_steps"] == 30
    assert [note["id"] for note in source["notes"]] == ["synthetic", "lost"]

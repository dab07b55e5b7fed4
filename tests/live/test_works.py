"""A live works: who may write, what is logged, faults, snapshots and forks."""

import asyncio
import os

import numpy as np
import pytest

from steelyard.errors import AccessError, DataError, ParameterError, SignalError, SteelyardError
from steelyard.live.audit import Audit
from steelyard.live.audit_files import read_log
from steelyard.live.live_signals import live_signals
from steelyard.live.site import MOST_FORKS, Site
from steelyard.live.users import Users
from steelyard.plant.limits import Watch, load_limits
from steelyard.plant.line import open_line, shipped_line
from steelyard.plant.scenarios import apply_faults, scenario
from steelyard.plant.wire_faults import Wire
from steelyard.plant.works import new_plant, shipped_values

from .conftest import ladle, somebody
from .test_clock import until

pytestmark = pytest.mark.asyncio
FLOW, ENERGY = "ladle_furnace.argon_flow_setpoint", "operator.heating_energy_setpoint"


def entries(folder, kind):
    """The entries of a kind in the audit log."""
    return [entry for entry in read_log(folder) if entry["kind"] == kind]


def same(one, other):
    """Whether two frames show the same plant (the clock's own signals aside)."""
    count = len(live_signals())
    return one.step == other.step and np.array_equal(one.values[:-count], other.values[:-count], equal_nan=True)


async def test_the_clock_is_a_signal_behind_the_board(opened, engineer):
    works = await opened()
    assert list(works.signals) == [*works.works.board.signals, "live.lag", "live.speed", "live.running"]
    assert len(works.frame.values) == len(works.frame.status) == len(works.frame.offset) == len(works.signals)
    await works.run(engineer, 20.0)
    await until(lambda: works.frame.step > 0)
    lag, speed, running = works.frame.values[-3:]
    assert (speed, running) == (20.0, 1.0)
    assert 0.0 <= lag < 1.0


async def test_a_write_is_logged_with_who_when_what_old_and_new(opened, controller, tmp_path):
    works = await opened()
    await works.advance(controller, 3)
    (old,) = works.works.board.read([FLOW])
    await works.write(controller, {FLOW: 350.0})
    (entry,) = entries(tmp_path, "write")
    told = {key: entry[key] for key in ("user", "via", "peer", "role", "works", "signal", "old", "new", "time_s")}
    assert told == {
        "user": "controller", "via": "test", "peer": "127.0.0.1:1", "role": "controller", "works": "main",
        "signal": FLOW, "old": old, "new": 350.0, "time_s": 3.0,
    }  # fmt: skip
    assert works.frame.values[list(works.signals).index(FLOW)] == pytest.approx(350.0)


@pytest.mark.parametrize(
    ("roles", "values", "error"),
    [
        (("viewer",), {FLOW: 100.0}, AccessError),
        (("engineer",), {FLOW: 100.0}, AccessError),
        (("advisor",), {FLOW: 100.0}, AccessError),
        (("controller",), {"ladle_furnace.steel_mass": 1.0}, AccessError),
        (("controller",), {"live.speed": 2.0}, AccessError),
        (("controller",), {"ladle_furnace.nothing": 1.0}, SignalError),
        (("controller",), {FLOW: float("nan")}, SignalError),
        (("controller",), {FLOW: 1e9}, SignalError),
        (("controller",), {FLOW: True}, SignalError),
        (("controller",), {FLOW: "100"}, SignalError),
        (("controller",), {FLOW: 100.0, ENERGY: 1e9}, SignalError),
        (("controller", "advisor"), {FLOW: 1.0, "operator.heating_energy_advice": 1.0}, AccessError),
        (("controller",), {}, SteelyardError),
    ],
)
async def test_what_may_not_be_written_changes_nothing_and_is_logged(opened, tmp_path, roles, values, error):
    works = await opened()
    before = works.works.plant.tobytes()
    with pytest.raises(error):
        await works.write(somebody(*roles), values)
    assert works.works.plant.tobytes() == before
    assert works.audit.counts == {"refused": 1}
    assert entries(tmp_path, "refused")[0]["why"]


async def test_a_role_is_of_one_session_until_it_lets_go(opened):
    works = await opened()
    first, second = somebody("controller"), somebody("controller")
    await works.write(first, {FLOW: 100.0})
    with pytest.raises(AccessError, match="held by"):
        await works.write(second, {FLOW: 200.0})
    works.leases.release(first)
    await works.write(second, {FLOW: 200.0})
    assert [row["user"] for row in works.status()["leases"]] == ["controller"]


async def test_rights_are_asked_for_every_command(opened, controller):
    works = await opened()
    commands = {
        "run": lambda s: works.run(s, 1.0),
        "pause": works.pause,
        "inject": lambda s: works.inject(s, {"lid_leak": 0.5}),
        "snapshot": lambda s: works.snapshot(s, "a"),
        "restore": lambda s: works.restore(s, "a"),
        "fork": lambda s: works.fork(s, "fork-1"),
    }
    for name, command in commands.items():
        with pytest.raises(AccessError, match="may not"):
            await command(controller)
        assert name
    with pytest.raises(AccessError, match="advance"):
        await works.advance(somebody("viewer"), 1)
    assert works.audit.counts == {}


async def test_a_snapshot_brings_back_every_byte(opened, engineer):
    works = await opened()
    await works.advance(engineer, 600)
    head = await works.snapshot(engineer, "before")
    assert (head["time_s"], head["steps"], head["process"], head["works"]) == (600.0, 600, "ladle_furnace", "main")
    first = await works.advance(engineer, 900)
    await works.restore(engineer, "before")
    assert (works.frame.step, works.frame.time_s) == (600, 600.0)
    assert same(await works.advance(engineer, 900), first)
    assert [row["name"] for row in works.snapshots()] == ["before"]
    other = await opened(ladle(seed=7))
    await other.restore(engineer, "before")
    assert same(await other.advance(engineer, 900), first)


async def test_bad_names_and_damaged_files_are_told(opened, engineer, tmp_path):
    works = await opened()
    for name in ("", "../away", "a/b", "a.b", "x" * 65, ".hidden", "a b"):
        with pytest.raises(SteelyardError, match="cannot be a snapshot's name"):
            await works.snapshot(engineer, name)
    await works.snapshot(engineer, "good")
    with pytest.raises(SteelyardError, match="already"):
        await works.snapshot(engineer, "good")
    with pytest.raises(SteelyardError, match="snapshots are: good"):
        await works.restore(engineer, "other")
    path = tmp_path / "snapshots" / "good.snapshot"
    whole = path.read_bytes()
    before = works.works.plant.tobytes()
    for spoilt in (b"", b"no zip", whole[: len(whole) // 2], whole[:-40] + b"\0" * 40, _turned(whole)):
        path.write_bytes(spoilt)
        with pytest.raises(DataError, match="damaged"):
            await works.restore(engineer, "good")
    np.savez(path.open("wb"), head=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="damaged"):
        await works.restore(engineer, "good")
    assert works.works.plant.tobytes() == before
    assert works.snapshots() == []


def _turned(whole):
    """A file with one byte of its largest part changed."""
    middle = len(whole) * 2 // 3
    return whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]


async def test_a_snapshot_of_another_plant_or_version_is_refused(opened, engineer, monkeypatch):
    works = await opened()
    await works.snapshot(engineer, "mine")
    line = await opened(open_line(shipped_line(), 1))
    line.process = "hot_bar_line"
    with pytest.raises(DataError, match="is of a ladle_furnace"):
        await line.restore(engineer, "mine")
    line.process = "ladle_furnace"
    with pytest.raises(DataError, match="another form"):
        await line.restore(engineer, "mine")
    monkeypatch.setattr("steelyard.live.shelf.__version__", "99.0")
    with pytest.raises(DataError, match="another form"):
        await works.restore(engineer, "mine")


async def test_a_snapshot_of_another_plant_seed_or_scenario_is_refused(opened, engineer):
    works = await opened(about={"plant": "100t", "scenario": "normal", "seed": 1})
    head = await works.snapshot(engineer, "mine")
    assert head["about"] == works.snapshots()[0]["about"] == {"plant": "100t", "scenario": "normal", "seed": 1}
    await works.restore(engineer, "mine")
    fork = await works.fork(engineer, "fork-1")
    await fork.restore(engineer, "mine")
    await fork.close()
    for other in ({"plant": "100t", "scenario": "normal", "seed": 7}, {}):
        elsewhere = await opened(ladle(seed=7), about=other)
        before = elsewhere.works.plant.tobytes()
        with pytest.raises(DataError, match=r"is of a works with .*seed 1; this one has .*seed (7|None)"):
            await elsewhere.restore(engineer, "mine")
        assert elsewhere.works.plant.tobytes() == before


async def test_a_fault_of_the_ladle_comes_at_its_time_and_grows(opened, engineer):
    works = await opened()
    leak = works.works.plant["ladle_furnace"]["p"]["lid_leak"]
    healthy = float(leak[0])
    assert "lid_leak" in works.faults()
    await works.inject(engineer, {"lid_leak": 0.5}, growth_s=100.0, start_s=50.0)
    course = []
    for _ in range(4):
        await works.advance(engineer, 50)
        course.append(float(leak[0]) - healthy)
    assert course == pytest.approx([0.0, 0.6 * 0.49, 0.6 * 0.99, 0.6], abs=0.02)
    await works.inject(engineer, {"lid_leak": 0.5})
    await works.advance(engineer, 1)
    assert float(leak[0]) - healthy == pytest.approx(1.2)


async def test_faults_that_are_due_are_part_of_a_snapshot(opened, engineer):
    works = await opened()
    await works.inject(engineer, {"blocked_plug": 1.0}, growth_s=10.0, start_s=20.0)
    await works.advance(engineer, 25)
    await works.snapshot(engineer, "half")
    there = await works.advance(engineer, 500)
    other = await opened(ladle())
    await other.restore(engineer, "half")
    assert same(await other.advance(engineer, 500), there)
    assert other.works.plant.tobytes() == works.works.plant.tobytes()


@pytest.mark.parametrize("name", ladle().faults())
async def test_a_fault_that_comes_at_once_is_the_fault_of_a_scenario(name):
    values = shipped_values()
    apply_faults("ladle_furnace", {name: 0.7}, values.furnace, values.practice, values.arrival)
    works = ladle()
    works.inject({name: 0.7})
    flat, same = (plant.view(np.ndarray).reshape(1).view("f8") for plant in (works.plant, new_plant(values, 1)))
    assert np.allclose(flat, same, rtol=1e-12, equal_nan=True)
    assert works.plant.tobytes() != ladle().plant.tobytes()


async def test_faults_of_the_line_come_all_or_none(opened, engineer, tmp_path):
    works = await opened(open_line(shipped_line(), 1))
    names = works.faults()
    before = works.works.plant.tobytes()
    wrong = [
        ({names[0]: 0.5, "bar_rolling.nothing": 0.5}, {}),
        ({names[0]: 1.5}, {}),
        ({names[0]: float("nan")}, {}),
        ({names[0]: True}, {}),
        ({}, {}),
        ({names[0]: 0.5}, {"growth_s": -1.0}),
        ({names[0]: 0.5}, {"start_s": -5.0}),
        ({names[0]: 0.5}, {"start_s": float("inf")}),
        (dict.fromkeys(names, 0.5), {}),
    ]
    for faults, when in wrong:
        with pytest.raises(ParameterError):
            await works.inject(engineer, faults, **when)
        assert works.works.plant.tobytes() == before
    await works.inject(engineer, {names[0]: 0.5}, 60.0, 100.0)
    assert works.works.plant.tobytes() != before
    assert entries(tmp_path, "command")[0]["faults"] == {names[0]: 0.5}


async def test_alarms_come_to_their_listeners_and_go_with_a_restore(opened, engineer):
    line = open_line(shipped_line(), 1)
    signals = line.board.signals
    works = await opened(line, watch=Watch(load_limits("hot_bar_line", signals), signals))
    seen = []

    async def note(event):
        seen.append(event)

    works.subscribe_alarms(note)
    await works.snapshot(engineer, "calm")
    assert works.alarms == []
    await works.write(
        somebody("controller"), {f"reheating_furnace.zone_setpoint[top_{k}]": 1350.0 for k in range(1, 5)}
    )
    await works.advance(engineer, 7200)
    await until(lambda: bool(seen))
    standing = works.alarms
    assert standing
    assert {event["id"] for event in seen if event["active"]} >= {alarm["id"] for alarm in standing}
    await works.restore(engineer, "calm")
    gone = {alarm["id"] for alarm in standing}
    await until(lambda: {event["id"] for event in seen[-len(gone) :] if not event["active"]} == gone)
    assert works.alarms == []


async def test_the_wire_goes_with_forks_and_begins_anew_with_a_restore(opened, engineer):
    plant = open_line(shipped_line(), 1, "lost_connection")
    faults = scenario("hot_bar_line", "lost_connection").wire
    works = await opened(plant, wire=Wire(faults, plant.board.signals, 1))
    works.process = "hot_bar_line"
    await works.snapshot(engineer, "begin")

    async def course(one, end=20_000):
        return [(await one.advance(engineer, 100)).connected for _ in range(one.frame.step, end, 100)]

    first = await course(works)
    await works.restore(engineer, "begin")
    await works.write(somebody("controller"), {"reheating_furnace.zone_setpoint[top_1]": 1000.0})
    while works.frame.connected:
        await works.advance(engineer, 100)
    with pytest.raises(SteelyardError, match="connection to the works is lost"):
        await works.write(somebody("controller"), {"reheating_furnace.zone_setpoint[top_1]": 900.0})
    assert works.audit.counts["refused"] == 1
    assert {True, False} == set(first)
    await works.restore(engineer, "begin")
    fork = await works.fork(engineer, "fork-1")
    try:
        assert await course(fork) == first
        assert await course(works) == first
    finally:
        await fork.close()


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    return Users(tmp_path_factory.mktemp("users"))


async def test_a_fork_goes_on_by_itself(opened, engineer, users, tmp_path):
    works = await opened()
    site = Site("site", users, Audit(tmp_path / "audit.jsonl"), tmp_path)
    came, went = [], []

    async def added(one):
        came.append(one.id)

    async def removed(one):
        went.append(one.id)

    site.on_change(added, removed)
    await site.add(works)
    await works.inject(engineer, {"lid_leak": 1.0}, 50.0, 120.0)
    await works.advance(engineer, 100)
    fork = site.get(await site.fork(engineer, "main"))
    assert (fork.id, fork.frame.step, fork.epoch, came) == ("fork-1", 100, works.epoch, ["main", "fork-1"])
    assert same(await fork.advance(engineer, 300), await works.advance(engineer, 300))
    await fork.write(somebody("controller"), {FLOW: 400.0})
    assert works.frame.values[list(works.signals).index(FLOW)] != pytest.approx(400.0)
    with pytest.raises(SteelyardError, match="not recorded"):
        await fork.history(["live.lag"], 0.0, 1.0)
    await works.run(engineer, 50.0)
    second = site.get(await site.fork(engineer, "fork-1"))
    third = site.get(await site.fork(engineer, "main"))
    assert (second.clock.running, third.clock.running, third.clock.speed) == (False, True, 50.0)
    await until(lambda: third.frame.step > third.engine.steps - 100 > 0)
    while len(site.forks()) < MOST_FORKS:
        await site.fork(engineer, "main", running=False)
    with pytest.raises(SteelyardError, match="remove one"):
        await site.fork(engineer, "main")
    with pytest.raises(SteelyardError, match="is no fork"):
        await site.remove_fork(engineer, "main")
    with pytest.raises(AccessError):
        await site.remove_fork(somebody("viewer"), "fork-1")
    for name in site.forks():
        await site.remove_fork(engineer, name)
    assert went == came[1:]
    assert await site.fork(engineer, "main") == f"fork-{MOST_FORKS + 1}"
    await site.remove_fork(engineer, f"fork-{MOST_FORKS + 1}")


async def test_what_cannot_be_forked_says_so(users, engineer, tmp_path):
    site = Site("site", users, Audit(None), tmp_path)

    class Replay:
        id = "replay"

    await site.add(Replay())
    with pytest.raises(SteelyardError, match="cannot be forked"):
        await site.fork(engineer, "replay")
    with pytest.raises(SteelyardError, match="works are: replay"):
        await site.fork(engineer, "other")
    with pytest.raises(SteelyardError, match="already"):
        await site.add(Replay())


async def test_snapshots_are_for_the_owner_only(opened, engineer, tmp_path):
    works = await opened()
    await asyncio.gather(*(works.snapshot(engineer, f"s{k}") for k in range(3)))
    assert {row["name"] for row in works.snapshots()} == {"s0", "s1", "s2"}
    folder = tmp_path / "snapshots"
    assert os.stat(folder).st_mode & 0o077 == 0
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]

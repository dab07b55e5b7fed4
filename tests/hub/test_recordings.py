"""Recordings: every step is kept, also through a kill, a full disk and a restore, and is found again."""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from steelyard.errors import DataError
from steelyard.hub.describe import describe
from steelyard.hub.parts import TIERS, due_for_merging, parts_in
from steelyard.hub.recordings import Recording, is_running, open_recording
from steelyard.hub.store import open_store
from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.shelf import Shelf
from steelyard.live.works import LiveWorks
from steelyard.plant.works import open_works, shipped_values

UNITS = {"a.x": "K", "a.y[1]": "t", "b.z": "1"}
ENGINEER = Session("engineer", frozenset({"engineer"}), "test")
WORKS = """
import asyncio, sys
from pathlib import Path
from steelyard.hub.recordings import Recording
from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.works import LiveWorks
from steelyard.plant.works import open_works, shipped_values

async def main(root, name, speed):
    engineer = Session("engineer", frozenset({"engineer"}), "test")
    record = Recording(Path(root), name, {"seed": 1}, rows=64, seconds=0.2)
    works = LiveWorks("main", open_works(shipped_values(), 1), "ladle_furnace", audit=Audit(None), record=record)
    await works.open()
    await works.run(engineer, float(speed))
    print("ready", flush=True)
    while True:
        await asyncio.sleep(0.01)
        print(works.engine.steps, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def step(number, time_s=None, **more):
    """One step of three signals; the values tell its number."""
    values = np.array([float(number), 2.0 * number, np.nan if number % 7 == 0 else 0.5])
    status = np.where(np.isnan(values), 2, 0).astype(np.uint8)
    row = {"step": number, "time_s": float(number if time_s is None else time_s), "values": values, "status": status}
    return SimpleNamespace(**row | {"offset": np.zeros(3)} | more)


@contextmanager
def recording(home, name="rec", **how):
    """An open recording of three signals."""
    one = Recording(home, name, {"plant": "100t"}, **how)
    one.begin(UNITS, {"process": "ladle_furnace"})
    try:
        yield one
    finally:
        one.close()


def put(one, numbers, **more):
    for number in numbers:
        one.reserve()
        one.add(step(number, **more))


def wait(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def steps_on_disk(folder):
    """All steps in the parts, as they lie there."""
    parts = [pl.read_parquet(part.path, columns=["step"])["step"].to_list() for part in parts_in(folder / "signals")]
    return [number for part in parts for number in part]


def test_what_is_recorded_comes_back_from_memory_and_from_disk(home):
    with recording(home, rows=10, seconds=60.0) as one:
        put(one, range(1, 96))
        for reader in (one, None):
            if reader is None:
                one.close()
                reader = open_recording(home, "rec")
            found = reader.history(["b.z", "a.x"], 8.0, 91.5)
            assert list(found) == ["time_s", "b.z", "b.z|status", "b.z|offset", "a.x", "a.x|status", "a.x|offset"]
            assert found["time_s"].tolist() == found["a.x"].tolist() == [float(k) for k in range(8, 92)]
            assert [k for k, bad in zip(range(8, 92), found["b.z|status"], strict=True) if bad] == list(
                range(14, 92, 7)
            )
            assert np.isnan(found["b.z"]).sum() == 12
            assert not found["a.x|offset"].any()


def test_status_and_offset_are_kept_where_they_say_something(home):
    with recording(home, rows=8, seconds=60.0) as one:
        put(one, range(1, 9))
        put(one, range(9, 17), status=np.array([0, 1, 2], dtype=np.uint8), offset=np.array([0.0, -3.25, 0.0]))
        put(one, range(17, 25))
        put(one, range(25, 3 * TIERS[0]))
    found = open_recording(home, "rec").history(["a.x", "a.y[1]"], 1.0, 24.0)
    assert found["a.y[1]|status"].tolist() == [0] * 8 + [1] * 8 + [0] * 8
    assert found["a.y[1]|offset"].tolist() == [0.0] * 8 + [-3.25] * 8 + [0.0] * 8
    assert not found["a.x|status"].any()
    parts = parts_in(home / "recordings" / "rec" / "signals")
    assert parts[0].rows >= TIERS[0]
    assert {c for c in pl.read_parquet_schema(parts[0].path) if "|" in c} == {
        "a.y[1]|status",
        "a.y[1]|offset",
        "b.z|status",
    }


def test_a_long_history_is_thinned_evenly(home):
    with recording(home, rows=50, seconds=60.0) as one:
        put(one, range(1, 1001))
        for limit, stride in ((1000, 1), (999, 2), (500, 2), (100, 10), (7, 143), (1, 1000)):
            times = one.history(["a.x"], 0.0, 1e9, limit)["time_s"]
            assert times.tolist() == [float(k) for k in range(1, 1001, stride)]
            assert len(times) <= limit
        assert one.history(["a.x"], 500.0, 400.0, 10)["time_s"].size == 0
        assert one.history(["a.x"], 2000.0, 3000.0, 10)["a.x|status"].dtype == np.uint8
        with pytest.raises(DataError, match=r"near it are: a\.x"):
            one.history(["a.xx"], 0.0, 1.0, 10)


def test_small_parts_become_large_ones_and_nothing_is_lost(home):
    total = 3 * TIERS[-1] + 77
    with recording(home, rows=64, seconds=60.0) as one:
        put(one, range(1, total + 1))
        wait(lambda: len(one._memory.parts) < 2 * TIERS[-1] // TIERS[0] and one._memory.unwritten() < 64)
    folder = home / "recordings" / "rec"
    assert steps_on_disk(folder) == list(range(1, total + 1))
    parts = parts_in(folder / "signals")
    assert max(part.rows for part in parts) >= TIERS[-1]
    assert len(list((folder / "signals").iterdir())) == len(parts)
    assert due_for_merging(parts) == []
    blocks = list(open_recording(home, "rec").blocks(["a.x"]))
    assert np.concatenate([block["time_s"] for block in blocks]).tolist() == list(map(float, range(1, total + 1)))
    assert max(len(block["time_s"]) for block in blocks) < 2 * TIERS[-1]


def test_a_part_that_was_merged_does_not_count_twice(home):
    """As after a kill between the merged part's coming and the old parts' going."""
    with recording(home, rows=64, seconds=60.0) as one:
        put(one, range(1, 257))
    folder = home / "recordings" / "rec" / "signals"
    (merged,) = [part for part in parts_in(folder) if part.rows >= 256] or [None]
    if merged is None:
        from steelyard.hub.parts import merge

        merged = merge(folder, parts_in(folder))
    else:
        frame = pl.read_parquet(merged.path)
        frame[:64].write_parquet(folder / "b0000-000000000001-000000000064-t1-64.parquet")
    (folder / ".b0000-000000000001-000000000999-t1-999.parquet.123").write_bytes(b"half a part")
    found = open_recording(home, "rec")
    assert found.rows == 256
    assert found.history(["a.x"])["time_s"].tolist() == list(map(float, range(1, 257)))


def test_after_a_restore_only_what_led_to_the_present_counts(home):
    with recording(home, rows=8, seconds=60.0) as one:
        put(one, range(1, 21))
        for number in range(11, 16):
            one.reserve()
            one.add(step(number, values=np.array([-1.0, -1.0, -1.0])))
        put(one, range(101, 111))
        for reader in (one, None):
            if reader is None:
                one.close()
                reader = open_recording(home, "rec")
            found = reader.history(["a.x"], 0.0, 1e9, 1000)
            assert found["time_s"].tolist() == list(map(float, [*range(1, 16), *range(101, 111)]))
            assert found["a.x"].tolist() == [*map(float, range(1, 11)), *[-1.0] * 5, *map(float, range(101, 111))]
    assert open_recording(home, "rec").rows == 35


def test_a_disk_that_refuses_holds_the_plant_and_loses_nothing(home):
    with recording(home, rows=8, seconds=60.0) as one:
        put(one, range(1, 17))
        wait(lambda: one._memory.unwritten() < 8)
        folder = one.folder / "signals"
        folder.rename(one.folder / "away")
        number = 17
        while one.room(1):
            put(one, [number])
            number += 1
        assert 17 + 2 * 8 <= number <= 17 + 3 * 8
        wait(lambda: one.failure is not None)
        assert "cannot be written" in str(one.failure)
        with pytest.raises(DataError, match="cannot be written"):
            put(one, range(number, number + 64))
        kept = int(one.history(["a.x"], 17.0, 1e9)["time_s"][-1])
        (one.folder / "away").rename(folder)
        wait(lambda: one.failure is None and one.room(1))
        put(one, range(kept + 1, 200))
    assert steps_on_disk(one.folder) == list(range(1, 200))


def test_a_disk_that_refuses_to_the_end_does_not_hold_the_stop(home, caplog):
    with recording(home, rows=8, seconds=60.0) as one:
        put(one, range(1, 5))
        (one.folder / "signals").rename(one.folder / "away")
        begin = time.monotonic()
        one.close()
        assert time.monotonic() - begin < 1.0
    assert "the last 4 steps of the recording 'rec' are lost" in caplog.text
    with pytest.raises(DataError, match="cannot be written"):
        one.reserve()


def test_the_hub_knows_it_while_it_runs_and_afterwards(home):
    store = open_store()
    with recording(home, rows=4, seconds=0.05) as one:
        put(one, range(1, 11))
        wait(lambda: open_recording(home, "rec").rows == 10)
        assert store.names() == ["rec"]
        assert is_running(home, "rec")
        info = store.info("rec")
        assert (info["kind"], info["tables"]["signals"]["rows"]) == ("recording", 10)
        assert info["tables"]["signals"]["columns"]["a.x"]["unit"] == "K"
        assert (info["source"]["synthetic"], info["source"]["plant"], info["source"]["running"]) == (True, "100t", True)
        with pytest.raises(DataError, match="runs; stop"):
            store.remove("rec")
        with pytest.raises(DataError, match="already"):
            Recording(home, "rec").begin(UNITS, {})
        with pytest.raises(DataError, match="name of a recording"):
            store.add("rec", "table", {}, {}, pl.DataFrame(), {})
    assert not is_running(home, "rec")
    shown = describe("rec")
    assert [note["id"] for note in shown["notes"]] == ["synthetic"]
    assert store.table("rec", "signals").columns == ["time_s", *UNITS]
    assert store.table("rec", "signals")["a.y[1]"].to_list() == [2.0 * k for k in range(1, 11)]
    with pytest.raises(DataError, match="its tables are: signals"):
        store.table("rec", "bars")
    about = json.loads((home / "recordings" / "rec" / "run.json").read_text())
    assert about["units"]["signals"] == {"step": "1", "time_s": "s", **UNITS}
    assert about["ended"] >= about["started"]
    store.remove("rec")
    assert store.names() == []
    with pytest.raises(DataError, match="no recording"):
        open_recording(home, "rec")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".x", "x" * 101])
def test_a_bad_name_is_refused(home, name):
    with pytest.raises(DataError, match="cannot be a recording's name"):
        Recording(home, name).begin(UNITS, {})


def test_a_folder_without_its_paper_is_no_recording(home):
    (home / "recordings" / "half" / "signals").mkdir(parents=True)
    assert open_store().names() == []
    with recording(home, "half") as one:
        put(one, range(1, 4))
    (home / "recordings" / "half" / "run.json").write_text("{")
    with pytest.raises(DataError, match="missing or damaged"):
        open_store().info("half")


def run(arguments, **more):
    return subprocess.Popen([sys.executable, "-c", WORKS, *arguments], stdout=subprocess.PIPE, text=True, **more)


@pytest.mark.parametrize("luck", range(3))
def test_a_kill_costs_at_most_the_open_chunk(home, luck):
    """Killed at any moment, also while parts are merged: what lies on the disk has no gap and is nearly all."""
    child = run([str(home), "killed", "1000"])
    try:
        assert child.stdout.readline() == "ready\n"
        goal, made = random.Random(luck).randint(1000, 3000), 0
        while made < goal:
            made = int(child.stdout.readline())
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    found = open_recording(home, "killed")
    times = found.history(["live.speed"], 0.0, 1e9, 10**6)["time_s"]
    assert times.tolist() == list(map(float, range(1, len(times) + 1)))
    assert len(times) >= made - 4 * 64
    assert not is_running(home, "killed")
    store = open_store()
    assert [note["id"] for note in describe("killed")["notes"]] == ["synthetic", "cut"]
    assert store.table("killed", "signals").height == len(times)
    store.remove("killed")
    assert store.names() == []


@pytest.mark.slow
def test_a_server_that_is_killed_leaves_a_readable_record(served, tmp_path):
    server = served("ladle_furnace", "--speed", "100")
    folder = tmp_path / "home" / "recordings"
    wait(lambda: len(list(folder.glob("*/signals/b*.parquet"))) >= 2, 40.0)
    server.stop(signal.SIGKILL)
    (name,) = os.listdir(folder)
    times = open_recording(tmp_path / "home", name).history(["live.lag"], 0.0, 1e9, 10**6)["time_s"]
    assert times.tolist() == list(map(float, range(1, len(times) + 1)))
    assert len(times) > 300


async def _live(home, folder):
    record = Recording(home, "live", {"seed": 1}, rows=100, seconds=60.0)
    works = LiveWorks("main", open_works(shipped_values(), 1), "ladle_furnace", audit=Audit(None), record=record,
                      shelf=Shelf(folder))  # fmt: skip
    await works.open()
    await works.advance(ENGINEER, 250)
    await works.snapshot(ENGINEER, "here")
    await works.advance(ENGINEER, 250)
    await works.restore(ENGINEER, "here")
    frame = await works.advance(ENGINEER, 100)
    found = await works.history(list(works.signals), 0.0, 1e9)
    fork = await works.fork(ENGINEER, "fork-1", recorded=True)
    await fork.advance(ENGINEER, 20)
    await fork.close()
    await works.run(ENGINEER, 1000.0)
    await asyncio.sleep(0.7)
    await works.close()
    return works, frame, found


def test_a_live_works_records_each_step_whatever_happens(home, tmp_path):
    works, frame, found = asyncio.run(_live(home, tmp_path / "snapshots"))
    assert found["time_s"].tolist() == list(map(float, range(1, 351)))
    for k, name in enumerate(works.signals):
        assert found[name][-1] == frame.values[k] or np.isnan(frame.values[k]), name
    again = open_recording(home, "live").history(list(works.signals)[:3], 0.0, 1e9, 10**6)
    assert again["time_s"].tolist() == list(map(float, range(1, works.engine.steps + 1)))
    assert works.engine.steps > 700
    assert open_recording(home, "live").units["live.lag"] == "s"
    fork = open_recording(home, "live-fork-1")
    assert fork.history(["live.lag"])["time_s"].tolist() == list(map(float, range(351, 371)))
    assert (fork.about["works"], fork.about["seed"], fork.about["epoch"]) == ("fork-1", 1, works.epoch.isoformat())


@pytest.mark.slow
def test_memory_stays_flat(home):
    def resident():
        with open("/proc/self/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1e3

    with recording(home) as one:
        put(one, range(1, 60_000))
        before = resident()
        put(one, range(60_000, 400_000))
        assert resident() - before < 40.0
        begin = time.monotonic()
        assert len(one.history(["a.x"], 0.0, 1e9, 1000)["time_s"]) > 900
        assert time.monotonic() - begin < 2.0

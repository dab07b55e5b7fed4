"""The store: what is in it stays readable whatever happens to an import."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import polars as pl
import pytest

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.replay import heat_events
from steelyard.hub.store import open_store

from .conftest import heat_files, write_files

EMPTY = pl.DataFrame({"file": ["x"]}).clear()
LOOP = """
import sys
from pathlib import Path
from steelyard.hub.ingest import import_dataset
print("ready", flush=True)
while True:
    import_dataset("ladle-furnace", Path(sys.argv[1]), name="busy", replace=True)
"""


def _add(store, name="a", value=1.0, **options):
    return store.add(
        name,
        "table",
        {"table": pl.DataFrame({"x": [value, None, 3.0], "s": ["a", None, "c"]})},
        {},
        EMPTY,
        {},
        **options,
    )


def test_what_goes_in_comes_out(home):
    info = _add(open_store())
    frame = open_store().table("a", "table")
    assert frame.to_dicts() == [{"x": 1.0, "s": "a"}, {"x": None, "s": None}, {"x": 3.0, "s": "c"}]
    assert info["tables"]["table"]["rows"] == 3
    assert open_store().names() == ["a"]


def test_the_hash_is_of_the_content(home):
    store = open_store()
    first, second, third = _add(store, "a")["hash"], _add(store, "b")["hash"], _add(store, "c", 2.0)["hash"]
    assert first == second != third
    assert len(first) == 64


def test_names_are_kept_apart_and_checked(home):
    store = open_store()
    _add(store)
    with pytest.raises(DataError, match="--replace"):
        _add(store)
    _add(store, value=5.0, replace=True)
    assert store.table("a", "table")["x"][0] == 5.0
    assert len(list((home / "datasets").iterdir())) == 1
    for bad in ("", "../up", "a/b", ".hidden", "x" * 200):
        with pytest.raises(DataError):
            _add(store, bad)


def test_remove_and_unknown_names(home):
    store = open_store()
    _add(store)
    with pytest.raises(DataError, match="no table 'nope'"):
        store.table("a", "nope")
    store.remove("a")
    assert store.names() == []
    assert list((home / "datasets").iterdir()) == []
    with pytest.raises(DataError, match="hub import"):
        store.info("a")


def test_damage_is_told_not_thrown(home):
    store = open_store()
    _add(store)
    next((home / "datasets").glob("*/table.parquet")).write_bytes(b"rubbish")
    with pytest.raises(DataError, match="damaged"):
        store.table("a", "table")
    store.close()
    (home / "catalogue.sqlite").write_bytes(b"not a database at all" * 100)
    for extra in ("-wal", "-shm"):
        (home / f"catalogue.sqlite{extra}").unlink(missing_ok=True)
    with pytest.raises(DataError, match="catalogue"):
        open_store()


def test_a_store_of_a_newer_version_is_refused(home):
    open_store().close()
    with sqlite3.connect(home / "catalogue.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="newer"):
        open_store()


def test_leftovers_of_dead_imports_are_cleared(home):
    _add(open_store())
    for folder in ("incoming/dead-1", "datasets/dead-2"):
        (home / folder).mkdir()
        (home / folder / "table.parquet").write_bytes(b"half")
    assert open_store().names() == ["a"]
    assert list((home / "incoming").iterdir()) == []
    assert len(list((home / "datasets").iterdir())) == 1


def test_a_running_import_keeps_its_files_when_others_open_the_store(home):
    store = open_store()
    with store._catalogue.writing():
        (home / "incoming" / "mine").mkdir()
        assert open_store().names() == []  # reads at once, clears nothing
        assert (home / "incoming" / "mine").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_store_survives_killed_imports(home, tmp_path, how):
    folder = write_files(tmp_path / "heats", heat_files(8))
    want = import_dataset("ladle-furnace", folder, name="kept")["hash"]
    rng = random.Random(int(how))
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", LOOP, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ.copy(),
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(rng.uniform(0.05, 0.6))
        _stop(child, how)
        store = open_store()
        assert "kept" in store.names()
        for name in store.names():
            info = store.info(name)
            assert info["hash"] == want
            for table, entry in info["tables"].items():
                assert store.table(name, table).height == entry["rows"]
        assert list((home / "incoming").iterdir()) == []
        assert len(list((home / "datasets").iterdir())) == len(store.names())
        store.close()


def _stop(child: "subprocess.Popen[bytes]", how: int) -> None:
    """Send the signal until the child has ended: Python drops an interrupt that comes while an object is finalised."""
    for _ in range(20):
        child.send_signal(how)
        try:
            child.wait(timeout=3)
            return
        except subprocess.TimeoutExpired:
            continue
    child.kill()
    pytest.fail("the import did not end")


def test_events_come_in_time_order(home, tmp_path):
    import_dataset("ladle-furnace", write_files(tmp_path / "heats", heat_files(6)))
    events = list(heat_events(open_store(), "ladle-furnace"))
    times = [event.time for event in events]
    assert times == sorted(times)
    assert sum(event.what == "dip" for event in events) == 18
    ends = [event for event in events if event.what == "heating_end"]
    assert ends[0].value == pytest.approx(14 * 150 / 3600, abs=1e-6)
    assert ends[0].duration_s == 150.0
    assert {event.material for event in events if event.what == "addition"} >= {"bulk_1", "wire_2"}


def test_only_heats_can_be_replayed(home):
    _add(open_store())
    with pytest.raises(DataError, match="only ladle-furnace"):
        heat_events(open_store(), "a")

"""The audit log: nothing is forgotten, nothing fills the disk."""

import json
import stat
from contextlib import suppress
from pathlib import Path
from threading import Thread

from steelyard.live import audit as room
from steelyard.live.audit import Audit

from .conftest import somebody


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_entry_says_who_when_and_what(tmp_path):
    audit = Audit(tmp_path / "log" / "audit.jsonl")
    audit.note("write", somebody("controller"), signal="a", old=1.0, new=float("nan"), odd=object)
    (entry,) = read(tmp_path / "log" / "audit.jsonl")
    assert entry["when"].endswith("+00:00")
    assert (entry["user"], entry["via"], entry["peer"]) == ("controller", "test", "127.0.0.1:1")
    assert stat.S_IMODE((tmp_path / "log" / "audit.jsonl").stat().st_mode) == 0o600
    assert audit.tail(5)[0]["signal"] == "a"
    audit.close()
    audit.note("late")
    assert audit.counts == {"write": 1, "late": 1}


def test_a_flood_is_counted_and_not_written(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    for k in range(5000):
        audit.note("malformed", via="modbus", peer=f"127.0.0.1:{k}", why="junk")
        audit.note("refused", via="opcua", peer="127.0.0.1:9", why="no")
    audit.note("write", somebody("controller"), signal="a")
    audit.close()
    found = read(tmp_path / "audit.jsonl")
    assert len(found) < 40
    assert audit.counts == {"malformed": 5000, "refused": 5000, "write": 1}
    for kind in ("malformed", "refused"):
        assert sum(entry.get("repeated", 0) + ("why" in entry) for entry in found if entry["kind"] == kind) == 5000


def test_a_flood_from_many_places_stays_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "PLACES", 10)
    audit = Audit(tmp_path / "audit.jsonl")
    for k in range(300):
        audit.note("login_failed", via="rest", peer=f"10.0.{k // 3}.1:1")
    audit.close()
    found = read(tmp_path / "audit.jsonl")
    assert sum(entry.get("repeated", 1) for entry in found) == 300


def test_strange_texts_become_one_line_each(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    for text in ("a\nb", "\ud800", "x" * 100_000, "\0", "한국어", " "):
        audit.note("command", None, why=text)
    lines = (tmp_path / "audit.jsonl").read_bytes().split(b"\n")
    assert len(lines) == 7
    assert max(map(len, lines)) < 1000
    assert audit.tail(6)[4]["why"] == "한국어"


def test_a_large_file_is_set_aside_and_the_oldest_goes(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl", largest=2000)
    for k in range(500):
        audit.note("write", None, number=k)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all(path.stat().st_size < 2200 for path in tmp_path.iterdir())
    assert [entry["number"] for entry in audit.tail(20)] == list(range(480, 500))
    again = Audit(tmp_path / "audit.jsonl", largest=2000)
    again.note("write", None, number=500)
    assert [entry["number"] for entry in again.tail(2)] == [499, 500]


def test_many_threads_write_whole_lines(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl", largest=20_000)
    crowd = [Thread(target=lambda: [audit.note("write", None, why="y" * 50) for _ in range(200)]) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert audit.counts == {"write": 1600}
    assert all(entry["why"] == "y" * 50 for path in tmp_path.iterdir() for entry in read(path))


def test_a_full_disk_is_counted_and_stops_nobody(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    kept, audit._file = audit._file, Path("/dev/full").open("w")  # noqa: SIM115
    audit.note("write", None, why="z" * 10_000)
    with suppress(OSError):
        audit._file.close()
    audit._file = kept
    audit.note("write", None)
    assert audit.counts == {"write": 2, "unwritten": 1}
    assert len(audit.tail()) == 1

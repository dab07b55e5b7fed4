"""The audit log: nothing is forgotten, nothing fills the disk."""

import json
import stat
from contextlib import suppress
from pathlib import Path
from threading import Thread

from steelyard.live import floods as room
from steelyard.live.audit import Audit
from steelyard.live.audit_files import read_log

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
    found = read_log(tmp_path)
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
    found = read_log(tmp_path)
    assert sum(entry.get("repeated", 1) for entry in found) == 300


def test_strange_texts_become_one_line_each(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    for text in ("a\nb", "\ud800", "x" * 100_000, "\0", "한국어", " "):
        audit.note("command", None, why=text)
    lines = (tmp_path / "audit.jsonl").read_bytes().split(b"\n")
    assert len(lines) == 7
    assert max(map(len, lines)) < 1000
    assert audit.tail(6)[4]["why"] == "한국어"


def test_what_was_done_is_never_thrown_away(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl", largest=2000)
    for k in range(500):
        audit.note("write", None, number=k)
        audit.note("refused", via="rest", peer="127.0.0.1:1", user=f"user {k}", why="no" * 100)
    assert [entry["number"] for entry in audit.tail(20) if entry["kind"] == "write"][-1] == 499
    audit.close()
    assert [entry["number"] for entry in read_log(tmp_path) if entry["kind"] == "write"] == list(range(500))
    assert all(path.stat().st_size < 2400 for path in tmp_path.iterdir())
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
    again = Audit(tmp_path / "audit.jsonl", largest=2000)
    again.note("write", None, number=500)
    assert again.tail(1)[0]["number"] == 500
    for k in range(501, 540):
        again.note("write", None, number=k)
    again.close()
    assert [entry["number"] for entry in read_log(tmp_path) if entry["kind"] == "write"] == list(range(540))


def test_what_makes_room_says_how_much_went(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl", largest=2000)
    for k in range(500):
        audit.note("login_failed", via="rest", peer=f"10.0.{k}.1:1", user="somebody")
    audit.close()
    names = sorted(path.name for path in tmp_path.glob("refused*"))
    assert names == ["refused.jsonl", "refused.jsonl.1", "refused.jsonl.2"]
    found = read_log(tmp_path)
    gone = [entry for entry in found if entry["kind"] == "removed"]
    left = [entry for entry in found if entry["kind"] == "login_failed"]
    assert len(left) + sum(entry["entries"] for entry in gone) == 500
    assert gone[-1]["until"] <= left[0]["when"]
    assert not [entry for entry in read(tmp_path / "audit.jsonl") if entry["kind"] == "login_failed"]


def test_who_tried_what_is_told_also_beside_another_refusal(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    for user, signal in (("viewer", "junk"), ("predictor", "a.setpoint"), ("predictor", "b.setpoint")):
        for _ in range(3):
            audit.note("refused", somebody(user), set={signal: 1.0}, why="no")
    audit.close()
    found = read(tmp_path / "refused.jsonl")
    assert [(one["user"], *one["set"]) for one in found if "set" in one] == [
        ("viewer", "junk"), ("predictor", "a.setpoint"), ("predictor", "b.setpoint"),
    ]  # fmt: skip
    counts = {(one["user"], one["what"]): one["repeated"] for one in found if "repeated" in one}
    assert counts == {("viewer", "junk"): 2, ("predictor", "a.setpoint"): 2, ("predictor", "b.setpoint"): 2}


def test_one_place_that_tries_everything_stays_bounded_and_counted(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    for k in range(3000):
        audit.note("refused", via="mqtt", peer="127.0.0.1:1", topic=f"topic/{k}", why="no")
    audit.close()
    found = read(tmp_path / "refused.jsonl")
    assert len(found) < 8 * room.THINGS
    assert sum(entry.get("repeated", 1) for entry in found) == 3000
    assert [entry["what"] for entry in found if "repeated" in entry] == ["others"] * sum("repeated" in e for e in found)


def test_many_threads_write_whole_lines(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl", largest=20_000)
    crowd = [Thread(target=lambda: [audit.note("write", None, why="y" * 50) for _ in range(200)]) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    audit.close()
    assert audit.counts == {"write": 1600}
    assert [entry["why"] for entry in read_log(tmp_path)] == ["y" * 50] * 1600


def test_a_full_disk_is_counted_and_stops_nobody(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    kept, audit._done._file = audit._done._file, Path("/dev/full").open("w")  # noqa: SIM115
    audit.note("write", None, why="z" * 10_000)
    with suppress(OSError):
        audit._done._file.close()
    audit._done._file = kept
    audit.note("write", None)
    assert audit.counts == {"write": 2, "unwritten": 1}
    assert len(audit.tail()) == 1

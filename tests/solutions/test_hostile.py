"""Hostile solutions: the host ends each in a counted fault and goes on, within bounded time and memory."""

import os
import time
from pathlib import Path

import pytest

from steelyard.errors import SolutionError
from steelyard.solutions.host import Host, Limits

HOSTILE = Path(__file__).parent / "hostile"
SIGNALS = {"ladle_furnace.dip_temperature": 1580.0, "ladle_furnace.arc_energy": 1.0}
TIMEOUT = 0.4


def marked(host_folder_mark: str) -> list[int]:
    """Return processes that carry a solution's mark."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if host_folder_mark.encode() in Path(f"/proc/{entry}/environ").read_bytes():
                found.append(int(entry))
        except OSError:
            continue
    return found


def run(path, infos, asks=6, **options):
    """Return (host, answers) of one run with `asks` questions; the host is closed."""
    options = {"timeout_s": TIMEOUT, "start_timeout_s": 2.0, "restarts": 2, "signals": infos, **options}
    with Host(path, **options) as host:
        answers = [host.start({"seed_label": "test", "plant": {}})]
        answers += [host.decide(10.0 * i, SIGNALS) for i in range(asks)]
    return host, answers


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("crash_at_import.py", "crashed"), ("exits_at_import.py", "crashed"), ("crash_at_start.py", "crashed"),
        ("crash_at_decide.py", "crashed"), ("exits_silently.py", "crashed"), ("hangs.py", "hung"),
        ("spins.py", "hung"), ("eats_memory.py", "crashed"), ("opens_many_files.py", "crashed"),
        ("writes_big_file.py", "crashed"), ("floods_stderr.py", "hung"), ("breaks_the_pipe.py", "nonsense"),
        ("not_utf8.sh", "nonsense"), ("unfinished_line.sh", "hung"), ("line_without_end.sh", "nonsense"),
    ],
)  # fmt: skip
def test_every_hostile_solution_ends_in_counted_faults(name, fault, infos):
    began = time.monotonic()
    patience = 5.0 if fault == "crashed" else TIMEOUT  # a crash takes its time on a busy machine
    host, answers = run(HOSTILE / name, infos, limits=Limits(memory_bytes=150 * 2**20), timeout_s=patience)
    assert time.monotonic() - began < 12.0
    assert all(answer.set == {} for answer in answers)
    assert host.faults[fault] >= 3, (host.faults, host.reasons)
    assert sum(host.faults.values()) == sum(bool(answer.fault) for answer in answers)
    assert host.reasons
    if fault in ("crashed", "hung"):
        assert host.fallback
        assert answers[-1].fault == "fallback"


def test_a_crash_tells_the_last_words(infos):
    host, _ = run(HOSTILE / "crash_at_import.py", infos)
    assert "RuntimeError: no licence found" in host.reasons[0]
    with pytest.raises(SolutionError, match="no licence found"):
        Host(HOSTILE / "crash_at_import.py").open()


def test_after_a_fallback_the_next_run_gets_a_fresh_process(write, infos):
    path = write("self.asked += 1; os._exit(1) if time_s > 50 else None; return {'operator.heating_energy_advice': 1}")
    with Host(path, signals=infos, restarts=0) as host:
        host.start({})
        assert host.decide(100.0, SIGNALS).fault == "crashed"
        assert host.decide(0.0, SIGNALS).fault == "fallback"
        assert host.start({}).fault == ""
        assert host.faults["crashed"] == 0
        assert host.decide(0.0, SIGNALS).set == {"operator.heating_energy_advice": 1.0}


def test_a_restarted_solution_goes_on_with_the_run(write, infos):
    path = write("os._exit(1) if time_s == 10.0 else None; return {'operator.heating_energy_advice': 1.0}")
    host, answers = run(path, infos, asks=4)
    assert [answer.fault for answer in answers] == ["", "", "crashed", "", ""]
    assert host.faults["crashed"] == 1
    assert not host.fallback


def test_prints_of_a_solution_cannot_break_the_protocol(infos):
    host, answers = run(HOSTILE / "prints_garbage.py", infos)
    assert [answer.set.get("operator.heating_energy_advice") for answer in answers[1:]] == [1.5] * 6
    assert sum(host.faults.values()) == 0


def test_an_unasked_line_is_nonsense_and_never_taken_for_an_answer(infos):
    with Host(HOSTILE / "talks_unasked.sh", signals=infos) as host:
        host.start({})
        for i in range(3):
            host.decide(float(i), SIGNALS)
            time.sleep(0.05)
        assert host.faults["nonsense"] >= 1
    assert "without being asked" in host.reasons[0]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to see processes")
def test_no_child_is_left_behind(infos):
    with Host(HOSTILE / "forks.py", signals=infos) as host:
        host.start({})
        assert host.decide(0.0, SIGNALS).set == {"operator.heating_energy_advice": 1.0}
        mark = host._process._mark
        assert len(marked(mark)) >= 3  # and the walls around them
    time.sleep(0.1)
    assert marked(mark) == []


def test_stderr_is_kept_bounded(write, infos):
    path = write("sys.stderr.write('y' * 1_000_000 + 'the end'); sys.stderr.flush(); return {}")
    with Host(path, signals=infos) as host:
        host.start({})
        assert host.decide(0.0, SIGNALS).fault == ""
        host.decide(0.0, SIGNALS)
        assert len(host._process.last_words) <= 4096
        assert host._process.last_words.endswith("the end")


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("files", "open({path!r}).read(); return {{'operator.heating_energy_advice': 1.0}}"),
        ("files", "open({path!r}, 'w'); return {{'operator.heating_energy_advice': 1.0}}"),
        ("network", "import socket; socket.create_connection(('127.0.0.1', {port}), 1); return "
                    "{{'operator.heating_energy_advice': 1.0}}"),
    ],
)  # fmt: skip
def test_the_solution_sees_neither_files_nor_network(name, statement, write, infos, tmp_path):
    import socket

    secret = tmp_path / "truth.txt"
    secret.write_text("the next dip is 1601")
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = statement.format(path=str(secret), port=server.getsockname()[1])
        path = write("\n        " + text.replace("; ", "\n        "))
        with Host(path, signals=infos, restarts=0) as host:
            host.start({})
            if host.isolation[name] not in ("own", "none"):
                pytest.skip(f"this machine cannot confine {name}: trials are marked weak isolation")
            assert host.decide(0.0, SIGNALS).fault == "crashed"


def test_the_environment_is_clean_and_the_folder_empty(write, infos, monkeypatch):
    monkeypatch.setenv("STEELYARD_SECRET", "42")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    text = "n = len(os.listdir('.')) + ('STEELYARD_SECRET' in os.environ) + ('PYTHONPATH' in os.environ)"
    path = write(text + "; return {'operator.heating_energy_advice': n}")
    _, answers = run(path, infos, asks=1)
    assert answers[1].set == {"operator.heating_energy_advice": 0.0}


def test_a_solution_cannot_import_the_house(write, infos):
    _, answers = run(write("import steelyard.plant; return {}"), infos, asks=1, restarts=0)
    assert answers[1].fault == "crashed"
    assert "may not import steelyard" in answers[1].reason


def test_temporary_folders_are_removed(write, infos, tmp_path, monkeypatch):
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    path = write("open('scratch', 'w').write('x'); return {}")
    with Host(path, signals=infos) as host:
        host.start({})
        host.decide(0.0, SIGNALS)
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []

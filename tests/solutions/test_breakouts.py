"""Solutions that try to break out, behind bubblewrap and without it: nothing of this machine is reached."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from steelyard.errors import SolutionError
from steelyard.solutions import sandbox
from steelyard.solutions.host import Host
from steelyard.solutions.process import isolation

HOSTILE = Path(__file__).parent / "hostile"
ADVICE = "operator.heating_energy_advice"
HELD, BROKEN = 0.0, 1.0

needs_bwrap = pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("STEELYARD_FOREIGN"), reason="bubblewrap is not installed"
)


@pytest.fixture(params=[pytest.param("confined", marks=needs_bwrap), "weak"])
def mode(request, monkeypatch):
    """Behind bubblewrap, or with what a process does to itself."""
    if request.param == "weak":
        monkeypatch.setenv(sandbox.SWITCH, "weak")
    if request.param == "confined" and sandbox.bubblewrap() is None:
        pytest.fail("bubblewrap must be installed here (STEELYARD_FOREIGN is set)")
    if isolation()["level"] != request.param:
        pytest.skip("bubblewrap is installed but cannot be used on this machine")
    return request.param


def marked(mark):
    """Return the processes of this machine that carry a solution's mark."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if mark.encode() in Path(f"/proc/{entry}/environ").read_bytes():
                found.append(int(entry))
        except OSError:
            continue
    return found


def outcome(path, infos, **options):
    """Return (advice, host) of one decision."""
    with Host(path, signals=infos, restarts=0, timeout_s=10.0, **options) as host:
        host.start({})
        answer = host.decide(0.0, {})
        assert answer.fault == "", (answer, host.reasons)
        return answer.set[ADVICE], host


def attempt(statements):
    """Return the body of a decision that says BROKEN when all statements can be done, HELD when one cannot."""
    lines = [
        "import ctypes, glob, socket",
        "try:",
        *(f"    {line}" for line in statements.strip().splitlines()),
        f"    return {{'{ADVICE}': {BROKEN}}}",
        "except (OSError, AssertionError):",
        f"    return {{'{ADVICE}': {HELD}}}",
    ]
    return "\n        " + "\n        ".join(lines)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A home with a store and a secret, as a user of this machine has."""
    home = tmp_path / "home"
    (home / ".local" / "share" / "steelyard").mkdir(parents=True)
    (home / ".local" / "share" / "steelyard" / "truth.parquet").write_text("the next dip is 1601")
    (home / ".netrc").write_text("password of the plant")
    return home


FILES = {
    "passwd": "open('/etc/passwd').read()",
    "shadow": "open('/etc/shadow').read()",
    "hosts of this machine": "open('/etc/hostname').read()",
    "store": "open('{home}/.local/share/steelyard/truth.parquet').read()",
    "home": "assert os.listdir('{home}')",
    "a link to the home": "os.symlink('{home}/.netrc', 'link')\nopen('link').read()",
    "out of the working folder": "open('../../../../../../{home}/.netrc').read()",
    "the house": "open('{house}/plant/line.py').read()",
    "write beside it": "open('{home}/taken', 'w').write('x')",
    "write into its own code": "open(__file__, 'a').write('x')",
    "memory of its parent": "open(f'/proc/{{os.getppid()}}/mem', 'rb').read(1)",
    "other processes": "assert [p for p in os.listdir('/proc') if p.isdigit()]",
    "words of the host": "assert any(b'pytest' in open(p, 'rb').read() for p in glob.glob('/proc/[0-9]*/cmdline'))",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_this_machine_is_seen(name, mode, write, infos, place):
    house = Path(sandbox.__file__).parent.parent
    path = write(attempt(FILES[name].format(home=place, house=house)))
    assert outcome(path, infos)[0] == HELD


SOCKETS = {
    "tcp": "socket.create_connection(('127.0.0.1', {port}), 1).recv(1)",
    "unix": "s = socket.socket(socket.AF_UNIX)\ns.connect('{unix}')",
    "abstract": "s = socket.socket(socket.AF_UNIX)\ns.connect('\\0{abstract}')",
    "listen": "s = socket.create_server(('0.0.0.0', {free}))\nsocket.create_connection(('10.0.0.1', 9), 1)",
}


@pytest.mark.parametrize("name", SOCKETS)
def test_no_socket_leads_out(name, mode, write, infos, tmp_path):
    if mode == "weak" and name == "unix":
        pytest.skip("without walls a socket in the file system can be reached; the page on the sandbox says so")
    abstract = f"steelyard-test-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as hidden,
    ):
        folder = os.open(tmp_path, os.O_PATH)  # the path of a socket is short
        unix.bind(f"/proc/self/fd/{folder}/door")
        hidden.bind("\0" + abstract)
        for one in (unix, hidden):
            one.listen()
        known = {"port": tcp.getsockname()[1], "unix": tmp_path / "door", "abstract": abstract, "free": 0}
        assert outcome(write(attempt(SOCKETS[name].format(**known))), infos)[0] == HELD
        os.close(folder)


RIGHTS = {
    "mount": "assert ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
    "ptrace": "assert ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) == 0",
    "signal": "os.kill({pid}, 0)",
    "priority": "os.setpriority(os.PRIO_PROCESS, {pid}, 5)",
    "more memory": "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))\nbytearray(3 * 2**30)",
    "setuid program": "import subprocess\nassert 'root' in subprocess.run(['su', '-c', 'id -un'], capture_output=True, "
                      "text=True, timeout=5).stdout",
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHTS)
def test_no_right_is_won(name, mode, write, infos):
    if mode == "weak" and name in ("signal", "priority", "more memory") and os.getuid() == 0:
        pytest.skip("without walls root keeps some of its rights; the page on the sandbox says so")
    body = attempt(RIGHTS[name].format(pid=os.getpid())).replace("(OSError, ", "(OSError, MemoryError, ValueError, ")
    assert outcome(write(body), infos)[0] == HELD


def test_a_fork_bomb_ends(mode, infos):
    if isolation()["processes"] != "limited":
        pytest.skip("root without walls, and a Python that only root may read: processes cannot be counted here")
    began = time.monotonic()
    with Host(HOSTILE / "fork_bomb.py", signals=infos, restarts=0, timeout_s=10.0) as host:
        host.start({})
        made = host.decide(0.0, {}).set.get(ADVICE, 0.0)
        mark = host._process._mark if host._process else "gone"
    assert made * 1000 <= 64
    assert time.monotonic() - began < 15.0
    assert marked(mark) == []


def test_many_children_in_sessions_of_their_own_go_with_it(mode, write, infos):
    body = """
        for _ in range(40):
            if os.fork() == 0:
                os.setsid()
                import time
                time.sleep(600)
        return {'operator.heating_energy_advice': 1.0}"""
    with Host(write(body), signals=infos, timeout_s=10.0) as host:
        host.start({})
        assert host.decide(0.0, {}).set == {ADVICE: 1.0}
        mark = host._process._mark
        assert len(marked(mark)) > 20
    assert marked(mark) == []


def test_files_without_end_fill_its_own_folder_only(mode, write, infos):
    if mode == "weak":
        pytest.skip("without walls only the length of one file is limited; the page on the sandbox says so")
    body = """
        count = 0
        try:
            for place in ('.', '/tmp', '/dev/shm'):
                try:
                    while count < 1000:
                        open(f'{place}/{count}', 'wb').write(b'x' * 1_000_000)
                        count += 1
                except OSError:
                    pass
        finally:
            return {'operator.heating_energy_advice': count / 1000}"""
    megabytes, _ = outcome(write(body), infos)
    assert 0.05 < megabytes < 0.25


def test_it_ends_though_it_ignores_every_signal(mode, infos):
    began = time.monotonic()
    with Host(HOSTILE / "ignores_the_end.py", signals=infos, restarts=0, timeout_s=0.5) as host:
        host.start({})
        mark = host._process._mark
        assert host.decide(0.0, {}).fault == "hung"
    assert time.monotonic() - began < 5.0
    assert marked(mark) == []


def test_the_second_of_two_answers_is_never_taken(mode, infos):
    with Host(HOSTILE / "answers_twice.sh", signals=infos, timeout_s=5.0) as host:
        host.start({})
        said = []
        for i in range(4):
            said.append(host.decide(float(i), {}))
            time.sleep(0.05)
    assert host.faults["nonsense"] >= 1
    assert all(answer.set in ({}, {ADVICE: 1.0}) for answer in said)


def test_a_link_to_a_module_is_refused(tmp_path, write):
    secret = tmp_path / "elsewhere.py"
    secret.write_text("KEY = 42")
    path = write("import helper; return {}")
    (tmp_path / "helper.py").symlink_to(secret)
    with pytest.raises(SolutionError, match="a link cannot be part"):
        Host(path)


def test_a_declared_network_opens_the_network_and_nothing_else(mode, write, infos, place):
    from steelyard.solutions.process import Limits

    with socket.create_server(("127.0.0.1", 0)) as server:
        body = attempt(f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 1)")
        value, host = outcome(write(body), infos, limits=Limits(network=True))
        assert value == BROKEN
        assert host.isolation["network"] == "declared"
    body = attempt(f"open('{place}/.netrc').read()")
    assert outcome(write(body), infos, limits=Limits(network=True))[0] == HELD


def test_the_walls_cost_little(mode, write, infos):
    began = time.perf_counter()
    with Host(write("return {}"), signals=infos) as host:
        host.open()
        opened = time.perf_counter() - began
        host.start({})
        best = min(_trip(host) for _ in range(20))
    assert opened < 1.0  # 80 ms on an idle machine
    assert best < 500e-6


def _trip(host):
    began = time.perf_counter()
    for i in range(20):
        host.decide(float(i), {})
    return (time.perf_counter() - began) / 20


INSTALLED = """
import os, sys
from steelyard.solutions.host import Host
with Host(sys.argv[1]) as host:
    host.start({})
    print(host.isolation["level"], host.decide(0.0, {}).set)
"""


def test_an_installed_package_does_not_show_its_models(mode, write, tmp_path):
    """As users have it: the package lies among those of the Python that the solution may use."""
    made = tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
    packages = next(made.glob("lib/python*/site-packages"))
    shutil.copytree(sandbox.HOUSE, packages / "steelyard", ignore=shutil.ignore_patterns("__pycache__"))
    (packages / "neighbour.py").write_text("there = True")
    body = attempt(f"import neighbour\nassert os.listdir('{packages}/steelyard')")
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    said = subprocess.run(
        [made / "bin" / "python", "-c", INSTALLED, str(write(body))],
        capture_output=True, text=True, timeout=30, env=alone,
    )  # fmt: skip
    assert said.stdout.strip() == f"{mode} {{'{ADVICE}': {HELD}}}", said.stderr

"""The documentation does what it says: pages are up to date, commands run, links lead somewhere, twins agree.

A page is a session: its ```console blocks run from top to bottom in one empty folder and one empty store. Lines that
begin with `$ steelyard` run; they end with exit code 0, or with the one given as `# exit 2`. One with `&` at its end is
a server: it runs beside the rest, on free ports, and is stopped at the end of the page. A block that begins with the
words ```python file=NAME is written to NAME first. A page with a long command is among the slow tests. The commands of
a Korean page are those of its English twin, which a test says; so one with long commands is not run a second time.
"""

import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from steelyard.signals import Signal

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SAMPLES = ROOT / "src/steelyard/samples/ladle_furnace_synthetic"
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST_COMMAND_S = 300
FREE_PORTS = ("--http-port", "0", "--opcua-port", "0", "--mqtt-port", "0", "--modbus-port", "0")

ALL_PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "decisions").glob("*.md")])
KOREAN = [p for p in ALL_PAGES if p.name.endswith(".ko.md")]
STUDIES = sorted((ROOT / "examples").glob("*.py"))
SOLUTIONS = sorted(p for p in (ROOT / "examples/solutions").glob("*") if p.is_file() and p.suffix != ".md")
SLOW = "Takes about"
LONG = ("trial run", "trial verify", "twin calibrate", "steelyard demo", "steelyard bench")


@dataclass
class Step:
    """One block of a page: a file to write, or commands to run with their exit codes."""

    file: str = ""
    text: str = ""
    commands: list[tuple[str, int]] = field(default_factory=list)


def steps(page: Path) -> list[Step]:
    """Return what a reader of the page does, in order."""
    found = []
    for fence in FENCE.finditer(page.read_text(encoding="utf-8")):
        language, _, rest = fence["info"].strip().partition(" ")
        if rest.startswith("file="):
            found.append(Step(file=rest.removeprefix("file="), text=fence["body"]))
        elif language == "console":
            found.append(Step(commands=commands(fence["body"])))
    return found


def commands(block: str) -> list[tuple[str, int]]:
    """Return the `steelyard` commands of a console block with the exit codes they shall have."""
    found = []
    for line in block.replace("\\\n", " ").splitlines():
        if line.startswith("$ steelyard"):
            command, _, remark = line.removeprefix("$ ").partition(" # ")
            code = re.search(r"exit (\d+)", remark)
            found.append((command.strip(), int(code[1]) if code else 0))
    return found


def runnable(page: Path) -> bool:
    return any(step.commands for step in steps(page))


def pages_with_commands() -> list:
    at_the_door = [ROOT / "README.md", ROOT / "README.ko.md", ROOT / "CONTRIBUTING.md"]
    pages = [p for p in [*at_the_door, *sorted(DOCS.rglob("*.md"))] if p.exists() and runnable(p)]
    return [_marked(p, takes_long(p) or p in KOREAN) for p in pages if not (p in KOREAN and takes_long(p))]


def told(page: Path) -> str:
    return "\n".join(command for step in steps(page) for command, _ in step.commands)


def takes_long(page: Path) -> bool:
    return any(long in told(page) for long in LONG)


def expects_heats(page: Path) -> bool:
    """A page that uses the data set `synthetic-heats` and does not import it finds it in the store."""
    return "synthetic-heats" in told(page) and "--name synthetic-heats" not in told(page)


def _marked(path: Path, slow: bool):
    marks = [pytest.mark.slow] if slow else []
    return pytest.param(path, id=str(path.relative_to(ROOT)), marks=marks)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a user with an empty store: this interpreter's `steelyard` comes first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "STEELYARD_HOME": str(home), "STEELYARD_LANG": "en", "COLUMNS": "120"}


@pytest.fixture(scope="module")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the packaged synthetic heats lie as `synthetic-heats`, for pages that do not import them."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    command = f"steelyard hub import ladle-furnace {SAMPLES} --name synthetic-heats"
    ran = subprocess.run(command, shell=True, env=environment(home), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return home


def reader_folder(folder: Path) -> Path:
    """Return a folder that looks like the clone in which a reader stands, without being writable into it."""
    folder.mkdir(parents=True)
    for name in ("src", "examples", "docs", "tests"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize("page", pages_with_commands())
def test_the_commands_of_a_page_run(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    home = tmp_path / "home"
    if expects_heats(page):
        shutil.copytree(request.getfixturevalue("prepared_home"), home)
    folder = reader_folder(tmp_path / "here")
    with ExitStack() as servers:
        for step in steps(page):
            if step.file:
                (folder / step.file).write_text(step.text, encoding="utf-8")
            for command, code in step.commands:
                if command.endswith("&"):
                    servers.enter_context(background(command.removesuffix("&"), folder, home))
                    continue
                ran = subprocess.run(
                    command, shell=True, cwd=folder, env=environment(home), capture_output=True, text=True,
                    timeout=LONGEST_COMMAND_S,
                )  # fmt: skip
                seen = f"$ {command}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
                assert ran.returncode == code, f"exit {ran.returncode}, not {code}\n{seen}"
                assert "Traceback" not in ran.stderr, seen


@contextmanager
def background(command: str, folder: Path, home: Path) -> Iterator[None]:
    """Run a server of a page until the page ends: it gets free ports, and must stop cleanly on Ctrl-C."""
    errors = home.with_name("server-stderr.txt")
    with errors.open("w") as stderr:
        server = subprocess.Popen(
            [*shlex.split(command), *FREE_PORTS], cwd=folder, env=environment(home), stdout=stderr, stderr=stderr
        )
    try:
        deadline = time.monotonic() + LONGEST_COMMAND_S
        while not list(home.glob("server*/endpoints.json")):
            assert server.poll() is None, f"$ {command}\n{errors.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"$ {command} did not start"
            time.sleep(0.05)
        yield
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0, errors.read_text()[-2000:]
        assert "Traceback" not in errors.read_text(), errors.read_text()[-2000:]
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def test_a_wrong_command_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ steelyard no-such-command # exit 2\n$ ls\nout\n```\n", encoding="utf-8")
    assert [step.commands for step in steps(page)] == [[("steelyard no-such-command", 2)]]
    ran = subprocess.run("steelyard no-such-command", shell=True, env=environment(tmp_path), capture_output=True)
    assert ran.returncode == 2


def _run(command: list[str], folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment(home), capture_output=True, text=True, timeout=LONGEST_COMMAND_S
    )


@pytest.mark.parametrize("example", [_marked(p, SLOW in p.read_text(encoding="utf-8")) for p in STUDIES])
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    ran = _run([sys.executable, str(example)], tmp_path, tmp_path / "home")
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert ran.stdout.strip(), "an example shows something"


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda p: p.name)
def test_an_example_solution_keeps_the_contract(solution: Path, tmp_path: Path) -> None:
    ran = _run(["steelyard", "solution", "check", str(solution)], tmp_path, tmp_path / "home")
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]


def generator():
    """Import docs/generate.py, which is a script and not part of the package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date() -> None:
    assert generator().out_of_date() == [], "run: python docs/generate.py"


def test_a_stale_page_is_noticed(tmp_path: Path) -> None:
    module = generator()
    module.REFERENCE = tmp_path
    module.PAGES = {"one.md": lambda: "new\n", "two.md": lambda: "same\n"}
    (tmp_path / "one.md").write_text("old\n", encoding="utf-8")
    (tmp_path / "two.md").write_text("same\n", encoding="utf-8")
    assert module.out_of_date() == ["one.md"]
    assert module.main([]) == 0
    assert module.out_of_date() == []


def nomenclature() -> dict[str, list[str]]:
    """Return the rows of the nomenclature: quantity, or unit.quantity -> English, Korean, symbol, unit."""
    rows: dict[str, list[str]] = {}
    page = (DOCS / "reference/nomenclature.md").read_text(encoding="utf-8")
    for name, rest in re.findall(r"^\| `([a-z_.]+)` \|(.*)\|$", page, re.MULTILINE):
        assert name not in rows, f"{name} stands twice in the nomenclature"
        rows[name] = [part.strip() for part in rest.split("|")]
    return rows


def declared_units() -> dict[str, list[str]]:
    """Return the trade units in which each quantity of the processes and of the line is declared."""
    from importlib import import_module

    from steelyard.processes.catalogue import HOUSES
    from steelyard.signals import declared

    units: dict[str, list[str]] = {}
    modules = [import_module(f"steelyard.plant.{name}") for name in ("traffic", "bar_log")]
    modules += [import_module(f"steelyard.live.{name}") for name in ("live_signals", "replay_script")]
    for house in HOUSES.values():
        parts = sorted(part.stem for part in house.folder.glob("*.py") if part.stem != "__init__")
        modules += [house.module(part) for part in parts]
    for module in modules:
        for block in vars(module).values():
            if isinstance(block, type) and block.__module__ == module.__name__:
                for name, quantity in declared(block).items():
                    units.setdefault(name, []).append(quantity.board_unit)
    return units


def signals_of_the_house() -> dict[str, Signal]:
    """Return one signal for each ``unit.quantity`` that any works of the house shows."""
    from steelyard.live.live_signals import live_signals
    from steelyard.live.replay_script import ReplayState
    from steelyard.plant.board import PLANTS, public_signals
    from steelyard.signals import declared

    shown = [one for process in PLANTS for one in public_signals(process)]
    shown += live_signals().values()
    shown += [Signal(f"replay.{name}", what) for name, what in declared(ReplayState).items()]
    return {one.name.partition("[")[0]: one for one in reversed(shown)}


def test_the_nomenclature_has_no_superfluous_row_and_the_declared_units() -> None:
    rows, units, signals = nomenclature(), declared_units(), signals_of_the_house()
    for name, (english, korean, _symbol, unit) in rows.items():
        assert english, name
        assert re.search("[가-힣]", korean), f"{name}: no Korean word"
        if "." in name:
            assert name in signals, f"{name} is in the nomenclature and no signal"
            assert unit == signals[name].unit, f"{name}: unit"
        else:
            assert name in units, f"{name} is in the nomenclature and declared nowhere"
            assert unit.split(", ") == list(dict.fromkeys(units[name])), f"{name}: unit"


def test_the_korean_of_a_signal_is_that_of_its_own_meaning() -> None:
    from steelyard.nomenclature import UNITS, korean_of

    rows, signals = nomenclature(), signals_of_the_house()
    assert {name.partition(".")[0] for name in signals} == set(UNITS)
    for name, one in signals.items():
        english, korean, *_ = rows.get(name) or rows[name.partition(".")[2]]
        assert english == one.declaration.description, f"{name} needs a row of its own"
        assert korean_of(one.name) == korean
    texts = [row[1] for row in rows.values()]
    assert [text for text in texts if texts.count(text) > 1] == [], "one Korean text for several quantities"
    assert korean_of("data.temperature") == "", "the column of somebody's data set is not the steel of our ladle"


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name) if name else page
        assert path.exists(), f"{page.relative_to(ROOT)} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors(path), f"{page.relative_to(ROOT)}: {name} has no heading #{anchor}"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_heading_becomes_its_anchor(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Bring `your` own data: ten lines\n## 용어\n", encoding="utf-8")
    assert anchors(page) == {"bring-your-own-data-ten-lines", "용어"}


@pytest.mark.parametrize("korean", KOREAN, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_korean_page_has_the_commands_of_its_twin(korean: Path) -> None:
    twin = korean.with_name(korean.name.replace(".ko.md", ".md"))
    assert twin.exists(), f"{korean} has no English twin"
    here, there = (FENCE.findall(p.read_text(encoding="utf-8")) for p in (korean, twin))
    assert [info for info, _ in here] == [info for info, _ in there]
    assert _commands_of(korean) == _commands_of(twin)
    assert re.search("[가-힣]", korean.read_text(encoding="utf-8"))


def _commands_of(page: Path) -> list[list[tuple[str, int]]]:
    return [[(command.replace(" --lang ko", ""), code) for command, code in step.commands] for step in steps(page)]


def test_every_page_is_reached_from_the_index() -> None:
    """A page that nothing links to is a page that nobody reads."""
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = {(DOCS / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)", text)}
    pages = {p.resolve() for p in DOCS.rglob("*.md") if not p.name.endswith(".ko.md")} - {(DOCS / "index.md").resolve()}
    assert {str(p.relative_to(DOCS)) for p in pages - linked} == set()

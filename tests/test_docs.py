"""The documentation does what it says: pages are up to date, commands run, links lead somewhere, twins agree.

A page is a session: its ```console blocks run from top to bottom in one empty folder and one empty store. Lines that
begin with `$ steelyard` run; they end with exit code 0, or with the one given as `# exit 2`. A block that begins with
```python file=NAME is written to NAME first. `<!-- slow -->` on a page puts it among the slow tests.
"""

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SAMPLES = ROOT / "src/steelyard/samples/ladle_furnace_synthetic"
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST_COMMAND_S = 300
PREPARED = "how-to"

ALL_PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "decisions").glob("*.md")])
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))


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
    folders = [ROOT / "README.md", ROOT / "README.ko.md", ROOT / "CONTRIBUTING.md"]
    pages = [p for p in [*folders, *sorted(DOCS.rglob("*.md"))] if p.exists() and runnable(p)]
    return [_marked(p, "<!-- slow -->" in p.read_text(encoding="utf-8")) for p in pages]


def _marked(path: Path, slow: bool):
    marks = [pytest.mark.slow] if slow else []
    return pytest.param(path, id=str(path.relative_to(ROOT)), marks=marks)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a user with an empty store: this interpreter's `steelyard` comes first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "STEELYARD_HOME": str(home), "STEELYARD_LANG": "en", "COLUMNS": "120"}


@pytest.fixture(scope="module")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the packaged synthetic heats lie as `synthetic-heats`, as how-to pages expect."""
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
    if PREPARED in page.parts:
        import shutil

        shutil.copytree(request.getfixturevalue("prepared_home"), home)
    folder = reader_folder(tmp_path / "here")
    for step in steps(page):
        if step.file:
            (folder / step.file).write_text(step.text, encoding="utf-8")
        for command, code in step.commands:
            ran = subprocess.run(
                command, shell=True, cwd=folder, env=environment(home), capture_output=True, text=True,
                timeout=LONGEST_COMMAND_S,
            )  # fmt: skip
            told = f"$ {command}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
            assert ran.returncode == code, f"exit {ran.returncode}, not {code}\n{told}"
            assert "Traceback" not in ran.stderr, told


def test_a_wrong_command_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ steelyard no-such-command # exit 2\n$ ls\nout\n```\n", encoding="utf-8")
    assert [step.commands for step in steps(page)] == [[("steelyard no-such-command", 2)]]
    ran = subprocess.run("steelyard no-such-command", shell=True, env=environment(tmp_path), capture_output=True)
    assert ran.returncode == 2


@pytest.mark.parametrize(
    "example", [_marked(p, "slow example" in p.read_text(encoding="utf-8").lower()) for p in EXAMPLES if _is_script(p)]
) if (_is_script := lambda p: "__main__" in p.read_text(encoding="utf-8")) else None
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(example)], cwd=tmp_path, env=environment(tmp_path / "home"), capture_output=True,
        text=True, timeout=LONGEST_COMMAND_S,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]

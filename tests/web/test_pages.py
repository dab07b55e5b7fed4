"""What the page on REST says works: its curl lines and its clients in Python and Node run against a real server."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HOW_TO = Path(__file__).resolve().parents[2] / "docs/how-to"
PAGES = ["connect-over-rest.md", "connect-over-rest.ko.md"]
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
OPEN_END, REFUSED = "28", 22


def blocks(page: str, info: str) -> list[str]:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return [found["body"] for found in FENCE.finditer(text) if found["info"] == info]


def foreign(name: str) -> str:
    """The path of a foreign client; the test is skipped without it, except in CI."""
    found = shutil.which(name)
    if found is None and os.environ.get("STEELYARD_FOREIGN"):
        pytest.fail(f"{name} is missing")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def environment(running: Any) -> dict[str, str]:
    return {**os.environ, "STEELYARD_PASSWORD": running.passwords["controller"]}


def here(text: str, running: Any) -> str:
    return text.replace("http://127.0.0.1:8080", running.url)


@pytest.fixture
def quiet(running: Any, engineer: Any) -> Any:
    """A server whose works stands still and whose leases are free."""
    running.free_all()
    yield running
    running.free_all()


@pytest.mark.parametrize("page", PAGES)
def test_the_curl_lines_of_the_page(page: str, quiet: Any) -> None:
    foreign("curl")
    lines = [line for body in blocks(page, "sh") for line in body.splitlines() if line.startswith("curl")]
    assert len(lines) == 12
    said = []
    for line in lines:
        command, _, remark = line.partition(" # ")
        ran = subprocess.run(
            here(command, quiet), shell=True, env=environment(quiet), capture_output=True, text=True, timeout=20
        )
        wanted = 0 if not remark else int(OPEN_END) if remark == OPEN_END else REFUSED
        assert ran.returncode == wanted, f"{line}\n{ran.stdout}{ran.stderr}"
        if wanted == REFUSED:
            assert f'"status": {remark}' in ran.stdout
        said.append(ran.stdout)
    assert said[-2].startswith("time,time_s,")
    assert "event: frame" in said[-1]
    assert quiet.site.works["main"].leases.table() == []


@pytest.mark.parametrize("page", PAGES)
def test_the_python_client_of_the_page(page: str, quiet: Any, tmp_path: Path) -> None:
    (client,) = blocks(page, "python file=rest_client.py")
    assert 20 <= len([line for line in client.splitlines() if line.strip()]) <= 40
    (tmp_path / "rest_client.py").write_text(here(client, quiet), encoding="utf-8")
    before = quiet.site.works["main"].frame.step
    ran = _run([sys.executable, "rest_client.py"], tmp_path, quiet)
    assert len(re.findall(r"set-point \d+\.\d °C", ran)) == 5
    assert quiet.site.works["main"].frame.step == before + 300


@pytest.mark.parametrize("page", PAGES)
def test_the_node_client_of_the_page(page: str, quiet: Any, tmp_path: Path) -> None:
    (client,) = blocks(page, "js file=rest_client.mjs")
    assert 20 <= len([line for line in client.splitlines() if line.strip()]) <= 40
    (tmp_path / "rest_client.mjs").write_text(here(client, quiet), encoding="utf-8")
    before = quiet.site.works["main"].frame.step
    ran = _run([foreign("node"), "rest_client.mjs"], tmp_path, quiet)
    assert [int(step) for step in re.findall(r"step (\d+):", ran)] == [before + 60 * k for k in range(4)]


def _run(command: list[str], folder: Path, running: Any) -> str:
    ran = subprocess.run(
        command, cwd=folder, env=environment(running), capture_output=True, text=True, timeout=60
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", ["connect-over-rest", "steer-a-live-works"])
def test_both_pages_say_the_same_commands(name: str) -> None:
    english, korean = (
        FENCE.findall((HOW_TO / f"{name}{end}").read_text(encoding="utf-8")) for end in (".md", ".ko.md")
    )
    assert english == korean

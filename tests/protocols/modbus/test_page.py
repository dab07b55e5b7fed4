"""What the page on Modbus says works: its mbpoll lines and its client run against a real server."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from steelyard.protocols.modbus.register_map import write_csv

HOW_TO = Path(__file__).resolve().parents[3] / "docs/how-to"
PAGES = ["connect-over-modbus.md", "connect-over-modbus.ko.md"]
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, info: str) -> list[str]:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return [found["body"] for found in FENCE.finditer(text) if found["info"] == info]


@pytest.mark.parametrize("page", PAGES)
def test_the_mbpoll_lines_of_the_page(page: str, writable: Any, mbpoll: Any) -> None:
    lines = [line for body in blocks(page, "sh") for line in body.splitlines() if line.startswith("mbpoll")]
    assert len(lines) == 7
    for line in lines:
        command, _, remark = line.partition(" # ")
        ran = subprocess.run(
            command.replace("5020", str(writable.port)).split(), capture_output=True, text=True, timeout=20
        )
        assert (ran.returncode != 0) == (remark == "refused"), f"{line}\n{ran.stdout}{ran.stderr}"


@pytest.mark.parametrize("page", PAGES)
def test_the_client_of_the_page(page: str, writable: Any, tmp_path: Path) -> None:
    (client,) = blocks(page, "python file=modbus_client.py")
    assert 20 <= len([line for line in client.splitlines() if line.strip()]) <= 40
    write_csv(writable.works.signals.values(), tmp_path / "registers.csv")
    (tmp_path / "modbus_client.py").write_text(client.replace("5020", str(writable.port)), encoding="utf-8")
    ran = subprocess.run([sys.executable, "modbus_client.py"], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stderr
    assert "set-point: 900.0 °C" in ran.stdout
    shown = dict(re.findall(r"^(\S+): (\S+) °C$", ran.stdout, re.MULTILINE))
    values = dict(zip(writable.works.signals, writable.works.frame.values, strict=True))
    for name in (f"reheating_furnace.zone_temperature[top_{k}]" for k in (1, 2, 3)):
        assert float(shown[name]) == pytest.approx(values[name], abs=0.051)


def test_both_pages_say_the_same_commands() -> None:
    english, korean = (FENCE.findall((HOW_TO / page).read_text(encoding="utf-8")) for page in PAGES)
    assert english == korean

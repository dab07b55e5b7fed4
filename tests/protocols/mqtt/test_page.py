"""The page on MQTT does what it says: its servers, brokers, clients and files run from top to bottom."""

import json
import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/how-to/connect-over-mqtt.md"
FENCE = re.compile(r"^```(?P<info>[^\n]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
FREE = "--mqtt-port 0 --http-port -1 --opcua-port -1 --modbus-port -1 --no-record --json"


class Reader:
    """Somebody who follows the page in an empty folder."""

    def __init__(self, folder: Path, broker_port: int) -> None:
        self.folder, self.ports = folder, {"1884": str(broker_port)}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"])
        self.environment = {**os.environ, "PATH": path, "STEELYARD_HOME": str(folder / "home")}
        self.server: subprocess.Popen[str] | None = None

    def ported(self, text: str) -> str:
        for written, real in self.ports.items():
            text = text.replace(written, real)
        return text

    def serve(self, command: str) -> None:
        self.stop()
        self.server = subprocess.Popen(
            f"exec {self.ported(command.strip())} {FREE}", shell=True, cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.server.stdout is not None
        ready, _, _ = select.select([self.server.stdout], [], [], 60)
        assert ready, "the server does not start"
        line = self.server.stdout.readline()
        assert line, self.server.stderr.read() if self.server.stderr else ""
        about = json.loads(line)
        url = next(e["url"] for e in about["endpoints"] if e["protocol"] == "mqtt")
        if "--broker" not in command:
            self.ports["1883"] = url.rsplit(":", 1)[1]
        passwords = json.loads(Path(about["passwords_file"]).read_text())
        self.environment["STEELYARD_PASSWORD"] = passwords["controller"]

    def run(self, block: str) -> str:
        block = f"set -e\n{self.ported(block)}\nenv -0 > .environment"
        ran = subprocess.run(
            ["bash", "-c", block], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, f"{block}\n{ran.stdout}\n{ran.stderr}"
        kept = (self.folder / ".environment").read_text().split("\0")
        self.environment = dict(item.split("=", 1) for item in kept if "=" in item)
        return ran.stdout

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(10)
            self.server = None


@pytest.mark.slow
def test_the_page_runs(tmp_path: Path, port: int, need) -> None:
    for name in ("mosquitto", "mosquitto_sub", "mosquitto_pub"):
        need(name)
    reader, said = Reader(tmp_path, port), []
    try:
        for fence in FENCE.finditer(PAGE.read_text(encoding="utf-8")):
            language, _, rest = fence["info"].partition(" ")
            if language == "python":
                (tmp_path / rest.removeprefix("file=")).write_text(reader.ported(fence["body"]), encoding="utf-8")
            elif fence["body"].startswith("steelyard serve"):
                reader.serve(fence["body"])
            else:
                said.append(reader.run(fence["body"]))
    finally:
        reader.stop()
        end_broker(tmp_path)
    shown = "\n".join(said)
    assert '"unit":"°C"' in shown
    assert '"written": {"reheating_furnace.zone_setpoint[top_1]": 900.0}' in shown
    assert re.search(r"after 600 s: \d+ °C, set-point 1\d+ °C", shown)
    assert re.search(r"spBv1.0/steelyard/NBIRTH/steelyard \d+ bytes", shown)
    assert '"written": {"reheating_furnace.zone_setpoint[top_1]": 950.0}' in shown


def end_broker(folder: Path) -> None:
    """End the mosquitto that the page has started, by the number it wrote."""
    file = folder / "broker" / "mosquitto.pid"
    if file.exists():
        os.kill(int(file.read_text()), 15)


def test_the_client_of_the_page_is_short() -> None:
    blocks = {f["info"]: f["body"] for f in FENCE.finditer(PAGE.read_text(encoding="utf-8"))}
    lines = [line for line in blocks["python file=client.py"].splitlines() if line.strip()]
    assert 20 <= len(lines) <= 40


def test_the_korean_page_has_the_same_blocks() -> None:
    twin = PAGE.with_name("connect-over-mqtt.ko.md")
    assert FENCE.findall(twin.read_text(encoding="utf-8")) == FENCE.findall(PAGE.read_text(encoding="utf-8"))

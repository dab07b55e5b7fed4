"""A client of another house (node-opcua) does everything; the clients of the how-to page run as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.serving import serve

from .test_alarms import HOT

ROOT = Path(__file__).resolve().parents[3]
FOREIGN, PAGE = ROOT / "tests/foreign", ROOT / "docs/how-to/connect-over-opc-ua.md"
MODULES = FOREIGN / "node_modules"
BOTH = {
    f"{policy}/{mode}" for policy in ("Basic256Sha256", "Aes256_Sha256_RsaPss") for mode in ("Sign", "SignAndEncrypt")
}


@pytest.fixture(scope="module")
def node() -> str:
    """Node with node-opcua-client; where it is missing a test is skipped, in CI it fails."""
    found = shutil.which("node")
    if found and (MODULES / "node-opcua-client").is_dir():
        return found
    why = f"node-opcua-client is not installed (npm ci in {FOREIGN})"
    if os.environ.get("STEELYARD_FOREIGN") == "1":
        pytest.fail(why)
    pytest.skip(why)


def run(command: list[str], folder: Path, **more: str) -> str:
    """Run a client in a folder of its own and return what it printed."""
    environment = {**os.environ, "NODE_PATH": str(MODULES), "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), **more}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}\n{ran.stderr[-3000:]}"
    return ran.stdout


@pytest.mark.parametrize("policy", ["Basic256Sha256", "Aes256_Sha256_RsaPss"])
def test_node_opcua_does_everything(served: Any, node: str, tmp_path: Path, policy: str) -> None:
    password = served.users.passwords()["controller"]
    board, conditions = served.server.hub.boards["main"], served.server.hub.conditions
    served.do(conditions.happened(board, {**HOT, "time_s": 1.0}))
    arguments = [node, str(FOREIGN / "opcua.cjs"), served.url, "controller", password]
    seen = json.loads(run(arguments, tmp_path, POLICY=policy).splitlines()[-1])
    assert set(seen["endpoints"]) == {"None/None", *BOTH}
    assert "main" in seen["works"]
    assert {"ladle_furnace", "operator", "Advance"} <= set(seen["units"])
    assert seen["value"]["value"]["dataType"] == "Double"
    assert seen["range"] == {"low": 0, "high": 1500}
    assert seen["writable"] & 2
    assert seen["write"] == "Good"
    assert [one["status"] for one in seen["advance"]] == ["Good"] * 5
    steps = [one["outputs"][0] for one in seen["advance"]]
    assert [step - steps[0] for step in steps] == [0, 1, 2, 3, 4]
    assert len(seen["times"]) == 6, "the value of the start and five steps"
    assert seen["arguments"] == ["name", "severity", "start_s", "growth_s"]
    assert seen["refused"] == {
        "other_role": "BadUserAccessDenied", "read_only": "BadNotWritable", "type": "BadTypeMismatch",
        "range": "BadOutOfRange", "command": "BadUserAccessDenied",
    }  # fmt: skip
    assert seen["refresh"] == "Good"
    assert seen["alarm"] == {
        "source": "main/ladle_furnace.shell_temperature", "message": "shell too hot", "severity": 700,
        "active": True, "retain": True,
    }  # fmt: skip
    assert seen["acknowledge"] == ["Good", "BadEventIdUnknown"]
    assert seen["history"]["status"] == "Good"
    assert seen["history"]["count"] >= 5


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A bar line, served as the page says."""
    with serve(tmp_path_factory.mktemp("served") / "home", "hot_bar_line", "--lock-step") as server:
        yield server


def block(name: str) -> str:
    """The text of a file that the page shows."""
    found = re.search(rf"^```\w+ file={re.escape(name)}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"{PAGE} shows no {name}"
    return found[1]


@pytest.mark.slow
def test_the_python_client_of_the_page_runs(line: Any, tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(block("client.py"), encoding="utf-8")
    said = run([sys.executable, "client.py", line.url("opcua"), "controller", line.password("controller")], tmp_path)
    assert len(re.findall(r"zone_temperature\[top_1\]", said)) >= 2
    assert int(re.search(r"recorded: (\d+)", said)[1]) >= 5  # type: ignore[index]
    assert "refused: BadNotWritable" in said


@pytest.mark.slow
def test_the_node_client_of_the_page_runs(line: Any, node: str, tmp_path: Path) -> None:
    (tmp_path / "client.cjs").write_text(block("client.cjs"), encoding="utf-8")
    said = run([node, "client.cjs", line.url("opcua"), "controller", line.password("controller")], tmp_path)
    assert "written: Good" in said
    assert len(re.findall(r"^\d{4}-.*Z \d", said, re.MULTILINE)) >= 2
    assert "refused: BadNotWritable" in said


def test_the_clients_of_the_page_are_short() -> None:
    for name in ("client.py", "client.cjs"):
        assert 20 <= len([x for x in block(name).splitlines() if x.strip()]) <= 40, name

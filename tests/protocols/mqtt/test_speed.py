"""5,000 messages a second, end to end, to one subscriber: through the embedded broker and through mosquitto."""

import asyncio
import re
import subprocess
import time
from pathlib import Path

from steelyard.protocols.mqtt.acl import write_mosquitto_files
from steelyard.protocols.mqtt.topics import Message

AIM_PER_S = 5000.0
SIGNALS, FRAMES = 500, 20


def messages(frame: int) -> list[Message]:
    payload = b'{"value":%d.125,"unit":"C","time":"2026-01-01T00:00:00.000+00:00","status":"good"}' % frame
    return [Message(f"steelyard/v1/plant/speed/unit/signal/{k}", payload) for k in range(SIGNALS)]


def measure(plant, tools, publish) -> float:
    """Return messages per second from the first publish to the last line of mosquitto_sub."""
    command = [
        *tools._base("mosquitto_sub", None),
        "-t",
        "steelyard/v1/plant/speed/#",
        "-F",
        "%p",
        "-C",
        str(SIGNALS * FRAMES),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    time.sleep(0.4)

    async def all_frames() -> None:
        for frame in range(FRAMES):
            await publish(messages(frame))
            await asyncio.sleep(0)

    begun = time.perf_counter()
    plant.do(all_frames())
    out, _ = process.communicate(timeout=20)
    rate = SIGNALS * FRAMES / (time.perf_counter() - begun)
    told = [int(value) for value in re.findall(rb'"value":(\d+)', out)]
    assert told == [k for k in range(FRAMES) for _ in range(SIGNALS)], "nothing lost, all in order"
    print(f"{rate:.0f} messages a second")
    return rate


def test_the_embedded_broker_reaches_it(plant, mosquitto) -> None:
    assert measure(plant, mosquitto(plant.port, plant.passwords), plant.adapter._links.publish) > AIM_PER_S


def test_mosquitto_reaches_it(another, mosquitto, broker, tmp_path: Path, port: int, until, users_folder) -> None:
    from types import SimpleNamespace

    from steelyard.live.users import Users

    site = SimpleNamespace(name="plant", users=Users(users_folder), anonymous=True)
    folder = tmp_path / "mosquitto"
    password = write_mosquitto_files(site, folder, port)
    broker(folder, port)
    plant = another(url=f"mqtt://127.0.0.1:{port}", username="steelyard", password=password)
    until(lambda: plant.adapter.counts()["clients"] == 2)
    assert measure(plant, mosquitto(port, plant.passwords), plant.adapter._links.publish) > AIM_PER_S

"""A served works whose connection breaks: every protocol says so in its own words, and all is well again afterwards."""

import asyncio
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import pytest
from aiomqtt import Client as MqttClient
from asyncua import Client as OpcUaClient
from asyncua import ua
from pymodbus.client import AsyncModbusTcpClient

from steelyard.plant.board import public_signals
from steelyard.plant.scenarios import scenario
from steelyard.plant.wire_faults import Wire

SEED = 3
OXYGEN = "reheating_furnace.flue_oxygen"
SIGNALS = 1000


def breaks() -> int:
    """The plant time [s] at which the connection breaks with this seed."""
    wire = Wire(scenario("hot_bar_line", "lost_connection").wire, public_signals("hot_bar_line"), SEED)
    return next(time_s for time_s in range(20_000) if wire.standing(float(time_s)))


async def seen(served, rest: httpx2.AsyncClient) -> dict[str, object]:
    """What each protocol says of one signal now."""
    answer = await rest.get("/works/main/values", params={"names": OXYGEN})
    async with OpcUaClient(served.url("opcua")) as opcua:
        (value,) = await opcua.read_attributes([opcua.get_node(f"ns=2;s=main/{OXYGEN}")])
    address = urlsplit(served.url("modbus"))
    modbus = AsyncModbusTcpClient(str(address.hostname), port=int(address.port or 0))
    await modbus.connect()
    words = await modbus.read_input_registers(SIGNALS, count=2)
    modbus.close()
    address = urlsplit(served.url("mqtt"))
    async with MqttClient(str(address.hostname), int(address.port or 0)) as mqtt:
        await mqtt.subscribe("steelyard/v1/steelyard/main/state")
        async with asyncio.timeout(5):
            state = json.loads((await anext(aiter(mqtt.messages))).payload)["state"]
    return {
        "rest": answer.status_code, "opcua": value.StatusCode.value, "mqtt": state,
        "modbus": words.exception_code if words.isError() else 0,
    }  # fmt: skip


@pytest.mark.asyncio
async def test_a_lost_connection_is_told_by_every_protocol(served) -> None:
    one = served("hot_bar_line", "--lock-step", "--scenario", "lost_connection", "--seed", str(SEED))
    login = ("engineer", one.password("engineer"))
    async with httpx2.AsyncClient(base_url=f"{one.url('rest')}/api/v1", auth=login, timeout=60) as rest:

        async def advance(n: int) -> None:
            (await rest.post("/works/main/advance", json={"n": n})).raise_for_status()

        sound = {"rest": 200, "opcua": ua.StatusCodes.Good, "mqtt": "paused", "modbus": 0}
        await advance(breaks() - 60)
        assert await seen(one, rest) == sound
        await advance(120)
        assert await seen(one, rest) == {
            "rest": 503, "opcua": ua.StatusCodes.BadNoCommunication, "mqtt": "lost", "modbus": 0x0B,
        }  # fmt: skip
        await advance(1200)
        assert await seen(one, rest) == sound
        names = {"names": OXYGEN, "from": breaks() - 30, "to": breaks() + 30}
        history = await rest.get("/works/main/history", params=names)
        assert history.status_code == 200, history.text
        assert len(history.json()["time_s"]) == 61, "the record is of the board before the wire"
    assert await looked_back(one, "engineer") == (200, ua.StatusCodes.Good)
    for user, refusal in (("controller", 403), ("viewer", 403), (None, 401)):
        assert await looked_back(one, user) == (refusal, ua.StatusCodes.BadUserAccessDenied), user


async def looked_back(served, user: str | None) -> tuple[int, int]:
    """What a user gets who asks for the history, over REST and OPC UA."""
    auth = (user, served.password(user)) if user else None
    async with httpx2.AsyncClient(base_url=f"{served.url('rest')}/api/v1", auth=auth, timeout=60) as rest:
        answer = await rest.get("/works/main/history", params={"names": OXYGEN, "limit": 5})
    client = OpcUaClient(served.url("opcua"))
    if user:
        client.set_user(user)
        client.set_password(served.password(user))
    async with client:
        node = client.get_node(f"ns=2;s=main/{OXYGEN}")
        details = ua.ReadRawModifiedDetails(IsReadModified=False, EndTime=ua.get_win_epoch(), NumValuesPerNode=5)
        details.StartTime = datetime(2020, 1, 1, tzinfo=UTC)
        return answer.status_code, (await node.history_read(details)).StatusCode.value

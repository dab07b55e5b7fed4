"""The clients of a soak: readers on every protocol, writers that may and writers that must not, one that breaks off.

Each works until the parent says stop. `counts` says what was done, `surprises` what should not have happened: an
answer that no client should get, or a forbidden write that was not refused.
"""

import asyncio
import contextlib
import json
import random
import struct
import time
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from steelyard.studies.children import arguments, orders, run, say
from steelyard.studies.wire_clients import NAMESPACE, Nobody, api_of, node_of, opcua_client
from steelyard.studies.wire_latency import FLOATS_AT, READ_INPUTS, Rest

READ = ("live.lag", "line.pace_setpoint", "reheating_furnace.zone_setpoint[top_1]")
PACE, ZONE = READ[1], READ[2]
AGAIN_S, LEAVE_S = 1.0, 5.0
MOST_SURPRISES, MOST_SNAPSHOTS = 20, 90
OK, LEASE_HELD, BAD, WORSE = 200, 409, 400, 500


class Tally:
    """What the clients of one soak did, and what should not have happened."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.surprises: list[str] = []
        self.stopping = False

    def surprise(self, what: str) -> None:
        """Note what should not have happened, the first of them in words; on leaving nothing counts."""
        if self.stopping:
            return
        self.counts["surprises"] += 1
        if len(self.surprises) < MOST_SURPRISES:
            self.surprises.append(what[:300])


class Client(ABC):
    """One client: `work` is done over and over until the soak ends. `luck` is a random stream of its own."""

    def __init__(self, given: dict[str, Any], tally: Tally) -> None:
        """`given` holds urls, passwords, seed."""
        self.urls, self.passwords, self.tally, self.counts = given["urls"], given["passwords"], tally, tally.counts
        self.luck = random.Random(f"soak.{type(self).__name__}.{given['seed']}")

    @abstractmethod
    async def work(self) -> None:
        """Do what this client does."""

    async def again(self) -> None:
        """Work over and over; a client that fails is noted and comes back."""
        while not self.tally.stopping:
            try:
                await self.work()
            except Exception as error:  # noqa: BLE001 a client that fails is what is being counted here
                self.counts["failed"] += 1
                self.tally.surprise(f"{type(self).__name__}: {error!r}")
                await asyncio.sleep(AGAIN_S)


class RestClient(Client):
    """Reads, writes the pace as the planner, tries what is not allowed, and lets forks run beside the works."""

    async def work(self) -> None:
        """Read, write the pace as the planner, and try what is not allowed, about five times a second."""
        planner = await asyncio.to_thread(Rest, self.urls["rest"], self.passwords["planner"], "planner")
        engineer = await asyncio.to_thread(Rest, self.urls["rest"], self.passwords["engineer"], "engineer")
        while True:
            await asyncio.to_thread(self._rest_round, planner, engineer)
            await asyncio.sleep(0.2)

    def _rest_round(self, planner: Rest, engineer: Rest) -> None:
        values = planner.get("/works/main/values?names=line.*")["values"]
        begun = time.perf_counter()
        now = planner.get("/works/main")["time_s"]
        took = round(1e3 * (time.perf_counter() - begun))
        self.counts["rest_slowest_ms"] = max(self.counts["rest_slowest_ms"], took)
        planner.get(f"/works/main/history?names={PACE}&from={max(0.0, now - 600.0)}&limit=100")
        self.counts["rest_reads"] += 3
        if self.luck.random() < 0.2:
            pace = float(values[PACE]) * (1.0 + 0.02 * (self.luck.random() - 0.5))
            wanted = json.dumps({"set": {PACE: round(min(max(pace, 60.0), 200.0), 3)}})
            status, answer = planner.ask("POST", "/works/main/write", wanted)
            self.counts["rest_lease_held" if status == LEASE_HELD else "rest_writes"] += 1
            if status not in (OK, LEASE_HELD):
                self.tally.surprise(f"a write was answered by {status} {answer[:100]!r}")
        if self.luck.random() < 0.01:
            self._what_if(engineer)
        for client, path, body in (
            (engineer, "write", {"set": {PACE: 90.0}}), (planner, "write", {"set": {PACE: -5.0}}),
            (planner, "write", {"set": {"no.such": 1.0}}), (planner, "write", {"set": {PACE: "fast"}}),
            (planner, "run", {"speed": 1.0}),
        ):  # fmt: skip
            self._forbidden(client, path, body)

    def _what_if(self, engineer: Rest) -> None:
        """Keep the state, let a fork run beside the works for a moment, and take it away."""
        if self.counts["snapshots"] < MOST_SNAPSHOTS:
            engineer.post("/works/main/snapshots", {"name": f"soak-{self.counts['snapshots']}"})
            self.counts["snapshots"] += 1
        fork = engineer.post("/works/main/fork", {"running": False})["id"]
        engineer.post(f"/works/{fork}/advance", {"n": 60, "read": [PACE]})
        status, answer = engineer.ask("DELETE", f"/works/{fork}", None)
        if status >= BAD:
            self.tally.surprise(f"a fork stays: {status} {answer[:100]!r}")
        self.counts["forks"] += 1

    def _forbidden(self, client: Rest, what: str, body: dict[str, Any]) -> None:
        status, answer = client.ask("POST", f"/works/main/{what}", json.dumps(body))
        self.counts["forbidden"] += 1
        if not BAD <= status < WORSE:
            self.tally.surprise(f"{what} {body} was answered by {status} {answer[:100]!r}")


class Browser(Client):
    """Follows the live stream of the line."""

    async def work(self) -> None:
        """Count frames; ConnectionError when the stream ends."""
        url = api_of(self.urls["rest"])
        reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=1 << 20)
        path = f"{url.path}/works/main/stream?names=line.*"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
        try:
            while line := await asyncio.wait_for(reader.readline(), 60.0):
                self.counts["sse_frames"] += line.startswith(b"event: frame")
        finally:
            writer.close()
        raise ConnectionError("the live stream ended")


class OpcUaClient(Client):
    """Subscribes, reads and writes."""

    async def work(self) -> None:
        """Subscribe to a unit, write a zone set-point as the controller, try to write what nobody may."""
        from asyncua import ua

        counts = self.counts

        class Handler:
            """Counts values."""

            def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
                counts["opcua_values"] += 1

        async with opcua_client(self.urls["opcua"]) as client:
            index = await client.get_namespace_index(NAMESPACE)
            unit = client.get_node(node_of("line", index))
            nodes = [
                node for node in await unit.get_children() if await node.read_node_class() == ua.NodeClass.Variable
            ]
            subscription = await client.create_subscription(500, Handler())
            await subscription.subscribe_data_change(nodes)
            while True:
                await self._opcua_writes(index)
                await client.read_values(nodes)
                self.counts["opcua_reads"] += len(nodes)
                await asyncio.sleep(2.0)

    async def _opcua_writes(self, index: int) -> None:
        from asyncua import ua

        async with opcua_client(self.urls["opcua"], "controller", self.passwords["controller"]) as client:
            zone, pace = (client.get_node(node_of(name, index)) for name in (ZONE, PACE))
            before = float(await zone.read_value())
            await zone.write_value(ua.DataValue(ua.Variant(round(before, 3), ua.VariantType.Double)))
            self.counts["opcua_writes"] += 1
            for node, value in ((pace, 90.0), (zone, 1e9), (zone, "hot")):
                self.counts["forbidden"] += 1
                try:
                    await node.write_value(ua.DataValue(ua.Variant(value)))
                except ua.UaStatusCodeError:
                    continue
                self.tally.surprise(f"OPC UA took {value!r} for {node}")


class MqttClient(Client):
    """Subscribes, and publishes commands."""

    async def work(self) -> None:
        """Follow the plain topics of the line and Sparkplug for a while; in half of the sessions write instead.

        The planner's lease is free again when the session ends, so that the client of REST has its turn.
        """
        from aiomqtt import Client

        base, address = "steelyard/v1/steelyard/main", urlsplit(self.urls["mqtt"])
        login = {"username": "planner", "password": self.passwords["planner"]}
        async with Client(address.hostname or "", address.port or 1883, **login) as client:
            await client.subscribe(f"{base}/line/#")
            await client.subscribe(f"{base}/reply/#")
            await client.subscribe("spBv1.0/#")
            writes = self.luck.random() < 0.5
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(4.0 if writes else self.luck.uniform(5.0, 20.0)):
                    if writes:
                        await self._mqtt_writes(client, base)
                    async for _ in client.messages:
                        self.counts["mqtt_messages"] += 1
        self.counts["mqtt_sessions"] += 1

    async def _mqtt_writes(self, client: Any, base: str) -> None:
        for _ in range(3):
            for topic, payload in (
                ("set/planner/line/pace_setpoint", b'{"value": 95.0}'), ("set/planner/line/pace_setpoint", b"\xff{"),
                ("set/controller/line/pace_setpoint", b'{"value": 95.0}'), ("set/planner/no/such", b'{"value": 1}'),
                ("advance", b'{"n": 1}'),
            ):  # fmt: skip
                await client.publish(f"{base}/{topic}", payload)
                self.counts["mqtt_commands"] += 1
            await asyncio.sleep(1.0)


class ModbusClient(Client):
    """Reads registers."""

    async def work(self) -> None:
        """Read registers ten times a second, and try to write them: this server takes no writes over Modbus."""
        address = urlsplit(self.urls["modbus"])
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            for number in range(1, 1 << 16):
                writer.write(struct.pack(">HHHBBHH", number, 0, 6, 1, READ_INPUTS, FLOATS_AT, 100))
                if (await self._modbus_answer(reader))[0] != READ_INPUTS:
                    self.tally.surprise("Modbus did not give 100 registers")
                self.counts["modbus_reads"] += 1
                if number % 20 == 0:
                    writer.write(struct.pack(">HHHBBHH", number, 0, 6, 1, 6, 0, 1))
                    self.counts["forbidden"] += 1
                    if (await self._modbus_answer(reader))[0] < 0x80:
                        self.tally.surprise("Modbus took a write")
                await asyncio.sleep(0.1)
        finally:
            writer.close()

    @staticmethod
    async def _modbus_answer(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(7)
        return await reader.readexactly(struct.unpack(">HHHB", head)[2] - 1)


class Wanderer(Client):
    """The one that breaks off."""

    async def work(self) -> None:
        """Connect somewhere, begin something, and go without a word, at random."""
        await asyncio.sleep(self.luck.uniform(0.0, 1.0))
        kind = self.luck.choice(("rest", "opcua", "mqtt", "modbus", "subscriber"))
        self.counts[f"broken_off_{kind}"] += 1
        await (self._subscriber() if kind == "subscriber" else self._stranger(kind))

    async def _subscriber(self) -> None:
        """Go without a word in the middle of an OPC UA subscription."""
        client = opcua_client(self.urls["opcua"])
        await client.connect()
        index = await client.get_namespace_index(NAMESPACE)
        subscription = await client.create_subscription(100, Nobody())
        await subscription.subscribe_data_change([client.get_node(node_of(name, index)) for name in READ])
        await asyncio.sleep(self.luck.uniform(0.0, 3.0))
        client.disconnect_socket()

    async def _stranger(self, kind: str) -> None:
        """Send a first message, or a piece of it, listen for a moment, and break off."""
        url = urlsplit(self.urls[kind])
        read = struct.pack(">HHHBBHH", 1, 0, 6, 1, READ_INPUTS, FLOATS_AT, 100)
        first = {
            "modbus": read, "opcua": _hello(self.urls["opcua"]), "mqtt": _connect(self.luck.randbytes(4).hex()),
            "rest": b"GET /api/v1/works/main/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        }[kind]  # fmt: skip
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(first[: self.luck.randrange(1, len(first))] if self.luck.random() < 0.3 else first)
        if kind == "mqtt" and self.luck.random() < 0.5:
            writer.write(bytes([0x82, 6, 0, 1, 0, 1, ord("#"), 0]))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.luck.uniform(0.05, 3.0)):
                while await reader.read(1 << 16):
                    self.counts["wanderer_reads"] += 1
        writer.transport.abort()


def _hello(url: str) -> bytes:
    """Return the first message of an OPC UA client."""
    address = url.encode()
    body = struct.pack("<IIIIII", 0, 65_536, 65_536, 0, 0, len(address)) + address
    return b"HELF" + struct.pack("<I", 8 + len(body)) + body


def _connect(client_id: str) -> bytes:
    """Return the first packet of an MQTT client without login."""
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack(">H", len(name)) + name
    return bytes([0x10, len(body)]) + body


CLIENTS: tuple[type[Client], ...] = (RestClient, Browser, OpcUaClient, MqttClient, ModbusClient, Wanderer)


async def soak(given: dict[str, Any]) -> None:
    """Be the clients until the parent says stop; say how often what was done whenever it asks."""
    tally = Tally()
    work = [asyncio.create_task(kind(given, tally).again()) for kind in CLIENTS]
    say({"ready": True})
    async for order in orders():
        if order["order"] == "stop":
            tally.stopping = True
            for task in work:
                task.cancel()
            await asyncio.wait(work, timeout=LEAVE_S)
        say({"counts": dict(sorted(tally.counts.items())), "surprises": tally.surprises})


def main() -> None:
    """Be the clients of a soak in this process."""
    run(soak(arguments()))

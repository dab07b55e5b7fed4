"""How long one question over the wire takes: REST and OPC UA in lock-step, Modbus reads; in a process of its own."""

import asyncio
import http.client
import json
import socket
import struct
import time
from typing import Any
from urllib.parse import urlsplit

from steelyard.studies.children import arguments, orders, run, say
from steelyard.studies.wire_clients import NAMESPACE, api_of, node_of, opcua_client

TAGS, WARM = 60, 30
READ_INPUTS, FLOATS_AT = 4, 1000


class Rest:
    """A client of the REST API with one connection that stays open."""

    def __init__(self, url: str, password: str, user: str = "controller") -> None:
        """Log in as `user`."""
        self._base = api_of(url)
        self._connection = http.client.HTTPConnection(self._base.netloc, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"Content-Type": "application/json"}
        token = self.post("/login", {"user": user, "password": password})["token"]
        self._headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        """Return what lies at a path below the root of the API."""
        return self._good("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send a body and return the answer."""
        return self._good("POST", path, json.dumps(body))

    def ask(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        """Return status and body of an answer, whatever it says."""
        self._connection.request(method, self._base.path + path, body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _good(self, method: str, path: str, body: str | None) -> Any:
        status, text = self.ask(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {text[:300]!r}")
        return json.loads(text)


def percentiles(times: list[float], name: str) -> dict[str, float]:
    """Return median and 95 % of times [s] in milliseconds.

    >>> percentiles([0.001, 0.002, 0.003], "x")
    {'x_median_ms': 2.0, 'x_p95_ms': 3.0}
    """
    ordered = sorted(times)
    pick = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95)]
    return {f"{name}_median_ms": round(1e3 * pick[0], 3), f"{name}_p95_ms": round(1e3 * pick[1], 3)}


def rest_lockstep(given: dict[str, Any]) -> dict[str, Any]:
    """Advance step by step and have 60 tags answered with each step; every step is checked to be the next."""
    rest = Rest(given["urls"]["rest"], given["passwords"]["controller"])
    names = [entry["name"] for entry in rest.get("/works/main/signals")][:TAGS]
    times, last = [], None
    for k in range(WARM + given["rounds"]):
        begun = time.perf_counter()
        got = rest.post("/works/main/advance", {"n": 1, "read": names})
        took = time.perf_counter() - begun
        if len(got["values"]) != len(names) or (last is not None and got["step"] != last + 1):
            raise RuntimeError(f"step {got['step']} with {len(got['values'])} values came after step {last}")
        last = got["step"]
        times += [took] if k >= WARM else []
    rest.ask("DELETE", "/works/main/leases/clock", None)  # the next client shall be let to advance, too
    return {**percentiles(times, "rest_lockstep"), "rest_lockstep_tags": len(names)}


async def opcua_lockstep(given: dict[str, Any]) -> dict[str, Any]:
    """Call the method Advance, alone and followed by one read of 60 tags."""
    from asyncua import ua

    names = [
        entry["name"]
        for entry in Rest(given["urls"]["rest"], given["passwords"]["controller"]).get("/works/main/signals")
    ]
    client = opcua_client(given["urls"]["opcua"], "controller", given["passwords"]["controller"])
    async with client:
        index = await client.get_namespace_index(NAMESPACE)
        works, advance = client.get_node(node_of("", index)), ua.NodeId.from_string(node_of("Advance", index))
        nodes = [client.get_node(node_of(name, index)) for name in names[:TAGS]]
        calls, whole = [], []
        for k in range(WARM + given["rounds"]):
            begun = time.perf_counter()
            await works.call_method(advance, ua.Variant(1, ua.VariantType.UInt32))
            called = time.perf_counter()
            await client.read_values(nodes)
            if k >= WARM:
                calls.append(called - begun)
                whole.append(time.perf_counter() - begun)
    return {**percentiles(calls, "opcua_advance"), **percentiles(whole, "opcua_lockstep")}


async def first_opcua_value(url: str) -> float:
    """Return the speed of the works, as a fresh client without login reads it over OPC UA."""
    async with opcua_client(url) as client:
        index = await client.get_namespace_index(NAMESPACE)
        return float(await client.get_node(node_of("live.speed", index)).read_value())


async def modbus_reads(given: dict[str, Any]) -> dict[str, Any]:
    """Read 60 tags as float32 in one request, again and again, over four connections."""
    address = urlsplit(given["urls"]["modbus"])
    seconds, clients = given["seconds"], 4
    counts = await asyncio.gather(*(_read_registers(address, seconds) for _ in range(clients)))
    return {"modbus_reads_per_s": round(sum(counts) / seconds), "modbus_clients": clients}


async def _read_registers(address: Any, seconds: float) -> int:
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    made, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        writer.write(struct.pack(">HHHBBHH", made & 0xFFFF, 0, 6, 1, READ_INPUTS, FLOATS_AT, 2 * TAGS))
        head = await reader.readexactly(9)
        transaction, function, size = struct.unpack(">HHHBBB", head)[0], head[7], head[8]
        if transaction != made & 0xFFFF or function != READ_INPUTS or size != 4 * TAGS:
            raise RuntimeError(f"request {made} was answered by {head.hex()}")
        await reader.readexactly(size)
        made += 1
    writer.close()
    return made


async def measure(given: dict[str, Any]) -> None:
    """Do what the parent asks for."""
    say({"ready": True})
    async for order in orders():
        if order["order"] == "rest":
            say(rest_lockstep({**given, **order}))
        elif order["order"] == "opcua":
            say(await opcua_lockstep({**given, **order}))
        else:
            say(await modbus_reads({**given, **order}))


def main() -> None:
    """Measure in this process what the parent asks for."""
    run(measure(arguments()))

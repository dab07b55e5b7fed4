"""Nonsense in every place where a client can put some: no crash, no write, all counted."""

import asyncio
import math
import random
import socket
import struct
from typing import Any
from urllib.parse import urlparse

import pytest
from asyncua import ua
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_writing import SETPOINT, called, written

KINDS = ua.VariantType
NONSENSE: list[tuple[Any, ua.VariantType]] = [
    ("", KINDS.String), ("x" * 10_000, KINDS.String), ("\0\ud7ff", KINDS.String), (b"\xff" * 100, KINDS.ByteString),
    (True, KINDS.Boolean), (2**63 - 1, KINDS.Int64), (2**64 - 1, KINDS.UInt64), (-1, KINDS.SByte),
    (math.nan, KINDS.Double), (-math.inf, KINDS.Double), (1e308, KINDS.Double), (3.0, KINDS.Float),
    ([1.0] * 1000, KINDS.Double), ([], KINDS.Double), (None, KINDS.Null), (ua.NodeId(1), KINDS.NodeId),
    (ua.LocalizedText("x"), KINDS.LocalizedText), (ua.Range(0, 1), KINDS.ExtensionObject),
    (ua.QualifiedName("x", 9), KINDS.QualifiedName), (ua.StatusCode(0x80000000), KINDS.StatusCode),
]  # fmt: skip
USERS = (None, "viewer", "advisor", "controller", "predictor", "detector", "planner", "engineer")


@pytest.mark.asyncio
@pytest.mark.parametrize("user", USERS)
async def test_wrong_types_and_roles_write_nothing(served: Any, user: str | None) -> None:
    random.seed(str(user))
    names = [f"ns=2;s=main/{name}" for name in served.works.signals]
    nodes = [*random.sample(names, 20), SETPOINT, "ns=2;s=main", "ns=2;s=site", "i=2258", "i=85", "ns=9;s=\x01"]
    before, noted = served.works.works.plant.tobytes(), served.server.counts().get("refused", 0)
    tried = 0
    async with served.client(user) as client:
        for node in nodes:
            for value, kind in random.sample(NONSENSE, 6):
                code = await written(client, node, value, kind)
                assert code >> 31, f"{user} wrote {value!r} to {node}"
                tried += 1
        for method in (
            "Advance",
            "Run",
            "Snapshot",
            "Restore",
            "ScheduleFault",
            "TakeLease",
            "ReleaseLease",
            "Exchange",
        ):
            for value, kind in random.sample(NONSENSE, 4):
                result = await called(client, method, ua.Variant(value, kind), ua.Variant("x"))
                assert result.StatusCode.is_bad()
                tried += 1
    assert served.works.works.plant.tobytes() == before
    assert served.server.counts()["refused"] == noted + tried, "every attempt is counted"
    assert served.audit.counts.get("unhandled", 0) == 0


def connect(served: Any) -> socket.socket:
    where = urlparse(served.url)
    found = socket.create_connection((where.hostname, where.port), timeout=10)
    found.settimeout(10)
    return found


def closed(door: socket.socket) -> bool:
    """Whether the server hangs up (after whatever it still says)."""
    try:
        while door.recv(65_536):
            pass
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00" * 64,
        b"HELF" + struct.pack("<I", 4),
        b"HELF" + struct.pack("<I", 2**31),
        b"MSGF" + struct.pack("<I", 0xFFFFFFFF) + b"x" * 100,
        b"OPNF" + struct.pack("<I", 200) + b"\xff" * 192,
        b"MSGF" + struct.pack("<I", 100) + b"\x00" * 92,
        b"MSGC" + struct.pack("<I", 60_000) + b"\x41" * 59_992,
    ],
)
def test_garbage_ends_the_connection_and_is_counted(served: Any, sent: bytes) -> None:
    before = served.audit.counts.get("malformed", 0) + served.audit.counts.get("refused", 0)
    with connect(served) as door:
        door.sendall(sent)
        assert closed(door)
    assert served.audit.counts.get("malformed", 0) + served.audit.counts.get("refused", 0) > before
    assert served.audit.counts.get("unhandled", 0) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), framed=st.sampled_from([b"", b"HELF", b"OPNF", b"MSGF", b"CLOF", b"ERRF"]))
def test_any_bytes_do_no_harm(served: Any, data: bytes, framed: bytes) -> None:
    with connect(served) as door:
        if framed:
            data = framed + struct.pack("<I", len(data) + 8) + data
        try:
            door.sendall(data)
            door.shutdown(socket.SHUT_WR)
            closed(door)
        except OSError:
            pass
    assert served.audit.counts.get("unhandled", 0) == 0


@pytest.mark.asyncio
async def test_requests_with_broken_bodies_are_faults(served: Any) -> None:
    """After login every kind of request is sent with a body cut short or full of noise: the session lives on."""
    random.seed(4)
    numbers = sorted(
        getattr(ua.ObjectIds, name) for name in vars(ua.ObjectIds) if name.endswith("Request_Encoding_DefaultBinary")
    )
    before = served.works.works.plant.tobytes()
    for number in numbers:
        client = served.client("controller")
        await client.connect()
        protocol = client.uaclient._client.protocol if hasattr(client.uaclient, "_client") else client.uaclient.protocol
        for size in (0, 1, 7, 60):
            header = ua.RequestHeader(RequestHandle=1, AuthenticationToken=client.uaclient.session.authentication_token)
            body = ua.ua_binary.nodeid_to_binary(ua.NodeId(number)) + ua.ua_binary.struct_to_binary(header)
            body += random.randbytes(size)
            data = protocol._connection.message_to_binary(body, request_id=900 + size)
            protocol.transport.write(data)
        await asyncio.sleep(0.01)
        if protocol.transport is not None:
            protocol.transport.abort()
    assert served.works.works.plant.tobytes() == before
    assert served.audit.counts.get("unhandled", 0) == 0
    async with served.client("controller") as client:
        assert await written(client, SETPOINT, 205.0) == ua.StatusCodes.Good

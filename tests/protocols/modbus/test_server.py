"""Real clients read and write a real line over Modbus TCP: pymodbus as a library, mbpoll as a stranger."""

import json
import socket
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymodbus.client import ModbusTcpClient

from steelyard.errors import SteelyardError
from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.works import LiveWorks
from steelyard.plant.line import open_line, shipped_line
from steelyard.protocols.modbus.server import ModbusServer

FURNACE = "reheating_furnace.zone_setpoint[top_1]"


def audit(plant: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (plant.site.folder / "audit.jsonl").read_text().splitlines()]


def words(*values: float) -> list[int]:
    return np.array(values).astype(">f4").view(">u2").tolist()


def floats(registers: list[int]) -> np.ndarray:
    return np.array(registers, dtype=">u2").view(">f4")


def polled(text: str) -> list[float]:
    return [float(line.split()[1]) for line in text.splitlines() if line.startswith("[")]


# -- reading --------------------------------------------------------------------------------------------------------
def test_every_register_says_what_the_frame_says(readable: Any) -> None:
    frame, table = readable.works.frame, readable.server._devices[1].map
    client = readable.client()
    for start in range(0, 2 * len(table.signals), 120):
        count = min(120, 2 * len(table.signals) - start)
        found = floats(client.read_input_registers(1000 + start, count=count).registers)
        meant = frame.values[start // 2 : (start + count) // 2].astype(">f4")
        np.testing.assert_array_equal(found, meant)
    for exact in table.exact:
        size = {"uint32": 2, "int32": 2, "float64": 4}[exact.kind]
        raw = np.array(client.read_input_registers(30_000 + exact.at, count=size).registers, dtype=">u2")
        value = raw.view({"uint32": ">u4", "int32": ">i4", "float64": ">f8"}[exact.kind])[0]
        true = frame.values[exact.index]
        missing = {"uint32": 0xFFFF_FFFF, "int32": -(2**31), "float64": np.nan}[exact.kind]
        np.testing.assert_equal(float(value), float(missing) if np.isnan(true) else true)
    bits = client.read_discrete_inputs(0, count=2 * len(table.signals)).bits[: 2 * len(table.signals)]
    assert bits[0::2] == (frame.status == 2).tolist()
    assert bits[1::2] == (frame.status == 1).tolist()
    assert np.isnan(frame.values).any()
    assert (frame.status == 2).any()
    client.close()


def test_the_header_says_map_and_time(readable: Any) -> None:
    client = readable.client()
    head = client.read_input_registers(0, count=16).registers
    table = readable.server._devices[1].map
    assert head[:2] == [1, len(readable.works.signals)]
    assert head[2] << 16 | head[3] == table.hash
    assert head[4] << 16 | head[5] == int(readable.works.frame.time_s)
    assert head[8] << 16 | head[9] == int(readable.works.stamp(readable.works.frame.time_s).timestamp())
    assert floats(head[12:14])[0] == readable.works.clock.speed
    client.close()


def test_mbpoll_reads_one_value_many_and_a_counter(readable: Any, mbpoll: Any) -> None:
    values = readable.works.frame.values
    code, text = mbpoll(readable.port, "-t", "3:float", "-B", "-r", "1000", "127.0.0.1")
    assert code == 0
    assert polled(text) == pytest.approx([values[0]], rel=1e-5)
    code, text = mbpoll(readable.port, "-t", "3:float", "-B", "-r", "1000", "-c", "60", "127.0.0.1")
    assert code == 0
    assert polled(text) == pytest.approx(values[:60].tolist(), rel=1e-5, nan_ok=True)
    code, text = mbpoll(readable.port, "-t", "3:int", "-B", "-r", "4", "127.0.0.1")
    assert (code, polled(text)) == (0, [int(readable.works.frame.time_s)])
    code, text = mbpoll(readable.port, "-t", "1", "-r", "0", "-c", "8", "127.0.0.1")
    assert (code, polled(text)) == (0, [0, 0, 0, 0, 0, 0, 1, 0])  # signal 3 is bad


def test_mbpoll_is_told_why_not(readable: Any, mbpoll: Any) -> None:
    for arguments, said in [
        (("-t", "3", "-r", "500", "127.0.0.1"), "Illegal data address"),
        (("-t", "0", "-r", "0", "127.0.0.1"), "Illegal function"),
        (("-a", "9", "-t", "3", "-r", "0", "127.0.0.1"), "Gateway path unavailable"),
        (("-t", "4:float", "-B", "-r", "0", "127.0.0.1", "900"), "Illegal function"),
    ]:
        code, text = mbpoll(readable.port, *arguments)
        assert code != 0
        assert said in text
    assert "write" not in readable.site.audit.counts


def test_all_values_of_a_request_are_of_one_moment(writable: Any) -> None:
    client, seen = writable.client(), set()
    epoch_s = int(writable.works.epoch.timestamp())
    writable.run(1000.0)
    deadline = time.monotonic() + 10.0
    while len(seen) < 6:
        assert time.monotonic() < deadline
        head = client.read_input_registers(0, count=16).registers
        plant_s, utc_s = head[4] << 16 | head[5], head[8] << 16 | head[9]
        assert utc_s - plant_s == epoch_s
        assert head[7] == 1
        seen.add(plant_s)
    writable.pause()
    client.close()


# -- writing --------------------------------------------------------------------------------------------------------
def test_mbpoll_writes_set_points(writable: Any, mbpoll: Any) -> None:
    code, text = mbpoll(writable.port, "-t", "4:float", "-B", "-r", "0", "127.0.0.1", "905.1", "910.3")
    assert code == 0, text
    assert writable.setpoints()[:2] == pytest.approx([905.1, 910.3], rel=1e-12)
    code, text = mbpoll(writable.port, "-t", "4:float", "-B", "-r", "0", "-c", "2", "127.0.0.1")
    assert polled(text) == [905.1, 910.3]  # read back before any new step
    writable.step()
    code, text = mbpoll(writable.port, "-t", "4:float", "-B", "-r", "0", "-c", "2", "127.0.0.1")
    assert polled(text) == [905.1, 910.3]
    entry = [e for e in audit(writable) if e["kind"] == "write" and e["signal"] == FURNACE][-1]
    assert (entry["user"], entry["via"], entry["role"], entry["new"]) == ("modbus", "modbus", "controller", 905.1)
    assert entry["peer"].startswith("127.0.0.1:")
    assert entry["old"] is not None


def test_mbpoll_is_refused_what_the_board_refuses(writable: Any, mbpoll: Any) -> None:
    before, refused = writable.setpoints(), writable.site.audit.counts.get("refused", 0)
    for arguments, said in [
        (("-t", "4:float", "-B", "-r", "0", "127.0.0.1", "9000"), "Illegal data value"),
        (("-t", "4", "-r", "0", "127.0.0.1", "17"), "Illegal data value"),
        (("-t", "4:float", "-B", "-r", "1", "127.0.0.1", "900"), "Illegal data value"),
        (("-t", "4:float", "-B", "-r", "9000", "127.0.0.1", "900"), "Illegal data address"),
    ]:
        code, text = mbpoll(writable.port, *arguments)
        assert code != 0
        assert said in text
    assert writable.setpoints() == before
    assert writable.site.audit.counts["refused"] == refused + 4


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e30])
def test_no_number_is_no_set_point(writable: Any, value: float) -> None:
    client, before = writable.client(), writable.setpoints()
    assert client.write_registers(0, words(value)).exception_code == 3
    assert client.write_registers(0, words(900.0, value)).exception_code == 3
    assert writable.setpoints() == before  # all or none
    client.close()


def test_a_set_point_of_another_role_is_no_address_of_this_writer(writable: Any) -> None:
    rows = [r for r in writable.server._devices[1].map.rows if r["table"] == "holding"]
    pace = next(r["address"] for r in rows if r["signal"] == "line.pace_setpoint")
    client, before = writable.client(), writable.setpoints()
    assert client.write_registers(pace, words(80.0)).exception_code == 2
    assert writable.setpoints() == before
    client.close()


def test_one_client_writes_at_a_time_and_gives_way_when_it_goes(writable: Any) -> None:
    first, second = writable.client(), writable.client()
    assert not first.write_registers(0, words(900.0)).isError()
    assert second.write_registers(0, words(950.0)).exception_code == 6
    assert not second.read_holding_registers(0, count=2).isError()
    first.close()
    deadline = time.monotonic() + 5.0
    while (answer := second.write_registers(0, words(950.0))).isError():
        assert time.monotonic() < deadline, answer
        time.sleep(0.01)
    assert writable.setpoints()[0] == pytest.approx(950.0, rel=1e-12)
    second.close()


def test_a_role_that_writes_nothing_is_refused(readable: Any) -> None:
    for role in ("viewer", "detector", "nobody"):
        with pytest.raises(SteelyardError, match="roles that write are"):
            ModbusServer(readable.site, "127.0.0.1", 0, writer=role)


# -- the wire, and more than one works ------------------------------------------------------------------------------
def test_while_the_wire_is_down_nothing_is_read_or_written(writable: Any) -> None:
    client, before = writable.client(), writable.setpoints()
    writable.cable.pulled = True
    writable.step()
    assert client.read_input_registers(1000, count=2).exception_code == 0x0B
    assert client.read_discrete_inputs(0, count=2).exception_code == 0x0B
    assert client.write_registers(0, words(700.0)).exception_code == 0x0B
    writable.cable.pulled = False
    writable.step()
    assert not client.read_input_registers(1000, count=2).isError()
    assert writable.setpoints() == before
    client.close()


def test_a_further_works_has_the_next_device_id(readable: Any) -> None:
    async def add() -> LiveWorks:
        works = LiveWorks("fork-1", open_line(shipped_line(), 2), "hot_bar_line", audit=readable.site.audit)
        await works.open()
        await works.advance(Session("engineer", frozenset({"engineer"}), "test"), 1)
        await readable.site.add(works)
        return works

    works = readable.call(add())
    assert readable.server.devices() == {1: "main", 2: "fork-1"}
    client = readable.client()
    assert floats(client.read_input_registers(1000, count=2, device_id=2).registers)[0] == np.float32(
        works.frame.values[0]
    )
    readable.call(readable.site.remove("fork-1"))
    assert client.read_input_registers(1000, count=2, device_id=2).exception_code == 0x0A
    assert not client.read_input_registers(1000, count=2).isError()
    client.close()


# -- bad manners ----------------------------------------------------------------------------------------------------
def raw(port: int, data: bytes, answer: int = 4096, wait_s: float = 3.0) -> bytes:
    """Send bytes on a connection of their own, close our side, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        got = b""
        while part := line.recv(answer):
            got += part
        return got


def frame(pdu: bytes, device: int = 1, transaction: int = 7) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, device) + pdu


MALFORMED = {
    "nothing but a head": struct.pack(">HHHB", 1, 0, 6, 1),
    "half a head": b"\x00\x01\x00",
    "wrong protocol": struct.pack(">HHHB", 1, 0x1234, 6, 1) + b"\x04\x00\x00\x00\x01",
    "length 0": struct.pack(">HHH", 1, 0, 0) + b"\x01\x04\x00\x00\x00\x01",
    "length 1": struct.pack(">HHHB", 1, 0, 1, 1),
    "length 65535": struct.pack(">HHHB", 1, 0, 65535, 1) + bytes(300),
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "short read": frame(b"\x04\x03\xe8"),
    "long read": frame(b"\x04\x03\xe8\x00\x02\x00"),
    "read of nothing": frame(b"\x04\x03\xe8\x00\x00"),
    "read of too many": frame(b"\x04\x03\xe8\xff\xff"),
    "write whose count lies": frame(b"\x10\x00\x00\x00\x02\x02\x44\x61"),
    "write that is too short": frame(b"\x10\x00\x00\x00\x02\x04\x44\x61"),
    "write that is too long": frame(b"\x10\x00\x00\x00\x02\x04\x44\x61\x00\x00\x00"),
    "write of nothing": frame(b"\x10\x00\x00\x00\x00\x00"),
}
NOT_OFFERED = [0, 1, 5, 7, 8, 11, 15, 17, 20, 21, 22, 23, 24, 43, 65, 127, 128, 200, 255]


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_frames_are_counted_and_change_nothing(writable: Any, data: bytes) -> None:
    before, counted = writable.setpoints(), writable.server.counts()["malformed"]
    answer = raw(writable.port, data)
    assert writable.server.counts()["malformed"] == counted + 1
    assert answer == b"" or answer[7] & 0x80
    assert writable.setpoints() == before
    assert "unhandled" not in writable.site.audit.counts


def test_functions_that_are_not_offered(writable: Any) -> None:
    before = writable.setpoints()
    for function in NOT_OFFERED:
        answer = raw(writable.port, frame(bytes([function]) + b"\x00\x00\x00\x01\xff\x00"))
        assert answer[:2] == b"\x00\x07", function
        assert (answer[7], answer[8]) == (0x80 | function, 1)
    assert writable.setpoints() == before
    assert "unhandled" not in writable.site.audit.counts


def test_noise_never_stops_the_server_or_writes(writable: Any) -> None:
    rng, before = np.random.default_rng(11), writable.setpoints()
    for k in range(150):
        noise = rng.integers(0, 256, int(rng.integers(1, 300)), dtype=np.uint8).tobytes()
        data = noise if k % 3 else frame(bytes([int(rng.choice([2, 3, 4, 6]))]) + noise[:6])
        raw(writable.port, data)
    assert writable.setpoints() == before
    assert "unhandled" not in writable.site.audit.counts
    client = writable.client()
    assert not client.read_input_registers(1000, count=2).isError()
    client.close()


def test_requests_that_come_together_are_answered_one_by_one(writable: Any) -> None:
    asked = [frame(struct.pack(">BHH", 4, 1000 + 2 * k, 2), transaction=k) for k in range(100)]
    answer = raw(writable.port, b"".join(asked))
    assert len(answer) == 100 * 13
    assert [struct.unpack(">H", answer[13 * k : 13 * k + 2])[0] for k in range(100)] == list(range(100))


def test_a_request_may_come_byte_by_byte(writable: Any) -> None:
    with socket.create_connection(("127.0.0.1", writable.port), timeout=3) as line:
        for byte in frame(struct.pack(">BHH", 4, 1000, 2)):
            line.sendall(bytes([byte]))
            time.sleep(0.005)
        assert len(line.recv(100)) == 13


def test_too_many_and_silent_clients_are_let_go(readable: Any) -> None:
    refused = readable.server.counts()["refused"]
    silent = [socket.create_connection(("127.0.0.1", readable.port), timeout=5) for _ in range(4)]
    silent[0].sendall(b"\x00\x01\x00\x00")  # half a head, and never the rest
    deadline = time.monotonic() + 3.0
    while readable.server.counts()["clients"] < 4:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert raw(readable.port, b"") == b""  # the fifth
    assert readable.server.counts()["refused"] == refused + 1
    other = socket.create_connection(("127.0.0.1", readable.port), timeout=5, source_address=("127.0.0.2", 0))
    other.sendall(frame(struct.pack(">BHH", 4, 1000, 2)))
    assert len(other.recv(100)) == 13, "another host has its places"
    other.close()
    cut = readable.server.counts()["cut"]
    for line in silent:  # a silent one is let go after a second
        assert line.recv(10) == b""
        line.close()
    assert readable.server.counts()["cut"] >= cut + 3
    client = readable.client()
    assert not client.read_input_registers(1000, count=2).isError()
    client.close()


def test_a_flood_of_one_leaves_time_for_the_others(writable: Any) -> None:
    flood = socket.create_connection(("127.0.0.1", writable.port), timeout=5)
    flood.setblocking(False)
    block = frame(struct.pack(">BHH", 4, 1000, 120)) * 400
    try:  # ask without ever reading an answer, until nothing more is taken
        for _ in range(200):
            flood.send(block)
    except BlockingIOError:
        pass
    client, begun = writable.client(), time.monotonic()
    for _ in range(50):
        assert not client.read_input_registers(1000, count=120).isError()
    assert time.monotonic() - begun < 2.0
    client.close()
    flood.close()


# -- life -----------------------------------------------------------------------------------------------------------
def test_it_stops_at_once_with_clients_connected(tmp_path: Path, call: Any) -> None:
    async def life() -> float:
        audit = Audit(None)
        site = Site("short", None, audit, tmp_path)  # type: ignore[arg-type]
        works = LiveWorks("main", open_line(shipped_line(), 1), "hot_bar_line", audit=audit)
        await works.open()
        await site.add(works)
        server = ModbusServer(site, "127.0.0.1", 0)
        await server.start()
        port = int(server.endpoints()[0].url.rpartition(":")[2])
        lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        import asyncio

        while server.counts()["clients"] < 5:
            await asyncio.sleep(0.005)
        begun = time.monotonic()
        await server.stop()
        took = time.monotonic() - begun
        await works.close()
        assert server.counts()["clients"] == 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        for line in lines:
            line.close()
        return took

    assert call(life()) < 1.0


def test_a_taken_port_is_said(readable: Any) -> None:
    second = ModbusServer(readable.site, "127.0.0.1", readable.port)
    with pytest.raises(SteelyardError, match="choose another port"):
        readable.call(second.start())


def test_without_anonymous_reading_there_is_no_modbus(tmp_path: Path, call: Any) -> None:
    site = Site("closed", None, Audit(None), tmp_path, anonymous=False)  # type: ignore[arg-type]
    server = ModbusServer(site, "127.0.0.1", 0)
    call(server.start())
    endpoint = server.endpoints()[0]
    assert endpoint.url == ""
    assert "no login" in endpoint.note["en"]
    call(server.stop())


def test_pymodbus_itself_as_client_sees_what_it_wrote(writable: Any) -> None:
    client = ModbusTcpClient("127.0.0.1", port=writable.port)
    assert client.connect()
    values = client.convert_to_registers([880.25, 890.5], client.DATATYPE.FLOAT32)
    assert not client.write_registers(0, values).isError()
    found = client.convert_from_registers(client.read_holding_registers(0, count=4).registers, client.DATATYPE.FLOAT32)
    assert found == [880.25, 890.5]
    client.close()

"""The Modbus TCP server: who is connected, which request comes next, what is answered.

Requests and answers are pymodbus's own (its PDUs and its TCP framer). The connection is ours: pymodbus 3.16 does not
tell a datastore who asks, loses requests that arrive together, and waits for ever behind a wrong protocol id.
"""

import asyncio
import struct
import time
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from steelyard.errors import SteelyardError
from steelyard.live.access import ANONYMOUS_ROLES, Session
from steelyard.live.site import Site
from steelyard.plant.board import ROLE_WRITES
from steelyard.protocols.adapter import Endpoint
from steelyard.protocols.modbus.bank import Bank, Device

REQUESTS: dict[int, type[ModbusPDU]] = {
    2: ReadDiscreteInputsRequest, 3: ReadHoldingRegistersRequest, 4: ReadInputRegistersRequest,
    6: WriteSingleRegisterRequest, 16: WriteMultipleRegistersRequest,
}  # fmt: skip
EXACT_LENGTH = {2: 4, 3: 4, 4: 4, 6: 4}
WRITES = {6, 16}
LONGEST = 254  # bytes after the length field: unit id and PDU
MAIN, LAST_DEVICE = 1, 247
IDLE_S, SENDING_S = 300.0, 10.0
REQUESTS_PER_S = 500


class BrokenFrameError(Exception):
    """The bytes of a connection are no Modbus TCP; what follows cannot be told apart."""


class ModbusServer:
    """All works of a site over Modbus TCP: device id 1 is the main works, later ones get the next ids.

    Without `writer` it only reads. With it, registers are written under this role: Modbus has no login, so whoever
    reaches the port may then write. SteelyardError when the role does not exist or writes nothing.
    """

    def __init__(
        self, site: Site, host: str, port: int, *, writer: str | None = None, most_clients: int = 32,
        idle_s: float = IDLE_S,
    ) -> None:  # fmt: skip
        if writer is not None and not ROLE_WRITES.get(writer):
            able = ", ".join(role for role, names in ROLE_WRITES.items() if names)
            raise SteelyardError(f"no registers can be written as {writer!r}; roles that write are: {able}")
        self._site, self._host, self._port = site, host, port
        self._writer, self._most, self._idle_s = writer, most_clients, idle_s
        self._devices: dict[int, Device] = {}
        self._next_id = MAIN
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[Any]] = set()
        self._framer = FramerSocket(DecodePDU(True))
        self._counts = dict.fromkeys(("connections", "requests", "values_out", "writes", "refused", "malformed"), 0)

    # -- life ---------------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Open the port; SteelyardError when it is taken. Nothing is opened where anonymous reading is off."""
        for works in self._site.works.values():
            await self._add(works)
        self._site.on_change(self._add, self._remove)
        if not self._site.anonymous:
            return
        try:
            self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=4096)
        except OSError as error:
            raise SteelyardError(
                f"Modbus cannot listen on {self._host}:{self._port} ({error.strerror or error}); choose another port"
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        clients = list(self._clients)
        for client in clients:
            client.cancel()
        if clients:
            await asyncio.wait(clients, timeout=0.8)

    def endpoints(self) -> list[Endpoint]:
        """Return where it listens; the address is empty where anonymous reading is switched off."""
        if self._server is None:
            off = {"en": "off: Modbus has no login, and anonymous reading is switched off",
                   "ko": "꺼짐: Modbus에는 로그인이 없고 익명 읽기가 꺼져 있습니다"}  # fmt: skip
            return [Endpoint("modbus", "", off)]
        note = {"en": "no login, read-only", "ko": "로그인 없음, 읽기 전용"}
        if self._writer:
            note = {"en": f"no login; whoever reaches it writes as {self._writer}",
                    "ko": f"로그인 없음. 접속하는 누구나 {self._writer} 역할로 쓸 수 있습니다"}  # fmt: skip
        host = f"[{self._host}]" if ":" in self._host else self._host
        return [Endpoint("modbus", f"modbus://{host}:{self._port}", note)]

    def counts(self) -> dict[str, int]:
        """Return clients, connections, requests, values_out (registers and bits), writes, refused, malformed."""
        return {"clients": len(self._clients), **self._counts}

    def devices(self) -> dict[int, str]:
        """Return the works under each device id."""
        return {device_id: device.works.id for device_id, device in self._devices.items()}

    async def _add(self, works: Any) -> None:
        free = next((i for i in [*range(self._next_id, LAST_DEVICE + 1), *range(MAIN + 1, LAST_DEVICE + 1)]
                     if i not in self._devices), None)  # fmt: skip
        try:
            if free is None:
                raise SteelyardError("no device id is free")
            self._devices[free] = Device(works)
            self._next_id = free + 1
        except SteelyardError as error:
            self._site.audit.note("refused", via="modbus", works=works.id, why=f"not on Modbus: {error}")

    async def _remove(self, works: Any) -> None:
        self._devices = {i: device for i, device in self._devices.items() if device.works is not works}

    # -- one connection -----------------------------------------------------------------------------------------------
    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = "{}:{}".format(*(writer.get_extra_info("peername") or ("?", "?"))[:2])
        if len(self._clients) >= self._most:
            self._refused(None, peer, f"more than {self._most} connections")
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        self._counts["connections"] += 1
        roles = frozenset({self._writer}) if self._writer else ANONYMOUS_ROLES
        session = Session("modbus" if self._writer else "anonymous", roles, "modbus", peer)
        try:
            await self._converse(reader, writer, session)
        except BrokenFrameError as error:
            self._malformed(session, str(error))
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # gone, silent for too long, or the server stops
        except Exception as error:  # noqa: BLE001 one connection must not end the others
            self._site.audit.note("unhandled", session, where="modbus", why=repr(error))
        finally:
            for works in self._site.works.values():
                works.leases.release(session)
            self._clients.discard(task)
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session) -> None:
        """Answer one request after the other, at most `REQUESTS_PER_S`, until the client goes."""
        since, made = time.monotonic(), 0
        while (frame := await self._frame(reader)) is not None:
            transaction, device_id, data = frame
            self._counts["requests"] += 1
            answer = await self._answer(session, device_id, data)
            answer.transaction_id, answer.dev_id = transaction, device_id
            writer.write(self._framer.buildFrame(answer))
            async with asyncio.timeout(SENDING_S):
                await writer.drain()
            made += 1
            pause = 0.0
            if made >= REQUESTS_PER_S:
                pause = max(0.0, since + 1.0 - time.monotonic())
                since, made = time.monotonic() + pause, 0
            await asyncio.sleep(pause)  # let the others have their turn

    async def _frame(self, reader: asyncio.StreamReader) -> tuple[int, int, bytes] | None:
        """Return transaction, device id and PDU of the next request; None when the client went between two."""
        try:
            async with asyncio.timeout(self._idle_s):
                head = await reader.readexactly(7)
            transaction, protocol, length, device_id = struct.unpack(">HHHB", head)
            if protocol != 0:
                raise BrokenFrameError(f"protocol id {protocol} is not that of Modbus (0)")
            if not 2 <= length <= LONGEST:
                raise BrokenFrameError(f"length {length} is outside 2 to {LONGEST}")
            async with asyncio.timeout(min(SENDING_S, self._idle_s)):
                return transaction, device_id, await reader.readexactly(length - 1)
        except asyncio.IncompleteReadError as error:
            if error.partial or error.expected != 7:
                raise BrokenFrameError("the connection ended inside a request") from error
            return None

    async def _answer(self, session: Session, device_id: int, data: bytes) -> ModbusPDU:
        """Return the answer to one request; what cannot be read, is not known or not allowed gets an exception code."""
        function = data[0]
        if function not in REQUESTS:
            self._refused(session, session.peer, f"function {function} is not offered")
            return ExceptionResponse(function & 0x7F, ExcCodes.ILLEGAL_FUNCTION)
        request = REQUESTS[function]()
        try:
            if len(data) - 1 != EXACT_LENGTH.get(function, len(data) - 1):
                raise ValueError(f"{len(data) - 1} bytes")
            request.decode(data[1:])
        except (ModbusException, ValueError, IndexError, struct.error) as error:
            self._malformed(session, f"function {function}: {error}")
            return ExceptionResponse(function, ExcCodes.ILLEGAL_VALUE)
        bank = Bank(self._devices, session, self._writer is not None)
        if not bank.knows(device_id):
            self._refused(session, session.peer, f"there is no device {device_id}")
            return ExceptionResponse(function, ExcCodes.GATEWAY_PATH_UNAVIABLE)
        answer = await request.datastore_update(bank, device_id)  # type: ignore[arg-type]
        self._account(session, function, bank, answer)
        return answer

    def _account(self, session: Session, function: int, bank: Bank, answer: ModbusPDU) -> None:
        if bank.refusal:
            self._refused(session, session.peer, bank.refusal, bank.logged)
        elif answer.isError():
            self._malformed(session, f"function {function}: counts and bytes do not agree")
        else:
            self._counts["writes" if function in WRITES else "values_out"] += 1 if function in WRITES else bank.count

    def _refused(self, session: Session | None, peer: str, why: str, logged: bool = False) -> None:
        self._counts["refused"] += 1
        if not logged:
            self._site.audit.note("refused", session, **({} if session else {"via": "modbus", "peer": peer}), why=why)

    def _malformed(self, session: Session, why: str) -> None:
        self._counts["malformed"] += 1
        self._site.audit.note("malformed", session, why=why)

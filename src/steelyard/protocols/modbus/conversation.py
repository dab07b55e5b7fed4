"""One connection of a Modbus TCP client: which request comes next, and what is answered.

Requests and answers are pymodbus's own (its PDUs and its TCP framer). The connection is ours: pymodbus 3.16 does not
tell a datastore who asks, loses requests that arrive together, and waits for ever behind a wrong protocol id.
"""

import asyncio
import struct
import time
from collections.abc import Mapping

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

from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.protocols.modbus.bank import Bank, Device

REQUESTS: dict[int, type[ModbusPDU]] = {
    2: ReadDiscreteInputsRequest, 3: ReadHoldingRegistersRequest, 4: ReadInputRegistersRequest,
    6: WriteSingleRegisterRequest, 16: WriteMultipleRegistersRequest,
}  # fmt: skip
EXACT_LENGTH = {2: 4, 3: 4, 4: 4, 6: 4}
WRITES = {6, 16}
LONGEST = 254  # bytes after the length field: unit id and PDU
SENDING_S = 10.0
REQUESTS_PER_S = 200
COUNTED = ("connections", "requests", "values_out", "writes", "refused", "malformed", "cut", "unhandled")


class BrokenFrameError(Exception):
    """The bytes of a connection are no Modbus TCP; what follows cannot be told apart."""


class Tally:
    """Counts what passes, and puts what is refused or malformed into the audit log."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self.counts = dict.fromkeys(COUNTED, 0)

    def refused(self, session: Session, why: str, logged: bool = False) -> None:
        """Count a refusal; log it unless the works did."""
        self.counts["refused"] += 1
        if not logged:
            self._audit.note("refused", session, why=why)

    def malformed(self, session: Session, why: str) -> None:
        """Count and log what could not be read."""
        self._note("malformed", session, why)

    def cut(self, session: Session, why: str) -> None:
        """Count and log a connection that was closed from here."""
        self._note("cut", session, why)

    def unhandled(self, session: Session, why: str) -> None:
        """Count and log what nobody has foreseen."""
        self._note("unhandled", session, why)

    def _note(self, kind: str, session: Session, why: str) -> None:
        self.counts[kind] += 1
        self._audit.note(kind, session, why=why)


class Conversation:
    """What one session asks and is answered. `devices` are the works by device id, as they are at each moment."""

    def __init__(
        self, devices: Mapping[int, Device], session: Session, writable: bool, tally: Tally, idle_s: float
    ) -> None:
        self._devices, self._session, self._writable = devices, session, writable
        self._tally, self._idle_s = tally, idle_s
        self._framer = FramerSocket(DecodePDU(True))

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other, at most `REQUESTS_PER_S`, until the client goes.

        BrokenFrameError when its bytes make no sense, TimeoutError when it is silent or takes no answers.
        """
        since, made = time.monotonic(), 0
        while (frame := await self._frame(reader)) is not None:
            transaction, device_id, data = frame
            self._tally.counts["requests"] += 1
            answer = await self._answer(device_id, data)
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

    async def _answer(self, device_id: int, data: bytes) -> ModbusPDU:
        """Return the answer to one request; what cannot be read, is not known or not allowed gets an exception code."""
        function = data[0]
        if function not in REQUESTS:
            self._tally.refused(self._session, f"function {function} is not offered")
            return ExceptionResponse(function & 0x7F, ExcCodes.ILLEGAL_FUNCTION)
        request = REQUESTS[function]()
        try:
            if len(data) - 1 != EXACT_LENGTH.get(function, len(data) - 1):
                raise ValueError(f"{len(data) - 1} bytes")
            request.decode(data[1:])
        except (ModbusException, ValueError, IndexError, struct.error) as error:
            self._tally.malformed(self._session, f"function {function}: {error}")
            return ExceptionResponse(function, ExcCodes.ILLEGAL_VALUE)
        bank = Bank(self._devices, self._session, self._writable)
        if not bank.knows(device_id):
            self._tally.refused(self._session, f"there is no device {device_id}")
            return ExceptionResponse(function, ExcCodes.GATEWAY_PATH_UNAVIABLE)
        answer = await request.datastore_update(bank, device_id)  # type: ignore[arg-type]
        self._account(function, bank, answer)
        return answer

    def _account(self, function: int, bank: Bank, answer: ModbusPDU) -> None:
        if bank.refusal:
            self._tally.refused(self._session, bank.refusal, bank.logged)
        elif answer.isError():
            self._tally.malformed(self._session, f"function {function}: counts and bytes do not agree")
        elif function in WRITES:
            self._tally.counts["writes"] += 1
        else:
            self._tally.counts["values_out"] += bank.count

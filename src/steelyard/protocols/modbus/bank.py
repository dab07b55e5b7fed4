"""What one connection reads and writes: the datastore that pymodbus asks, answered from the latest frame.

Nothing is copied ahead: a request takes the registers it names out of one frame. A write becomes one write of the works
(role, lease, range, audit log), of whole set-points, all or none.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pymodbus.constants import ExcCodes

from steelyard.errors import AccessError, SignalError, SteelyardError
from steelyard.live.access import Session, role_of
from steelyard.plant.frame import Frame
from steelyard.protocols.modbus.register_map import RegisterMap

DISCRETE, INPUT, WRITE_ONE = 2, 4, 6


class Device:
    """One works under one device id: its register map, and what was just written and no frame shows yet."""

    def __init__(self, works: Any) -> None:
        self.works = works
        self.map = RegisterMap(works.signals.values())
        self._written: dict[str, tuple[float, int]] = {}

    def read(self, function: int, address: int, count: int) -> list[int] | list[bool] | ExcCodes:
        """Return registers or bits of the latest frame, or why not."""
        frame: Frame = self.works.frame
        if not frame.connected:
            return ExcCodes.GATEWAY_NO_RESPONSE
        found: list[int] | list[bool] | None
        if function == INPUT:
            found = self.map.input_words(frame, self._header(frame) if address < 100 else [], address, count)
        elif function == DISCRETE:
            found = self.map.bits(frame, address, count)
        else:
            found = self.map.holding_words(self._setpoints(frame), address, count)
        return ExcCodes.ILLEGAL_ADDRESS if found is None else found

    def meant(self, address: int, words: list[int]) -> dict[str, float] | ExcCodes:
        """Return the set-points that a write means, or why it means none."""
        if not self.works.frame.connected:
            return ExcCodes.GATEWAY_NO_RESPONSE
        if address + len(words) > 2 * len(self.map.setpoints):
            return ExcCodes.ILLEGAL_ADDRESS
        values = self.map.written(address, words)
        return ExcCodes.ILLEGAL_VALUE if values is None else values

    def remember(self, values: dict[str, float]) -> None:
        """Let set-points that were just written read back so until a frame made after this moment shows them."""
        made = int(self.works.status().get("steps", self.works.frame.step))
        self._written |= {name: (value, made) for name, value in values.items()}

    def _header(self, frame: Frame) -> list[int]:
        return self.map.header(frame, self.works.status(), self.works.stamp(frame.time_s).timestamp())

    def _setpoints(self, frame: Frame) -> np.ndarray:
        """Return the set-points; what was written since this frame reads back as written."""
        values = frame.values[self.map.setpoints]
        for name, (value, made) in list(self._written.items()):
            if frame.step > made:
                del self._written[name]
                continue
            place = next(j for j, k in enumerate(self.map.setpoints) if self.map.signals[k].name == name)
            values[place] = value
        return values


class Bank:
    """The datastore of one connection: all devices, seen by one session. It has the two methods that pymodbus calls.

    `refusal` says after a request why it was refused, "" when it was not, and `logged` whether the works has put that
    into the audit log; `count` is how many registers or bits were asked for.
    """

    def __init__(self, devices: Mapping[int, Device], session: Session, writable: bool) -> None:
        self._devices, self._session, self._writable = devices, session, writable
        self.refusal, self.logged, self.count = "", False, 0

    def knows(self, device_id: int) -> bool:
        """Return whether there is a works under this id."""
        return device_id in self._devices

    async def async_getValues(  # noqa: N802 the name is pymodbus's
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        """Return `count` registers (or bits) from `address` on, or an exception code."""
        found = self._devices[device_id].read(func_code, address, count)
        if isinstance(found, ExcCodes):
            self.refusal = f"read of {count} at {address}, function {func_code}: {found.name.lower()}"
        else:
            self.count = count
        return found

    async def async_setValues(  # noqa: N802
        self, device_id: int, func_code: int, address: int, values: list[int] | list[bool]
    ) -> ExcCodes | None:
        """Write registers from `address` on; None when it was done, else an exception code."""
        code = await self._write(self._devices[device_id], func_code, address, [int(word) for word in values])
        if code is not None:
            self.refusal = f"write of {len(values)} at {address}, function {func_code}: {code.name.lower()}"
        return code

    async def _write(self, device: Device, function: int, address: int, words: list[int]) -> ExcCodes | None:
        if not self._writable:
            return ExcCodes.ILLEGAL_FUNCTION
        if function == WRITE_ONE:  # half a float32
            return ExcCodes.ILLEGAL_VALUE
        values = device.meant(address, words)
        if isinstance(values, ExcCodes):
            return values
        try:
            await device.works.write(self._session, values)
        except SteelyardError as error:
            self.logged = True
            return _code_of(error, all(role_of(name) in self._session.roles for name in values))
        device.remember(values)
        return None


def _code_of(error: SteelyardError, ours: bool) -> ExcCodes:
    """Return the exception code of a refused write; `ours` says whether all set-points are of our role."""
    if isinstance(error, AccessError):
        return ExcCodes.DEVICE_BUSY if ours else ExcCodes.ILLEGAL_ADDRESS
    return ExcCodes.ILLEGAL_VALUE if isinstance(error, SignalError) else ExcCodes.DEVICE_FAILURE

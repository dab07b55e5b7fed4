"""One works in the address space: works → unit → signal, each signal with unit, range and description.

The nodes hold no values: a read looks into the latest frame, and a frame goes out only to those who watch.
"""

import asyncio
import math
import struct
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from asyncua import ua
from asyncua.server.address_space import AttributeValue

from steelyard.live.access import role_of
from steelyard.nomenclature import korean_of
from steelyard.plant.frame import BAD, GOOD, Frame
from steelyard.protocols.opcua.nodes import ATTRIBUTES, IDS, KINDS, Nodes
from steelyard.protocols.opcua.standard import standard, ua_status
from steelyard.protocols.opcua.subscriptions import Sample, Watcher
from steelyard.protocols.opcua.texts import Texts, unit_title
from steelyard.protocols.opcua.unit_codes import engineering_unit
from steelyard.signals import Signal

TOGETHER = 50
CURRENT_READ, CURRENT_WRITE, HISTORY_READ = 1, 2, 4
WITH_RANGE, WITHOUT_RANGE = standard(IDS.AnalogUnitRangeType), standard(IDS.AnalogUnitType)
DOUBLE = standard(IDS.Double)
CODES = ua.StatusCodes
UNCERTAIN, NOT_CONNECTED, NO_DATA = CODES.Uncertain, CODES.BadNoCommunication, CODES.BadNoData
_FULL, _EMPTY = struct.Struct("<BBdIqq"), struct.Struct("<BIqq")
_START = datetime(1601, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def file_time(moment: datetime) -> int:
    """Return a moment as OPC UA counts it: steps of 100 ns since 1601."""
    return (moment - _START) // _MICROSECOND * 10


def status_code(status: int, value: float, connected: bool) -> int:
    """Return the OPC UA status of a value: as the instrument says; none measured is bad; no wire beats all."""
    if not connected:
        return int(NOT_CONNECTED)
    if status == BAD:
        return int(NO_DATA if math.isnan(value) else CODES.Bad)
    if math.isnan(value):
        return int(NO_DATA)
    return int(CODES.Good if status == GOOD else UNCERTAIN)


class SignalNode:
    """One signal: its node, who watches it, its span in its trade unit, the role that may write it (or None)."""

    __slots__ = ("board", "index", "name", "node", "role", "signal", "span", "watchers")

    def __init__(self, board: "Board", index: int, signal: Signal) -> None:
        self.board, self.index, self.signal, self.name = board, index, signal, signal.name
        self.span = signal.declaration.high - signal.declaration.low
        self.role = role_of(signal.name) if signal.writable else None  # a replay only shows what was written
        self.watchers: dict[tuple[int, int], Watcher] = {}
        self.node = ua.NodeId()

    def sample(self) -> Sample:
        """Return its value of now, ready to go out."""
        return self.board.sample(self.index)

    def read(self, _node: ua.NodeId, _attribute: ua.AttributeIds) -> ua.DataValue:
        """Return its value of now."""
        return self.board.data_value(self.index)


class Board:
    """The nodes of one works below the object of the site."""

    def __init__(self, works: Any, nodes: Nodes, texts: Texts, site: ua.NodeId) -> None:
        self.works, self.nodes, self.texts = works, nodes, texts
        self.frame: Frame = works.frame
        self.node = nodes.object(works.id, site, texts.text(works.title),
                                 browse=ua.QualifiedName(works.id, nodes.namespace), tells=True)  # fmt: skip
        texts.remember(self.node, ATTRIBUTES.DisplayName, works.title)
        self.units: dict[str, ua.NodeId] = {}
        self.signals = [SignalNode(self, k, signal) for k, signal in enumerate(works.signals.values())]
        self.values_out = 0
        self._set_clock()

    async def build(self) -> None:
        """Add the nodes of all signals, a few at a time: others are served meanwhile, and the works may go."""
        for k, one in enumerate(self.signals):
            if self.node not in self.nodes.space:
                return
            self._add(one)
            if k % TOGETHER == TOGETHER - 1:
                await asyncio.sleep(0)

    # -- nodes --------------------------------------------------------------------------------------------------------
    def _add(self, one: SignalNode) -> None:
        unit, _, field = one.name.partition(".")
        declaration, parent = one.signal.declaration, self._unit(unit)
        both = {"en": declaration.description, "ko": korean_of(one.name)}
        ranged = math.isfinite(one.span)
        access = CURRENT_READ | (CURRENT_WRITE if one.role else 0) | (HISTORY_READ if self._kept() else 0)
        one.node = node = self.nodes.variable(
            f"{self.works.id}/{one.name}", parent, ua.LocalizedText(field or one.name), AttributeValue(ua.DataValue()),
            DOUBLE, WITH_RANGE if ranged else WITHOUT_RANGE, description=self.texts.text(both), access=access,
            kept=self._kept(),
        )  # fmt: skip
        self.texts.remember(node, ATTRIBUTES.Description, both)
        value = self.nodes.space[node].attributes[ATTRIBUTES.Value]
        value.value, value.value_callback = None, one.read
        if ranged:
            span = ua.Range(declaration.low, declaration.high)
            self.nodes.property(node, "EURange", span, KINDS.ExtensionObject, IDS.Range)
        unit_of = engineering_unit(one.signal.unit)
        self.nodes.property(node, "EngineeringUnits", unit_of, KINDS.ExtensionObject, IDS.EUInformation)
        self._describe(node, both, one.role)

    def _describe(self, node: ua.NodeId, both: dict[str, str], role: str | None) -> None:
        """Add what standard types have no place for: the other language, and which role may write."""
        own = partial(self.nodes.property, namespace=self.nodes.namespace)
        other = "en" if self.texts.language == "ko" else "ko"
        if both[other]:
            own(node, f"Description_{other}", ua.LocalizedText(both[other], other), KINDS.LocalizedText)
        if role:
            own(node, "WritableBy", role, KINDS.String)

    def _kept(self) -> bool:
        return getattr(self.works, "record", None) is not None

    def _unit(self, unit: str) -> ua.NodeId:
        if unit not in self.units:
            both = unit_title(unit)
            node = self.nodes.object(f"{self.works.id}/{unit}", self.node, self.texts.text(both),
                                     browse=ua.QualifiedName(unit, self.nodes.namespace), tells=True)  # fmt: skip
            self.texts.remember(node, ATTRIBUTES.DisplayName, both)
            self.units[unit] = node
        return self.units[unit]

    # -- values -------------------------------------------------------------------------------------------------------
    async def listen(self, frame: Frame) -> None:
        """Show a frame; afterwards every read sees it and every watcher has it in its queue."""
        self.frame = frame
        self._set_clock()
        for one in self.signals:
            if one.watchers:
                sample = self.sample(one.index)
                for watcher in list(one.watchers.values()):
                    watcher.offer(sample)
                self.values_out += len(one.watchers)

    def _set_clock(self) -> None:
        """Note when the frame came and which moment its plant time is."""
        self._arrived = datetime.now(UTC)
        self._clock = (file_time(self.works.stamp(self.frame.time_s)), file_time(self._arrived))

    def sample(self, k: int) -> Sample:
        """Return the value of signal `k` in the frame of now, packed."""
        frame, (base, arrived) = self.frame, self._clock
        value = float(frame.values[k])
        status = status_code(int(frame.status[k]), value, frame.connected)
        stamp = base + round(float(frame.offset[k]) * 1e6) * 10
        if status >> 31:
            return Sample(math.nan, status, stamp, _EMPTY.pack(14, status, stamp, arrived))
        return Sample(value, status, stamp, _FULL.pack(15, KINDS.Double.value, value, status, stamp, arrived))

    def data_value(self, k: int) -> ua.DataValue:
        """Return the value of signal `k` in the frame of now."""
        frame = self.frame
        value = float(frame.values[k])
        status = status_code(int(frame.status[k]), value, frame.connected)
        variant = ua.Variant(None, KINDS.Null) if status >> 31 else ua.Variant(value, KINDS.Double)
        return ua.DataValue(
            variant,
            ua_status(status),
            self.works.stamp(frame.time_s + float(frame.offset[k])),
            cast(Any, self._arrived),
        )

    def close(self) -> list[ua.NodeId]:
        """Tell the watchers that the signals went, take all nodes out, and return them."""
        gone = Sample(math.nan, int(CODES.BadNodeIdUnknown), 0,
                      _EMPTY.pack(14, CODES.BadNodeIdUnknown, *self._clock))  # fmt: skip
        for one in self.signals:
            for watcher in one.watchers.values():
                watcher.offer(gone)
            one.watchers.clear()
        return self.nodes.remove(self.node)

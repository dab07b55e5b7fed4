"""Alarms and conditions: a limit that is violated becomes an event of a limit alarm, to be acknowledged and refreshed.

A subscriber to the events of the server hears all works, one to those of a works or a unit hears what is below it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any, cast

from asyncua import ua
from asyncua.common.event_objects import (
    AlarmCondition,
    BaseEvent,
    ExclusiveLevelAlarm,
    InstrumentDiagnosticAlarm,
    RefreshEndEvent,
    RefreshStartEvent,
)

from steelyard.live.access import Session
from steelyard.protocols.opcua.board import Board
from steelyard.protocols.opcua.hub import Hub
from steelyard.protocols.opcua.standard import standard, ua_status

IDS, KINDS, CODES = ua.ObjectIds, ua.VariantType, ua.StatusCodes
SERVER = standard(IDS.Server)
ACKNOWLEDGE = standard(IDS.AcknowledgeableConditionType_Acknowledge)
REFRESHES = (standard(IDS.ConditionType_ConditionRefresh), standard(IDS.ConditionType_ConditionRefresh2))
PROCESS = standard(IDS.ProcessConditionClassType)
WORDS = {
    "Active": {"en": "Active", "ko": "발생"}, "Inactive": {"en": "Inactive", "ko": "해제"},
    "Acknowledged": {"en": "Acknowledged", "ko": "확인"}, "Unacknowledged": {"en": "Unacknowledged", "ko": "미확인"},
    "Enabled": {"en": "Enabled", "ko": "사용"}, "High": {"en": "High", "ko": "상한"},
    "Low": {"en": "Low", "ko": "하한"},
}  # fmt: skip


@dataclass
class Condition:
    """One alarm of one works: its last event as the works told it, and whether somebody has acknowledged it."""

    board: Board
    event: dict[str, Any]
    id: ua.NodeId
    event_id: bytes
    acknowledged: bool = False
    comment: str = ""
    by: str = ""

    @property
    def retained(self) -> bool:
        """Whether it is still of interest: active, or not acknowledged yet."""
        return bool(self.event["active"]) or not self.acknowledged


class Conditions:
    """All conditions of the server; `send` gives an event to everybody who subscribed to where it happened."""

    def __init__(self, hub: Hub, subscriptions: Any) -> None:
        self._hub, self._subscriptions = hub, subscriptions
        self.known: dict[ua.NodeId, Condition] = {}
        self._stop: dict[str, Callable[[], None]] = {}

    def open(self, board: Board) -> None:
        """Take over the alarms of a works, and hear of new ones."""
        works = board.works
        if hasattr(works, "subscribe_alarms"):
            for event in works.alarms:
                self._take(board, event)

            async def listen(event: dict[str, Any]) -> None:
                await self.happened(board, event)

            self._stop[works.id] = works.subscribe_alarms(listen)

    def close(self, board: Board) -> None:
        """Forget the alarms of a works."""
        stop = self._stop.pop(board.works.id, None)
        if stop is not None:
            stop()
        self.known = {key: one for key, one in self.known.items() if one.board is not board}

    async def happened(self, board: Board, event: dict[str, Any]) -> None:
        """An alarm came or went: tell the subscribers."""
        condition = self._take(board, event)
        self._hub.count("events")
        await self.send(condition)

    def _take(self, board: Board, event: dict[str, Any]) -> Condition:
        node = board.nodes.id(f"{board.works.id}/alarm/{event['id']}")
        before = self.known.get(node)
        quiet = before is not None and not event["active"] and before.acknowledged
        condition = Condition(board, event, node, token_bytes(16), acknowledged=quiet)
        if condition.retained:
            self.known[node] = condition
        else:
            self.known.pop(node, None)
        return condition

    async def send(self, condition: Condition, only: Any = None) -> None:
        """Tell everybody, or one subscription, how a condition stands."""
        signal = condition.event.get("signal", "")
        unit = condition.board.units.get(str(signal).partition(".")[0])
        places = [SERVER, condition.board.node, *([unit] if unit is not None else [])]
        event = event_of(self._hub, condition)
        for place in places:
            event.emitting_node = place
            await self.emit(event, only)

    async def emit(self, event: BaseEvent, only: Any = None) -> None:
        """Put an event into the queues of those who subscribed to its place; a filter that fails hits only itself."""
        for subscription in [only] if only is not None else list(self._subscriptions.subscriptions.values()):
            try:
                await subscription.monitored_item_srv.trigger_event(event)
            except Exception as error:  # noqa: BLE001 the filter came from a client
                self._hub.note("malformed", why=f"event filter: {error!r}"[:300])


def event_of(hub: Hub, condition: Condition) -> AlarmCondition:
    """Return the OPC UA event of a condition."""
    told, board = condition.event, condition.board
    limited = told.get("kind") in ("low", "high")
    event: Any = ExclusiveLevelAlarm() if limited else InstrumentDiagnosticAlarm()
    signal = next((one for one in board.signals if one.name == told.get("signal")), None)
    moment = board.works.stamp(float(told["time_s"]))
    event.EventId, event.Time, event.ReceiveTime = condition.event_id, moment, datetime.now(UTC)
    event.SourceNode = signal.node if signal is not None else board.node
    event.SourceName = f"{board.works.id}/{told.get('signal', '')}"
    event.Message, event.Severity = hub.texts.text(told["text"]), int(told["severity"])
    event.ConditionName, event.BranchId, event.Retain = str(told["id"]), ua.NodeId(), condition.retained
    event.ConditionClassId, event.ConditionClassName = PROCESS, ua.LocalizedText("ProcessConditionClass")
    event.Quality, event.LastSeverity = ua_status(CODES.Good), event.Severity
    event.Comment, event.ClientUserId = ua.LocalizedText(condition.comment), condition.by
    event.SuppressedOrShelved = False
    event.InputNode = event.SourceNode
    event.add_property("NodeId", condition.id, KINDS.NodeId)
    _two_states(hub, event, "EnabledState", True, "Enabled", "Enabled")
    _two_states(hub, event, "ActiveState", bool(told["active"]), "Active", "Inactive")
    _two_states(hub, event, "AckedState", condition.acknowledged, "Acknowledged", "Unacknowledged")
    event.add_property("ActiveState/TransitionTime", moment, KINDS.DateTime)
    if limited:
        high = told["kind"] == "high"
        event.HighLimit, event.LowLimit = (told["limit"], None) if high else (None, told["limit"])
        state = hub.texts.text(WORDS["High" if high else "Low"]) if told["active"] else ua.LocalizedText("")
        event.add_property("LimitState/CurrentState", state, KINDS.LocalizedText)
        number = IDS.ExclusiveLimitStateMachineType_High if high else IDS.ExclusiveLimitStateMachineType_Low
        event.add_property("LimitState/CurrentState/Id", standard(number if told["active"] else 0), KINDS.NodeId)
    if told.get("value") is not None:
        event.add_property("Value", float(told["value"]), KINDS.Double)
    return cast(AlarmCondition, event)


def _two_states(hub: Hub, event: Any, name: str, now: bool, yes: str, no: str) -> None:
    event.add_property(name, hub.texts.text(WORDS[yes if now else no]), KINDS.LocalizedText)
    event.add_property(f"{name}/Id", now, KINDS.Boolean)


async def acknowledge(hub: Hub, who: Session, node: ua.NodeId, arguments: list[Any]) -> int:
    """Acknowledge the last event of a condition; AccessError for those who may only read."""
    who.need("advance")
    if len(arguments) != 2 or not isinstance(arguments[0], bytes):
        return int(CODES.BadArgumentsMissing if len(arguments) < 2 else CODES.BadInvalidArgument)
    condition = hub.conditions.known.get(node)
    if condition is None:
        return int(CODES.BadNodeIdUnknown)
    if arguments[0] != condition.event_id:
        return int(CODES.BadEventIdUnknown)
    if condition.acknowledged:
        return int(CODES.BadConditionBranchAlreadyAcked)
    comment = arguments[1]
    condition.acknowledged, condition.by = True, who.user
    condition.comment = str(comment.Text or "")[:500] if isinstance(comment, ua.LocalizedText) else ""
    condition.event_id = token_bytes(16)
    hub.note("command", who, works=condition.board.works.id, command="acknowledge", alarm=condition.event["id"],
             comment=condition.comment)  # fmt: skip
    if not condition.retained:
        hub.conditions.known.pop(node, None)
    await hub.conditions.send(condition)
    return int(CODES.Good)


async def refresh(hub: Hub, mine: dict[int, Any], arguments: list[Any]) -> int:
    """Send every retained condition again to one own subscription, between a start and an end event."""
    subscription = mine.get(arguments[0]) if arguments and isinstance(arguments[0], int) else None
    if subscription is None:
        return int(CODES.BadSubscriptionIdInvalid)
    for bound in (RefreshStartEvent, None, RefreshEndEvent):
        if bound is None:
            for condition in list(hub.conditions.known.values()):
                await hub.conditions.send(condition, subscription)
            continue
        for place in list(subscription.monitored_item_srv._monitored_events):
            event: Any = bound()
            event.EventId, event.Time, event.ReceiveTime = token_bytes(16), datetime.now(UTC), datetime.now(UTC)
            event.SourceNode, event.SourceName, event.emitting_node = SERVER, "Server", place
            event.Message = ua.LocalizedText("refresh")
            await hub.conditions.emit(event, subscription)
    return int(CODES.Good)

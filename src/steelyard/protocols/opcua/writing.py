"""Writes of clients: each value is checked here for what OPC UA has a word for, then written by the works itself.

Only values of signals can be written, only numbers, only by a session with the role and the lease. Nothing else of the
server can be changed from outside, by nobody.
"""

from typing import Any

from asyncua import ua

from steelyard.errors import SignalError, SteelyardError
from steelyard.live.access import Session
from steelyard.protocols.opcua.board import SignalNode
from steelyard.protocols.opcua.hub import Hub
from steelyard.protocols.opcua.reasons import Verdicts, code_of
from steelyard.protocols.opcua.standard import ua_status

CODES = ua.StatusCodes
_GOOD = (int(CODES.Good), "")


async def write_all(hub: Hub, who: Session, wanted: list[ua.WriteValue]) -> Verdicts:
    """Write what may be written and return one status for each; the values of one works and role go together."""
    results = [_GOOD] * len(wanted)
    together: dict[tuple[str, str], list[int]] = {}
    for k, item in enumerate(wanted):
        results[k] = code, why = _judge(hub, who, item)
        if code != CODES.Good:
            hub.note("refused", who, node=str(item.NodeId.to_string())[:120], why=why)
        else:
            signal = hub.signals[item.NodeId]
            alone = f" {k}" if hasattr(signal.board.works, "exchange") else ""
            together.setdefault((signal.board.works.id, f"{signal.role}{alone}"), []).append(k)
    for (works_id, _), places in together.items():
        values = {hub.signals[wanted[k].NodeId].name: wanted[k].Value.Value.Value for k in places}
        verdict = await _write(hub, who, works_id, values)
        for k in places:
            results[k] = verdict
    return Verdicts((ua_status(code), why) for code, why in results)


async def _write(hub: Hub, who: Session, works_id: str, values: dict[str, float]) -> tuple[int, str]:
    """Write to one works, which logs the write or its refusal; return the status code, and why not."""
    works = None
    try:
        works = hub.site.get(works_id)
        await works.write(who, values)
    except SteelyardError as error:
        hub.count("refused")
        return code_of(error, works is None or works.frame.connected), str(error)
    hub.count("writes", len(values))
    return _GOOD


def _judge(hub: Hub, who: Session, item: ua.WriteValue) -> tuple[int, str]:
    """Return the status code of a write before it is tried, and why not when it must not be.

    A works under trial counts attempts against role and range itself, so these are left to it.
    """
    signal = hub.signals.get(item.NodeId)
    if signal is None or item.AttributeId != ua.AttributeIds.Value:
        return int(CODES.BadNotWritable), "only values of signals can be written"
    if hasattr(signal.board.works, "exchange"):
        return _judge_value(signal, item.Value, in_range=False)
    role = signal.role
    if role is None:
        return int(CODES.BadNotWritable), "cannot be written from outside the plant"
    if role not in who.roles:
        return int(CODES.BadUserAccessDenied), f"user has no role {role!r}"
    if item.IndexRange:
        return int(CODES.BadWriteNotSupported), "a part of a number cannot be written"
    return _judge_value(signal, item.Value)


def _judge_value(signal: SignalNode, value: Any, in_range: bool = True) -> tuple[int, str]:
    variant = value.Value if value is not None else None
    if value is not None and value.StatusCode is not None and not value.StatusCode.is_good():
        return int(CODES.BadWriteNotSupported), "a status cannot be written"
    if variant is None or variant.VariantType != ua.VariantType.Double or not isinstance(variant.Value, float):
        return int(CODES.BadTypeMismatch), "the value is not a Double"
    try:
        if in_range:
            signal.signal.to_record(variant.Value)
    except SignalError as error:
        return int(CODES.BadOutOfRange), str(error)
    return _GOOD

"""Method calls of clients: arguments are checked, the works does it, errors become status codes."""

import math
from typing import Any

from asyncua import ua

from steelyard.errors import SteelyardError
from steelyard.live.access import Session
from steelyard.protocols.opcua.alarms import ACKNOWLEDGE, REFRESHES, acknowledge, refresh
from steelyard.protocols.opcua.hub import Hub
from steelyard.protocols.opcua.reasons import code_of
from steelyard.protocols.opcua.standard import ua_status
from steelyard.protocols.opcua.subscriptions import FastSubscription

CODES, KINDS = ua.StatusCodes, ua.VariantType
WHOLE = {KINDS.SByte, KINDS.Byte, KINDS.Int16, KINDS.UInt16, KINDS.Int32, KINDS.UInt32, KINDS.Int64, KINDS.UInt64}
REAL = {KINDS.Float, KINDS.Double}


async def call_all(
    hub: Hub, who: Session, request: ua.CallMethodRequest, mine: dict[int, FastSubscription]
) -> tuple[ua.CallMethodResult, str]:
    """Call one method and return its result; a failure is a status code and its reason, which the log has as well."""
    arguments = list(request.InputArguments or [])
    try:
        if request.MethodId in REFRESHES:
            return ua.CallMethodResult(StatusCode=ua_status(await refresh(hub, mine, _plain(arguments)))), ""
        if request.MethodId == ACKNOWLEDGE:
            code = await acknowledge(hub, who, request.ObjectId, _plain(arguments))
            return ua.CallMethodResult(StatusCode=ua_status(code)), ""
        return await _call(hub, who, request, arguments)
    except SteelyardError as error:
        return _refused(hub, who, request, code_of(error), error)
    except Exception as error:  # noqa: BLE001 a client gets an answer whatever happens, and the log gets the reason
        hub.note("unhandled", who, call=request.MethodId.to_string()[:120], why=repr(error))
        return ua.CallMethodResult(StatusCode=ua_status(CODES.BadInternalError)), ""


async def _call(
    hub: Hub, who: Session, request: ua.CallMethodRequest, given: list[ua.Variant]
) -> tuple[ua.CallMethodResult, str]:
    method = hub.methods.get(request.MethodId)
    if method is None or method.owner != request.ObjectId:
        return _refused(hub, who, request, CODES.BadMethodInvalid, "no such method here")
    if len(given) != len(method.takes):
        code = CODES.BadArgumentsMissing if len(given) < len(method.takes) else CODES.BadTooManyArguments
        return _refused(hub, who, request, code, f"takes {len(method.takes)} arguments, not {len(given)}")
    values = [_argument(kind, variant) for kind, variant in zip(method.takes, given, strict=True)]
    verdicts = [ua_status(CODES.BadTypeMismatch if value is None else CODES.Good) for value in values]
    if None in values:
        result, why = _refused(hub, who, request, CODES.BadInvalidArgument, "an argument is of another type")
        result.InputArgumentResults = verdicts
        return result, why
    hub.count("calls")
    outputs = await method.call(who, values)
    return ua.CallMethodResult(InputArgumentResults=verdicts, OutputArguments=outputs), ""


def _argument(kind: ua.VariantType, variant: ua.Variant) -> Any:
    """Return the value of an argument, None when it is of another kind; whole numbers of any size are understood."""
    value, given = variant.Value, variant.VariantType
    if variant.is_array:
        return None
    if kind == KINDS.String:
        return value if given == KINDS.String and isinstance(value, str) else None
    if kind == KINDS.Double:
        return float(value) if given in WHOLE | REAL and not math.isnan(value) else None
    return int(value) if given in WHOLE and value >= 0 else None


def _plain(arguments: list[ua.Variant]) -> list[Any]:
    return [argument.Value for argument in arguments]


def _refused(
    hub: Hub, who: Session, request: ua.CallMethodRequest, code: int, why: object
) -> tuple[ua.CallMethodResult, str]:
    hub.note("refused", who, call=request.MethodId.to_string()[:120], why=str(why)[:300])
    return ua.CallMethodResult(StatusCode=ua_status(code)), str(why)[:300]

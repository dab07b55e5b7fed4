"""Historical read of recorded signals: raw values in either direction, with limits and continuation points."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
from asyncua import ua

from steelyard.errors import AccessError, SteelyardError
from steelyard.live.access import Session
from steelyard.plant.frame import GOOD
from steelyard.protocols.opcua.board import SignalNode, status_code
from steelyard.protocols.opcua.hub import Hub
from steelyard.protocols.opcua.standard import ua_status

CODES = ua.StatusCodes
MOST_VALUES, MOST_AT_ONCE = 10_000, 200_000
_NEVER = datetime(1700, 1, 1, tzinfo=UTC)


async def read_history(hub: Hub, who: Session, params: ua.HistoryReadParameters) -> list[ua.HistoryReadResult]:
    """Return the recorded values of each node asked for."""
    results = []
    for wanted in params.NodesToRead or []:
        try:
            results.append(await _read(hub, who, params.HistoryReadDetails, wanted))
        except SteelyardError as error:
            hub.note("refused", who, node=wanted.NodeId.to_string()[:120], why=str(error))
            denied = isinstance(error, AccessError)
            results.append(_failed(CODES.BadUserAccessDenied if denied else CODES.BadHistoryOperationUnsupported))
    return results


async def _read(hub: Hub, who: Session, details: Any, wanted: ua.HistoryReadValueId) -> ua.HistoryReadResult:
    who.need("read")
    signal = hub.signals.get(wanted.NodeId)
    if signal is None:
        return _failed(CODES.BadNodeIdUnknown)
    raw = isinstance(details, ua.ReadRawModifiedDetails) and not details.IsReadModified
    if not raw or not hasattr(signal.board.works, "history"):
        return _failed(CODES.BadHistoryOperationUnsupported)
    start, end = _moment(details.StartTime), _moment(details.EndTime)
    most = min(int(details.NumValuesPerNode) or MOST_VALUES, MOST_VALUES)
    backwards = (start is None and end is not None) or (start is not None and end is not None and end < start)
    first: datetime | float | None = end if backwards and start is not None else start
    last: datetime | float | None = start if backwards and start is not None else end
    skip = 0
    if wanted.ContinuationPoint:
        try:
            skip, point = _continued(wanted.ContinuationPoint)
        except ValueError:
            return _failed(CODES.BadContinuationPointInvalid)
        first, last = (first, point) if backwards else (point, last)
    values = _data_values(signal, await _columns(signal, who, first, last, backwards, most + skip + 1))
    return _part((values[::-1] if backwards else values)[skip:], most)


def _part(values: list[tuple[float, ua.DataValue]], most: int) -> ua.HistoryReadResult:
    """Return the first `most` values; when there are more, say how to go on."""
    result = ua.HistoryReadResult()
    result.HistoryData = ua.HistoryData(DataValues=[value for _, value in values[:most]])
    if len(values) > most:
        time_s = values[most][0]
        skip = sum(1 for t, _ in values[:most] if t == time_s)
        result.ContinuationPoint = f"{skip}:{time_s!r}".encode()
    elif not values:
        result.StatusCode = ua_status(CODES.GoodNoData)
    return result


def _continued(point: bytes) -> tuple[int, float]:
    """Return how many values of a plant time were given already, and this time; ValueError for anything else."""
    skip, _, time_s = point.decode("ascii").partition(":")
    where = float(time_s)
    if not math.isfinite(where) or not 0 <= int(skip) <= MOST_VALUES:
        raise ValueError("this is no continuation point of this server")
    return int(skip), where


async def _columns(
    signal: SignalNode,
    who: Session,
    first: datetime | float | None,
    last: datetime | float | None,
    backwards: bool,
    most: int,
) -> dict[str, np.ndarray]:
    """Return the first `most` recorded rows between two moments (the last when read backwards), none left out.

    A recording answers a long range with evenly thinned rows; where that may be, look again into a quarter of it.
    """
    works = signal.board.works
    start_s, end_s = _plant_time(works, first, 0.0), _plant_time(works, last, math.inf)
    if not math.isfinite(end_s):
        end_s = works.frame.time_s + 1.0
    while True:
        table: dict[str, np.ndarray] = await works.history([signal.name], start_s, end_s, MOST_AT_ONCE, who)
        time_s = table["time_s"]
        if len(time_s) <= MOST_AT_ONCE // 2 or time_s[0] == time_s[-1]:
            break
        if backwards:
            start_s = float(time_s[-len(time_s) // 4])
        else:
            end_s = float(time_s[len(time_s) // 4])
    return {name: column[-most:] if backwards else column[:most] for name, column in table.items()}


def _plant_time(works: Any, moment: datetime | float | None, otherwise: float) -> float:
    if moment is None:
        return otherwise
    return float((moment - works.stamp(0.0)).total_seconds()) if isinstance(moment, datetime) else moment


def _data_values(signal: SignalNode, table: dict[str, np.ndarray]) -> list[tuple[float, ua.DataValue]]:
    """Return plant time and value of each recorded row."""
    times, numbers = table["time_s"].tolist(), table[signal.name].tolist()
    status = table.get(f"{signal.name}|status", np.full(len(times), GOOD)).tolist()
    offset = table.get(f"{signal.name}|offset", np.zeros(len(times))).tolist()
    stamp = signal.board.works.stamp
    found = []
    for time_s, number, quality, shift in zip(times, numbers, status, offset, strict=True):
        code = status_code(int(quality), number, True)
        value = ua.Variant(None, ua.VariantType.Null) if code >> 31 else ua.Variant(number, ua.VariantType.Double)
        found.append((time_s, ua.DataValue(value, ua_status(code), stamp(time_s + shift))))
    return found


def _moment(when: datetime | None) -> datetime | None:
    """Return a moment with its time zone; None for the start of time, which means not given."""
    if when is None:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return when if when > _NEVER else None


def _failed(code: int) -> ua.HistoryReadResult:
    return ua.HistoryReadResult(StatusCode=ua_status(code))

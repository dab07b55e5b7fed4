"""Historical read of recorded signals: raw values in either direction, with limits and continuation points."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
from asyncua import ua

from steelyard.errors import SteelyardError
from steelyard.live.access import Session
from steelyard.plant.frame import GOOD
from steelyard.protocols.opcua.board import SignalNode, status_code
from steelyard.protocols.opcua.hub import Hub
from steelyard.protocols.opcua.standard import ua_status

CODES = ua.StatusCodes
MOST_VALUES, MOST_BACKWARDS = 10_000, 1_000_000
_NEVER = datetime(1700, 1, 1, tzinfo=UTC)


async def read_history(hub: Hub, who: Session, params: ua.HistoryReadParameters) -> list[ua.HistoryReadResult]:
    """Return the recorded values of each node asked for."""
    results = []
    for wanted in params.NodesToRead or []:
        try:
            results.append(await _read(hub, who, params.HistoryReadDetails, wanted))
        except SteelyardError as error:
            hub.note("refused", who, node=wanted.NodeId.to_string()[:120], why=str(error))
            results.append(_failed(CODES.BadHistoryOperationUnsupported))
    return results


async def _read(hub: Hub, who: Session, details: Any, wanted: ua.HistoryReadValueId) -> ua.HistoryReadResult:
    who.need("read")
    signal = hub.signals.get(wanted.NodeId)
    if signal is None:
        return _failed(CODES.BadNodeIdUnknown)
    if not isinstance(details, ua.ReadRawModifiedDetails) or details.IsReadModified:
        return _failed(CODES.BadHistoryOperationUnsupported)
    start, end = _moment(details.StartTime), _moment(details.EndTime)
    most = min(int(details.NumValuesPerNode) or MOST_VALUES, MOST_VALUES)
    backwards = (start is None and end is not None) or (start is not None and end is not None and end < start)
    first: datetime | float | None = end if backwards and start is not None else start
    last: datetime | float | None = start if backwards and start is not None else end
    skip = 0
    if wanted.ContinuationPoint:
        skip, point = _continued(wanted.ContinuationPoint)
        first, last = (first, point) if backwards else (point, last)
    table = await _columns(signal, first, last, backwards, most + skip + 1)
    values = _data_values(signal, table)
    values = values[::-1] if backwards else values
    return _part(values[skip:], most)


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
    """Return from which plant time to go on, and how many values of that time were given already."""
    try:
        skip, _, time_s = point.decode("ascii").partition(":")
        where = float(time_s)
        if not math.isfinite(where) or not 0 <= int(skip) <= MOST_VALUES:
            raise ValueError
        return int(skip), where
    except ValueError:
        raise ua.uaerrors.BadContinuationPointInvalid from None


async def _columns(
    signal: SignalNode, first: datetime | float | None, last: datetime | float | None, backwards: bool, most: int
) -> dict[str, np.ndarray]:
    """Return the recorded columns between two moments; the last `most` rows when read backwards."""
    works = signal.board.works
    start_s, end_s = _plant_time(works, first, 0.0), _plant_time(works, last, math.inf)
    if not math.isfinite(end_s):
        end_s = works.frame.time_s + 1.0
    table: dict[str, np.ndarray] = await works.history(
        [signal.name], start_s, end_s, MOST_BACKWARDS if backwards else most
    )
    return {name: column[-most:] for name, column in table.items()} if backwards else table


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

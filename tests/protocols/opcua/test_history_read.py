"""Recorded signals are read back over the wire: whole, in parts, backwards, and never beyond what was recorded."""

from datetime import timedelta
from typing import Any

import pytest
from asyncua import ua

from .test_writing import called

pytestmark = pytest.mark.asyncio
CODES = ua.StatusCodes
NODE = "ns=2;s=main/ladle_furnace.heat_time"


async def read(client: Any, start: Any, end: Any, count: int = 0, point: bytes | None = None, node: str = NODE) -> Any:
    details = ua.ReadRawModifiedDetails(IsReadModified=False, StartTime=start, EndTime=end, NumValuesPerNode=count)
    return await client.get_node(node).history_read(details, point)


def seconds(served: Any, result: Any) -> list[float]:
    return [(v.SourceTimestamp - served.works.epoch).total_seconds() for v in result.HistoryData.DataValues]


async def test_raw_values_forwards_backwards_and_in_parts(served: Any) -> None:
    never = ua.get_win_epoch()
    async with served.client("engineer") as client:
        first = served.works.frame.time_s + 1.0
        assert (await called(client, "Advance", 30)).StatusCode.is_good()
        start, end = (served.works.stamp(first + s) for s in (0.0, 29.0))
        every = [first + s for s in range(30)]
        assert seconds(served, await read(client, start, end)) == every
        assert seconds(served, await read(client, end, start)) == every[::-1]
        assert seconds(served, await read(client, start, never, 4)) == every[:4]
        assert seconds(served, await read(client, never, end, 4)) == every[::-1][:4]
        for where in ((start, end), (end, start)):
            found: list[float] = []
            point = None
            while True:
                part = await read(client, *where, 7, point)
                found += seconds(served, part)
                assert len(part.HistoryData.DataValues) <= 7
                point = part.ContinuationPoint
                if not point:
                    break
            assert found == (every if where[0] == start else every[::-1])
        level = await client.get_node(NODE).read_attribute(ua.AttributeIds.AccessLevel)
        assert level.Value.Value & 4
        assert (await client.get_node(NODE).read_attribute(ua.AttributeIds.Historizing)).Value.Value is True


async def test_what_cannot_be_read_says_why(served: Any) -> None:
    async with served.client() as client:
        ahead = served.works.stamp(1e7)
        nothing = await read(client, ahead, ahead + timedelta(days=1))
        assert nothing.StatusCode.value == CODES.GoodNoData
        now = served.works.stamp(0.0)
        assert (await read(client, now, ahead, point=b"garbage")).StatusCode.is_bad()
        assert (await read(client, now, ahead, node="ns=2;s=main")).StatusCode.value == CODES.BadNodeIdUnknown
        with served.synthetic(1):
            told = await read(client, now, ahead, node="ns=2;s=synthetic/bench.v0")
            assert told.StatusCode.value == CODES.BadHistoryOperationUnsupported

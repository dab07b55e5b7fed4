"""Recorded signals are read back over the wire: whole, in parts, backwards, and never beyond what was recorded."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from asyncua import ua

from steelyard.hub.tracks import Channel, Track, Tracks
from steelyard.live.replay import prepare
from steelyard.live.replay_history import Past
from steelyard.live.replay_script import Wish
from steelyard.live.works import LiveWorks

from .conftest import EPOCH
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


async def test_the_history_of_a_replay_is_the_recorded_data_with_its_own_times(served: Any) -> None:
    micro, values = np.array([0, 1_500_000, 4_000_000]), np.array([[1.5, 9], [np.nan, 9], [2.5, 9]])
    channels = (Channel("pump.flow", "1", "own data"), Channel("ladle_furnace.argon_flow_setpoint", "NL/min", "x"))
    track = Track(channels, micro, values, np.ones((3, 2), dtype=bool))
    replay = prepare(Tracks("t", "table", [track]), Wish(step_s=1.0)).works
    works = LiveWorks("past", replay, "replay", audit=served.audit, epoch=EPOCH, record=Past(replay.script))
    served.do(works.open())
    served.do(served.site.add(works))
    try:
        async with served.client("engineer") as client:
            node = "ns=2;s=past/pump.flow"
            assert (await called(client, "Advance", 3, where="past")).StatusCode.is_good()
            start, end = EPOCH, EPOCH + timedelta(seconds=100)
            assert len((await read(client, start, end, node=node)).HistoryData.DataValues) == 2, "the rest is to come"
            assert (await called(client, "Advance", 5, where="past")).StatusCode.is_good()
            found = (await read(client, start, end, node=node)).HistoryData.DataValues
            assert [one.Value.Value if one.Value else None for one in found] == [1.5, None, 2.5]
            assert [one.StatusCode.value for one in found] == [CODES.Good, CODES.BadNoData, CODES.Good]
            first = found[0].SourceTimestamp
            assert [(one.SourceTimestamp - first).total_seconds() for one in found] == [0.0, 1.5, 4.0]
            setpoint = client.get_node("ns=2;s=past/ladle_furnace.argon_flow_setpoint")
            level = await setpoint.read_attribute(ua.AttributeIds.AccessLevel)
            assert level.Value.Value == 5, "read now and in the past; a replay cannot be written"
            backwards = (await read(client, end, start, 2, node=node)).HistoryData.DataValues
            assert [one.Value.Value if one.Value else None for one in backwards] == [2.5, None]
    finally:
        served.do(served.site.remove("past"))

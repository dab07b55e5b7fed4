"""What a frame shows is what a client reads and hears of: value, status, source time; late, twice, or cut off."""

import asyncio
import math
from datetime import timedelta
from typing import Any

import pytest
from asyncua import ua

pytestmark = pytest.mark.asyncio
CODES = ua.StatusCodes


class Heard:
    """Collects what a subscription says."""

    def __init__(self) -> None:
        self.values: list[tuple[str, ua.DataValue]] = []

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        self.values.append((str(node.nodeid.Identifier), data.monitored_item.Value))

    def numbers(self, name: str) -> list[Any]:
        return [value.Value.Value for node, value in self.values if node.endswith(name)]


async def hear(client: Any, names: list[str], heard: Heard, **more: Any) -> Any:
    subscription = await client.create_subscription(20, heard)
    handles = await subscription.subscribe_data_change([client.get_node(f"ns=2;s={n}") for n in names], **more)
    assert all(isinstance(handle, int) for handle in handles)
    return subscription


async def until(holds: Any, patience_s: float = 5.0) -> None:
    async with asyncio.timeout(patience_s):
        while not holds():
            await asyncio.sleep(0.01)


async def test_status_and_time_follow_the_instrument(served: Any) -> None:
    with served.synthetic(4) as works:
        frame = works.made(7, [1.5, 2.5, 3.5, math.nan], [0, 1, 2, 0], [0.0, -0.25, 0.0, 0.0])
        served.do(works.show(frame))
        async with served.client() as client:
            nodes = [client.get_node(f"ns=2;s=synthetic/bench.v{k}") for k in range(4)]
            got = await client.read_attributes(nodes)
            assert [v.StatusCode.value for v in got] == [CODES.Good, CODES.Uncertain, CODES.Bad, CODES.BadNoData]
            assert [v.Value.Value for v in got] == [1.5, 2.5, None, None]
            assert got[0].SourceTimestamp == served.works.epoch + timedelta(seconds=7)
            assert got[1].SourceTimestamp == served.works.epoch + timedelta(seconds=6.75)


async def test_a_subscriber_hears_the_same_as_a_reader(served: Any) -> None:
    with served.synthetic(4) as works:
        async with served.client() as client:
            heard = Heard()
            await hear(client, [f"synthetic/bench.v{k}" for k in range(4)], heard)
            await until(lambda: len(heard.values) == 4)
            served.do(works.show(works.made(7, [1.5, 2.5, 3.5, math.nan], [0, 1, 2, 0], [0.0, -0.25, 0.0, 0.0])))
            await until(lambda: len(heard.values) == 8)
            nodes = [client.get_node(f"ns=2;s=synthetic/bench.v{k}") for k in range(4)]
            for (_, told), read in zip(heard.values[4:], await client.read_attributes(nodes), strict=True):
                assert (told.Value.Value, told.StatusCode.value) == (read.Value.Value, read.StatusCode.value)
                assert told.SourceTimestamp == read.SourceTimestamp


async def test_without_a_wire_every_value_is_bad_and_comes_back(served: Any) -> None:
    with served.synthetic(2) as works:
        async with served.client() as client:
            heard = Heard()
            await hear(client, ["synthetic/bench.v1"], heard)
            served.do(works.show(works.made(1, connected=False)))
            value = await client.get_node("ns=2;s=synthetic/bench.v1").read_data_value(raise_on_bad_status=False)
            assert value.StatusCode.value == CODES.BadNoCommunication
            served.do(works.show(works.made(2)))
            await until(lambda: len(heard.values) == 3)
            assert [v.StatusCode.value for _, v in heard.values] == [CODES.Good, CODES.BadNoCommunication, CODES.Good]


async def test_late_and_repeated_frames_pass_with_their_own_times(served: Any) -> None:
    with served.synthetic(1) as works:
        async with served.client() as client:
            heard = Heard()
            subscription = await client.create_subscription(20, heard)
            wanted = ua.DataChangeFilter(Trigger=ua.DataChangeTrigger.StatusValueTimestamp)
            node = client.get_node("ns=2;s=synthetic/bench.v0")
            await subscription._subscribe(node, ua.AttributeIds.Value, wanted, 50)
            for step in (5, 5, 3, 6):
                served.do(works.show(works.made(step, [1.0])))
            await until(lambda: len(heard.values) == 4)
            seconds = [(v.SourceTimestamp - served.works.epoch).total_seconds() for _, v in heard.values]
            assert seconds == [0.0, 5.0, 3.0, 6.0], "the copy says nothing new, the late one comes late"


async def test_nothing_is_lost_and_order_is_kept(served: Any) -> None:
    with served.synthetic(50) as works:
        async with served.client() as client:
            heard = Heard()
            await hear(client, [f"synthetic/bench.v{k}" for k in range(50)], heard)
            for step in range(1, 101):
                served.do(works.show(works.made(step)))
            await until(lambda: len(heard.values) == 50 * 101)
            assert heard.numbers("v49") == [float(step) for step in range(101)]


async def test_a_full_queue_says_that_something_was_lost(served: Any) -> None:
    with served.synthetic(1) as works:
        async with served.client() as client:
            heard = Heard()
            subscription = await client.create_subscription(400, heard)
            await subscription.subscribe_data_change(client.get_node("ns=2;s=synthetic/bench.v0"), queuesize=3)
            await until(lambda: len(heard.values) == 1)
            for step in range(1, 8):
                served.do(works.show(works.made(step)))
            await until(lambda: len(heard.values) == 4)
            assert heard.numbers("v0") == [0.0, 5.0, 6.0, 7.0]
            assert heard.values[1][1].StatusCode.value & 0x0480 == 0x0480
            assert heard.values[3][1].StatusCode.value == 0


async def test_a_dead_band_is_measured_from_what_was_told(served: Any) -> None:
    with served.synthetic(1) as works:
        async with served.client() as client:
            heard = Heard()
            subscription = await client.create_subscription(20, heard)
            await subscription.deadband_monitor(client.get_node("ns=2;s=synthetic/bench.v0"), 2.5, 1, 10)
            for step in range(1, 9):
                served.do(works.show(works.made(step)))
            await until(lambda: len(heard.values) == 3)
            await asyncio.sleep(0.1)
            assert heard.numbers("v0") == [0.0, 3.0, 6.0]


async def test_in_lock_step_the_nodes_show_what_advance_made(served: Any) -> None:
    async with served.client("engineer") as client:
        works, clock = client.get_node("ns=2;s=main"), client.get_node("ns=2;s=main/ladle_furnace.heat_time")
        heard = Heard()
        await hear(client, ["main/ladle_furnace.heat_time"], heard)
        for _ in range(30):
            step, time_s = await works.call_method("2:Advance", 1)
            value = await clock.read_data_value()
            assert value.SourceTimestamp == served.works.epoch + timedelta(seconds=time_s)
            assert step == int(time_s)
        await until(lambda: len(heard.values) >= 31)


async def test_a_subscriber_is_told_that_a_works_went(served: Any) -> None:
    async with served.client() as client:
        heard = Heard()
        with served.synthetic(1, "brief"):
            subscription = await hear(client, ["brief/bench.v0"], heard)
            await until(lambda: len(heard.values) == 1)
        await until(lambda: len(heard.values) == 2)
        assert heard.values[1][1].StatusCode.value == CODES.BadNodeIdUnknown
        await subscription.delete()

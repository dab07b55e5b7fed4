"""Limit violations are events of a limit alarm: they come, are acknowledged, go, and are told again on request."""

import asyncio
from typing import Any

import pytest
from asyncua import ua

from .test_writing import called

pytestmark = pytest.mark.asyncio
CODES = ua.StatusCodes
SERVER, ACKNOWLEDGE, REFRESH = ua.NodeId(2253), ua.NodeId(9111), ua.NodeId(3875)
HOT = {
    "id": "steel_hot", "signal": "ladle_furnace.shell_temperature", "active": True, "severity": 700, "kind": "high",
    "limit": 1600.0, "value": 1650.0, "time_s": 12.0, "text": {"en": "shell too hot", "ko": "철피 과열"},
}  # fmt: skip
SILENT = {**HOT, "id": "shell_silent", "kind": "bad", "limit": None, "value": None, "severity": 300}


class Told:
    """Collects the events of a subscription."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def event_notification(self, event: Any) -> None:
        self.events.append(event)

    def status_change_notification(self, status: Any) -> None:
        self.events.append(status)


async def hear(client: Any, told: Told, where: Any = SERVER) -> Any:
    subscription = await client.create_subscription(20, told)
    await subscription.subscribe_alarms_and_conditions(client.get_node(where), ua.ObjectIds.AlarmConditionType)
    return subscription


async def until(told: Told, count: int) -> None:
    async with asyncio.timeout(5):
        while len(told.events) < count:
            await asyncio.sleep(0.01)


async def happen(served: Any, event: dict[str, Any]) -> None:
    """Have an alarm come or go as the works tells it."""
    board = served.server.hub.boards["main"]
    await asyncio.wrap_future(
        asyncio.run_coroutine_threadsafe(served.server.hub.conditions.happened(board, event), served.loop)
    )


async def test_an_alarm_comes_is_acknowledged_and_goes(served: Any) -> None:
    async with served.client("controller") as client, served.client() as reader:
        told = Told()
        await hear(client, told)
        await happen(served, HOT)
        await until(told, 1)
        came = told.events[0]
        assert came.EventType == ua.NodeId(ua.ObjectIds.ExclusiveLevelAlarmType)
        assert (came.Message.Text, came.Severity, came.ConditionName) == ("shell too hot", 700, "steel_hot")
        assert came.SourceNode.to_string() == "ns=2;s=main/ladle_furnace.shell_temperature"
        assert came.Time == served.works.stamp(12.0)
        states = (getattr(came, "ActiveState/Id"), getattr(came, "AckedState/Id"), came.Retain)
        assert states == (True, False, True)
        arguments = [ua.Variant(came.EventId, ua.VariantType.ByteString), ua.Variant(ua.LocalizedText("seen"))]
        request = ua.CallMethodRequest(came.NodeId, ACKNOWLEDGE, arguments)
        assert (await reader.uaclient.call([request]))[0].StatusCode.value == CODES.BadUserAccessDenied
        assert (await client.uaclient.call([request]))[0].StatusCode.is_good()
        await until(told, 2)
        assert getattr(told.events[1], "AckedState/Id") is True
        assert told.events[1].Comment.Text == "seen"
        assert (await client.uaclient.call([request]))[0].StatusCode.value == CODES.BadEventIdUnknown
        await happen(served, {**HOT, "active": False, "time_s": 20.0})
        await until(told, 3)
        assert (getattr(told.events[2], "ActiveState/Id"), told.events[2].Retain) == (False, False)


async def test_a_refresh_tells_what_stands(served: Any) -> None:
    async with served.client() as client:
        await happen(served, SILENT)
        told = Told()
        subscription = await hear(client, told)
        request = ua.CallMethodRequest(
            ua.NodeId(2782), REFRESH, [ua.Variant(subscription.subscription_id, ua.VariantType.UInt32)]
        )
        assert (await client.uaclient.call([request]))[0].StatusCode.is_good()
        await until(told, 1)
        await asyncio.sleep(0.1)
        standing = [e for e in told.events if getattr(e, "ConditionName", None) == "shell_silent"]
        assert [e.EventType for e in standing] == [ua.NodeId(ua.ObjectIds.InstrumentDiagnosticAlarmType)]
        wrong = ua.CallMethodRequest(ua.NodeId(2782), REFRESH, [ua.Variant(99999, ua.VariantType.UInt32)])
        assert (await client.uaclient.call([wrong]))[0].StatusCode.value == CODES.BadSubscriptionIdInvalid


async def test_who_listens_to_a_unit_hears_only_that_unit(served: Any) -> None:
    async with served.client() as client:
        furnace, crew = Told(), Told()
        await hear(client, furnace, "ns=2;s=main/ladle_furnace")
        await hear(client, crew, "ns=2;s=main/operator")
        await happen(served, {**HOT, "id": "again"})
        await until(furnace, 1)
        await asyncio.sleep(0.1)
        assert not crew.events


async def test_the_limits_of_the_works_raise_alarms(served: Any) -> None:
    """The second heat raises an alarm of its own; the shipped limits may raise others."""
    async with served.client("engineer") as client:
        told = Told()
        await hear(client, told)
        for _ in range(40):
            if "second_heat" in [event.ConditionName for event in told.events]:
                break
            assert (await called(client, "Advance", 600)).StatusCode.is_good()
            await asyncio.sleep(0.05)
        known = {limit.id for limit in served.works.engine.watch.limits}
        assert "second_heat" in [event.ConditionName for event in told.events]
        assert {event.ConditionName for event in told.events} <= known


async def test_a_filter_that_makes_no_sense_is_counted(served: Any) -> None:
    async with served.client() as client:
        subscription = await client.create_subscription(20, Told())
        clause = ua.SimpleAttributeOperand(
            TypeDefinitionId=ua.NodeId(2041), AttributeId=ua.IntegerId(77), BrowsePath=[]
        )
        wanted = ua.EventFilter(SelectClauses=[clause])
        item = ua.MonitoredItemCreateRequest(
            ua.ReadValueId(SERVER, ua.AttributeIds.EventNotifier), ua.MonitoringMode.Reporting,
            ua.MonitoringParameters(ClientHandle=1, SamplingInterval=0, Filter=wanted, QueueSize=50),
        )  # fmt: skip
        params = ua.CreateMonitoredItemsParameters(subscription.subscription_id, ItemsToCreate=[item])
        assert (await client.uaclient.create_monitored_items(params))[0].StatusCode.is_good()
        before = served.audit.counts.get("malformed", 0)
        await happen(served, {**HOT, "id": "odd"})
        assert served.audit.counts["malformed"] == before + 1

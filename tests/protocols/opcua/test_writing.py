"""Who may write what, and who may order what: every refusal has its status code and stands in the audit log."""

import asyncio
import json
import math
from typing import Any

import pytest
from asyncua import ua
from asyncua.common.methods import call_method_full
from asyncua.ua.ua_binary import struct_from_binary

from steelyard.errors import SteelyardError

from .conftest import Synthetic

pytestmark = pytest.mark.asyncio
CODES = ua.StatusCodes
SETPOINT = "ns=2;s=main/ladle_furnace.argon_flow_setpoint"
ADVICE = "ns=2;s=main/operator.heating_energy_advice"


async def written(client: Any, node: str, value: Any, kind: ua.VariantType = ua.VariantType.Double, **more: Any) -> int:
    """Write and return the status code."""
    item = ua.WriteValue(
        ua.NodeId.from_string(node), more.pop("attribute", ua.AttributeIds.Value),
        Value=ua.DataValue(ua.Variant(value, kind), **more),
    )  # fmt: skip
    results = await client.uaclient.write(ua.WriteParameters(NodesToWrite=[item]))
    return int(results[0].value)


async def called(client: Any, method: str, *arguments: Any, where: str = "main") -> ua.CallMethodResult:
    """Call a method and return its result, whatever it is."""
    inputs = [a if isinstance(a, ua.Variant) else ua.Variant(a) for a in arguments]
    request = ua.CallMethodRequest(
        ua.NodeId.from_string(f"ns=2;s={where}"), ua.NodeId.from_string(f"ns=2;s={where}/{method}"), inputs
    )
    return (await client.uaclient.call([request]))[0]


async def test_the_holder_of_the_role_writes_and_the_log_says_so(served: Any) -> None:
    async with served.client("controller") as client:
        assert await written(client, SETPOINT, 333.0) == CODES.Good
        assert served.works.works.board.read(["ladle_furnace.argon_flow_setpoint"]) == [333.0]
        last = [e for e in served.audit.tail() if e["kind"] == "write"][-1]
        assert (last["user"], last["via"], last["new"]) == ("controller", "opcua", 333.0)
        async with served.client("controller") as other:
            assert await written(other, SETPOINT, 1.0) == CODES.BadLocked, "the lease is held"
    async with served.client("controller") as client:
        assert await written(client, SETPOINT, 334.0) == CODES.Good, "the lease went with the session"


async def explained(client: Any, node: str, value: float, asked: int) -> tuple[Any, list[Any]]:
    """Write one value and return the response with its texts, as a client that asks for diagnostics gets it."""
    item = ua.WriteValue(
        ua.NodeId.from_string(node), ua.AttributeIds.Value, Value=ua.DataValue(ua.Variant(value, ua.VariantType.Double))
    )
    request = ua.WriteRequest()
    request.Parameters.NodesToWrite = [item, item]
    request.RequestHeader.ReturnDiagnostics = asked
    response = struct_from_binary(ua.WriteResponse, await client.uaclient.protocol.send_request(request))
    return response, [one.AdditionalInfo for one in response.DiagnosticInfos]


async def test_a_refusal_says_why_to_who_asks(served: Any) -> None:
    async with served.client("controller") as first, served.client("controller") as second:
        assert await written(first, SETPOINT, 10.0) == CODES.Good
        response, texts = await explained(second, SETPOINT, 11.0, 0x80)
        assert {code.value for code in response.Results} == {CODES.BadLocked}
        assert len(texts) == 2
        assert all("held by 'controller' over opcua" in text for text in texts)
        assert (await explained(second, SETPOINT, 11.0, 0))[0].DiagnosticInfos == []
        assert (await explained(first, SETPOINT, 11.0, 0xFFF))[0].DiagnosticInfos == [], "nothing was refused"
        response, texts = await explained(first, SETPOINT, 1e9, 0xC0)
        assert "is outside" in texts[0]
        assert response.ResponseHeader.StringTable[response.DiagnosticInfos[1].LocalizedText] == texts[1]


async def test_a_lost_connection_is_not_a_lack_of_rights(served: Any) -> None:
    class Cut(Synthetic):
        async def write(self, who: Any, values: dict[str, float]) -> None:
            raise SteelyardError("the connection to the works is lost")

    works = Cut("cut", 1)
    works.signals = {"ladle_furnace.argon_flow_setpoint": served.works.signals["ladle_furnace.argon_flow_setpoint"]}
    served.do(served.site.add(works))
    try:
        async with served.client("controller") as client:
            node = "ns=2;s=cut/ladle_furnace.argon_flow_setpoint"
            assert await written(client, node, 1.0) == CODES.BadInvalidState
            served.do(works.show(works.made(1, connected=False)))
            assert await written(client, node, 1.0) == CODES.BadNoCommunication
    finally:
        served.do(served.site.remove("cut"))


async def test_an_accepted_write_is_read_back_and_told_at_once_while_the_works_stands(served: Any) -> None:
    told: asyncio.Queue[Any] = asyncio.Queue()

    class Listener:
        def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
            told.put_nowait(value)

    async with served.client("controller") as client:
        node = client.get_node(SETPOINT)
        assert await written(client, SETPOINT, 20.0) == CODES.Good
        subscription = await client.create_subscription(20, Listener())
        await subscription.subscribe_data_change(node)
        assert await asyncio.wait_for(told.get(), 5) == 20.0
        for value in (21.0, 22.0, 23.0):
            assert await written(client, SETPOINT, value) == CODES.Good
            assert await node.read_value() == value
            assert await asyncio.wait_for(told.get(), 5) == value


@pytest.mark.parametrize("user", [None, "viewer", "engineer", "advisor", "predictor", "planner"])
async def test_nobody_else_writes_it(served: Any, user: str | None) -> None:
    before = served.works.works.board.read(["ladle_furnace.argon_flow_setpoint"])
    async with served.client(user) as client:
        refused = served.server.counts().get("refused", 0)
        assert await written(client, SETPOINT, 1.0) == CODES.BadUserAccessDenied
        assert served.server.counts()["refused"] == refused + 1
        level = await client.get_node(SETPOINT).read_attribute(ua.AttributeIds.UserAccessLevel)
        assert level.Value.Value & 2 == 0
    assert served.works.works.board.read(["ladle_furnace.argon_flow_setpoint"]) == before


@pytest.mark.parametrize(
    ("node", "value", "kind", "code"),
    [
        (SETPOINT, "much", ua.VariantType.String, CODES.BadTypeMismatch),
        (SETPOINT, 5, ua.VariantType.Int64, CODES.BadTypeMismatch),
        (SETPOINT, 5.0, ua.VariantType.Float, CODES.BadTypeMismatch),
        (SETPOINT, True, ua.VariantType.Boolean, CODES.BadTypeMismatch),
        (SETPOINT, [1.0, 2.0], ua.VariantType.Double, CODES.BadTypeMismatch),
        (SETPOINT, None, ua.VariantType.Null, CODES.BadTypeMismatch),
        (SETPOINT, math.nan, ua.VariantType.Double, CODES.BadOutOfRange),
        (SETPOINT, math.inf, ua.VariantType.Double, CODES.BadOutOfRange),
        (SETPOINT, 1500.1, ua.VariantType.Double, CODES.BadOutOfRange),
        (SETPOINT, -0.1, ua.VariantType.Double, CODES.BadOutOfRange),
        (ADVICE, 1.0, ua.VariantType.Double, CODES.BadUserAccessDenied),
        ("ns=2;s=main/ladle_furnace.arc_power", 1.0, ua.VariantType.Double, CODES.BadNotWritable),
        ("ns=2;s=main/ladle_furnace.arc_power_setpoint", 1.0, ua.VariantType.Double, CODES.BadNotWritable),
        ("ns=2;s=main/ladle_furnace.arc_power/EURange", 1.0, ua.VariantType.Double, CODES.BadNotWritable),
        ("ns=2;s=nowhere", 1.0, ua.VariantType.Double, CODES.BadNotWritable),
        ("i=2256", 1.0, ua.VariantType.Double, CODES.BadNotWritable),
    ],
)
async def test_wrong_values_have_their_code(
    served: Any, node: str, value: Any, kind: ua.VariantType, code: int
) -> None:
    async with served.client("controller") as client:
        before = (served.works.works.plant.tobytes(), served.server.counts().get("refused", 0))
        assert await written(client, node, value, kind) == code
        assert (served.works.works.plant.tobytes(), served.server.counts()["refused"]) == (before[0], before[1] + 1)


async def test_only_values_can_be_written(served: Any) -> None:
    async with served.client("controller") as client:
        for attribute in ua.AttributeIds:
            if attribute != ua.AttributeIds.Value:
                assert await written(client, SETPOINT, 1.0, attribute=attribute) == CODES.BadNotWritable
        bad = ua.StatusCode(CODES.Bad)
        assert await written(client, SETPOINT, 1.0, StatusCode=bad) == CODES.BadWriteNotSupported


async def test_one_request_may_hold_good_and_bad(served: Any) -> None:
    async with served.client("controller") as client:
        wanted = [(SETPOINT, 111.0), (ADVICE, 1.0), ("ns=2;s=main/operator.heating_energy_setpoint", 2.0)]
        items = [
            ua.WriteValue(ua.NodeId.from_string(n), ua.AttributeIds.Value, Value=ua.DataValue(ua.Variant(v)))
            for n, v in wanted
        ]
        results = await client.uaclient.write(ua.WriteParameters(NodesToWrite=items))
        assert [r.value for r in results] == [CODES.Good, CODES.BadUserAccessDenied, CODES.Good]
        names = ["ladle_furnace.argon_flow_setpoint", "operator.heating_energy_setpoint"]
        assert served.works.works.board.read(names) == [111.0, 2.0]


async def test_orders_need_their_right(served: Any) -> None:
    async with served.client() as nobody, served.client("controller") as controller, served.client("engineer") as boss:
        assert (await called(nobody, "Advance", 1)).StatusCode.value == CODES.BadUserAccessDenied
        assert (await called(controller, "Advance", 1)).StatusCode.is_good()
        for name, arguments in (("Run", [1.0]), ("Pause", []), ("Snapshot", ["x"]), ("Fork", []), ("Restore", ["x"]),
                                ("ScheduleFault", ["ladle_furnace.x", 0.5, -1.0, 0.0])):  # fmt: skip
            assert (await called(controller, name, *arguments)).StatusCode.value == CODES.BadUserAccessDenied, name
        assert (await called(boss, "Run", 5.0)).StatusCode.is_good()
        assert (await called(boss, "Advance", 1)).StatusCode.value == CODES.BadInvalidState, "it runs with the clock"
        assert (await called(boss, "Pause")).StatusCode.is_good()


async def test_snapshot_fork_and_fault(served: Any) -> None:
    async with served.client("engineer") as client:
        fault = served.works.faults()[0]
        told = await called(client, "Snapshot", "before")
        assert told.StatusCode.is_good()
        assert json.loads(told.OutputArguments[0].Value)["name"] == "before"
        assert (await called(client, "ScheduleFault", fault, 0.5, -1.0, 60.0)).StatusCode.is_good()
        assert (await called(client, "ScheduleFault", "no.fault", 0.5, -1.0, 0.0)).StatusCode.is_bad()
        forked = (await called(client, "Fork")).OutputArguments[0].Value
        node = client.get_node(f"ns=2;s={forked}/ladle_furnace.heat_time")
        before = await node.read_value()
        assert (await called(client, "Advance", 3, where=forked)).StatusCode.is_good()
        assert await node.read_value() == before + 3
        served.do(served.site.remove(forked))
        assert (await called(client, "Restore", "before")).StatusCode.is_good()
        assert (await called(client, "Restore", "never")).StatusCode.is_bad()


async def test_leases_by_method(served: Any) -> None:
    one, two, planner = served.client("controller"), served.client("controller"), served.client("planner")
    async with one, two, planner:
        assert (await called(one, "TakeLease", "controller")).OutputArguments[0].Value > 1.0
        assert (await called(two, "TakeLease", "controller")).StatusCode.value == CODES.BadLocked
        assert (await called(planner, "TakeLease", "controller")).StatusCode.value == CODES.BadUserAccessDenied
        assert (await called(one, "ReleaseLease", "controller")).StatusCode.is_good()
        assert (await called(two, "TakeLease", "controller")).StatusCode.is_good()


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("Advance", [], CODES.BadArgumentsMissing),
        ("Advance", [1, 2], CODES.BadTooManyArguments),
        ("Advance", ["one"], CODES.BadInvalidArgument),
        ("Advance", [-1], CODES.BadInvalidArgument),
        ("Advance", [0], CODES.BadInvalidState),
        ("Advance", [10**9], CODES.BadInvalidState),
        ("Run", [math.nan], CODES.BadInvalidArgument),
        ("Run", [0.0], CODES.BadInvalidState),
        ("Snapshot", [5], CODES.BadInvalidArgument),
        ("Snapshot", ["../../etc/passwd"], CODES.BadInvalidState),
        ("NoMethod", [], CODES.BadMethodInvalid),
    ],
)
async def test_wrong_arguments_have_their_code(served: Any, method: str, arguments: list[Any], code: int) -> None:
    async with served.client("engineer") as client:
        assert (await called(client, method, *arguments)).StatusCode.value == code


async def test_nothing_else_of_the_server_can_be_changed(served: Any) -> None:
    async with served.client("engineer") as client:
        works = client.get_node("ns=2;s=main")
        nodes = len(served.server._server.iserver.aspace.keys())
        refused = served.server.counts().get("refused", 0)
        with pytest.raises(ua.uaerrors.BadUserAccessDenied):
            await works.add_variable(2, "own", 1.0)
        with pytest.raises(ua.uaerrors.BadUserAccessDenied):
            await client.delete_nodes([works], recursive=False)
        with pytest.raises(ua.uaerrors.BadUserAccessDenied):
            await works.add_reference(ua.NodeId(85), ua.ObjectIds.Organizes)
        with pytest.raises(ua.uaerrors.BadUserAccessDenied):
            await works.delete_reference(ua.NodeId("site", 2), ua.ObjectIds.HasComponent, False)
        for method, owner in ((11492, 2253), (12873, 2253), (2429, 2391), (12746, 2253)):
            request = ua.CallMethodRequest(ua.NodeId(owner), ua.NodeId(method), [])
            assert (await client.uaclient.call([request]))[0].StatusCode.is_bad()
        with pytest.raises(ua.UaStatusCodeError):
            await client.uaclient.register_server(ua.RegisteredServer())
        assert len(served.server._server.iserver.aspace.keys()) == nodes
        assert served.server.counts()["refused"] >= refused + 9


async def test_a_trial_needs_a_desk(served: Any) -> None:
    async with served.client("engineer") as client:
        assert (await called(client, "StartTrial", "plan", where="site")).StatusCode.value == CODES.BadInvalidState
        with pytest.raises(ua.UaStatusCodeError):
            await call_method_full(client.get_node("ns=2;s=site"), "2:StopTrial", "trial-1")

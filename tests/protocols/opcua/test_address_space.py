"""The address space says what the declarations say: places, units, ranges, texts in two languages."""

import math
import re
from typing import Any

import pytest
from asyncua import ua

from steelyard.live.access import role_of
from steelyard.nomenclature import korean_of
from steelyard.plant.board import PLANTS, public_signals
from steelyard.protocols.opcua.unit_codes import CODES, engineering_unit
from steelyard.units import UNITS

pytestmark = pytest.mark.asyncio
COMPANIONS = ("DI", "Machinery")


async def test_every_signal_of_the_board_is_a_node_with_unit_range_and_description(served: Any) -> None:
    async with served.client() as client:
        for name, signal in served.works.signals.items():
            node = client.get_node(f"ns=2;s=main/{name}")
            properties = {(await p.read_browse_name()).Name: p for p in await node.get_properties()}
            unit = await properties["EngineeringUnits"].read_value()
            assert unit.DisplayName.Text == signal.unit
            assert (await node.read_description()).Text == signal.declaration.description
            if math.isfinite(signal.declaration.high):
                span = await properties["EURange"].read_value()
                assert (span.Low, span.High) == (signal.declaration.low, signal.declaration.high)
            if korean_of(name):
                assert (await properties["Description_ko"].read_value()).Text == korean_of(name)
            assert ("WritableBy" in properties) == bool(role_of(name))


async def test_one_finds_a_signal_by_walking_down(served: Any) -> None:
    async with served.client() as client:
        site = await client.nodes.objects.get_child("2:Steelyard")
        node = await site.get_child(["2:main", "2:ladle_furnace", "2:addition[bulk_1]"])
        assert node.nodeid.to_string() == "ns=2;s=main/ladle_furnace.addition[bulk_1]"
        parents = [child.nodeid for child in await (await site.get_child("2:main")).get_children()]
        assert len(parents) == len(set(parents)), "nothing is listed twice"


async def test_texts_are_in_the_language_of_the_session(served: Any) -> None:
    async with served.client() as english, served.client() as korean:
        await activate_in(korean, "ko-KR")
        where = "ns=2;s=main/ladle_furnace.arc_power"
        assert (await english.get_node(where).read_description()).Text == "arc power"
        assert (await korean.get_node(where).read_description()).Text == "아크 전력"
        names = {r.DisplayName.Text for r in await korean.get_node("ns=2;s=main").get_references()}
        assert "레이들로" in names


async def activate_in(client: Any, locale: str) -> None:
    """Activate the session of a client again with a language, which asyncua has no word for."""
    params = ua.ActivateSessionParameters(LocaleIds=[locale], UserIdentityToken=ua.AnonymousIdentityToken("anonymous"))
    await client.uaclient.activate_session(params)


async def test_every_signal_has_korean_words() -> None:
    for process in PLANTS:
        for signal in public_signals(process):
            assert re.search("[가-힣]", korean_of(signal.name)), signal.name


async def test_units_without_a_common_code_say_so() -> None:
    assert set(CODES) <= set(UNITS)
    assert engineering_unit("°C").UnitId == 4408652
    assert engineering_unit("NL/min").UnitId == -1


async def test_works_come_and_go(served: Any) -> None:
    async with served.client() as client:
        with served.synthetic(3, "guest"):
            assert await client.get_node("ns=2;s=guest/bench.v2").read_value() == 0.0
            assert "guest" in [
                (await n.read_browse_name()).Name for n in await client.get_node("ns=2;s=site").get_children()
            ]
        for name in (
            "guest",
            "guest/bench",
            "guest/bench.v2",
            "guest/bench.v2/EURange",
            "guest/Advance/InputArguments",
        ):
            with pytest.raises(ua.UaStatusCodeError) as caught:
                await client.get_node(f"ns=2;s={name}").read_browse_name()
            assert caught.value.code == ua.StatusCodes.BadNodeIdUnknown
        assert not [n for n in served.server._server.iserver.aspace._nodes if str(n.Identifier).startswith("guest")]


async def test_a_works_says_what_it_is(served: Any) -> None:
    async with served.client() as client:
        di, machinery = [await client.get_namespace_index(f"http://opcfoundation.org/UA/{n}/") for n in COMPANIONS]
        machines = client.get_node(ua.NodeId(1001, machinery))
        assert (await client.nodes.objects.get_child(f"{machinery}:Machines")).nodeid == machines.nodeid
        found = await machines.get_child(["2:main", f"{di}:Identification"])
        assert (await found.read_type_definition()).Identifier == 1012
        node = client.get_node("ns=2;s=main/Identification")
        assert found == node
        with served.synthetic(1, "guest"):
            assert len(await machines.get_children()) == 2
        assert len(await machines.get_children()) == 1
        known = {(await p.read_browse_name()).Name: await p.read_value() for p in await node.get_properties()}
        assert known["Manufacturer"].Text == "Steelyard"
        assert known["ProductInstanceUri"] == "urn:steelyard:test:main"

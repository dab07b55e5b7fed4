"""Many values, many clients, and a stop that keeps nobody waiting."""

import asyncio
import socket
import time
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from asyncua import ua

from steelyard.protocols.opcua.crowd import MOST_KNOCKING

from .conftest import Served
from .test_values import Heard, hear, until

pytestmark = pytest.mark.asyncio
MOST_OF_A_CORE = 0.6
FIRST = "ns=2;s=main/ladle_furnace.heat_time"


async def busy(served: Served) -> float:
    """Processor time of the server's thread so far."""

    async def spent() -> float:
        return time.thread_time()

    return float(await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(spent(), served.loop)))


@pytest.mark.slow
@pytest.mark.parametrize(("count", "hertz", "subscribers"), [(1000, 10, 1), (200, 10, 5), (6000, 1, 1)])
async def test_nothing_is_lost_under_load(served: Served, count: int, hertz: int, subscribers: int) -> None:
    seconds, lost = 4, served.server.counts()["values_lost"]
    with served.synthetic(count) as works:
        clients, heard = [served.client(timeout=60) for _ in range(subscribers)], [Heard() for _ in range(subscribers)]
        try:
            for client, one in zip(clients, heard, strict=True):
                await client.connect()
                await hear(client, [f"synthetic/bench.v{k}" for k in range(count)], one)
            await until(lambda: all(len(one.values) == count for one in heard), 30)
            begun, before = time.monotonic(), await busy(served)
            for step in range(1, hertz * seconds + 1):
                await asyncio.sleep(max(0.0, begun + step / hertz - time.monotonic()))
                frame = works.show(works.made(step))
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(frame, served.loop))
            await until(lambda: all(len(one.values) == count * (hertz * seconds + 1) for one in heard), 30)
            share = (await busy(served) - before) / (time.monotonic() - begun)
            assert share <= MOST_OF_A_CORE
        finally:
            for client in clients:
                await client.disconnect()
    assert served.server.counts()["values_lost"] == lost


async def knock(served: Served) -> socket.socket:
    """A connection that says nothing."""
    address = urlsplit(served.url)
    made = await asyncio.to_thread(socket.create_connection, (address.hostname, address.port), 5)
    made.setblocking(False)
    return made


def is_open(one: socket.socket) -> bool:
    try:
        return one.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


async def test_who_never_logs_in_makes_way(served: Served) -> None:
    async with served.client("controller") as inside:
        silent = [await knock(served) for _ in range(MOST_KNOCKING + 30)]
        await until(lambda: sum(map(is_open, silent)) <= MOST_KNOCKING, 5)
        assert [is_open(one) for one in silent] == [False] * 30 + [True] * MOST_KNOCKING, "the oldest go first"
        async with served.client("planner") as late:
            assert await late.get_node(FIRST).read_value() is not None
        assert await inside.get_node(FIRST).read_value() is not None, "who is in stays in"
        for one in silent:
            one.close()


async def test_who_never_logs_in_is_cut_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.server._inner, "max_pending_activation_seconds", 0.2)
    one = await knock(served)
    await until(lambda: not is_open(one), 5)


async def test_sessions_have_shares(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for left in list(served.server._inner._external_sessions.values()):  # of tests that went without a word
        served.do(left.close_session(True))
    monkeypatch.setattr("steelyard.protocols.opcua.crowd.MOST_SESSIONS", 4)
    async with AsyncExitStack() as stack:
        for user in (None, None, "controller", "planner"):
            if user == "controller":  # one host without login has half of them
                with pytest.raises(ua.uaerrors.BadTooManySessions):
                    await served.client().connect()
            await stack.enter_async_context(served.client(user))
        with pytest.raises(ua.uaerrors.BadTooManySessions):
            await served.client("viewer").connect()
    async with served.client("viewer") as client:
        assert await client.get_node(FIRST).read_value() is not None


async def test_what_was_lost_stays_counted(served: Served) -> None:
    counts = served.server.counts()
    with served.synthetic(1) as works:
        async with served.client() as client:
            subscription = await client.create_subscription(60_000, Heard())
            node = client.get_node("ns=2;s=synthetic/bench.v0")
            await subscription.subscribe_data_change(node, queuesize=2)
            for step in range(1, 8):
                served.do(works.show(works.made(step)))
            lost = served.server.counts()["values_lost"]
            assert lost - counts["values_lost"] in (4, 5, 6)  # the first values may have gone out at once
    after = served.server.counts()
    assert after["values_lost"] == lost, "also when the slow client has left"
    assert after["values_out"] >= counts["values_out"] + 7, "also when the works has gone"


async def test_many_clients_at_once(served: Served) -> None:
    with served.synthetic(10) as works:
        clients, heard = [served.client() for _ in range(30)], [Heard() for _ in range(30)]
        await asyncio.gather(*(client.connect() for client in clients))
        await asyncio.gather(*(hear(c, ["synthetic/bench.v9"], h) for c, h in zip(clients, heard, strict=True)))
        for step in range(1, 11):
            served.do(works.show(works.made(step)))
        await until(lambda: all(len(one.values) == 11 for one in heard), 10)
        await asyncio.gather(*(client.disconnect() for client in clients))


@pytest.mark.slow
async def test_start_and_stop(tmp_path: Path) -> None:
    """A first start makes its key; a stop with clients on it takes less than a second and a second start its keys."""
    server = await asyncio.to_thread(Served, tmp_path)
    keys = {path: path.read_bytes() for path in (tmp_path / "pki/own").iterdir()}
    clients = [server.client() for _ in range(10)]
    for client in clients:
        await client.connect()
        await hear(client, ["main/live.lag"], Heard())
    deaf = server.client()
    await deaf.connect()
    deaf.uaclient.protocol.transport.pause_reading()
    much = ua.BrowseDescription(NodeId=ua.NodeId("main/ladle_furnace", 2), ResultMask=ua.BrowseResultMask.All)
    asked = [
        asyncio.create_task(deaf.uaclient.browse(ua.BrowseParameters(NodesToBrowse=[much] * 50))) for _ in range(60)
    ]
    transports = server.server._server.iserver.asyncio_transports
    await until(lambda: any(transport.get_write_buffer_size() for transport in transports), 20)
    begun = time.monotonic()
    await asyncio.to_thread(server.do, server.server.stop())
    assert time.monotonic() - begun < 1.0
    for task in asked:
        task.cancel()
    clients.append(deaf)
    assert server.server.counts()["connected"] == 0
    for client in clients:
        client.disconnect_socket()
    await asyncio.to_thread(server.do, server.server.stop())
    await asyncio.to_thread(server.close)
    for path in (tmp_path / "recordings").iterdir():
        path.rename(tmp_path / f"old-{path.name}")
    again = await asyncio.to_thread(Served, tmp_path)
    assert {path: path.read_bytes() for path in (tmp_path / "pki/own").iterdir()} == keys
    await asyncio.to_thread(again.close)

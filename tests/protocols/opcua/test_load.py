"""Many values, many clients, and a stop that keeps nobody waiting."""

import asyncio
import time
from pathlib import Path

import pytest
from asyncua import ua

from .conftest import Served
from .test_values import Heard, hear, until

pytestmark = pytest.mark.asyncio
MOST_OF_A_CORE = 0.6


async def busy(served: Served) -> float:
    """Processor time of the server's thread so far."""

    async def spent() -> float:
        return time.thread_time()

    return float(await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(spent(), served.loop)))


@pytest.mark.slow
@pytest.mark.parametrize(("count", "hertz", "subscribers"), [(1000, 10, 1), (200, 10, 5), (6000, 1, 1)])
async def test_nothing_is_lost_under_load(served: Served, count: int, hertz: int, subscribers: int) -> None:
    seconds = 4
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
    assert served.server.counts()["values_lost"] == 0


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

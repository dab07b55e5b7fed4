"""The live stream: every frame to who takes it, fewer to who asks for fewer, and nobody loses one unawares."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator

import httpx2
import pytest

from steelyard.web.app import WebServer

TEMPERATURE = "reheating_furnace.zone_temperature[top_1]"
BROWSERS, WATCHED_S = 100, 4.0


class Stream:
    """One stream, read from its socket by hand."""

    def __init__(self, running, works: str = "main", query: str = "", url: str = "") -> None:
        port = int((url or running.url).rpartition(":")[2])
        self.line = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.line.sendall(
            f"GET /api/v1/works/{works}/stream{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )  # fmt: skip
        self.rest = b""

    def events(self) -> Iterator[tuple[str, int, dict]]:
        """Give kind, id and data of what comes."""
        while True:
            while b"\n\n" not in self.rest:
                got = self.line.recv(1 << 16)
                if not got:
                    return
                self.rest += got
            block, self.rest = self.rest.split(b"\n\n", 1)
            parts = dict(x.split(": ", 1) for x in block.decode().splitlines() if ": " in x and x[0] in "eid")
            if "data" in parts:
                yield parts["event"], int(parts["id"]), json.loads(parts["data"])

    def first(self, count: int) -> list[tuple[str, int, dict]]:
        events = self.events()
        return [next(events) for _ in range(count)]


@pytest.fixture
def stream(running):
    with contextlib.ExitStack() as stack:

        def opened(*args, **kwargs) -> Stream:
            found = Stream(running, *args, **kwargs)
            stack.callback(found.line.close)
            return found

        yield opened


def test_every_frame_comes_in_order_with_its_step_as_id(running, engineer, stream) -> None:
    found = stream(query=f"?names={TEMPERATURE}")
    (kind, _, state), (first, begin, _) = found.first(2)
    assert (kind, first, state["id"]) == ("state", "frame", "main")
    advanced = [engineer.ok("POST", "/works/main/advance", {"n": 1, "read": [TEMPERATURE]}) for _ in range(20)]
    events = found.first(20)
    assert [e[1] for e in events] == [begin + k + 1 for k in range(20)]
    assert [e[2] for e in events] == advanced


def test_one_text_for_many_clients_with_the_same_names(running, engineer, stream) -> None:
    clients = [stream(query=f"?names={TEMPERATURE}") for _ in range(12)] + [stream(query="?names=line.*")]
    for client in clients:
        client.first(2)
    before = running.server.counts()["encoded"]
    engineer.ok("POST", "/works/main/advance", {"n": 1})
    assert len({client.first(1)[0][1] for client in clients}) == 1
    assert running.server.counts()["encoded"] == before + 2


def test_who_asks_for_fewer_gets_fewer_and_always_the_latest(engineer, stream) -> None:
    found = stream(query=f"?names={TEMPERATURE}&max_hz=5")
    found.first(2)
    begun = time.monotonic()
    engineer.ok("POST", "/works/main/run", {"speed": 100})
    time.sleep(1.5)
    last = engineer.ok("POST", "/works/main/pause")["steps"]
    frames = []
    for kind, step, _ in found.events():
        frames += [step] if kind == "frame" else []
        if step == last and kind == "frame":
            break
    assert len(frames) <= 5 * (time.monotonic() - begun) + 2
    assert len(frames) >= 4


def test_a_change_of_state_is_told(engineer, stream) -> None:
    found = stream(query="?names=line.pace&max_hz=1")
    found.first(2)
    engineer.ok("POST", "/works/main/run", {"speed": 2})
    engineer.ok("POST", "/works/main/pause")
    states = []
    for kind, _, data in found.events():
        states += [(data["running"], data["speed"])] if kind == "state" else []
        if len(states) == 2:
            break
    assert states == [(True, 2), (False, 2)]


def test_a_lost_wire_and_an_alarm_are_told(engineer, stream) -> None:
    fork = engineer.ok("POST", "/works/shaky/fork")["id"]
    found = stream(works=fork, query="?names=line.pace")
    kinds: list[str] = []
    events = found.events()
    for _ in range(260):
        engineer.ok("POST", f"/works/{fork}/advance", {"n": 60})
        while "lost" not in kinds[-3:]:
            kind, _, data = next(events)
            kinds.append(kind)
            if kind == "frame":
                assert data["connected"] is True
                break
        if "lost" in kinds:
            break
    assert kinds.count("lost") == 1
    for _ in range(40):
        engineer.ok("POST", f"/works/{fork}/advance", {"n": 60})
    assert next(kind for kind, _, data in events if kind == "frame" and data["connected"]) == "frame"
    engineer.ok("DELETE", f"/works/{fork}")
    assert [kind for kind, _, _ in events if kind == "lost"] == [], "it ends when its works goes"


def test_a_client_that_does_not_read_is_told_what_it_lost(running, engineer, stream) -> None:
    found = stream()
    found.first(2)
    for _ in range(100):
        for _ in range(20):
            engineer.ok("POST", "/works/main/advance", {"n": 1})
        if running.do(_waiting(running)) >= 200:
            break
    for _ in range(15):
        last = engineer.ok("POST", "/works/main/advance", {"n": 1})["step"]
    steps, dropped = [], 0
    for kind, step, data in found.events():
        if kind == "frame":
            steps.append(step)
        elif kind == "dropped":
            dropped += data["count"]
        if step >= last and kind == "frame":
            break
    assert dropped > 0
    assert steps == sorted(steps)
    assert len(steps) + dropped == last - steps[0] + 1, "frames that came and frames it was told of are all"
    assert running.server.counts()["dropped"] >= dropped


async def _waiting(running) -> int:
    desk = running.server._desk
    return max((len(c.waiting) for c in desk.channel(running.site.works["main"]).clients), default=0)


def test_a_stream_of_a_wrong_name_or_rate_is_refused(anyone) -> None:
    for query in ({"names": "no.signal"}, {"max_hz": 0}, {"max_hz": "nan"}, {"hz": 1}):
        assert anyone("GET", "/works/main/stream", **query).status == 422, query


def test_who_logs_out_loses_the_stream(running, engineer) -> None:
    caller = running.logged_in("viewer")
    url = f"{running.url}/api/v1/works/main/stream?names=line.pace"
    with httpx2.stream("GET", url, headers=caller.headers, timeout=10) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: state"
        caller.ok("POST", "/logout")
        begun = time.monotonic()
        assert "" in list(lines)
        assert time.monotonic() - begun < 2


def test_it_stops_within_a_second_with_streams_open_and_one_that_does_not_read(running) -> None:
    async def start() -> WebServer:
        server = WebServer(running.site, "127.0.0.1", 0)
        await server.start()
        return server

    async def stop(server: WebServer) -> float:
        begun = time.monotonic()
        await server.stop()
        return time.monotonic() - begun

    server = running.do(start())
    url = server.endpoints()[0].url
    streams = [Stream(running, url=url) for _ in range(20)]
    for one in streams[:-1]:
        one.first(2)
    idle = running.speaking({}, url)
    idle.ok("GET", "/health")
    assert running.do(stop(server)) < 1.0
    for one in streams[:-1]:
        assert list(one.events()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=1)


async def _browsers(url: str, count: int, seconds: float) -> list[list[int]]:
    """Let so many clients watch for some time; return the steps that each saw."""

    async def one() -> list[int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET /api/v1/works/main/stream?names=line.*&max_hz=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        steps, kind = [], b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for line in reader:
                    kind = line if line.startswith(b"event") else kind
                    if line.startswith(b"id: ") and kind == b"event: frame\n":
                        steps.append(int(line[4:]))
        writer.close()
        return steps

    return await asyncio.gather(*(one() for _ in range(count)))


def test_a_hundred_browsers_at_one_frame_a_second(running, engineer) -> None:
    engineer.ok("POST", "/works/main/run", {"speed": 10})
    before = running.server.counts()
    seen = asyncio.run(_browsers(running.url, BROWSERS, WATCHED_S))
    after = running.server.counts()
    engineer.ok("POST", "/works/main/pause")
    assert len(seen) == BROWSERS
    for steps in seen:
        assert steps == sorted(set(steps))
        assert WATCHED_S - 1 <= len(steps) <= WATCHED_S + 2
    assert after["dropped"] == before["dropped"]
    assert after["encoded"] - before["encoded"] < 40, "a text is made once for all of them"

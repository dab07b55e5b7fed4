"""The Modbus TCP server: where it listens, which works are under which device id, who is connected."""

import asyncio
from typing import Any

from steelyard.errors import SteelyardError
from steelyard.live.access import ANONYMOUS_ROLES, Session, host_of
from steelyard.live.adapter import Endpoint
from steelyard.live.site import Site
from steelyard.plant.board import ROLE_WRITES
from steelyard.protocols.modbus.bank import Device
from steelyard.protocols.modbus.conversation import BrokenFrameError, Conversation, Tally
from steelyard.protocols.places import Places, peer_of

MAIN, LAST_DEVICE = 1, 247
IDLE_S = 300.0


class ModbusServer:
    """All works of a site over Modbus TCP: device id 1 is the main works, later ones get the next ids.

    Without `writer` it only reads. With it, registers are written under this role: Modbus has no login, so whoever
    reaches the port may then write. One host gets at most half of the `most_clients` connections. SteelyardError when
    the role does not exist or writes nothing.
    """

    def __init__(
        self, site: Site, host: str, port: int, *, writer: str | None = None, most_clients: int = 32,
        idle_s: float = IDLE_S,
    ) -> None:  # fmt: skip
        if writer is not None and not ROLE_WRITES.get(writer):
            able = ", ".join(role for role, names in ROLE_WRITES.items() if names)
            raise SteelyardError(f"no registers can be written as {writer!r}; roles that write are: {able}")
        self._site, self._host, self._port = site, host, port
        self._writer, self._places, self._idle_s = writer, Places(most_clients, kept=0), idle_s
        self._devices: dict[int, Device] = {}
        self._next_id = MAIN
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[Any]] = set()
        self._tally = Tally(site.audit)

    # -- life ---------------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Open the port; SteelyardError when it is taken. Nothing is opened where anonymous reading is off."""
        for works in self._site.works.values():
            await self._add(works)
        self._site.on_change(self._add, self._remove)
        if not self._site.anonymous:
            return
        try:
            self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=4096)
        except OSError as error:
            raise SteelyardError(
                f"Modbus cannot listen on {self._host}:{self._port} ({error.strerror or error}); choose another port"
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        clients = list(self._clients)
        for client in clients:
            client.cancel()
        if clients:
            await asyncio.wait(clients, timeout=0.8)

    def endpoints(self) -> list[Endpoint]:
        """Return where it listens; the address is empty where anonymous reading is switched off."""
        if self._server is None:
            off = {"en": "off: Modbus has no login, and anonymous reading is switched off",
                   "ko": "꺼짐: Modbus에는 로그인이 없고 익명 읽기가 꺼져 있습니다"}  # fmt: skip
            return [Endpoint("modbus", "", off)]
        note = {"en": "no login, read-only", "ko": "로그인 없음, 읽기 전용"}
        if self._writer:
            note = {"en": f"no login; whoever reaches it writes as {self._writer}",
                    "ko": f"로그인 없음. 접속하는 누구나 {self._writer} 역할로 쓸 수 있습니다"}  # fmt: skip
        host = f"[{self._host}]" if ":" in self._host else self._host
        return [Endpoint("modbus", f"modbus://{host}:{self._port}", note)]

    def counts(self) -> dict[str, int]:
        """Return what passed since the start: requests, values_out (registers and bits), writes, refused, cut, …

        None of them falls, but `clients`: how many are connected now.
        """
        return {"clients": len(self._clients), **self._tally.counts}

    def devices(self) -> dict[int, str]:
        """Return the works under each device id."""
        return {device_id: device.works.id for device_id, device in self._devices.items()}

    async def _add(self, works: Any) -> None:
        free = next((i for i in [*range(self._next_id, LAST_DEVICE + 1), *range(MAIN + 1, LAST_DEVICE + 1)]
                     if i not in self._devices), None)  # fmt: skip
        try:
            if free is None:
                raise SteelyardError("no device id is free")
            self._devices[free] = Device(works)
            self._next_id = free + 1
        except SteelyardError as error:
            self._site.audit.note("refused", via="modbus", works=works.id, why=f"not on Modbus: {error}")

    async def _remove(self, works: Any) -> None:
        for device_id in [i for i, device in self._devices.items() if device.works is works]:
            del self._devices[device_id]

    # -- one connection -----------------------------------------------------------------------------------------------
    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = peer_of(writer)
        roles = frozenset({self._writer}) if self._writer else ANONYMOUS_ROLES
        session = Session("modbus" if self._writer else "anonymous", roles, "modbus", peer)
        why = self._places.full(host_of(peer), known=False)
        if why:
            self._tally.refused(session, why)
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        self._places.take(host_of(peer), known=False)
        self._tally.counts["connections"] += 1
        talk = Conversation(self._devices, session, self._writer is not None, self._tally, self._idle_s)
        try:
            await talk.run(reader, writer)
        except BrokenFrameError as error:
            self._tally.malformed(session, str(error))
        except TimeoutError:
            self._tally.cut(session, f"silent for {self._idle_s:g} s, or it takes no answers")
        except (OSError, asyncio.CancelledError):
            pass  # gone, or the server stops
        except Exception as error:  # noqa: BLE001 one connection must not end the others
            self._tally.unhandled(session, repr(error))
        finally:
            for works in self._site.works.values():
                works.leases.release(session)
            self._clients.discard(task)
            self._places.leave(host_of(peer), known=False)
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

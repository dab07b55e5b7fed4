"""Serve a works: open it, start its protocols, run until told to stop, and leave nothing half-written."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from steelyard.errors import SteelyardError
from steelyard.hub.store import home
from steelyard.live.access import ENGINEER, Session
from steelyard.live.adapter import Adapter, Endpoint
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import PASSWORDS, Users
from steelyard.server.settings import OFF, Settings

Build = Callable[[Path, Audit], Any]
PATIENCE_S, DISK_PATIENCE_S = 1.5, 10.0


def server_folder(site: str = "steelyard") -> Path:
    """Return the folder in which the server of a site keeps users, certificates, snapshots and its audit log."""
    return home() / ("server" if site == "steelyard" else f"server-{site}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder of a server; SteelyardError while another server runs on it."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SteelyardError(
                f"a server of this site runs already on {folder}; stop it, or serve another one with --site NAME"
            ) from None
        yield


def adapters_of(site: Site, settings: Settings) -> list[Adapter]:
    """Return the protocols that are asked for, not started yet."""
    chosen: list[Adapter] = []
    if settings.http_port != OFF:
        from steelyard.web.app import WebServer

        chosen.append(WebServer(site, settings.host, settings.http_port))
    if settings.opcua_port != OFF:
        from steelyard.protocols.opcua.server import OpcUaServer

        chosen.append(OpcUaServer(site, settings.host, settings.opcua_port, lang=settings.lang))
    if settings.mqtt_port != OFF:
        chosen.append(_mqtt(site, settings))
    if settings.modbus_port != OFF:
        from steelyard.protocols.modbus.server import ModbusServer

        chosen.append(ModbusServer(site, settings.host, settings.modbus_port, writer=settings.modbus_writer))
    return chosen


def _mqtt(site: Site, settings: Settings) -> Adapter:
    from steelyard.protocols.mqtt.publisher import MqttAdapter

    return MqttAdapter(
        site, settings.broker, settings.host, settings.mqtt_port, username=settings.broker_user,
        password=settings.broker_password, ca=settings.broker_ca, tls=settings.mqtt_tls,
        commands=settings.broker is None or settings.broker_commands, host_id=settings.sparkplug_host,
        writer=settings.sparkplug_writer,
    )  # fmt: skip


@asynccontextmanager
async def started(site: Site, settings: Settings) -> Any:
    """Give the started protocols of a site; all of them are stopped at the end, also after a failure."""
    running: list[Adapter] = []
    try:
        for adapter in adapters_of(site, settings):
            try:
                await adapter.start()
            except OSError as error:
                raise SteelyardError(
                    f"{type(adapter).__name__} cannot listen on {settings.host} ({error.strerror or error}); "
                    "choose another port (0 takes any free one)"
                ) from error
            running.append(adapter)
        yield running
    finally:
        await asyncio.gather(*(_stopped(adapter, site) for adapter in reversed(running)))


async def _stopped(adapter: Adapter, site: Site) -> None:
    """Stop a protocol; one that does not end in time, or fails, is logged and left behind."""
    try:
        await asyncio.wait_for(adapter.stop(), PATIENCE_S)
    except Exception as error:  # noqa: BLE001 the others must be stopped all the same
        site.audit.note("unhandled", where=f"stop of {type(adapter).__name__}", why=repr(error))


async def run_server(
    build: Build, settings: Settings, ready: Callable[[dict[str, Any]], Awaitable[None] | None]
) -> int:
    """Serve the works that `build(folder, audit)` opens until SIGINT or SIGTERM; `ready` is told what was opened.

    Return how many recorded steps were lost, because the disk did not take them at last.
    """
    folder, lost, counts = server_folder(settings.site), 0, dict[str, dict[str, int]]()
    with _alone(folder):
        audit, stop = Audit(folder / "audit.jsonl"), _stop_on_signal()
        try:
            begun = time.monotonic()
            site = await _site(build, settings, folder, audit)
            try:
                async with started(site, settings) as site.adapters:
                    about = opened(site, site.adapters, settings)
                    _write_endpoints(folder, about)
                    audit.note("started", seconds=round(time.monotonic() - begun, 3), works=list(site.works))
                    await _until(stop, site, settings, ready(about))
                    (folder / "endpoints.json").unlink(missing_ok=True)
                    counts = site.counts()
            finally:
                lost = await _taken_off(site)
        finally:
            audit.note("stopped", lost_steps=lost, counts=counts)
            audit.close()
    return lost


async def _site(build: Build, settings: Settings, folder: Path, audit: Audit) -> Site:
    """Return the site with its works opened; works and users are made at the same time."""
    works, users = await asyncio.gather(asyncio.to_thread(build, folder, audit), asyncio.to_thread(Users, folder))
    site = Site(settings.site, users, audit, folder, settings.anonymous)
    await works.open()
    await site.add(works)
    _open_trials(site)
    return site


async def _until(stop: asyncio.Event, site: Site, settings: Settings, told: Awaitable[None] | None) -> None:
    """Let every works run at the speed that was asked for, until `stop`."""
    if told is not None:
        await told
    if settings.speed is not None:
        for works in site.works.values():
            await works.run(Session("server", frozenset({ENGINEER}), "server"), settings.speed)
    await stop.wait()


async def _taken_off(site: Site) -> int:
    """Close every works and return how many of their steps were not written; one that takes too long is left behind."""
    lost = 0
    for works in list(site.works.values()):
        try:
            await asyncio.wait_for(site.remove(works.id), DISK_PATIENCE_S)
            lost += getattr(works, "lost_steps", 0)
        except TimeoutError:
            left = works.record.unwritten() if works.record is not None else 0
            site.audit.note("lost", works=works.id, steps=left, why=f"not written within {DISK_PATIENCE_S:g} s")
            lost += left
    return lost


def _open_trials(site: Site) -> None:
    """Give the site its desk for trials."""
    from steelyard.server.trials import TrialDesk

    site.trials = TrialDesk(site)


def _stop_on_signal() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def opened(site: Site, adapters: list[Adapter], settings: Settings) -> dict[str, Any]:
    """Return what was opened, as plain data: endpoints, users, folder, file of passwords."""
    endpoints: list[Endpoint] = [endpoint for adapter in adapters for endpoint in adapter.endpoints()]
    return {
        "site": site.name,
        "pid": os.getpid(),
        "open": settings.is_open,
        "endpoints": [{"protocol": e.protocol, "url": e.url, "note": e.note} for e in endpoints],
        "users": site.users.table(),
        "anonymous": site.anonymous,
        "works": [works.status() for works in site.works.values()],
        "folder": str(site.folder),
        "passwords_file": str(site.folder / PASSWORDS),
    }


def _write_endpoints(folder: Path, about: dict[str, Any]) -> None:
    temporary = folder / f".endpoints.{os.getpid()}"
    temporary.write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(temporary, folder / "endpoints.json")


def serve_until_stopped(build: Build, settings: Settings, ready: Callable[[dict[str, Any]], None]) -> int:
    """Run a server in this process until it is told to stop (Ctrl-C, SIGTERM); return `run_server`."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(run_server(build, settings, ready))


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop

"""Routes of a works: what it is, its signals and values, writing, leases, and its clock."""

import math
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from steelyard.errors import SteelyardError
from steelyard.live.access import role_of
from steelyard.nomenclature import korean_of
from steelyard.plant.frame import Frame
from steelyard.signals import Signal
from steelyard.web import models as m
from steelyard.web.desk import Desk
from steelyard.web.doors import At, By, Route, Works
from steelyard.web.encode import Selection
from steelyard.web.problems import LostError

JSON = "application/json"
STREAM = {"text/event-stream": {"schema": {"type": "string"}}}


async def list_works(desk: At, session: By) -> Any:
    """List the works on the wire: the main one, its forks, those under trial."""
    session.need("read")
    return [works.status() for works in desk.site.works.values()]


async def status(works: Works) -> Any:
    """Say how a works runs."""
    return works.status()


async def signals(works: Works, query: Annotated[m.WhichNames, Query()], desk: At) -> Any:
    """List the signals with unit, range, description and who may write them."""
    chosen = desk.channel(works).selection(query.names).names
    return [_entry(works.signals[name]) for name in chosen]


def _entry(signal: Signal) -> dict[str, Any]:
    declared = signal.declaration
    return {
        "name": signal.name, "unit": signal.unit, "low": _bound(declared.low), "high": _bound(declared.high),
        "description": {"en": declared.description, "ko": korean_of(signal.name) or declared.description},
        "writable_by": role_of(signal.name),
    }  # fmt: skip


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


async def values(works: Works, query: Annotated[m.WhichNames, Query()], desk: At) -> Response:
    """Read the latest values."""
    if not works.frame.connected:
        raise LostError("the wire between plant and server is down; ask again later")
    return _shown(desk, desk.channel(works).selection(query.names), works.frame)


def _shown(desk: Desk, selection: Selection, frame: Frame) -> Response:
    desk.counts["values_out"] += len(selection.names)
    return Response(selection.text(frame), media_type=JSON)


async def write(works: Works, body: m.Write, session: By, desk: At, request: Request) -> Any:
    """Write set-points in trade units, all or none; takes the lease of their role, or renews it."""
    request.state.audited = True
    try:
        await works.write(session, body.set)
    except SteelyardError as error:
        desk.counts["refused"] += 1
        if not works.frame.connected:
            raise LostError(str(error)) from error
        raise
    desk.counts["writes"] += len(body.set)
    return {"set": body.set}


async def leases(works: Works) -> Any:
    """List the leases that hold now."""
    return works.leases.table()


async def take_lease(works: Works, body: m.Lease, session: By) -> Any:
    """Take or renew the lease of a role that the user has."""
    works.leases.take(body.role, session)
    return next(row for row in works.leases.table() if row["role"] == body.role)


async def release_lease(works: Works, role: str, session: By) -> None:
    """Give the lease of a role back, when this session holds it."""
    works.leases.release(session, role)


async def advance(works: Works, body: m.Advance, session: By, desk: At) -> Response:
    """Make n steps now and return the values asked for (lock-step); the works must be paused."""
    channel = desk.channel(works)
    selection = channel.selection(body.read) if body.read else Selection(works, [])
    return _shown(desk, selection, await works.advance(session, body.n))


async def run(works: Works, body: m.Run, session: By, desk: At) -> Any:
    """Run with the clock, at a speed."""
    await works.run(session, body.speed)
    desk.channel(works).tell_state()
    return works.status()


async def pause(works: Works, session: By, desk: At) -> Any:
    """Let the plant stand still between two steps."""
    await works.pause(session)
    desk.channel(works).tell_state()
    return works.status()


async def stream(works: Works, query: Annotated[m.Live, Query()], session: By, desk: At) -> Response:
    """Follow a works live (server-sent events): frame, alarm, lost, state, dropped; the id is the step."""
    channel = desk.channel(works)
    client = channel.join(session, query.names, query.max_hz)
    return StreamingResponse(channel.events(client), media_type="text/event-stream")


ROUTES = [
    Route("GET", "/works", list_works, list[m.Status]),
    Route("GET", "/works/{works_id}", status, m.Status),
    Route("GET", "/works/{works_id}/signals", signals, list[m.SignalEntry]),
    Route("GET", "/works/{works_id}/values", values, m.Values),
    Route("POST", "/works/{works_id}/write", write, m.Written),
    Route("GET", "/works/{works_id}/leases", leases, list[m.LeaseEntry]),
    Route("POST", "/works/{works_id}/leases", take_lease, m.LeaseEntry),
    Route("DELETE", "/works/{works_id}/leases/{role}", release_lease, None, 204),
    Route("POST", "/works/{works_id}/advance", advance, m.Values),
    Route("POST", "/works/{works_id}/run", run, m.Status),
    Route("POST", "/works/{works_id}/pause", pause, m.Status),
    Route("GET", "/works/{works_id}/stream", stream, None, 200, STREAM),
]

"""Routes that turn a works back or aside: history, snapshots, forks, faults, alarms, exchange with a trial."""

import asyncio
from typing import Annotated, Any

from fastapi import Body, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from steelyard.errors import SteelyardError
from steelyard.web import models as m
from steelyard.web.doors import At, By, Route, Works
from steelyard.web.encode import compact
from steelyard.web.problems import NotFoundError
from steelyard.web.recorded import as_csv, as_json, pieces, recorded, rows_for

LONGEST_MESSAGE = 1 << 16
CSV = "text/csv; charset=utf-8"
HISTORY = {
    "application/json": {"schema": m.History.model_json_schema()},
    "text/csv": {"schema": {"type": "string"}},
}


async def history(
    works: Works, query: Annotated[m.Span, Query()], session: By, desk: At, request: Request
) -> Response:  # fmt: skip
    """Return recorded columns; as CSV when the request accepts `text/csv`.

    Rows are thinned evenly when there are more than `limit`, or than 5,000,000 cells (200,000 without a login);
    `stride` and `total` say so, in a CSV the headers Steelyard-Stride and Steelyard-Total.
    """
    names = desk.channel(works).selection(query.names).names
    rows = rows_for(session, len(names), query.limit)
    as_table = "text/csv" in request.headers.get("accept", "")
    async with desk.recorded.turn(len(names) * rows):
        columns, said = await recorded(works, session, names, query.start, query.end, rows)
        written = (as_csv if as_table else as_json)(works, columns, names, said)
        text = await asyncio.to_thread(list, written)
    desk.counts["values_out"] += len(names) * len(columns["time_s"])
    headers = {"Steelyard-Stride": str(said.stride), "Steelyard-Total": str(said.total)}
    return StreamingResponse(pieces(text), media_type=CSV if as_table else "application/json", headers=headers)


async def snapshots(works: Works) -> Any:
    """List the snapshots of a works."""
    return await asyncio.to_thread(works.snapshots)


async def snapshot(works: Works, body: m.SnapshotName, session: By) -> Any:
    """Keep the state of the works under a name."""
    return await works.snapshot(session, body.name)


async def restore(works: Works, body: m.SnapshotName, session: By) -> Any:
    """Go back to a snapshot."""
    session.need("snapshot")
    if body.name not in {row["name"] for row in await asyncio.to_thread(works.snapshots)}:
        raise NotFoundError(f"works {works.id!r} has no snapshot {body.name!r}; GET …/snapshots lists them")
    await works.restore(session, body.name)
    return works.status()


async def fork(works: Works, session: By, desk: At, body: Annotated[m.Fork, Body()] = m.Fork()) -> Any:
    """Put a copy of the works on the wire beside it: what if, from here."""
    session.need("fork")
    return {"id": await desk.site.fork(session, works.id, body.running)}


async def drop(works: Works, session: By, desk: At) -> None:
    """Take a fork off the wire; the main works stays, a trial is stopped at `/trials`."""
    await desk.site.remove_fork(session, works.id)


async def faults(works: Works) -> Any:
    """List the faults that can be scheduled."""
    return {"faults": works.faults()}


async def inject(works: Works, body: m.Faults, session: By) -> Any:
    """Schedule faults."""
    await works.inject(session, body.faults, body.growth_s, body.start_s)
    return body.model_dump()


async def alarms(works: Works) -> Any:
    """List the alarms, the latest last."""
    return Response(compact(list(works.alarms)), media_type="application/json")


async def exchange(works: Works, message: Annotated[m.Anything, Body()], session: By, request: Request) -> Response:
    """Pass one message of the contract of solutions to a trial and return its next question."""
    if not hasattr(works, "exchange"):
        raise SteelyardError(f"works {works.id!r} is no trial; messages of solutions go to a trial")
    if len(await request.body()) > LONGEST_MESSAGE:
        raise HTTPException(413, f"a message has at most {LONGEST_MESSAGE} bytes")
    request.state.audited = True
    return Response(compact(await works.exchange(session, message)), media_type="application/json")


ROUTES = [
    Route("GET", "/works/{works_id}/history", history, None, 200, HISTORY),
    Route("GET", "/works/{works_id}/snapshots", snapshots, list[m.Anything]),
    Route("POST", "/works/{works_id}/snapshots", snapshot, m.Anything, 201),
    Route("POST", "/works/{works_id}/restore", restore, m.Status),
    Route("POST", "/works/{works_id}/fork", fork, m.NewWorks, 201),
    Route("DELETE", "/works/{works_id}", drop, None, 204),
    Route("GET", "/works/{works_id}/faults", faults, m.FaultNames),
    Route("POST", "/works/{works_id}/faults", inject, m.Faults, 201),
    Route("GET", "/works/{works_id}/alarms", alarms, list[m.Anything]),
    Route("POST", "/works/{works_id}/exchange", exchange, m.Anything),
]

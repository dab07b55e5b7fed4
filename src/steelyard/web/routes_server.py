"""Routes of the server itself: logging in and out, trials, audit log, health, metrics, description."""

import asyncio
from typing import Annotated, Any

from fastapi import Query, Request, Response

from steelyard import __version__
from steelyard.live.audit import LAST
from steelyard.live.audit_files import DONE, last_lines, read_line
from steelyard.web import models as m
from steelyard.web.doors import At, By, Route, describe
from steelyard.web.page import documentation
from steelyard.web.problems import LoginError, NotFoundError

TEXT = {"text/plain": {"schema": {"type": "string"}}}
HTML = {"text/html": {"schema": {"type": "string"}}}
DESCRIPTION = {"application/json": {"schema": {"type": "object"}}}


async def login(body: m.Login, request: Request, desk: At) -> Any:
    """Log in; returns a bearer token."""
    token, session = await desk.sessions.login(body.user, body.password, request.state.peer)
    return {
        "token": token, "expires_s": desk.sessions.life_s, "user": session.user, "roles": sorted(session.roles),
    }  # fmt: skip


async def logout(request: Request, session: By, desk: At) -> None:
    """End the token of this request; its leases are given back."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or desk.sessions.logout(token.strip()) is None:
        raise LoginError("only a request with a bearer token can log out")
    desk.end(session)


async def who(session: By) -> Any:
    """Say who this request is."""
    return {"user": session.user, "roles": sorted(session.roles), "via": session.via, "peer": session.peer}


async def audit(session: By, query: Annotated[m.Last, Query()], desk: At) -> Any:
    """Return the last entries of the audit log, oldest first."""
    session.need("audit")
    wanted = {key: value for key in ("kind", "user", "works") if (value := getattr(query, key)) is not None}
    entries = await asyncio.to_thread(_entries, desk.site)
    return [entry for entry in entries if all(entry.get(key) == wanted[key] for key in wanted)][-query.count :]


def _entries(site: Any) -> list[dict[str, Any]]:
    """Return what the server noted last, and what the owner of its files noted beside it."""
    noted, lines = site.audit.tail(LAST), last_lines(site.folder / DONE, LAST)
    beside = [entry for line in lines if (entry := read_line(line)) and entry.get("via") == "cli"]
    return sorted([*noted, *(entry for entry in beside if entry not in noted)], key=lambda entry: str(entry["when"]))


def _trials(desk: At) -> Any:
    found = getattr(desk.site, "trials", None)
    if found is None:
        raise NotFoundError("this server offers no trials")
    return found


async def plans(session: By, desk: At) -> Any:
    """List the plans of trials that this server offers."""
    session.need("read")
    return {"plans": _trials(desk).plans()}


async def start_trial(body: m.StartTrial, session: By, desk: At) -> Any:
    """Start a trial of a plan; it is a works of its own."""
    session.need("trial")
    return {"id": await _trials(desk).start(session, body.plan)}


async def stop_trial(trial_id: str, session: By, desk: At) -> None:
    """Stop a trial."""
    session.need("trial")
    desk.works(trial_id)
    await _trials(desk).stop(session, trial_id)


async def report(trial_id: str, session: By, desk: At) -> Any:
    """Return the report of a trial; 404 while there is none. Without the right to start one: only verdict and KPIs."""
    session.need("read")
    trials = _trials(desk)
    found = await asyncio.to_thread(trials.report if session.may("trial") else trials.public_report, trial_id)
    if found is None:
        raise NotFoundError(f"there is no report of {trial_id[:80]!r} (yet)")
    return found


async def health(desk: At) -> Any:
    """Say that the server is there; needs no login."""
    return {
        "status": "ok", "version": __version__, "site": desk.site.name, "works": list(desk.site.works),
        "anonymous": desk.site.anonymous,
    }  # fmt: skip


async def counts(session: By, desk: At) -> Any:
    """Say what passed over each protocol since the start: values, writes, refusals, what was lost."""
    session.need("read")
    return desk.site.counts()


async def metrics(session: By, desk: At) -> Response:
    """Return counters and gauges in the text format of Prometheus."""
    session.need("read")
    lines = [f"steelyard_rest_{name}_total {count}" for name, count in sorted(desk.counts.items())]
    lines.append(f"steelyard_rest_streams {desk.clients()}")
    for protocol, passed in desk.site.counts().items():
        lines += [f'steelyard_passed{{protocol="{protocol}",what="{what}"}} {n}' for what, n in sorted(passed.items())]
    lines += [f'steelyard_audit_entries_total{{kind="{k}"}} {n}' for k, n in sorted(desk.site.audit.counts.items())]
    for works in desk.site.works.values():
        status = works.status()
        for name in ("time_s", "lag_s", "speed", "running"):
            lines.append(f'steelyard_works_{name}{{works="{works.id}"}} {float(status[name])}')
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4; charset=utf-8")


async def description(request: Request) -> Any:
    """Return this interface as OpenAPI 3.1."""
    return describe(request.app)


async def docs(request: Request) -> Response:
    """Show this interface as a page."""
    return Response(documentation(describe(request.app)), media_type="text/html; charset=utf-8")


ROUTES = [
    Route("POST", "/login", login, m.Token),
    Route("POST", "/logout", logout, None, 204),
    Route("GET", "/session", who, m.Who),
    Route("GET", "/audit", audit, list[m.Anything]),
    Route("GET", "/trials/plans", plans, m.Plans),
    Route("POST", "/trials", start_trial, m.NewWorks, 201),
    Route("DELETE", "/trials/{trial_id}", stop_trial, None, 204),
    Route("GET", "/trials/{trial_id}/report", report, m.Anything),
    Route("GET", "/health", health, m.Health),
    Route("GET", "/counts", counts, dict[str, dict[str, int]]),
    Route("GET", "/metrics", metrics, None, 200, TEXT),
    Route("GET", "/openapi.json", description, None, 200, DESCRIPTION),
    Route("GET", "/docs", docs, None, 200, HTML),
]

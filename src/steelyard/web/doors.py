"""What a route is made of: who asks, which works, what it answers when it fails; and how a table becomes routes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Request

from steelyard.live.access import Session
from steelyard.web.desk import Desk
from steelyard.web.models import Problem
from steelyard.web.problems import MEDIA

ROOT = "/api/v1"


@dataclass(frozen=True)
class Route:
    """One address: its method, who answers, with which model, status and media types."""

    method: str
    path: str
    answer: Callable[..., Any]
    model: Any = None
    status: int = 200
    media: dict[str, Any] | None = None


def desk_of(request: Request) -> Desk:
    """Return the desk of the server."""
    found: Desk = request.app.state.desk
    return found


async def session_of(request: Request) -> Session:
    """Return who asks; LoginError when the token or password is wrong."""
    given = request.headers.get("authorization", "")
    session = await desk_of(request).sessions.of(given, request.state.peer)
    request.state.session = session
    return session


async def works_of(
    request: Request,
    session: Annotated[Session, Depends(session_of)],
    works_id: Annotated[str, Path(min_length=1, max_length=80, description="`main`, a fork or a trial")],
) -> Any:
    """Return the works of the address, for who may read."""
    session.need("read")
    return desk_of(request).works(works_id)


By = Annotated[Session, Depends(session_of)]
Works = Annotated[Any, Depends(works_of)]
At = Annotated[Desk, Depends(desk_of)]

_PROBLEM = {"content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_FAILS: dict[int | str, dict[str, Any]] = {
    code: {"description": text, **_PROBLEM}
    for code, text in {
        400: "cannot be read", 401: "log in first", 403: "not allowed", 404: "not found", 408: "too slow",
        409: "not in this state", 413: "too large", 422: "values are refused", 429: "too many failed logins",
        500: "a mistake of the server", 503: "plant out of reach, or busy",
    }.items()
}  # fmt: skip


def install(app: FastAPI, routes: list[Route]) -> None:
    """Put routes into the application, each with the problems that it may answer."""
    for route in routes:
        responses = dict(_FAILS)
        if route.media is not None:
            responses[route.status] = {"description": "as asked", "content": route.media}
        app.add_api_route(
            ROOT + route.path, route.answer, methods=[route.method], response_model=route.model,
            status_code=route.status, responses=responses,
        )  # fmt: skip


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description, with how to log in and what a problem looks like."""
    from fastapi.openapi.utils import get_openapi

    if not app.openapi_schema:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "from POST /api/v1/login"},
            "basic": {"type": "http", "scheme": "basic"},
        }
        schema["security"] = [{"token": []}, {"basic": []}, {}]
        app.openapi_schema = schema
    return app.openapi_schema

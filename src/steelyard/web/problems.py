"""Everything that goes wrong over REST leaves here, as a problem (RFC 9457), and nowhere else."""

import json
import operator
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from steelyard.errors import (
    AccessError,
    DataError,
    LeaseError,
    ParameterError,
    SignalError,
    SteelyardError,
    TooManyError,
    UnitError,
    ValidityError,
)
from steelyard.web.korean import field_in_korean, said_in_korean

TITLES: dict[str, tuple[int, dict[str, str]]] = {
    "malformed": (400, {"en": "The request cannot be read", "ko": "요청을 읽을 수 없습니다"}),
    "login-needed": (401, {"en": "Log in first", "ko": "먼저 로그인하십시오"}),
    "not-allowed": (403, {"en": "Not allowed", "ko": "허용되지 않습니다"}),
    "not-found": (404, {"en": "Not found", "ko": "찾을 수 없습니다"}),
    "method": (405, {"en": "This address does not take this method", "ko": "이 주소에서 쓸 수 없는 메서드입니다"}),
    "too-slow": (408, {"en": "The request takes too long", "ko": "요청이 너무 늦게 도착합니다"}),
    "lease-held": (409, {"en": "Somebody else holds the lease", "ko": "다른 사용자가 임차권(lease)을 갖고 있습니다"}),
    "conflict": (409, {"en": "Not in this state", "ko": "지금 상태에서는 할 수 없습니다"}),
    "too-large": (413, {"en": "The body is too large", "ko": "본문이 너무 큽니다"}),
    "refused-value": (422, {"en": "The values are refused", "ko": "값을 받아들일 수 없습니다"}),
    "too-many": (429, {"en": "Too many failed logins", "ko": "로그인 실패가 너무 많습니다"}),
    "unexpected": (500, {"en": "The server made a mistake", "ko": "서버 오류입니다"}),
    "lost": (503, {"en": "The plant is out of reach", "ko": "설비에 연결되지 않습니다"}),
    "busy": (503, {"en": "Too much at once", "ko": "요청이 너무 많습니다"}),
}
RETRY_S = {"busy": 2, "too-many": 10}
MEDIA = "application/problem+json"
LONGEST_DETAIL = 1000


class NotFoundError(SteelyardError):
    """What the address names is not there."""


class LoginError(AccessError):
    """Nobody is logged in, or the token or password is wrong."""


class FailedLoginError(LoginError):
    """Somebody failed to log in; the audit log has it as such."""


class LostError(SteelyardError):
    """The wire between plant and server is down."""


class BusyError(SteelyardError):
    """More at once than this server takes."""


KINDS: tuple[tuple[type[Exception], str], ...] = (
    (LoginError, "login-needed"),
    (TooManyError, "too-many"),
    (LeaseError, "lease-held"),
    (AccessError, "not-allowed"),
    (NotFoundError, "not-found"),
    (LostError, "lost"),
    (BusyError, "busy"),
    (SignalError, "refused-value"),
    (ParameterError, "refused-value"),
    (UnitError, "refused-value"),
    (ValidityError, "refused-value"),
    (DataError, "refused-value"),
    (SteelyardError, "conflict"),
)
BY_STATUS = {400: "malformed", 401: "login-needed", 403: "not-allowed", 404: "not-found", 405: "method",
             413: "too-large", 422: "refused-value", 429: "too-many", 503: "busy"}  # fmt: skip


def kind_of(error: Exception, anonymous: bool) -> str:
    """Return which problem an error is; what somebody who did not log in may not do needs a login."""
    if isinstance(error, RequestValidationError):
        unreadable = any(part.get("type") == "json_invalid" for part in error.errors())
        return "malformed" if unreadable else "refused-value"
    if isinstance(error, HTTPException):
        return BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "unexpected")
    kind = next((name for cls, name in KINDS if isinstance(error, cls)), "unexpected")
    return "login-needed" if kind == "not-allowed" and anonymous else kind


def detail_of(error: Exception, kind: str, language: str = "en") -> str:
    """Return the text for the client; nothing of the inside when the server made the mistake."""
    if isinstance(error, RequestValidationError):
        said = field_in_korean if language == "ko" else operator.itemgetter("msg")
        return "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {said(e)}" for e in error.errors()[:5])
    text = str(error.detail) if isinstance(error, HTTPException) else str(error)
    if kind == "unexpected":
        text = "the server's log says more; the works runs on"
    return said_in_korean(text[:LONGEST_DETAIL]) if language == "ko" else text


def written(kind: str, detail: str, path: str, language: str = "en") -> tuple[int, str, bytes]:
    """Return status, media type and text of a problem."""
    status, title = TITLES[kind]
    body: dict[str, Any] = {
        "type": f"/api/v1/docs#{kind}", "title": title[language], "status": status,
        "detail": detail[:LONGEST_DETAIL], "instance": path[:LONGEST_DETAIL],
    }  # fmt: skip
    return status, MEDIA, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def problem(kind: str, detail: str, path: str, language: str = "en") -> Response:
    """Return the answer for a problem."""
    status, media, text = written(kind, detail, path, language)
    headers = {"WWW-Authenticate": 'Bearer realm="steelyard"'} if status == 401 else {}
    if kind in RETRY_S:
        headers["Retry-After"] = str(RETRY_S[kind])
    return Response(text, status, {**headers, "Content-Language": language}, media)


def language_of(accepted: str) -> str:
    """Return "ko" or "en", whichever an Accept-Language header names first.

    >>> language_of("ko-KR,ko;q=0.9,en;q=0.8"), language_of("fr, en"), language_of("")
    ('ko', 'en', 'en')
    """
    firsts = [part.strip()[:2].lower() for part in accepted[:200].split(",")]
    return next((lang for lang in firsts if lang in ("en", "ko")), "en")


async def answer(request: Request, error: Exception) -> Response:
    """Count and log an error, and return its problem. The one place where errors become answers."""
    session, peer = getattr(request.state, "session", None), request.state.peer
    kind = kind_of(error, session is None or session.user == "anonymous")
    status, detail = TITLES[kind][0], detail_of(error, kind)
    site, counts = request.app.state.desk.site, request.app.state.desk.counts
    path = request.url.path
    if kind == "unexpected":
        site.audit.note("unhandled", session, via="rest", peer=peer, where=path[:200], why=repr(error)[:500])
    elif status in (401, 403, 429) or kind == "lease-held":
        counts["refused"] += 1
        if not getattr(request.state, "audited", False) and not isinstance(error, FailedLoginError | TooManyError):
            site.audit.note("refused", session, via="rest", peer=peer, where=path[:200], why=detail[:300])
    elif status in (400, 413, 422) and not getattr(request.state, "audited", False):
        counts["malformed"] += 1
        site.audit.note("malformed", session, via="rest", peer=peer, where=path[:200], why=detail[:300])
    language = language_of(request.headers.get("accept-language", ""))
    return problem(kind, detail_of(error, kind, language), path, language)

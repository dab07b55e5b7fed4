"""Who a request is: a bearer token, HTTP Basic, or the anonymous viewer where the site has one.

Tokens are opaque, kept as SHA-256 in memory only, and end by themselves. A token is one session, so its leases hold
from request to request; with HTTP Basic the session is user and host.
"""

import asyncio
import binascii
import hmac
import time
from base64 import b64decode
from dataclasses import dataclass, replace
from hashlib import sha256
from secrets import token_bytes, token_urlsafe
from typing import Any

from steelyard.errors import AccessError, TooManyError
from steelyard.live.access import ANONYMOUS_ROLES, Session
from steelyard.web.problems import BusyError, FailedLoginError, LoginError

TOKEN_LIFE_S = 8 * 3600.0
MOST_TOKENS, MOST_CHECKS, MOST_SEEN = 1000, 16, 1000


@dataclass(frozen=True)
class _Held:
    session: Session
    until: float
    generation: int


class Sessions:
    """Logs in, recognises, logs out. `ended` collects the sessions that are over, for who must clean up after them."""

    def __init__(self, site: Any, life_s: float = TOKEN_LIFE_S) -> None:
        """`life_s` is how long a token lasts [s]."""
        self.site, self.life_s = site, life_s
        self._tokens: dict[bytes, _Held] = {}
        self._key = token_bytes(32)
        self._one_check, self._checks = asyncio.Lock(), 0
        self._seen: dict[str, None] = {}

    async def login(self, user: str, password: str, peer: str) -> tuple[str, Session]:
        """Return a new token and its session; LoginError when name or password are wrong."""
        if len(self._tokens) >= MOST_TOKENS:
            raise BusyError(f"{MOST_TOKENS} logins are held already; log out where you can")
        session = await self._check(user, password, peer)
        self.site.audit.note("login", session)
        token = token_urlsafe(32)
        self._tokens[_digest(token)] = _Held(session, time.monotonic() + self.life_s, self._generation())
        return token, session

    def logout(self, token: str) -> Session | None:
        """End a token; return the session it was."""
        held = self._tokens.pop(_digest(token), None)
        return held.session if held else None

    def expired(self) -> list[Session]:
        """Forget the tokens that are over, also those from before the users were changed; return their sessions."""
        over = [key for key, held in self._tokens.items() if self._over(held)]
        return [self._tokens.pop(key).session for key in over]

    def _over(self, held: _Held) -> bool:
        return held.until <= time.monotonic() or held.generation != self._generation()

    def _generation(self) -> int:
        """Return how often the users were changed."""
        return int(self.site.users.generation)

    async def of(self, authorization: str, peer: str) -> Session:
        """Return the session of a request by its Authorization header ("" when it has none); LoginError if wrong."""
        if not authorization:
            if not self.site.anonymous:
                raise LoginError("this site is not open to anonymous readers: POST /api/v1/login, or use HTTP Basic")
            return Session("anonymous", ANONYMOUS_ROLES, "rest", peer, id="anonymous")
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._by_token(rest.strip())
        if scheme.lower() == "basic":
            return await self._by_basic(rest.strip(), peer)
        raise LoginError("Authorization is either `Bearer <token>` or HTTP Basic")

    def _by_token(self, token: str) -> Session:
        held = self._tokens.get(_digest(token))
        if held is None or self._over(held):
            raise LoginError("the token is unknown or over: log in again")
        return held.session

    async def _by_basic(self, coded: str, peer: str) -> Session:
        try:
            user, colon, password = b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            colon = ""
        if not colon:
            raise LoginError("the Authorization header is no HTTP Basic of user and password")
        session = await self._check(user, password, peer)
        place = f"{user}\0{_host(peer)}".encode()
        found = replace(session, id=hmac.new(self._key, place, sha256).hexdigest()[:16])
        if found.id not in self._seen:
            self._seen = {found.id: None} if len(self._seen) >= MOST_SEEN else {**self._seen, found.id: None}
            self.site.audit.note("login", found)
        return found

    async def _check(self, user: str, password: str, peer: str) -> Session:
        """Check a password in a thread, one at a time; each takes 64 MiB for a tenth of a second. Known ones pass."""
        if self.site.users.known(user, password):
            return replace(self.site.users.check(user, password, "rest", _host(peer)), peer=peer)
        if self._checks >= MOST_CHECKS:
            raise BusyError("too many logins at once; try again in a second")
        self._checks += 1
        try:
            async with self._one_check:
                found = await asyncio.to_thread(self.site.users.check, user, password, "rest", _host(peer))
        except AccessError as error:
            self.site.audit.note("login_failed", via="rest", peer=peer, user=user[:80], why=str(error))
            if isinstance(error, TooManyError):
                raise
            raise FailedLoginError(str(error)) from error
        finally:
            self._checks -= 1
        return replace(found, peer=peer)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _host(peer: str) -> str:
    return peer.rpartition(":")[0] or peer

"""Who may do what: users with roles, the sessions they hold, and the lease of a role to exactly one session.

A role is one kind of solution (it writes the set-points that the board gives to this kind), ``engineer`` (runs the
works) or ``viewer`` (reads). Passwords are kept as argon2 hashes, tokens as SHA-256.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex

from steelyard.errors import AccessError, LeaseError
from steelyard.plant.board import ROLE_WRITES

ENGINEER, VIEWER = "engineer", "viewer"
ROLES = (ENGINEER, *ROLE_WRITES, VIEWER)
RIGHTS: dict[str, frozenset[str]] = {
    VIEWER: frozenset({"read"}),
    ENGINEER: frozenset({"read", "advance", "run", "snapshot", "fork", "fault", "trial", "audit"}),
} | {role: frozenset({"read", "advance"}) for role in ROLE_WRITES}
LEASE_S = 60.0
CLOCK = "clock"
"""The lease of who advances the works by hand."""


@dataclass(frozen=True)
class Session:
    """Somebody connected: user, roles, by which protocol (`via`) and from where (`peer`); `id` is this connection's."""

    user: str
    roles: frozenset[str]
    via: str
    peer: str = ""
    id: str = field(default_factory=lambda: token_hex(8))

    def may(self, right: str) -> bool:
        """Return whether one of its roles has this right."""
        return any(right in RIGHTS.get(role, ()) for role in self.roles)

    def need(self, right: str) -> None:
        """AccessError unless it has this right."""
        if not self.may(right):
            able = ", ".join(role for role in ROLES if right in RIGHTS[role])
            raise AccessError(f"user {self.user!r} may not {right}; log in as one of: {able}")


def host_of(peer: str) -> str:
    """Return the host of ``host:port`` or ``[host]:port``; a place without a port as it is."""
    return peer.rsplit(":", 1)[0] if peer.count(":") == 1 or peer.startswith("[") else peer


ANONYMOUS_ROLES = frozenset({VIEWER})


def role_of(name: str) -> str | None:
    """Return the one role that may write this signal, None when nobody on the wire may."""
    return next((role for role, names in ROLE_WRITES.items() if name in names), None)


@dataclass(frozen=True)
class Lease:
    """The right of one session to write the set-points of one role, until `until` (monotonic clock [s])."""

    role: str
    session: Session
    until: float


class Leases:
    """Who holds which role of one works. The first that writes takes a free lease; each write renews it."""

    def __init__(self, length_s: float = LEASE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self.length_s, self._clock = length_s, clock
        self._held: dict[str, Lease] = {}

    def take(self, role: str, session: Session) -> Lease:
        """Take or renew the lease of a role, or of the clock (`CLOCK`).

        AccessError without this role (or the right to advance), LeaseError when another one holds it.
        """
        if role == CLOCK:
            session.need("advance")
        else:
            _need_role(session, role)
        holder = self.holder(role)
        if holder is not None and holder.session.id != session.id:
            left = holder.until - self._clock()
            raise LeaseError(
                f"the lease of {role!r} is held by {holder.session.user!r} over {holder.session.via} "
                f"for another {left:.0f} s; wait, or let it be released"
            )
        self._held[role] = Lease(role, session, self._clock() + self.length_s)
        return self._held[role]

    def lead(self, session: Session) -> None:
        """Take or renew the lease of the clock before an advance; an engineer needs none while another holds it."""
        holder = self.holder(CLOCK)
        if holder is None or holder.session.id == session.id or ENGINEER not in session.roles:
            self.take(CLOCK, session)

    def holder(self, role: str) -> Lease | None:
        """Return the lease of a role that holds now, None when it is free."""
        lease = self._held.get(role)
        return lease if lease is not None and lease.until > self._clock() else None

    def release(self, session: Session, role: str | None = None) -> None:
        """Give back the lease of a role, or all that this session holds (do so when it disconnects)."""
        for name, lease in list(self._held.items()):
            if lease.session.id == session.id and role in (None, name):
                del self._held[name]

    def table(self) -> list[dict[str, object]]:
        """Return the leases that hold now: role, user, via, left_s."""
        now = self._clock()
        held = [lease for lease in self._held.values() if lease.until > now]
        return [
            {"role": x.role, "user": x.session.user, "via": x.session.via, "left_s": round(x.until - now, 1)}
            for x in held
        ]


def _need_role(session: Session, role: str) -> None:
    if role not in ROLE_WRITES or role not in session.roles:
        have = ", ".join(sorted(session.roles)) or "none"
        raise AccessError(f"user {session.user!r} has no role {role!r} (it has: {have}); log in as another user")


def writer_of(session: Session, names: list[str]) -> str:
    """Return the role under which a session may write these signals, once it has the lease of it.

    AccessError when one of them is nobody's, when they are of several roles, or when the session lacks the role.
    """
    roles = {name: role_of(name) for name in names}
    closed = [name for name, role in roles.items() if role is None]
    if closed:
        raise AccessError(f"{closed[0]!r} cannot be written from outside the plant")
    if len(set(roles.values())) != 1:
        several = ", ".join(sorted({str(role) for role in roles.values()}))
        raise AccessError(f"one write is of one role; these are of: {several}")
    role = str(next(iter(roles.values())))
    _need_role(session, role)
    return role


def permit(session: Session, names: list[str], leases: Leases) -> str:
    """Return `writer_of`, its lease taken or renewed; LeaseError when another session holds it."""
    role = writer_of(session, names)
    leases.take(role, session)
    return role

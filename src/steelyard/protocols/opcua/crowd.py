"""How many may be here: sessions that logged in have shares, connections that do not log in make way for new ones."""

from collections.abc import Iterable, Sequence
from typing import Any

from steelyard.live.access import Session, host_of
from steelyard.protocols.opcua.subscriber import NOBODY
from steelyard.protocols.places import Places

MOST_SESSIONS, MOST_CONNECTIONS, MOST_KNOCKING, LOGIN_S = 200, 400, 100, 15.0
ANONYMOUS = "anonymous"


def no_place(who: Session, sessions: Iterable[Any]) -> str:
    """Return why there is no place for one more session of this user, "" when there is one.

    A user, or a host without login, has at most half of the places; a quarter is kept for who logs in.
    """
    places = Places(MOST_SESSIONS)
    for session in sessions:
        if session.who is not NOBODY:
            places.take(*_peer(session.who))
    return places.full(*_peer(who))


def _peer(who: Session) -> tuple[str, bool]:
    known = who.user != ANONYMOUS
    return (who.user if known else host_of(who.peer)), known


def to_make_way(connections: Sequence[Any], host: str) -> Any:
    """Return the connection that has to go for one more from this host, None when there is room.

    It is the oldest that has not logged in: of this host when it has many of those, else of all.
    """
    knocking = [one for one in connections if not one.logged_in]
    here = [one for one in knocking if one.host == host]
    if len(here) >= MOST_KNOCKING:
        return here[0]
    return next(iter(knocking), None) if len(connections) >= MOST_CONNECTIONS else None

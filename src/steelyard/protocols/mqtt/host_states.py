"""What Sparkplug hosts say of themselves (STATE): the only thing on this broker that one client says to others.

It is retained, so it is bounded: small messages that can be read, few hosts, and only from who may speak as a host.
"""

import json
from collections.abc import Iterable

from steelyard.errors import AccessError
from steelyard.live.access import ENGINEER, Session
from steelyard.protocols.mqtt.sparkplug import SPACE
from steelyard.protocols.mqtt.topics import Message

STATE = f"{SPACE}/STATE/"
MOST_HOSTS, LONGEST_HOST, LONGEST_STATE = 16, 64, 1000


def speaks_for_hosts(session: Session, writer: str | None) -> bool:
    """Return whether a session may say STATE: an engineer, or the role that was given to Sparkplug hosts."""
    return ENGINEER in session.roles or (writer is not None and writer in session.roles)


def read_state(payload: bytes) -> tuple[bool, int]:
    """Return online and timestamp [ms] of a STATE message; ValueError when it is none.

    >>> read_state(b'{"online": true, "timestamp": 5}')
    (True, 5)
    """
    if len(payload) > LONGEST_STATE:
        raise ValueError(f"STATE of {len(payload)} bytes; at most {LONGEST_STATE} are taken")
    try:
        told = json.loads(payload)
    except RecursionError:
        raise ValueError("STATE is nested too deeply") from None
    if not isinstance(told, dict) or not isinstance(told.get("online"), bool):
        raise ValueError("STATE says no online true or false")
    stamp = told.get("timestamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int):
        raise ValueError("the timestamp of STATE is missing")
    return told["online"], stamp


def check_state(message: Message, retained: Iterable[str], primary: str | None) -> None:
    """Let a STATE message pass: ValueError when it cannot be read, AccessError when there are too many hosts.

    `retained` are the topics that are kept now, `primary` that of the primary host, whose place is kept free. An
    empty message takes a retained one away.
    """
    host = message.topic.removeprefix(STATE)
    if not host or "/" in host or len(host) > LONGEST_HOST:
        raise ValueError(f"the id of a host is one level of 1 to {LONGEST_HOST} characters")
    if not message.payload and message.retain:
        return
    read_state(message.payload)
    others = {topic for topic in retained if topic.startswith(STATE)} - {message.topic, primary}
    if message.retain and message.topic != primary and len(others) >= MOST_HOSTS - (primary is not None):
        raise AccessError(f"the state of {MOST_HOSTS} hosts is kept already")

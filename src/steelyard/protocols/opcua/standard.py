"""Node ids and status codes of the standard, by number."""

from typing import Any, cast

from asyncua import ua


def standard(number: int) -> ua.NodeId:
    """Return the id of a node of the standard."""
    return ua.NodeId(cast(Any, int(number)))


def ua_status(code: int) -> ua.StatusCode:
    """Return a status code."""
    return ua.StatusCode(cast(Any, int(code)))


def named(text: str, namespace: int) -> ua.NodeId:
    """Return the id of a node with a readable name."""
    return ua.NodeId(cast(Any, text), cast(Any, namespace), ua.NodeIdType.String)


def secret_id(token: bytes) -> ua.NodeId:
    """Return an id that nobody can guess."""
    return ua.NodeId(cast(Any, token), cast(Any, 0), ua.NodeIdType.ByteString)


def numbered(number: int, namespace: int) -> ua.NodeId:
    """Return the id of a node with a number in a namespace."""
    return ua.NodeId(cast(Any, number), cast(Any, namespace))

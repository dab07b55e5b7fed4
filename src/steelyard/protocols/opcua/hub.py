"""What the parts of the OPC UA server share: the site, the boards of its works, methods, texts, and the counts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError

from steelyard.live.access import Session
from steelyard.live.site import Site
from steelyard.protocols.opcua.board import Board, SignalNode
from steelyard.protocols.opcua.texts import Texts

Call = Callable[[Session, list[Any]], Awaitable[list[ua.Variant]]]


class Noted(ServiceError):
    """A refusal of a service that stands in the log already."""


@dataclass(frozen=True)
class Method:
    """A method node: the object it belongs to, the types of its arguments, and what it does."""

    owner: ua.NodeId
    takes: tuple[ua.VariantType, ...]
    call: Call


@dataclass
class Hub:
    """One per server. `signals` and `methods` are found by node id; `conditions` are its alarms."""

    site: Site
    texts: Texts
    boards: dict[str, Board] = field(default_factory=dict)
    signals: dict[ua.NodeId, SignalNode] = field(default_factory=dict)
    methods: dict[ua.NodeId, Method] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    conditions: Any = None

    def note(self, kind: str, who: Session | None = None, *, peer: str = "", **what: Any) -> None:
        """Log an entry and count it."""
        self.count(kind)
        if who is None:
            what = {"via": "opcua", "peer": peer, **what}
        self.site.audit.note(kind, who, **what)

    def count(self, kind: str, by: int = 1) -> None:
        """Count without logging."""
        self.numbers[kind] = self.numbers.get(kind, 0) + by

    def release(self, who: Session) -> None:
        """Give back every lease of somebody who went."""
        for works in self.site.works.values():
            works.leases.release(who)

"""Places for connections: a bounded number, of which no single peer takes all, and some only for who logs in."""

import asyncio
from collections import Counter


def peer_of(writer: asyncio.StreamWriter) -> str:
    """Return ``host:port`` of the other side of a connection, ``[host]:port`` for IPv6; "?" when it is gone."""
    name = writer.get_extra_info("peername")
    if not isinstance(name, tuple) or len(name) < 2:
        return "?"
    host = f"[{name[0]}]" if ":" in str(name[0]) else name[0]
    return f"{host}:{name[1]}"


class Places:
    """`most` connections at once: each peer has at most half of them, who did not log in at most three quarters.

    A peer is a host, or a user who has logged in. `most` 8: 4 for each peer, 6 without login, 2 kept.
    """

    def __init__(self, most: int, kept: int | None = None) -> None:
        """`kept` places are for logins only; None is a quarter of them."""
        self.most, self._kept = most, most // 4 if kept is None else kept
        self._taken: Counter[tuple[str, bool]] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken now."""
        return self._taken.total()

    def full(self, peer: str, known: bool) -> str:
        """Return why there is no place for this peer, "" when there is one; `known` has logged in."""
        if self.taken >= self.most:
            return f"all {self.most} connections are taken"
        if self._taken[peer, known] >= max(1, self.most // 2):
            return f"{self._taken[peer, known]} connections are of {peer} already, half of all; close some"
        unknown = sum(count for (_, login), count in self._taken.items() if not login)
        if not known and unknown >= self.most - self._kept:
            return f"{unknown} connections without login; the other {self._kept} are kept for who logs in"
        return ""

    def take(self, peer: str, known: bool) -> None:
        """Take a place; ask `full` before."""
        self._taken[peer, known] += 1

    def leave(self, peer: str, known: bool) -> None:
        """Give it back."""
        self._taken[peer, known] -= 1
        if self._taken[peer, known] <= 0:
            del self._taken[peer, known]

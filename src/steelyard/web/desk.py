"""What the routes share: the site, who is logged in, the open streams, and what was counted."""

import asyncio
import contextlib
from collections import Counter
from typing import Any

from steelyard.live.access import Session
from steelyard.web.problems import NotFoundError
from steelyard.web.recorded import Turns
from steelyard.web.sessions import TOKEN_LIFE_S, Sessions
from steelyard.web.stream import TICK_S, Channel

COUNTED = ("requests", "values_out", "writes", "refused", "malformed", "encoded", "dropped")


class Desk:
    """One for each server. `counts` holds what passed so far."""

    def __init__(self, site: Any, life_s: float = TOKEN_LIFE_S) -> None:
        """`life_s` is how long a login lasts [s]."""
        self.site, self.counts = site, Counter(dict.fromkeys(COUNTED, 0))
        self.sessions, self.recorded = Sessions(site, life_s), Turns()
        self._channels: dict[str, Channel] = {}
        self._ticker: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look after sessions and streams."""
        self.site.on_change(self._added, self._removed)
        self._ticker = asyncio.create_task(self._tick())

    async def close(self) -> None:
        """End all streams and logins."""
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker

    def works(self, works_id: str) -> Any:
        """Return a works; NotFoundError that lists them when there is none of this id."""
        found = self.site.works.get(works_id)
        if found is None:
            listed = ", ".join(self.site.works) or "none"
            raise NotFoundError(f"there is no works {works_id[:80]!r}; works are: {listed}")
        return found

    def channel(self, works: Any) -> Channel:
        """Return the streams of a works."""
        found = self._channels.get(works.id)
        if found is None or found.works is not works:
            found = self._channels[works.id] = Channel(works, self.counts)
        return found

    def clients(self) -> int:
        """Return how many streams are open."""
        return sum(len(channel.clients) for channel in self._channels.values())

    def end(self, session: Session) -> None:
        """Give back what a session held: its leases, its streams."""
        for works in self.site.works.values():
            works.leases.release(session)
        for channel in self._channels.values():
            for client in channel.clients:
                if client.session.id == session.id and session.user != "anonymous":
                    client.end()

    async def _added(self, works: Any) -> None:
        """A works that comes is found when it is asked for."""

    async def _removed(self, works: Any) -> None:
        channel = self._channels.pop(works.id, None)
        if channel is not None:
            channel.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for session in self.sessions.expired():
                self.end(session)
            for channel in list(self._channels.values()):
                channel.tell_state()

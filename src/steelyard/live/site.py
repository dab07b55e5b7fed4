"""The site: all works on the wire (the main one, its forks, those under trial), and who may come in."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from steelyard.errors import SteelyardError
from steelyard.live.access import Session
from steelyard.live.adapter import Adapter
from steelyard.live.audit import Audit
from steelyard.live.shelf import Shelf
from steelyard.live.users import Users

Change = Callable[[Any], Awaitable[None]]
MOST_FORKS = 4
FORK = "fork-"


class Site:
    """Works by id, users, audit log, snapshots. Protocols are told when a works comes or goes."""

    def __init__(self, name: str, users: Users, audit: Audit, folder: Path, anonymous: bool = True) -> None:
        """`folder` holds the server's files (certificates, snapshots); `anonymous` may read without login."""
        self.name, self.users, self.audit, self.folder, self.anonymous = name, users, audit, folder, anonymous
        self.works: dict[str, Any] = {}
        self.trials: Any = None
        self.shelf = Shelf(folder / "snapshots")
        self._forks, self._one_fork = 0, asyncio.Lock()
        self.adapters: list[Adapter] = []
        self._added: list[Change] = []
        self._removed: list[Change] = []

    def get(self, works_id: str) -> Any:
        """Return a works; SteelyardError that lists them when there is none of this id."""
        if works_id not in self.works:
            raise SteelyardError(f"there is no works {works_id!r}; works are: {', '.join(self.works) or 'none'}")
        return self.works[works_id]

    def on_change(self, added: Change, removed: Change) -> None:
        """Have `added` awaited for each works that comes and `removed` for each that goes."""
        self._added.append(added)
        self._removed.append(removed)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return what passed over each protocol so far, by the name of its first endpoint (rest, opcua, mqtt, …)."""
        found: dict[str, dict[str, int]] = {}
        for adapter in self.adapters:
            endpoints = adapter.endpoints()
            found[endpoints[0].protocol if endpoints else type(adapter).__name__] = adapter.counts()
        return found

    async def add(self, works: Any) -> None:
        """Put an opened works on the wire; one without a place for snapshots shares the site's."""
        if works.id in self.works:
            raise SteelyardError(f"there is a works {works.id!r} already")
        if getattr(works, "shelf", self.shelf) is None:
            works.shelf = self.shelf
        self.works[works.id] = works
        for added in self._added:
            await added(works)

    async def remove(self, works_id: str) -> None:
        """Take a works off the wire and close it."""
        works = self.get(works_id)
        del self.works[works_id]
        try:
            for removed in self._removed:
                await removed(works)
        finally:
            await works.close()

    def forks(self) -> list[str]:
        """Return the ids of the forks that are on the wire."""
        return [works_id for works_id in self.works if works_id.startswith(FORK)]

    async def fork(self, session: Session, works_id: str, running: bool | None = None, recorded: bool = False) -> str:
        """Let a copy of a works go on from here beside it; return its id, e.g. ``fork-1``.

        `running` None: as the origin does. `recorded`: in the hub beside its origin. SteelyardError when it cannot be
        copied or there are too many forks.
        """
        session.need("fork")
        origin = self.get(works_id)
        if not hasattr(origin, "fork"):
            raise SteelyardError(f"works {works_id!r} cannot be forked")
        async with self._one_fork:
            if len(self.forks()) >= MOST_FORKS:
                there = ", ".join(self.forks())
                raise SteelyardError(f"there are {MOST_FORKS} forks already ({there}); remove one first")
            self._forks += 1
            copy = await origin.fork(session, f"{FORK}{self._forks}", running, recorded)
            try:
                await self.add(copy)
            except BaseException:
                await copy.close()
                raise
            return str(copy.id)

    async def remove_fork(self, session: Session, works_id: str) -> None:
        """Take a fork off the wire; SteelyardError for any other works."""
        session.need("fork")
        if works_id not in self.forks():
            raise SteelyardError(f"{works_id!r} is no fork; forks are: {', '.join(self.forks()) or 'none'}")
        self.audit.note("command", session, works=works_id, command="remove_fork")
        await self.remove(works_id)

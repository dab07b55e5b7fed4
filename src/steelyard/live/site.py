"""The site: all works on the wire (the main one, its forks, those under trial), and who may come in."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from steelyard.errors import SteelyardError
from steelyard.live.audit import Audit
from steelyard.live.users import Users

Change = Callable[[Any], Awaitable[None]]


class Site:
    """Works by id, users, audit log. Protocols are told when a works comes or goes."""

    def __init__(self, name: str, users: Users, audit: Audit, folder: Path, anonymous: bool = True) -> None:
        """`folder` holds the server's files (certificates, snapshots); `anonymous` may read without login."""
        self.name, self.users, self.audit, self.folder, self.anonymous = name, users, audit, folder, anonymous
        self.works: dict[str, Any] = {}
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

    async def add(self, works: Any) -> None:
        """Put an opened works on the wire."""
        self.works[works.id] = works
        for added in self._added:
            await added(works)

    async def remove(self, works_id: str) -> None:
        """Take a works off the wire and close it."""
        works = self.works.pop(works_id)
        for removed in self._removed:
            await removed(works)
        await works.close()

"""A ladle works on the wire of a test, with people of every role."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.shelf import Shelf
from steelyard.live.works import LiveWorks
from steelyard.plant.works import Works, open_works, shipped_values

Opener = Callable[..., Awaitable[LiveWorks]]


def somebody(*roles: str) -> Session:
    """A session of its own with these roles."""
    return Session("-".join(roles), frozenset(roles), "test", "127.0.0.1:1")


def ladle(seed: int = 1) -> Works:
    """A ladle station at plant time 0."""
    return open_works(shipped_values(), seed)


@pytest.fixture
def engineer() -> Session:
    return somebody("engineer")


@pytest.fixture
def controller() -> Session:
    return somebody("controller")


@pytest_asyncio.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opener]:
    """Open live works; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(works: Any = None, **how: Any) -> LiveWorks:
            given = {"audit": Audit(tmp_path / "audit.jsonl"), "shelf": Shelf(tmp_path / "snapshots")} | how
            live = LiveWorks("main", works or ladle(), "ladle_furnace", **given)
            await live.open()
            stack.push_async_callback(live.close)
            return live

        yield open_one

"""A works of any number of synthetic signals on the real wire: what the benchmark of the protocols reads.

Every signal shows how many steps were made, so that whoever reads them can tell whether one was lost. What stands
around the board is that of `steelyard serve`: clock, frames, the record of every signal in the hub, limits that are
watched, and all four protocols, though only one has readers. What lies behind it is synthetic, and costs nothing.
"""

import asyncio
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.hub.recordings import Recording
from steelyard.live.access import ENGINEER, Session
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.live.works import LiveWorks
from steelyard.plant.board import Board
from steelyard.plant.limits import Limit, Watch
from steelyard.server.serve import started
from steelyard.server.settings import Settings
from steelyard.signals import Quantity, Signal
from steelyard.studies.children import arguments, orders, run, say

UNIT = "synthetic"
WATCHED = 10
"""One signal in so many has a limit, about as on the hot bar line."""


def signal_names(count: int) -> list[str]:
    """Return the names of `count` synthetic signals.

    >>> signal_names(2)
    ['synthetic.steps[v0]', 'synthetic.steps[v1]']
    """
    return [f"{UNIT}.steps[v{k}]" for k in range(count)]


class SyntheticWorks:
    """A plant of `count` numbers, each of which is the number of steps made so far."""

    def __init__(self, count: int) -> None:
        """All are 0 at first."""
        self.plant = np.zeros(1, dtype=[("time", "f8"), ("steps", "f8", (count,))])
        shown = Quantity("1", "number of steps made so far", low=0.0, high=1e15, shape=(count,))
        signals = [Signal(name, shown, position=1 + k) for k, name in enumerate(signal_names(count))]
        self.board = Board(self.plant, signals)

    @property
    def time_s(self) -> float:
        """Plant time [s]."""
        return float(self.plant["time"][0])

    def advance(self, steps: int = 1, dt: float = 1.0) -> None:
        """Make steps of `dt` [s]."""
        self.plant["time"] += steps * dt
        self.plant["steps"] += steps


def limits(count: int) -> list[Limit]:
    """Return a limit for one signal in `WATCHED`, which none of them ever exceeds."""
    text = {"en": "too many steps", "ko": "단계 수 초과"}
    return [
        Limit(f"many[{name}]", name, -math.inf, 1e15, False, 0.0, 0.0, 500, text, "synthetic")
        for name in signal_names(count)[::WATCHED]
    ]


class WorstLag:
    """How late the clock was at worst, looked at whenever a frame is published; also a listener of a works."""

    def __init__(self, works: Any) -> None:
        self._works, self.lag_s = works, 0.0

    async def __call__(self, frame: Any) -> None:
        """Look at the clock."""
        self.lag_s = max(self.lag_s, self._works.clock.lag_s)

    def taken(self) -> float:
        """Return the worst since the last time [s], and begin anew."""
        worst, self.lag_s = max(self.lag_s, self._works.clock.lag_s), 0.0
        return worst


async def serve(count: int, folder: Path) -> None:
    """Serve `count` signals over all protocols on free ports; obey the parent."""
    audit = Audit(folder / "audit.jsonl")
    site = Site("bench", await asyncio.to_thread(Users, folder), audit, folder)
    synthetic = SyntheticWorks(count)
    works = LiveWorks(
        "main", synthetic, "synthetic", audit=audit, record=Recording(folder, "bench", {"plant": "synthetic"}),
        watch=Watch(limits(count), synthetic.board.signals),
    )  # fmt: skip
    await works.open()
    await site.add(works)
    settings = Settings(site="bench", http_port=0, opcua_port=0, mqtt_port=0, modbus_port=0, speed=None)
    async with started(site, settings) as adapters:
        urls = {e.protocol: e.url for adapter in adapters for e in adapter.endpoints()}
        worst = WorstLag(works)
        works.subscribe(worst)
        say({"urls": urls, "passwords": site.users.passwords()})
        async for order in orders():
            say(await obey(works, adapters, audit, order, worst))
    await site.remove("main")
    audit.close()


async def obey(works: Any, adapters: list[Any], audit: Audit, order: dict[str, Any], worst: WorstLag) -> dict[str, Any]:
    """Do what the parent asks for: run (at a speed), pause, or nothing; return how it stands.

    ``lag_s`` is the worst since the last order.
    """
    engineer = Session("bench", frozenset({ENGINEER}), "bench")
    lag = worst.taken()
    if order["order"] == "run":
        await works.run(engineer, order["speed"])
    elif order["order"] == "pause":
        await works.pause(engineer)
    status = works.status()
    counts: dict[str, int] = {}
    for adapter in adapters:
        counts |= adapter.counts()
    return {
        "cpu_s": time.process_time(), "wall_s": time.monotonic(), "steps": status["steps"], "lag_s": lag,
        "failure": status["failure"], "unhandled": audit.counts.get("unhandled", 0), "counts": counts,
    }  # fmt: skip


def main() -> None:
    """Serve in this process; the arguments are signals, folder."""
    given = arguments()
    run(serve(given["signals"], Path(given["folder"])))

"""A works of any number of synthetic signals on the real wire: what the benchmark of the protocols reads.

Every signal shows how many steps were made, so that whoever reads them can tell whether one was lost. Clock, frames and
adapters are those of `steelyard serve`; only what lies behind the board is synthetic.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.live.access import ENGINEER, Session
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.live.works import LiveWorks
from steelyard.plant.board import Board
from steelyard.server.serve import started
from steelyard.server.settings import OFF, Settings
from steelyard.signals import Quantity, Signal
from steelyard.studies.children import arguments, orders, run, say

UNIT = "synthetic"
PROTOCOLS = ("http", "opcua", "mqtt", "modbus")


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


async def serve(count: int, protocols: list[str], folder: Path) -> None:
    """Serve `count` signals over the `protocols` (http, opcua, mqtt, modbus) on free ports; obey the parent."""
    audit = Audit(folder / "audit.jsonl")
    site = Site("bench", await asyncio.to_thread(Users, folder), audit, folder)
    works = LiveWorks("main", SyntheticWorks(count), "synthetic", audit=audit)
    await works.open()
    await site.add(works)
    http, opcua, mqtt, modbus = (0 if name in protocols else OFF for name in PROTOCOLS)
    settings = Settings(site="bench", http_port=http, opcua_port=opcua, mqtt_port=mqtt, modbus_port=modbus, speed=None)
    async with started(site, settings) as adapters:
        urls = {e.protocol: e.url for adapter in adapters for e in adapter.endpoints()}
        say({"urls": urls, "passwords": site.users.passwords()})
        async for order in orders():
            say(await obey(works, adapters, audit, order))
    await site.remove("main")
    audit.close()


async def obey(works: Any, adapters: list[Any], audit: Audit, order: dict[str, Any]) -> dict[str, Any]:
    """Do what the parent asks for: run (at a speed), pause, or nothing; return how it stands."""
    engineer = Session("bench", frozenset({ENGINEER}), "bench")
    lag = works.clock.lag_s
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
    """Serve in this process; the arguments are signals, protocols, folder."""
    given = arguments()
    run(serve(given["signals"], given["protocols"], Path(given["folder"])))

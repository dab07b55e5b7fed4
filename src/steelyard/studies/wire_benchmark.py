"""How much the wire carries: protocols of a live works, servers and clients each in a process of their own, one run.

The load is a works of synthetic signals that all change with every step, driven by the clock of a live works, recorded
and watched for alarms as under `steelyard serve`, with all four protocols on and readers on one of them. The synthetic
plant itself costs nothing; a real one comes on top. Latencies are those of
the hot bar line under `steelyard serve`.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.studies.children import Child
from steelyard.studies.server_process import ServerProcess

Figures = dict[str, Any]
WARM_S = 2.0


@dataclass(frozen=True)
class Scene:
    """One load: read how by how many clients, how many signals how often a second; `url` is the protocol's."""

    id: str
    reader: str
    signals: int
    clients: int
    hz: float
    url: str


SCENES = (
    Scene("opcua_1000", "opcua", 1000, 1, 10.0, "opcua"),
    Scene("opcua_200x5", "opcua", 200, 5, 10.0, "opcua"),
    Scene("opcua_6000", "opcua", 6000, 1, 1.0, "opcua"),
    Scene("mqtt", "mqtt", 550, 1, 10.0, "mqtt"),
    Scene("sse", "sse", 60, 100, 1.0, "rest"),
)
BELOW, ABOVE, IS = "at most", "at least", "is"
GOALS: tuple[tuple[str, str, float], ...] = (
    *((f"{scene.id}_lost", IS, 0.0) for scene in SCENES),
    *((f"{scene.id}_lag_s", BELOW, 0.2) for scene in SCENES),
    ("opcua_1000_core_percent", BELOW, 60.0),
    ("mqtt_values_per_s", ABOVE, 5_000.0),
    ("rest_lockstep_median_ms", BELOW, 3.0),
    ("first_value_s", BELOW, 5.0),
    ("first_value_again_s", BELOW, 5.0),
)


def wire_benchmark(progress: Callable[..., None] | None = None, seconds: float = 10.0) -> Figures:
    """Return the figures of the wire on this machine; each load is measured over `seconds`.

    For each scene: ``…_values_per_s`` (received), ``…_lost`` (values that a client did not get or got twice
    backwards), ``…_core_percent`` (processor of the server), ``…_client_core_percent`` (of its readers together),
    ``…_lag_s`` (how late the plant was at worst). Further ``rest_lockstep_*_ms`` and ``opcua_*_ms`` (one step and
    60 tags), ``modbus_reads_per_s``, ``first_value_s`` (first start in an empty folder) and ``first_value_again_s``.
    ``goals`` holds each goal with the figure and whether it is reached; a goal without figure is not.
    """
    report = progress or (lambda fraction, text="": None)
    figures: Figures = {}
    for k, scene in enumerate(SCENES):
        report(k / (len(SCENES) + 2), scene.id)
        figures |= carried(scene, seconds)
    report(len(SCENES) / (len(SCENES) + 2), "hot bar line")
    figures |= latencies(seconds)
    report(1.0, "")
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "processor": platform.machine()}
    return {**figures, "seconds": seconds, "goals": judged(figures), "machine": machine}


def carried(scene: Scene, seconds: float) -> Figures:
    """Return what one scene carried."""
    load = {"signals": scene.signals, "clients": scene.clients, "reader": scene.reader}
    with (
        tempfile.TemporaryDirectory() as folder,
        Child("wire_plant", {**load, "folder": folder}, folder) as plant,
        Child("wire_clients", {**load, "url": plant.about["urls"][scene.url]}) as readers,
    ):
        plant.ask("run", speed=scene.hz)
        time.sleep(WARM_S)
        before, reading = plant.ask("look"), readers.ask("look")
        time.sleep(seconds)
        after, read = plant.ask("look"), readers.ask("look")
        stopped = plant.ask("pause")
        last = plant.ask("look")["steps"]
        got = readers.ask("end", step=last)
    span = after["wall_s"] - before["wall_s"]
    carried_s = max(read["at_s"] - reading["at_s"], 1e-9)
    return {
        f"{scene.id}_values_per_s": round((read["values"] - reading["values"]) / carried_s),
        f"{scene.id}_lost": got["lost"] + got["behind"] + got["wrong"],
        f"{scene.id}_core_percent": round(100.0 * (after["cpu_s"] - before["cpu_s"]) / span, 1),
        f"{scene.id}_client_core_percent": round(100.0 * (read["cpu_s"] - reading["cpu_s"]) / span, 1),
        f"{scene.id}_lag_s": round(after["lag_s"], 3),
        f"{scene.id}_unhandled": stopped["unhandled"],
    }  # fmt: skip


def latencies(seconds: float) -> Figures:
    """Return how fast a served line starts and answers."""
    import asyncua  # noqa: F401 so that its import does not count as the start of the server

    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first_value", "first_value_again"):
            with ServerProcess(Path(folder), "hot_bar_line", "--lock-step") as server:
                given = {"urls": server.urls, "passwords": server.passwords}
                figures |= first_values(server, name)
                if name == "first_value_again":
                    with Child("wire_latency", given) as client:
                        figures |= client.ask("rest", rounds=500)
                        figures |= client.ask("opcua", rounds=300)
                        figures |= client.ask("modbus", seconds=min(seconds, 4.0))
    return figures


def first_values(server: ServerProcess, name: str) -> Figures:
    """Return how long after its start a server answered with a value over REST and over OPC UA [s]."""
    import asyncio

    from steelyard.studies.wire_latency import Rest, first_opcua_value

    rest = Rest(server.urls["rest"], server.passwords["controller"])
    rest.get("/works/main/values")
    over_rest = time.monotonic() - server.began
    asyncio.run(first_opcua_value(server.urls["opcua"]))
    over_both = time.monotonic() - server.began
    return {f"{name}_s": round(over_both, 2), f"{name}_rest_s": round(over_rest, 2),
            f"{name}_ready_s": round(server.start_s, 2)}  # fmt: skip


def judged(figures: Figures) -> list[dict[str, Any]]:
    """Return each goal with the figure beside it and whether it is reached.

    >>> judged({"mqtt_lost": 0})[3]
    {'figure': 'mqtt_lost', 'value': 0, 'goal': 'is 0', 'reached': True}
    """
    rows = []
    for name, way, goal in GOALS:
        value = figures.get(name)
        reached = value is not None and {BELOW: value <= goal, ABOVE: value >= goal, IS: value == goal}[way]
        rows.append({"figure": name, "value": value, "goal": f"{way} {goal:g}", "reached": reached})
    return rows

"""A soak: a served line under all protocols and restless clients for a while, and what it looks like afterwards.

Memory is read from outside, every few seconds; its slope is that of a straight line through the samples after the
warm-up. The record must hold every single step up to the last, the log no exception that nobody handled, and no write
that its user had no role for. Every change of a set-point in the record must be a write in the log: so a write that was
done and not logged is seen as well.
"""

import math
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.hub.recordings import open_recording, recording_names
from steelyard.live.access import role_of
from steelyard.studies.children import Child
from steelyard.studies.server_process import ServerProcess
from steelyard.studies.wire_latency import Rest

Figures = dict[str, Any]
WARM_SHARE, LONGEST_WARM_S = 0.25, 600.0
MOST_SAMPLES, WINDOWS = 1800, 30
SLOPE_MB_H, SHORTEST_SLOPE_S = 5.0, 1800.0
GOALS: tuple[tuple[str, str, float], ...] = (
    ("unhandled", "is", 0), ("server_errors", "is", 0), ("unauthorised_writes", "is", 0), ("unlogged_writes", "is", 0),
    ("surprises", "is", 0), ("steps_missing", "is", 0), ("exit_code", "is", 0), ("writes", "at least", 1),
    ("refused", "at least", 1),
)  # fmt: skip


def soak(minutes: float, speed: float = 100.0, seed: int = 1, progress: Callable[..., None] | None = None) -> Figures:
    """Serve the hot bar line for `minutes` at `speed` with all protocols and clients; return what was found.

    ``memory_slope_mb_h`` is judged only after half an hour or more: in a shorter run it is noise. Goals
    are in ``goals``, as those of the wire benchmark.
    """
    report = progress or (lambda fraction, text="": None)
    with tempfile.TemporaryDirectory(prefix="steelyard-soak-") as folder:
        home = Path(folder) / "home"
        with ServerProcess(home, "hot_bar_line", "--speed", f"{speed:g}", "--seed", str(seed)) as server:
            given = {"urls": server.urls, "passwords": server.passwords, "seed": seed}
            with Child("soak_clients", given) as clients:
                samples = _watch(server, clients, 60.0 * minutes, report)
                done = clients.ask("stop")
            figures = {**_memory(samples), **_ended(server)}
        figures |= {**_log(server), **_record(home, figures["steps"], _written(server)), "counts": done["counts"]}
    figures |= {"surprises": len(done["surprises"]), "what_surprised": done["surprises"], "minutes": minutes}
    return {**figures, "speed": speed, "seed": seed, "goals": _judged(figures, 60.0 * minutes)}


def _watch(
    server: ServerProcess, clients: Child, seconds: float, report: Callable[..., None]
) -> list[tuple[float, float, float]]:
    """Return (wall time [s], memory [MB], processor [s]) of the server over the time; SteelyardError when it died."""
    begun, samples = time.monotonic(), []
    every = max(1.0, seconds / MOST_SAMPLES)
    while (now := time.monotonic() - begun) < seconds and server.process.poll() is None:
        samples.append((now, server.memory_mb(), server.processor_s()))
        report(now / seconds, f"{samples[-1][1]:.0f} MB")
        if len(samples) % 30 == 0:
            clients.ask("look")
        time.sleep(min(every, max(seconds - now, 0.0)))
    return samples


def _memory(samples: list[tuple[float, float, float]]) -> Figures:
    """Return the memory at the start, after the warm-up and at the end, its peak and its slope.

    A login takes 64 MB for a tenth of a second, so the slope is that of medians over `WINDOWS` equal spans of time.
    """
    time_s, memory, processor = np.array(samples).T
    warm = time_s >= min(WARM_SHARE * time_s[-1], LONGEST_WARM_S)
    spans = [s for s in np.array_split(np.flatnonzero(warm), WINDOWS) if len(s)]
    middle, typical = (np.array([np.median(values[span]) for span in spans]) for values in (time_s, memory))
    slope, error = slope_of(middle, typical)
    return {
        "memory_start_mb": round(float(memory[0]), 1), "memory_warm_mb": round(float(typical[0]), 1),
        "memory_end_mb": round(float(typical[-1]), 1), "memory_peak_mb": round(float(memory.max()), 1),
        "memory_slope_mb_h": round(3600.0 * slope, 2), "memory_slope_error_mb_h": round(3600.0 * error, 2),
        "core_percent": round(100.0 * float((processor[-1] - processor[0]) / max(time_s[-1] - time_s[0], 1e-9)), 1),
        "memory_mb": [[round(float(t)), round(float(m), 1)] for t, m in zip(middle, typical, strict=True)],
    }  # fmt: skip


def slope_of(time_s: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return the slope of a straight line through values over time, and its standard error.

    >>> slope_of(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
    (2.0, 0.0)
    """
    if len(time_s) < 3:
        return math.nan, math.nan
    away = time_s - time_s.mean()
    slope = float(away @ values / (away @ away))
    rest = values - values.mean() - slope * away
    return slope, float(math.sqrt(rest @ rest / (len(values) - 2) / (away @ away)))


def _ended(server: ServerProcess) -> Figures:
    """Let the plant stand, note its last step, stop the server as Ctrl-C does."""
    engineer = Rest(server.urls["rest"], server.passwords["engineer"], "engineer")
    engineer.post("/works/main/pause", {})
    status = engineer.get("/works/main")
    begun = time.monotonic()
    code = server.stop()
    return {
        "steps": status["steps"], "plant_hours": round(status["time_s"] / 3600.0, 2), "lag_s": status["lag_s"],
        "failure": status["failure"], "exit_code": code, "stop_s": round(time.monotonic() - begun, 2),
    }  # fmt: skip


def _log(server: ServerProcess) -> Figures:
    """Return what the audit log and stderr hold."""
    entries = server.audit()
    kinds = Counter(entry["kind"] for entry in entries)
    for entry in entries:
        kinds[entry["kind"]] += entry.get("repeated", 0)
    roles = {user["name"]: user["roles"] for user in server.about["users"]}
    writes = [entry for entry in entries if entry["kind"] == "write"]
    right = [role_of(w["signal"]) == w["role"] and w["role"] in roles.get(w["user"], ()) for w in writes]
    tracebacks = server.errors().count("Traceback (most recent call last)")
    unhandled = [entry for entry in entries if entry["kind"] == "unhandled"]
    return {
        "unhandled": len(unhandled), "what_was_unhandled": unhandled[:10], "unauthorised_writes": right.count(False),
        "server_errors": tracebacks, "stderr": server.errors()[-2000:], "writes": kinds["write"],
        "refused": kinds["refused"], "malformed": kinds["malformed"], "log": dict(sorted(kinds.items())),
    }  # fmt: skip


def _written(server: ServerProcess) -> dict[str, list[float]]:
    """Return the values of each set-point of the main works that its log says were written, in order."""
    found: dict[str, list[float]] = {}
    for entry in server.audit():
        if entry["kind"] == "write" and entry.get("works") == "main":
            found.setdefault(entry["signal"], []).append(float(entry["new"]))
    return found


def unlogged(values: np.ndarray, written: list[float]) -> int:
    """Return how many changes of a recorded set-point are not, in this order, among the values that were `written`.

    >>> unlogged(np.array([90.0, 95.0, 95.0, 97.0, 90.0]), [95.0, 96.0, 90.0])
    1
    """
    at = count = 0
    known = values[~np.isnan(values)]
    for new in known[1:][known[1:] != known[:-1]].tolist():
        found = next((k for k in range(at, len(written)) if math.isclose(new, written[k], rel_tol=1e-6)), None)
        count, at = (count + 1, at) if found is None else (count, found + 1)
    return count


def _record(home: Path, steps: int, written: dict[str, list[float]]) -> Figures:
    """Return how many of the steps 1 to `steps` the record lacks, its size, and what no logged write explains."""
    records = [open_recording(home, name) for name in recording_names(home)]
    main = [record for record in records if record.about.get("works") == "main"]
    if len(main) != 1:
        return {"steps_missing": steps, "steps_recorded": 0, "record_mb": 0.0, "unlogged_writes": steps}
    record = main[0]
    names = [name for name in record.names if role_of(name) is not None]
    blocks = list(record.blocks([*names, record.names[0]]))
    columns = {name: np.concatenate([block[name] for block in blocks] or [np.zeros(0)]) for name in ("time_s", *names)}
    times = columns["time_s"]
    size = sum(path.stat().st_size for path in record.folder.rglob("*") if path.is_file())
    missing = np.setdiff1d(np.arange(1, steps + 1), np.round(times)).size
    return {"steps_missing": int(missing), "steps_recorded": len(times), "record_mb": round(size / 1e6, 1),
            "unlogged_writes": sum(unlogged(columns[name], written.get(name, [])) for name in names)}  # fmt: skip


def _judged(figures: Figures, seconds: float) -> list[dict[str, Any]]:
    goals = list(GOALS)
    if seconds >= SHORTEST_SLOPE_S:
        goals.append(("memory_slope_mb_h", "at most", SLOPE_MB_H))
    rows = []
    for name, way, goal in goals:
        value = figures[name]
        reached = {"is": value == goal, "at least": value >= goal, "at most": value <= goal}[way]
        rows.append({"figure": name, "value": value, "goal": f"{way} {goal:g}", "reached": bool(reached)})
    return rows

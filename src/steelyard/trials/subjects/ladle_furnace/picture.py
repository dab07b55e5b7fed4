"""The time plot of a run at the ladle furnace: what the crew saw and did in both arms, heat by heat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steelyard.trials.charts import dot, line, n, rect, scale, svg, text, tick_text, ticks
from steelyard.trials.subjects.base import Trace
from steelyard.trials.subjects.ladle_furnace.truth import settled_temperature
from steelyard.trials.timeplot import LEFT, PANEL, RIGHT, hours

TRACED = ("ladle_furnace.heat_number", "ladle_furnace.arc_power", "ladle_furnace.dip_temperature",
          "ladle_furnace.dip_count")  # fmt: skip


@dataclass
class LadleTrace(Trace):
    """Collects what a time plot shows: [t, °C] of dips, [from, to] of heatings; times in plant seconds."""

    dips: list[tuple[float, float]] = field(default_factory=list)
    heatings: list[list[float]] = field(default_factory=list)
    _seen: tuple[float, float] = (0.0, 0.0)
    _arc: bool = False

    def look(self, time_s: float, values: Mapping[str, float]) -> None:
        """Note what changed since the last look."""
        heat, power, dip, count = (values[name] for name in TRACED)
        if (heat, count) != self._seen and count > 0.0 and dip == dip:
            self.dips.append((time_s, round(dip, 2)))
        self._seen = (heat, count)
        on = power > 0.1
        if on and not self._arc:
            self.heatings.append([time_s, time_s])
        elif on or self._arc:
            self.heatings[-1][1] = time_s
        self._arc = on

    def record(self, log: Any) -> dict[str, list]:
        """Return the trace as plain data, with the settled departures [t, °C, target °C] of the heats."""
        settled = settled_temperature(log)
        departures = [
            [float(row["departure_time"]), round(float(true) - 273.15, 2),
             round(float(row["target_temperature"]) - 273.15, 2)]
            for row, true in zip(log, settled, strict=True)
        ]  # fmt: skip
        return {"dips": [list(dip) for dip in self.dips], "heatings": self.heatings, "departures": departures}


def _reach(values: Sequence[float]) -> tuple[float, float]:
    known = sorted(values)
    if not known:
        return 1550.0, 1620.0
    low, high = known[int(0.01 * (len(known) - 1))], known[int(0.99 * (len(known) - 1))]
    return low - 6.0, high + 6.0


def _panel(trace: Mapping[str, Any], x, y, top: float, css: str, name: str) -> list[str]:
    bottom = top + PANEL
    parts = [rect(LEFT, top, RIGHT - LEFT, PANEL, "panel"), text(LEFT + 8, top + 16, name, f"label strong {css}")]
    for start, end in trace["heatings"]:
        parts.append(rect(x(start), bottom - 9, max(1.2, x(end) - x(start)), 9, "arc"))
    ends = [departure[0] for departure in trace["departures"]]
    path, heat = "", 0
    for time, value in trace["dips"]:
        fresh = not path
        while heat < len(ends) and time > ends[heat]:
            heat, fresh = heat + 1, True
        path += f"{'M' if fresh else 'L'}{n(x(time))},{n(min(max(y(value), top + 2), bottom - 2))} "
    parts.append(f'<path d="{path}" class="trend {css}"/>')
    for time, value in trace["dips"]:
        if top <= y(value) <= bottom:
            parts.append(dot(x(time), y(value), 1.9, f"dip {css}"))
    for time, truth, target in trace["departures"]:
        parts.append(line(x(time) - 7, y(target), x(time) + 7, y(target), "target"))
        hit = "hit" if abs(truth - target) <= 5.0 else "miss"
        place = min(max(y(truth), top + 3), bottom - 3)
        parts.append(dot(x(time), place, 4.2, f"departure {hit}", f"{truth:.1f} °C ({truth - target:+.1f} K)"))
    return parts


def campaign(
    baseline: Mapping[str, Any], solution: Mapping[str, Any], names: tuple[str, str], caption: str, unit_text: str
) -> str:
    """Return both arms of one run above each other: dips, heatings, targets and true departures, over plant hours."""
    every = [dip[1] for trace in (baseline, solution) for dip in trace["dips"]]
    every += [value for trace in (baseline, solution) for row in trace["departures"] for value in row[1:]]
    times = [row[0] for trace in (baseline, solution) for row in (*trace["departures"], *trace["dips"])]
    first_departure = min((row[0] for trace in (baseline, solution) for row in trace["departures"]), default=0.0)
    first = max(min(times, default=0.0), first_departure - 4000.0)
    last = max(times, default=3600.0)
    low, high = _reach(every)
    x = scale(first, last, LEFT + 4, RIGHT - 8)
    parts: list[str] = []
    tops = (6.0, 6.0 + PANEL + 14.0)
    bottom = tops[1] + PANEL
    parts += hours(x, first, last, tops[0], bottom, caption)
    for top, trace, css, name in zip(tops, (baseline, solution), ("of-baseline", "of-solution"), names, strict=True):
        y = scale(low, high, top + PANEL - 12.0, top + 4.0)
        for value in ticks(low, high, 4):
            parts.append(text(LEFT - 6, y(value) + 4, tick_text(value), "tick", "end"))
            parts.append(line(LEFT, y(value), RIGHT, y(value), "grid"))
        parts += _panel(_from(trace, first), x, y, top, css, name)
    parts.append(text(0, tops[0] + 10, unit_text, "caption"))
    return svg(bottom + 40, parts, caption)


def _from(trace: Mapping[str, Any], first: float) -> dict[str, Any]:
    return {
        "dips": [dip for dip in trace["dips"] if dip[0] >= first],
        "heatings": [pair for pair in trace["heatings"] if pair[0] >= first],
        "departures": [row for row in trace["departures"] if row[0] >= first],
    }

"""The time plot of a run of the line: zone temperatures, mill delays, and how the bars left the furnace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.trials.charts import dot, line, n, rect, scale, svg, text, tick_text, ticks
from steelyard.trials.subjects.base import Trace
from steelyard.trials.subjects.hot_bar_line.kpi import TOLERANCE_K
from steelyard.trials.timeplot import LEFT, PANEL, RIGHT, hours
from steelyard.units import from_si

ZONES = ("reheating_furnace.zone_temperature[top_3]", "reheating_furnace.zone_temperature[top_4]")
TRACED = (*ZONES, "line.delay_remaining")
EVERY_S = 120.0


@dataclass
class LineTrace(Trace):
    """Collects [t, °C, °C] of the two last upper zones every two minutes and [from, to] of delays; plant seconds."""

    zones: list[list[float]] = field(default_factory=list)
    delays: list[list[float]] = field(default_factory=list)
    _stands: bool = False

    def look(self, time_s: float, values: Mapping[str, float]) -> None:
        """Note what changed since the last look."""
        shown = [values[name] for name in ZONES]
        if all(value == value for value in shown) and (not self.zones or time_s - self.zones[-1][0] >= EVERY_S):
            self.zones.append([time_s, *(round(value, 1) for value in shown)])
        stands = values["line.delay_remaining"] > 0.0
        if stands and not self._stands:
            self.delays.append([time_s, time_s])
        elif stands or self._stands:
            self.delays[-1][1] = time_s
        self._stands = stands

    def record(self, log: Any) -> dict[str, list]:
        """Return the trace as plain data, with the discharges [t, °C, target °C] of the bars."""
        columns = ("discharge_time", "exit_temperature", "target_temperature")
        exits = [
            [float(row[columns[0]]), *(round(float(from_si(row[name], "°C")), 1) for name in columns[1:])]
            for row in log
        ]
        return {"zones": self.zones, "delays": self.delays, "exits": exits}


def _panel(trace: Mapping[str, Any], x: Any, y: Any, top: float, css: str, name: str) -> list[str]:
    bottom = top + PANEL
    parts = [rect(LEFT, top, RIGHT - LEFT, PANEL, "panel"), text(LEFT + 8, top + 16, name, f"label strong {css}")]
    for start, end in trace["delays"]:
        parts.append(rect(x(start), bottom - 9, max(1.2, x(end) - x(start)), 9, "arc"))
    for column in (1, 2):
        points = [(x(row[0]), min(max(y(row[column]), top + 2), bottom - 2)) for row in trace["zones"]]
        path = " ".join(f"{'L' if i else 'M'}{n(px)},{n(py)}" for i, (px, py) in enumerate(points))
        parts.append(f'<path d="{path}" class="trend {css}"/>')
    for time, truth, target in trace["exits"]:
        parts.append(line(x(time) - 3, y(target), x(time) + 3, y(target), "target"))
        hit = "hit" if abs(truth - target) <= TOLERANCE_K else "miss"
        place = min(max(y(truth), top + 3), bottom - 3)
        parts.append(dot(x(time), place, 2.6, f"departure {hit}", f"{truth:.1f} °C ({truth - target:+.1f} K)"))
    return parts


def campaign(
    baseline: Mapping[str, Any], solution: Mapping[str, Any], names: tuple[str, str], caption: str, unit_text: str
) -> str:
    """Return both arms of one run above each other, over plant hours since the first bar of the window."""
    arms = (baseline, solution)
    exits = [row for trace in arms for row in trace["exits"]]
    first = min((row[0] for row in exits), default=0.0)
    last = max((row[0] for row in exits), default=3600.0)
    cut = [_from(trace, first, last) for trace in arms]
    shown = [value for row in exits for value in row[1:]] + [
        v for trace in cut for row in trace["zones"] for v in row[1:]
    ]
    low, high = (min(shown) - 10.0, max(shown) + 10.0) if shown else (1000.0, 1300.0)
    x = scale(first, last, LEFT + 4, RIGHT - 8)
    tops = (6.0, 6.0 + PANEL + 14.0)
    bottom = tops[1] + PANEL
    parts = hours(x, first, last, tops[0], bottom, caption)
    for top, trace, css, name in zip(tops, cut, ("of-baseline", "of-solution"), names, strict=True):
        y = scale(low, high, top + PANEL - 12.0, top + 4.0)
        for value in ticks(low, high, 4):
            parts.append(text(LEFT - 6, y(value) + 4, tick_text(value), "tick", "end"))
            parts.append(line(LEFT, y(value), RIGHT, y(value), "grid"))
        parts += _panel(trace, x, y, top, css, name)
    parts.append(text(0, tops[0] + 10, unit_text, "caption"))
    return svg(bottom + 40, parts, caption)


def _from(trace: Mapping[str, Any], first: float, last: float) -> dict[str, Any]:
    return {
        "zones": [row for row in trace["zones"] if first <= row[0] <= last],
        "delays": [
            [max(start, first), min(end, last)] for start, end in trace["delays"] if end > first and start < last
        ],
        "exits": trace["exits"],
    }

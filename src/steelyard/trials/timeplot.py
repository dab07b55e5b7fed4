"""Time plots of a run: what the crew saw and did in both arms, heat by heat; and estimates against dips."""

from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.trials.charts import WIDTH, _dot, _line, _n, _rect, _scale, _svg, _text, tick_text, ticks

LEFT, RIGHT = 58.0, WIDTH - 12.0
PANEL = 150.0


def _reach(values: Sequence[float]) -> tuple[float, float]:
    known = sorted(values)
    if not known:
        return 1550.0, 1620.0
    low, high = known[int(0.01 * (len(known) - 1))], known[int(0.99 * (len(known) - 1))]
    return low - 6.0, high + 6.0


def _hours(x, first: float, last: float, top: float, bottom: float, caption: str) -> list[str]:
    parts = []
    for hour in ticks(0.0, (last - first) / 3600.0, 10):
        place = x(first + hour * 3600.0)
        parts.append(_line(place, top, place, bottom, "grid"))
        parts.append(_text(place, bottom + 16, tick_text(hour), "tick", "middle"))
    parts.append(_text(RIGHT, bottom + 32, caption, "caption", "end"))
    return parts


def _panel(trace: Mapping[str, Any], x, y, top: float, css: str, name: str) -> list[str]:
    bottom = top + PANEL
    parts = [_rect(LEFT, top, RIGHT - LEFT, PANEL, "panel"), _text(LEFT + 8, top + 16, name, f"label strong {css}")]
    for start, end in trace["heatings"]:
        parts.append(_rect(x(start), bottom - 9, max(1.2, x(end) - x(start)), 9, "arc"))
    ends = [departure[0] for departure in trace["departures"]]
    path, heat = "", 0
    for time, value in trace["dips"]:
        fresh = not path
        while heat < len(ends) and time > ends[heat]:
            heat, fresh = heat + 1, True
        path += f"{'M' if fresh else 'L'}{_n(x(time))},{_n(min(max(y(value), top + 2), bottom - 2))} "
    parts.append(f'<path d="{path}" class="trend {css}"/>')
    for time, value in trace["dips"]:
        if top <= y(value) <= bottom:
            parts.append(_dot(x(time), y(value), 1.9, f"dip {css}"))
    for time, truth, target in trace["departures"]:
        parts.append(_line(x(time) - 7, y(target), x(time) + 7, y(target), "target"))
        hit = "hit" if abs(truth - target) <= 5.0 else "miss"
        place = min(max(y(truth), top + 3), bottom - 3)
        parts.append(_dot(x(time), place, 4.2, f"departure {hit}", f"{truth:.1f} °C ({truth - target:+.1f} K)"))
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
    x = _scale(first, last, LEFT + 4, RIGHT - 8)
    parts: list[str] = []
    tops = (6.0, 6.0 + PANEL + 14.0)
    bottom = tops[1] + PANEL
    parts += _hours(x, first, last, tops[0], bottom, caption)
    for top, trace, css, name in zip(tops, (baseline, solution), ("of-baseline", "of-solution"), names, strict=True):
        y = _scale(low, high, top + PANEL - 12.0, top + 4.0)
        for value in ticks(low, high, 4):
            parts.append(_text(LEFT - 6, y(value) + 4, tick_text(value), "tick", "end"))
            parts.append(_line(LEFT, y(value), RIGHT, y(value), "grid"))
        parts += _panel(_from(trace, first), x, y, top, css, name)
    parts.append(_text(0, tops[0] + 10, unit_text, "caption"))
    return _svg(bottom + 40, parts, caption)


def _from(trace: Mapping[str, Any], first: float) -> dict[str, Any]:
    return {
        "dips": [dip for dip in trace["dips"] if dip[0] >= first],
        "heatings": [pair for pair in trace["heatings"] if pair[0] >= first],
        "departures": [row for row in trace["departures"] if row[0] >= first],
    }


def estimates(points: Sequence[Mapping[str, float]], names: tuple[str, str, str], caption: str, unit_text: str) -> str:
    """Return dips of some heats in order with the estimates of both predictors and the solution's 90 % interval.

    Each point has measured, baseline, solution, low, high [°C].
    """
    values = [point[key] for point in points for key in ("measured", "baseline", "solution")]
    low, high = min(values) - 6.0, max(values) + 6.0
    top, bottom = 30.0, 250.0
    x = _scale(-0.5, len(points) - 0.5, LEFT, RIGHT)
    y = _scale(low, high, bottom, top)
    parts = [_text(0, 12, unit_text, "caption")]
    for value in ticks(low, high, 5):
        parts.append(_line(LEFT, y(value), RIGHT, y(value), "grid"))
        parts.append(_text(LEFT - 6, y(value) + 4, tick_text(value), "tick", "end"))
    for i, point in enumerate(points):
        ends = [min(max(y(point[key]), top), bottom) for key in ("high", "low")]
        parts.append(_rect(x(i) - 5, ends[0], 10, ends[1] - ends[0], "band"))
        parts.append(_line(x(i) - 6, y(point["baseline"]), x(i) + 6, y(point["baseline"]), "mark of-baseline"))
        parts.append(_line(x(i) - 6, y(point["solution"]), x(i) + 6, y(point["solution"]), "mark of-solution"))
        parts.append(_dot(x(i), y(point["measured"]), 3.4, "measured", f"{point['measured']:.0f} °C"))
    place = LEFT
    for css, name in zip(("swatch-baseline", "bar", "swatch-measured"), names, strict=True):
        parts.append(_rect(place, 4, 12, 10, css))
        parts.append(_text(place + 18, 13, name, "tick"))
        place += 60 + sum(13.0 if ord(letter) > 0x2E80 else 7.0 for letter in name)
    parts.append(_text(RIGHT, bottom + 20, caption, "caption", "end"))
    return _svg(bottom + 28, parts, caption)

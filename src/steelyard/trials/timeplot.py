"""Time plots: hours along the axis of a run; and estimates against what was measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.trials.charts import WIDTH, dot, line, n, rect, scale, svg, text, tick_text, ticks

LEFT, RIGHT = 58.0, WIDTH - 12.0
PANEL = 150.0


def hours(x: Any, first: float, last: float, top: float, bottom: float, caption: str) -> list[str]:
    """Return the axis of a run: hours since `first` [s], with grid lines from `top` to `bottom`."""
    parts = []
    for hour in ticks(0.0, (last - first) / 3600.0, 10):
        place = x(first + hour * 3600.0)
        parts.append(line(place, top, place, bottom, "grid"))
        parts.append(text(place, bottom + 16, tick_text(hour), "tick", "middle"))
    parts.append(text(RIGHT, bottom + 32, caption, "caption", "end"))
    return parts


def estimates(points: Sequence[Mapping[str, float]], names: tuple[str, str, str], caption: str, unit_text: str) -> str:
    """Return measurements in order with the estimates of both predictors and the solution's 90 % interval.

    Each point has measured, baseline, solution, low, high in `unit_text`.
    """
    values = [point[key] for point in points for key in ("measured", "baseline", "solution")]
    pad = min(6.0, 0.1 * (max(values) - min(values)) + 1.0) if unit_text != "°C" else 6.0
    low, high = min(values) - pad, max(values) + pad
    top, bottom = 30.0, 250.0
    x = scale(-0.5, len(points) - 0.5, LEFT, RIGHT)
    y = scale(low, high, bottom, top)
    parts = [text(0, 12, unit_text, "caption")]
    for value in ticks(low, high, 5):
        parts.append(line(LEFT, y(value), RIGHT, y(value), "grid"))
        parts.append(text(LEFT - 6, y(value) + 4, tick_text(value), "tick", "end"))
    for i, point in enumerate(points):
        ends = [min(max(y(point[key]), top), bottom) for key in ("high", "low")]
        parts.append(rect(x(i) - 5, ends[0], 10, ends[1] - ends[0], "band"))
        parts.append(line(x(i) - 6, y(point["baseline"]), x(i) + 6, y(point["baseline"]), "mark of-baseline"))
        parts.append(line(x(i) - 6, y(point["solution"]), x(i) + 6, y(point["solution"]), "mark of-solution"))
        parts.append(dot(x(i), y(point["measured"]), 3.4, "measured", f"{point['measured']:.0f} {unit_text}"))
    place = LEFT
    for css, name in zip(("swatch-baseline", "bar", "swatch-measured"), names, strict=True):
        parts.append(rect(place, 4, 12, 10, css))
        parts.append(text(place + 18, 13, name, "tick"))
        place += 60 + sum(13.0 if ord(letter) > 0x2E80 else 7.0 for letter in name)
    parts.append(text(RIGHT, bottom + 20, caption, "caption", "end"))
    return svg(bottom + 28, parts, caption)


def alarms(baseline: Mapping[str, Any], solution: Mapping[str, Any], names: tuple[str, str], caption: str) -> str:
    """Return the scores of both detectors over plant hours, above each other, with the onset of the fault.

    Each trace has scores, rows of [time s, score of the alarm meant, highest other score], and onset [s].
    """
    last = max((trace["scores"][-1][0] for trace in (baseline, solution) if trace["scores"]), default=3600.0)
    x = scale(0.0, last, LEFT + 4, RIGHT - 8)
    tops = (6.0, 6.0 + PANEL + 14.0)
    bottom = tops[1] + PANEL
    parts = hours(x, 0.0, last, tops[0], bottom, caption)
    arms = (baseline, solution)
    for top, trace, css, name in zip(tops, arms, ("of-baseline", "of-solution"), names, strict=True):
        y = scale(0.0, 1.0, top + PANEL - 6.0, top + 8.0)
        parts += [rect(LEFT, top, RIGHT - LEFT, PANEL, "panel"), text(LEFT + 8, top + 20, name, f"label strong {css}")]
        parts += [text(LEFT - 6, y(value) + 4, tick_text(value), "tick", "end") for value in (0.0, 0.5, 1.0)]
        parts.append(line(LEFT, y(0.5), RIGHT, y(0.5), "margin"))
        parts.append(line(x(trace["onset"]), top, x(trace["onset"]), top + PANEL, "zero"))
        for column, style in ((2, "trend quiet"), (1, f"trend {css}")):
            points = " ".join(f"{n(x(row[0]))},{n(y(row[column]))}" for row in trace["scores"])
            parts.append(f'<polyline points="{points}" class="{style}" fill="none"/>')
    return svg(bottom + 40, parts, caption)

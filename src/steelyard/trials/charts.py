"""Small pictures for a report: plain SVG text, colours from the page's style sheet, every label escaped.

All functions take plain numbers and already translated labels, and return one ``<svg>`` element.
"""

import math
from collections.abc import Callable, Sequence
from html import escape

Row = tuple[str, float, float, float]
WIDTH = 980.0


def n(value: float) -> str:
    """Return a coordinate with at most one decimal: same text on every machine."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def text(x: float, y: float, label: str, css: str = "", anchor: str = "start") -> str:
    """Return one text, escaped."""
    return f'<text x="{n(x)}" y="{n(y)}" class="{css}" text-anchor="{anchor}">{escape(label)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """Return one line."""
    return f'<line x1="{n(x1)}" y1="{n(y1)}" x2="{n(x2)}" y2="{n(y2)}" class="{css}"/>'


def rect(x: float, y: float, width: float, height: float, css: str, extra: str = "") -> str:
    """Return one rectangle; a negative size is none."""
    return (
        f'<rect x="{n(x)}" y="{n(y)}" width="{n(max(0.0, width))}" height="{n(max(0.0, height))}" '
        f'class="{css}"{extra}/>'
    )


def dot(x: float, y: float, radius: float, css: str, title: str = "") -> str:
    """Return one disc, with a text that shows when it is pointed at."""
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" class="{css}">{inner}</circle>'


def svg(height: float, body: Sequence[str], label: str, width: float = WIDTH) -> str:
    """Return the picture with what is in it."""
    return (
        f'<svg viewBox="0 0 {n(width)} {n(height)}" role="img" aria-label="{escape(label, quote=True)}">'
        + "".join(body)
        + "</svg>"
    )


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Return round tick values inside [low, high].

    >>> ticks(-2.1, 0.4)
    [-2.0, -1.5, -1.0, -0.5, 0.0]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0.0):
        return [low]
    raw = span / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float) -> str:
    """Return a tick label with a real minus sign.

    >>> tick_text(-0.5), tick_text(1500.0)
    ('−0.5', '1,500')
    """
    text = f"{abs(value):,.10g}" if abs(value) < 1e4 else f"{abs(value):,.0f}"
    return ("−" if value < 0 else "") + text


def scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """Return the function that maps `low` to `start` and `high` to `end`."""
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def _limits(values: Sequence[float], margin: float = 0.08, zero: bool = True) -> tuple[float, float]:
    known = [value for value in values if value is not None and math.isfinite(value)] + ([0.0] if zero else [])
    low, high = min(known), max(known)
    pad = (high - low) * margin or 1.0
    return low - pad, high + pad


def _axis(x, low: float, high: float, top: float, bottom: float, caption: str, right: float) -> list[str]:
    parts = []
    for value in ticks(low, high, 7):
        parts.append(line(x(value), top, x(value), bottom, "grid"))
        parts.append(text(x(value), bottom + 16, tick_text(value), "tick", "middle"))
    parts.append(text(right, bottom + 32, caption, "caption", "end"))
    return parts


def forest(
    rows: Sequence[tuple[str, str, float, float, float]],
    overall: tuple[str, str, float, float, float],
    caption: str,
    texts: tuple[str, str],
    lower_is_better: bool,
    margin: float | None = None,
) -> str:
    """Return a forest plot: one row (label, note, effect, low, high) per scenario, and the overall as a diamond.

    `texts` = words for "better" and "worse", written at the sides of the zero line; `margin` in the harmful direction.
    """
    harmful = 1.0 if lower_is_better else -1.0
    margins = [] if margin is None else [harmful * margin]
    low, high = _limits([value for row in (*rows, overall) for value in row[2:]] + margins)
    left, right, top, step = 250.0, WIDTH - 230.0, 30.0, 30.0
    bottom = top + step * (len(rows) + 1) + 10.0
    x = scale(low, high, left, right)
    good = (left, x(0.0)) if lower_is_better else (x(0.0), right)
    parts = [rect(good[0], top - 8, good[1] - good[0], bottom - top + 8, "good-side")]
    parts += _axis(x, low, high, top - 8, bottom, caption, right)
    parts.append(line(x(0.0), top - 8, x(0.0), bottom, "zero"))
    sides = texts if lower_is_better else texts[::-1]
    parts.append(text(x(0.0) - 8, top - 14, f"◂ {sides[0]}", "side", "end"))
    parts.append(text(x(0.0) + 8, top - 14, f"{sides[1]} ▸", "side"))
    if margin is not None:
        parts.append(line(x(harmful * margin), top - 8, x(harmful * margin), bottom, "margin"))
    for i, (label, note, effect, a, b) in enumerate(rows):
        y = top + step * (i + 0.5)
        parts += [
            text(0, y + 4, label, "label"),
            line(x(a), y, x(b), y, "whisker"),
            rect(x(effect) - 4.5, y - 4.5, 9, 9, "square"),
            text(WIDTH, y + 4, note, "value", "end"),
        ]
    label, note, effect, a, b = overall
    y = top + step * (len(rows) + 0.5) + 6
    parts.append(line(0, y - step / 2 - 3, WIDTH, y - step / 2 - 3, "rule"))
    points = f"{n(x(a))},{n(y)} {n(x(effect))},{n(y - 8)} {n(x(b))},{n(y)} {n(x(effect))},{n(y + 8)}"
    parts.append(f'<polygon points="{points}" class="diamond"/>')
    parts += [text(0, y + 4, label, "label strong"), text(WIDTH, y + 4, note, "value strong", "end")]
    return svg(bottom + 40, parts, caption)


def strip(groups: Sequence[tuple[str, Sequence[float]]], caption: str, lower_is_better: bool) -> str:
    """Return a strip plot: one dot per paired run, one row per group, coloured by the side of zero it is on."""
    low, high = _limits([value for _, values in groups for value in values])
    left, right, top, step = 250.0, WIDTH - 20.0, 12.0, 34.0
    bottom = top + step * len(groups)
    x = scale(low, high, left, right)
    parts = _axis(x, low, high, top, bottom, caption, right)
    parts.append(line(x(0.0), top, x(0.0), bottom, "zero"))
    for i, (label, values) in enumerate(groups):
        y = top + step * (i + 0.5)
        parts.append(text(0, y + 4, label, "label"))
        for k, value in enumerate(values):
            css = "dot good" if (value < 0) == lower_is_better and value != 0 else "dot bad" if value != 0 else "dot"
            parts.append(dot(x(value), y + ((k * 7) % 5 - 2) * 3.2, 4.2, css, tick_text(round(value, 4))))
        middle = sum(values) / len(values)
        parts.append(line(x(middle), y - 13, x(middle), y + 13, "mean"))
    return svg(bottom + 40, parts, caption)


def distribution(
    baseline: Sequence[float],
    solution: Sequence[float],
    caption: str,
    names: tuple[str, str],
    window: float | None,
    window_text: str = "",
) -> str:
    """Return two histograms on one axis, baseline as an outline and solution filled, with the ± `window` shaded."""
    every = sorted([*baseline, *solution])
    reach = max(abs(every[int(0.01 * (len(every) - 1))]), abs(every[int(0.99 * (len(every) - 1))]), 2.0 * (window or 1))
    width = max(0.5, round(reach / 14 * 2) / 2)
    bins = math.ceil(reach / width)
    left, right, top, bottom = 46.0, WIDTH - 20.0, 34.0, 250.0
    x = scale(-bins * width, bins * width, left, right)
    shares = [_histogram(values, bins, width) for values in (baseline, solution)]
    peak = max(max(share) for share in shares) or 1.0
    y = scale(0.0, peak * 1.08, bottom, top)
    parts = []
    if window is not None:
        parts.append(rect(x(-window), top, x(window) - x(-window), bottom - top, "window"))
        parts.append(text(x(0.0), top - 6, window_text, "side", "middle"))
    parts += _axis(x, -bins * width, bins * width, top, bottom, caption, right)
    for value in ticks(0.0, peak, 4)[1:]:
        parts.append(text(left - 6, y(value) + 4, f"{100 * value:.0f} %", "tick", "end"))
        parts.append(line(left, y(value), right, y(value), "grid"))
    for i, share in enumerate(shares[1]):
        x0 = x((i - bins) * width)
        parts.append(rect(x0 + 1, y(share), x(width) - x(0.0) - 2, bottom - y(share), "bar"))
    path = f"M{n(x(-bins * width))},{n(bottom)}"
    for i, share in enumerate(shares[0]):
        path += f" L{n(x((i - bins) * width))},{n(y(share))} L{n(x((i + 1 - bins) * width))},{n(y(share))}"
    parts.append(f'<path d="{path} L{n(x(bins * width))},{n(bottom)}" class="outline"/>')
    parts.append(line(x(0.0), top, x(0.0), bottom, "zero"))
    parts.append(_legend(left + 12, top + 14, (("swatch-outline", names[0]), ("bar", names[1]))))
    return svg(bottom + 40, parts, caption)


def _histogram(values: Sequence[float], bins: int, width: float) -> list[float]:
    counts = [0] * (2 * bins)
    for value in values:
        counts[min(2 * bins - 1, max(0, math.floor(value / width) + bins))] += 1
    return [count / len(values) for count in counts]


def _legend(x: float, y: float, entries: Sequence[tuple[str, str]]) -> str:
    parts = []
    for i, (css, label) in enumerate(entries):
        parts.append(rect(x, y + 20 * i - 9, 14, 10, css))
        parts.append(text(x + 22, y + 20 * i, label, "label"))
    return "".join(parts)


def caterpillar(rows: Sequence[Row], caption: str, overall: float, css: Sequence[str]) -> str:
    """Return the effects (label, effect, low, high) of plausible plants in order; `overall`: the main trial's."""
    low, high = _limits([value for row in rows for value in row[1:]] + [overall])
    left, right, top = 60.0, WIDTH - 20.0, 12.0
    step = max(9.0, min(22.0, 320.0 / max(1, len(rows))))
    bottom = top + step * len(rows)
    x = scale(low, high, left, right)
    parts = _axis(x, low, high, top, bottom, caption, right)
    parts += [line(x(0.0), top, x(0.0), bottom, "zero"), line(x(overall), top, x(overall), bottom, "mean")]
    for i, (label, effect, a, b) in enumerate(rows):
        y = top + step * (i + 0.5)
        parts += [line(x(a), y, x(b), y, "whisker"), dot(x(effect), y, 4.0, f"dot {css[i]}", label)]
        if step >= 12.0:
            parts.append(text(left - 10, y + 4, label, "tick", "end"))
    return svg(bottom + 40, parts, caption)


def stacked(rows: Sequence[tuple[str, Sequence[tuple[str, float]]]], caption: str) -> str:
    """Return horizontal stacked bars: rows of (label, [(part, value)]); the same parts in the same order."""
    totals = [sum(value for _, value in parts) for _, parts in rows]
    left, right, top, step = 120.0, WIDTH - 110.0, 8.0, 46.0
    x = scale(0.0, max(totals) or 1.0, left, right)
    body: list[str] = []
    for i, (label, parts) in enumerate(rows):
        y, at = top + step * i, 0.0
        body.append(text(0, y + 22, label, "label strong"))
        for k, (name, value) in enumerate(parts):
            title = f"<title>{escape(name)}: {value:,.0f}</title>"
            body.append(f'<g class="part part-{k}">{rect(x(at), y, x(at + value) - x(at), 32, "fill")}{title}</g>')
            at += value
        body.append(text(x(at) + 8, y + 21, f"{totals[i]:,.0f}", "value strong"))
    y = top + step * len(rows) + 12
    place = left
    for k, (name, _) in enumerate(rows[0][1] if rows else ()):
        body.append(f'<g class="part part-{k}">{rect(place, y - 9, 12, 12, "fill")}</g>')
        body.append(text(place + 18, y + 2, name, "tick"))
        place += 40 + sum(13.0 if ord(letter) > 0x2E80 else 7.2 for letter in name)
    return svg(y + 14, body, caption)
